"""The ways in which data sets write a choice, a label, or yes and no: each is read right, or refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import AmbiguousReferenceError, DataError
from tests.protocols.questions import a_context, an_instance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Way:
    """A file in the way of a data set, and what its answers are; `refused` holds the words of the refusal."""

    name: str
    protocol: str
    entries: Sequence[tuple[Mapping[str, Any], Any]]
    """Fields and `output` of every instance."""
    wanted: Sequence[tuple[str, ...]] = ()
    header: Mapping[str, Any] = field(default_factory=dict)
    refused: Sequence[str] = ()
    labels: tuple[str, ...] | None = None


def _choice(name: str, answers: Sequence[Any], wanted: Sequence[str] = (), **changes: Any) -> Way:
    """Return a file of questions about four fruits, one for each answer."""
    options = changes.pop("options", {"options": ["apple", "plum", "pear", "fig"]})
    entries = [({"question": "Which?", **options}, answer) for answer in answers]
    return Way(name, "multiple_choice", entries, [tuple(letters) for letters in wanted], **changes)


def _of(protocol: str, name: str, answers: Sequence[Any], wanted: Sequence[str] = (), **changes: Any) -> Way:
    given = changes.pop("fields", {"prompt": "What?"})
    return Way(
        name, protocol, [(given, answer) for answer in answers], [(word,) for word in wanted], **changes
    )


def _label(name: str, answers: Sequence[Any], wanted: Sequence[str] = (), **changes: Any) -> Way:
    return _of("label", name, answers, wanted, **changes)


def _yes(name: str, answers: Sequence[Any], wanted: Sequence[str] = (), **changes: Any) -> Way:
    return _of("yes_no", name, answers, wanted, **changes)


BALLS = ["football", "tennis", "golf"]
FIELDS_OF_THREE = {"answerA": "a b", "answerB": "c d", "answerC": "e f"}
GLUE = {"classes": ["entailment", "not_entailment"]}

WAYS = (
    _choice("letters", [{"answer": "A"}, {"answer": "D"}], "AD"),
    _choice("small letters", [{"answer": "a"}, {"answer": "d"}], "AD"),
    _choice("letters in brackets", [{"answer": "(B)"}, {"answer": "C."}], "BC"),
    _choice("letter and text", [{"answer": "B. plum"}, {"answer": "(C) pear"}], "BC"),
    _choice("texts", [{"answer": "Plum"}, {"answer": "fig."}], "BD"),
    _choice("MMLU: indices from 0", [{"answer": 0}, {"answer": 3}, {"answer": 1}], "ADB"),
    _choice("indices from 1", [{"answer": 1}, {"answer": 4}, {"answer": 2}], "ADB"),
    _choice("digits as texts from 1", [{"label": "1"}, {"label": "4"}], "AD"),
    _choice("whole floats", [{"answer": 0.0}, {"answer": 2.0}], "AC"),
    _choice("indices of either base", [{"answer": 1}, {"answer": 3}], refused=["0 (", "1 (", "index_base"]),
    _choice(
        "indices of both bases", [{"answer": 0}, {"answer": 4}], refused=["has 0", "4 of 4", "index_base"]
    ),
    _choice(
        "ARC: answerKey",
        [{"answerKey": "2"}, {"answerKey": "3"}],
        "BC",
        options={"choices": {"text": ["a", "b", "c"], "label": ["1", "2", "3"]}},
    ),
    _choice("MMBench: a field a letter", [{"answer": "B"}], "B", options={"A": "x", "B": "y", "C": "z"}),
    _choice("SocialIQA", [{"label": "1"}, {"label": "3"}], "AC", options=FIELDS_OF_THREE),
    _choice("WinoGrande", [{"answer": "1"}, {"answer": "2"}], "AB", options={"option1": "x", "option2": "y"}),
    _choice("COPA", [{"label": 0}, {"label": 1}], "AB", options={"choice1": "x", "choice2": "y"}),
    _choice(
        "SWAG",
        [{"label": 0}, {"label": 2}],
        "AC",
        options={f"ending{number}": f"e {number}" for number in range(4)},
    ),
    _choice("HellaSwag", [{"label": "0"}, {"label": "3"}], "AD", options={"endings": ["a", "b", "c", "d"]}),
    _choice("PIQA", [{"label": 1}, {"label": 0}], "BA", options={"sol1": "x", "sol2": "y"}),
    _choice(
        "MedMCQA", [{"cop": 1}, {"cop": 4}], "AD", options={"opa": "w", "opb": "x", "opc": "y", "opd": "z"}
    ),
    _choice("options under letters", [{"answer": "b"}], "B", options={"options": {"a": "x", "b": "y"}}),
    _choice(
        "options under numbers",
        [{"answer": 2}, {"answer": 1}],
        "BA",
        options={"options": {"1": "x", "2": "y"}},
    ),
    _choice(
        "TruthfulQA: a mark an option", [{"labels": [0, 1, 0, 0]}, {"labels": [1, 0, 0, 1]}], ["B", "AD"]
    ),
    _choice("marks as bools", [{"answer": [False, False, True, False]}], "C"),
    _choice(
        "marks for more options", [{"answer": [0, 0, 1, 0, 0]}], refused=["a mark for each of 4 options"]
    ),
    _choice(
        "bools of true and false",
        [{"answer": True}, {"answer": False}],
        "BA",
        options={"options": ["False", "True"]},
    ),
    _choice("several letters", [{"answer": ["A", "C"]}], ["AC"]),
    _choice("index beside text", [{"answer": 2, "answer_text": "plum"}], "B"),
    _choice(
        "numbers that are options", [{"answer": 7}, {"answer": 3}], "CA", options={"options": [3, 5, 7, 9]}
    ),
    _choice(
        "numbers that may be options",
        [{"answer": 1}, {"answer": 2}],
        options={"options": [2, 1, 3, 0]},
        refused=["text (", "index (", "answers"],
    ),
    _choice(
        "indices without options", [{"answer": 1}, {"answer": 2}], options={"hint": "none"}, refused=["hint"]
    ),
    _label("names", [{"label": "dog"}, {"label": "Cat"}], ["dog", "Cat"], labels=("Cat", "dog")),
    _label(
        "numbers and classes from 0",
        [{"label": 0}, {"label": 2}],
        ["football", "golf"],
        header={"classes": BALLS},
        labels=("football", "golf", "tennis"),
    ),
    _label(
        "numbers and classes from 1",
        [{"label": 1}, {"label": 3}],
        ["football", "golf"],
        header={"class_names": BALLS},
    ),
    _label(
        "numbers and classes, either base",
        [{"label": 1}, {"label": 2}],
        header={"classes": BALLS},
        refused=["0 (", "1 (", "index_base"],
    ),
    _label(
        "id2label",
        [{"label": 1}, {"label": "2"}],
        ["tennis", "golf"],
        header={"id2label": {"0": "football", "1": "tennis", "2": "golf"}},
    ),
    _label(
        "label2id",
        [{"label": 5}, {"label": 7}],
        ["tennis", "golf"],
        header={"label2id": {"tennis": 5, "golf": 7}},
    ),
    _label(
        "COCO's categories",
        [{"category": 18}, {"category": 17}],
        ["dog", "cat"],
        header={"categories": [{"id": 17, "name": "cat"}, {"id": 18, "name": "dog"}]},
    ),
    _label(
        "WordNet's codes",
        [{"label": "n01"}, {"label": "n02"}],
        ["tench", "hen"],
        header={"label_map": {"n01": "tench", "n02": "hen"}},
    ),
    _label(
        "number beside name",
        [{"label": 0, "label_name": "cat"}, {"label": 1, "label_name": "dog"}],
        ["cat", "dog"],
        labels=("cat", "dog"),
    ),
    _label(
        "classes in every instance",
        [{"label": 0}, {"label": 2}],
        ["football", "golf"],
        fields={"prompt": "What?", "classes": BALLS},
    ),
    _label(
        "marks and classes",
        [{"label": [1, 0, 1]}, {"label": [0, 0, 0]}],
        ["football, golf", "none"],
        header={"classes": BALLS},
    ),
    _label(
        "one-hot",
        [{"label": [0, 1, 0]}, {"label": [1, 0, 0]}],
        ["tennis", "football"],
        header={"classes": BALLS},
    ),
    _label("marks without classes", [{"label": [1, 0, 1]}, {"label": [0, 0, 1]}], refused=["mark for each"]),
    _label(
        "lists of numbers",
        [{"label": [0, 2]}, {"label": []}],
        ["football, golf", "none"],
        header={"classes": BALLS},
    ),
    _label("a number that no class has", [{"label": 9}], header={"classes": BALLS}, refused=["3 labels"]),
    _label(
        "marks for more classes",
        [{"label": [1, 0, 1, 0]}, {"label": [0, 0, 0, 1]}],
        header={"classes": BALLS},
        refused=["mark for each"],
    ),
    _label(
        "classes in a text",
        [{"label": 0}, {"label": 2}],
        ["football", "golf"],
        header={"classes": "football, tennis, golf"},
    ),
    _label(
        "two marks without classes",
        [{"label": [1, 0]}, {"label": [0, 1]}, {"label": [1, 1]}],
        refused=["mark for each"],
    ),
    _label(
        "numbered classes in a text",
        [{"label": 0}, {"label": 1}],
        ["cat", "dog"],
        header={"labels": "0: cat, 1: dog"},
    ),
    _choice("several letters in one text", [{"answer": "A;C"}, {"answer": "B"}], refused=["'A;C'"]),
    _yes("words", [{"answer": "Yes"}, {"answer": "no."}], ["yes", "no"]),
    _yes("bools", [{"answer": True}, {"answer": False}], ["yes", "no"]),
    _yes("true and false", [{"answer": "true"}, {"answer": "False"}], ["yes", "no"]),
    _yes("bits", [{"label": 1}, {"label": "0"}], ["yes", "no"]),
    _yes("whole floats", [{"label": 1.0}, {"label": 0.0}], ["yes", "no"]),
    _yes("signs", [{"label": 1}, {"label": -1}], ["yes", "no"]),
    _yes("RTE", [{"label": "entailment"}, {"label": "not_entailment"}], ["yes", "no"]),
    _yes("GLUE: numbers of classes", [{"label": 0}, {"label": 1}], ["yes", "no"], header=GLUE),
    _yes("FEVER", [{"label": "SUPPORTED"}, {"label": "REFUTED"}], ["yes", "no"]),
    _yes("present and absent", [{"label": "present"}, {"label": "absent"}], ["yes", "no"]),
    _yes(
        "letters of the options",
        [{"answer": "A"}, {"answer": "B"}],
        ["yes", "no"],
        fields={"question": "Is it?", "options": ["Yes", "No"]},
    ),
    _yes(
        "bits beside no, yes",
        [{"answer": 0}, {"answer": 1}],
        ["no", "yes"],
        fields={"question": "Is it?", "options": ["no", "yes"]},
    ),
    _yes(
        "bits beside yes, no",
        [{"answer": 0}, {"answer": 1}],
        refused=["bit (", "index (", "answers"],
        fields={"question": "Is it?", "options": ["yes", "no"]},
    ),
    _yes(
        "options from 1",
        [{"answer": 1}, {"answer": 2}],
        ["yes", "no"],
        fields={"question": "Is it?", "options": ["yes", "no"]},
    ),
    _yes("numbers that nothing explains", [{"label": 1}, {"label": 2}], refused=["1 or 2", "yes"]),
    _yes(
        "classes that say neither",
        [{"label": 0}, {"label": 1}],
        header={"classes": ["benign", "malignant"]},
        refused=["benign", "malignant", "yes"],
    ),
    _yes("other words", [{"label": "malignant"}], refused=["yes or no"]),
)


def _read(way: Way) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    instances = [an_instance(given, output, str(n)) for n, (given, output) in enumerate(way.entries)]
    context = a_context(way.protocol, *instances, header=way.header)
    read = protocols.get(way.protocol)
    return [read.reference(instance, context) for instance in instances], context.labels


def test_there_are_the_forty_most_used_ways() -> None:
    assert len({(way.protocol, way.name) for way in WAYS}) == len(WAYS) >= 40


@pytest.mark.parametrize("way", [way for way in WAYS if not way.refused], ids=lambda way: way.name)
def test_a_way_is_read_right(way: Way) -> None:
    read, labels = _read(way)
    assert read == list(way.wanted)
    assert way.labels is None or labels == way.labels


@pytest.mark.parametrize("way", [way for way in WAYS if way.refused], ids=lambda way: way.name)
def test_a_way_that_is_not_certain_is_refused_with_its_readings(way: Way) -> None:
    with pytest.raises(DataError) as caught:
        _read(way)
    for words in way.refused:
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "reading", "wanted"),
    [
        ("indices of either base", {"index_base": "1"}, ["A", "C"]),
        ("numbers that may be options", {"answers": "text"}, ["B", "A"]),
        ("numbers and classes, either base", {"index_base": "0"}, ["tennis", "golf"]),
        ("bits beside yes, no", {"answers": "bit"}, ["no", "yes"]),
        ("bits beside yes, no", {"answers": "index"}, ["yes", "no"]),
        ("numbers that nothing explains", {"yes": "1"}, ["yes", "no"]),
        ("classes that say neither", {"yes": "1"}, ["no", "yes"]),
    ],
)
def test_a_reading_settles_it(name: str, reading: dict[str, str], wanted: list[str]) -> None:
    way = next(way for way in WAYS if way.name == name)
    instances = [an_instance(given, output, str(n)) for n, (given, output) in enumerate(way.entries)]
    with pytest.raises(AmbiguousReferenceError):
        a_context(way.protocol, *instances, header=way.header)
    context = a_context(way.protocol, *instances, header=way.header, reading=reading)
    result = protocols.get(way.protocol)
    assert set(reading) <= set(result.reading_words)
    assert [result.reference(instance, context) for instance in instances] == [(word,) for word in wanted]
