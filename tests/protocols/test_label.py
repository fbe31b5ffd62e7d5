from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.request import Instance, Output
from tests.protocols.questions import a_context, an_instance, said_back

if TYPE_CHECKING:
    from pytest_generalbench.protocols import TaskContext

LABEL = protocols.get("label")
AUDIO: dict[str, Any] = {"id": "audio/comprehension/tiny", "modality": "audio", "paradigm": "comprehension"}
INTENTS = {
    "intent_label": {
        "action": {"0": "increase", "1": "change language", "increase": "0", "change language": "1"},
        "object": {"volume": "3", "none": "4"},
        "location": {"7": "none", "8": "kitchen"},
    }
}


def _file(*raw: Any, **facts: Any) -> tuple[TaskContext, list[Instance]]:
    instances = [an_instance({"prompt": "What?"}, item, str(number)) for number, item in enumerate(raw)]
    return a_context("label", *instances, **facts), instances


def _read(context: TaskContext, text: str) -> Any:
    return LABEL.parse(Output(text), an_instance({"prompt": "What?"}), context)


def test_the_label_set_is_collected_sorted_and_shown() -> None:
    context, instances = _file({"text": "dog"}, {"text": "Cat"}, {"text": "dog"}, {"text": "DOG"})
    assert context.labels == ("Cat", "DOG")
    assert "Candidates: Cat, DOG" in LABEL.request(instances[0], context).text
    assert LABEL.choices(instances[0], context) == ("Cat", "DOG")


def test_the_set_does_not_depend_on_the_order_of_the_file() -> None:
    raw = [{"text": text} for text in ("dog", "Cat", "DOG", "cat")]
    assert _file(*raw)[0].labels == _file(*reversed(raw))[0].labels


def test_the_reference_is_spelled_as_in_the_set() -> None:
    context, instances = _file({"text": "hip-hop"}, {"text": "Hip Hop "}, {"text": "jazz"})
    assert {LABEL.reference(instance, context) for instance in instances[:2]} == {("Hip Hop",)}
    assert _read(context, "The genre is hip_hop.") == "Hip Hop"


@pytest.mark.parametrize(
    "raw",
    [
        [{"text": "one"}, {"text": "one"}],
        [{"text": f"label {number}"} for number in range(201)],
    ],
)
def test_one_label_or_too_many_leave_the_set_open(raw: list[Any]) -> None:
    context, instances = _file(*raw)
    assert context.labels == ()
    assert "Candidates" not in LABEL.request(instances[0], context).text
    assert LABEL.reference(instances[0], context) == (raw[0]["text"],)
    assert _read(context, f"The answer is {raw[0]['text'].upper()}.") == raw[0]["text"]


@pytest.mark.parametrize("bad", [{"text": {"box": 1}}, {"x": "a", "y": "b"}, {"text": []}, {"text": [[1]]}])
def test_a_reference_that_cannot_be_read_adds_no_label(bad: dict[str, Any]) -> None:
    context, instances = _file({"text": "one"}, bad, {"text": "two"}, {"text": "two"})
    assert (context.labels, context.several) == (("one", "two"), False)
    with pytest.raises(ReferenceFormatError):
        LABEL.reference(instances[1], context)


@pytest.mark.parametrize("bad", ["maybe", 7, -1, "nan", True, [1, 0]])
def test_one_stray_among_bits_leaves_them_bits(bad: Any) -> None:
    bits = (0, 1, bad, 1, 0)
    code = {"func": "int f(void);"}
    instances = [an_instance(code, {"target": bit}, str(number)) for number, bit in enumerate(bits)]
    context = a_context("label", *instances)
    assert context.labels == ("defect", "no defect")
    assert LABEL.reference(instances[0], context) == ("no defect",)
    if bad is not True:
        with pytest.raises(ReferenceFormatError, match="0 or 1, as all others"):
            LABEL.reference(instances[2], context)


def test_the_close_set_is_open() -> None:
    assert a_context("label", an_instance({"prompt": "What?"})).labels == ()


def test_an_explanation_is_not_the_label() -> None:
    context, instances = _file(
        {"explanation": "A dog barks.", "label": "dog"}, {"label": "cat", "explanation": "x"}
    )
    assert context.labels == ("cat", "dog")
    assert LABEL.reference(instances[0], context) == ("dog",)


@pytest.mark.parametrize("bits", [(0, 1), ("0", "1"), (1, 1), (True, False)])
def test_bits_of_an_audio_file_are_no_and_yes(bits: tuple[Any, ...]) -> None:
    context, instances = _file(*({"text": bit} for bit in bits), **AUDIO)
    assert context.labels == ("no", "yes")
    for instance, bit in zip(instances, bits, strict=True):
        assert LABEL.reference(instance, context) == (("no", "yes")[int(bit)],)
    assert _read(context, "Yes.") == "yes"


def test_bits_elsewhere_are_labels() -> None:
    context, instances = _file({"label": 0}, {"label": 1})
    assert context.labels == ("0", "1")
    assert LABEL.reference(instances[1], context) == ("1",)


@pytest.mark.parametrize(("target", "wanted"), [(0, "no defect"), ("1", "defect"), (True, "defect")])
def test_the_target_of_code_is_defect_or_not(target: Any, wanted: str) -> None:
    instance = an_instance({"func": "int main() {}"}, {"target": target})
    context = a_context("label", instance)
    assert context.labels == ("defect", "no defect")
    assert LABEL.reference(instance, context) == (wanted,)
    assert _read(context, "No defect") == "no defect"
    assert _read(context, "There is a defect.") == "defect"


def test_code_of_the_close_set_has_the_same_labels() -> None:
    assert a_context("label", an_instance({"func": "int main() {}"})).labels == ("defect", "no defect")


def test_booleans_are_the_labels_true_and_false() -> None:
    context, instances = _file({"label": True}, {"label": False})
    assert context.labels == ("false", "true")
    assert LABEL.reference(instances[0], context) == ("true",)


def test_integers_are_labels() -> None:
    context, instances = _file({"text": 60}, {"text": 61}, **AUDIO)
    assert context.labels == ("60", "61")
    assert _read(context, "The pitch is 61.") == "61"
    assert said_back("label", instances[0], context) == ("60", ("60",))


def test_several_labels_are_compared_without_their_order() -> None:
    context, instances = _file({"text": ["dark", "bright"]}, {"text": []}, {"text": ["percussive"]}, **AUDIO)
    assert context.several
    assert context.labels == ("bright", "dark", "percussive")
    assert [LABEL.reference(instance, context) for instance in instances] == [
        ("bright, dark",), ("none",), ("percussive",)
    ]  # fmt: skip
    assert _read(context, "It is dark and bright.") == "bright, dark"
    assert _read(context, "none") == "none"
    assert _read(context, "") is None


def test_intents_are_words_each_from_its_own_table() -> None:
    context, instances = _file({"text": "0 3 7"}, {"text": "1 4 9"}, header=INTENTS, **AUDIO)
    assert LABEL.reference(instances[0], context) == ("increase volume none",)
    assert LABEL.reference(instances[1], context) == ("change language none 9",)
    assert len(context.labels) == 8
    prompt = LABEL.request(instances[0], context).text
    assert "action: change language, increase\nobject: none, volume\nlocation: kitchen, none" in prompt


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("increase volume none", "increase volume none"),
        ("Increase, volume, none.", "increase volume none"),
        ("action: increase\nobject: volume\nlocation: none", "increase volume none"),
        ("location: kitchen, object: none, action: change language", "change language none kitchen"),
        ("['change language', 'none', 'none']", "change language none none"),
        ("The answer is increase volume kitchen.", "increase volume kitchen"),
        ("increase increase increase", "increase increase increase"),
        ("", None),
    ],
)
def test_an_intent_is_read_place_by_place(text: str, wanted: str | None) -> None:
    context, _ = _file({"text": "0 3 7"}, header=INTENTS, **AUDIO)
    assert _read(context, text) == wanted
