"""The law of every protocol: the ideal answer is read back as a prediction of full score."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench import metrics, protocols
from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.errors import AmbiguousReferenceError, DataError, ReferenceFormatError
from pytest_generalbench.core.request import Instance, Output
from pytest_generalbench.protocols.text.parsers.normalization import normalise
from tests.protocols.questions import a_context, an_instance, said_back

if TYPE_CHECKING:
    from pytest_generalbench.protocols import TaskContext

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=24).filter(normalise)
SENTENCES = st.lists(
    st.sampled_from(
        ["The", "answer", "is", "Answer:", "a", "cat", '"', "**", "3", "(B)", "\n", "no", "是", "."]
    ),
    min_size=1,
    max_size=10,
).map(" ".join)
TEXTS = (WORDS | SENTENCES).filter(lambda text: bool(text.strip()) and "think" not in text.lower())


def _score(protocol: str, instance: Instance, context: TaskContext) -> float:
    read, reference = said_back(protocol, instance, context)
    assert read is not None
    accumulator = metrics.make(context.task.metric.name, {})
    accumulator.add(read, reference)
    return accumulator.result().score


@pytest.mark.parametrize("protocol", ["short_answer", "free_text", "caption", "ocr", "roles"])
@given(text=TEXTS)
def test_texts_are_said_back(protocol: str, text: str) -> None:
    instance = an_instance({"question": "What?"}, {"text": text})
    read, reference = said_back(protocol, instance, a_context(protocol, instance))
    assert read == reference[0]


@given(TEXTS | st.integers(-(10**9), 10**9).map(str) | st.floats(-1e6, 1e6).map(str))
def test_final_answers_are_said_back(text: str) -> None:
    instance = an_instance({"problem": {"text": "How many?"}}, {"solution": {"final_answer": text}})
    read, reference = said_back("final_answer", instance, a_context("final_answer", instance))
    assert read == reference[0]


@pytest.mark.parametrize("protocol", ["counting", "time_series"])
@given(number=st.integers(0, 10**7) | st.floats(-1e12, 1e12))
def test_numbers_are_said_back(protocol: str, number: float) -> None:
    instance = an_instance({"question": "How many?", "data": [1, 2]}, {"target": number})
    read, reference = said_back(protocol, instance, a_context(protocol, instance, metric="mae"))
    assert read == reference == number


@given(st.lists(WORDS, min_size=2, max_size=8, unique_by=normalise), st.data())
def test_labels_are_said_back(labels: list[str], data: st.DataObject) -> None:
    instances = [an_instance({"text": "x"}, {"label": label}, str(i)) for i, label in enumerate(labels)]
    context = a_context("label", *instances)
    assert {normalise(label) for label in context.labels} == {normalise(label) for label in labels}
    instance = data.draw(st.sampled_from(instances))
    read, reference = said_back("label", instance, context)
    assert (read,) == reference


@given(WORDS.filter(lambda word: not set("*_`") & set(word)))  # marks at a word's edge are read as Markdown
def test_labels_of_an_open_set_are_said_back(label: str) -> None:
    instance = an_instance({"text": "x"}, {"label": label})
    read, reference = said_back("label", instance, a_context("label"))
    assert (read,) == reference


def normalise_upper(text: str) -> str:
    return normalise(text).upper()


@given(st.lists(WORDS, min_size=2, max_size=26), st.data())
def test_choices_are_said_back(options: list[str], data: st.DataObject) -> None:
    letter = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(options)]))
    instance = an_instance({"question": "Which?", "options": options}, {"answer": letter})
    try:
        context = a_context("multiple_choice", instance)
    except AmbiguousReferenceError:
        assert letter in map(normalise_upper, options)  # the letter is the text of another option as well
        return
    read, reference = said_back("multiple_choice", instance, context)
    assert (read,) == reference


@pytest.mark.parametrize("word", ["yes", "No", "true", False, 1, "是", "否"])
def test_yes_and_no_are_said_back(word: Any) -> None:
    instance = an_instance({"question": "Is it?"}, {"text": word})
    read, reference = said_back("yes_no", instance, a_context("yes_no", instance))
    assert (read,) == reference


VALUES = st.recursive(TEXTS | st.integers(), lambda inner: st.lists(inner, max_size=3), max_leaves=6)


@given(TEXTS | st.lists(VALUES, max_size=5) | st.dictionaries(WORDS, VALUES, max_size=3))
def test_items_are_said_back(raw: Any) -> None:
    instance = an_instance({"text": "x"}, {"label": raw})
    read, reference = said_back("extraction", instance, a_context("extraction", instance, metric="micro_f1"))
    assert read == reference


@given(st.lists(st.tuples(WORDS, WORDS, WORDS).map(list), max_size=5))
def test_triplets_are_said_back(raw: list[list[str]]) -> None:
    instance = an_instance({"prompt": "Relations?"}, {"triplets": raw})
    try:
        protocols.get("triplets").reference(instance, a_context("triplets"))
    except ReferenceFormatError:
        return
    read, reference = said_back("triplets", instance, a_context("triplets", metric="triplet_recall50"))
    assert read == reference


CODE = st.lists(
    st.sampled_from(
        ["def f():", "    return 1", "", "```", "```python", "Code: x", "x = '```'", "SELECT 1;", "  y"]
    ),
    min_size=1,
    max_size=8,
).map("\n".join)


@pytest.mark.parametrize("metric", ["bleu1", "codebleu"])
@given(text=CODE | TEXTS)
def test_code_is_said_back(metric: str, text: str) -> None:
    instance = an_instance({"goal": "Return one."}, {"response": {"content": text}})
    context = a_context("code", instance, metric=metric)
    try:
        protocols.get("code").reference(instance, context)
    except ReferenceFormatError:
        return
    read, reference = said_back("code", instance, context)
    assert read == (reference if metric == "bleu1" else reference.texts)[0]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
TEXT_PROTOCOLS = tuple(name for name in protocols.names() if protocols.get(name).form == "text")


@pytest.mark.parametrize("name", TEXT_PROTOCOLS)
@given(
    fields=st.dictionaries(
        st.sampled_from(
            [
                "question",
                "prompt",
                "options",
                "context",
                "dialog",
                "table",
                "data",
                "func",
                "x",
                "document_list",
                "problem",
            ]
        ),
        ANY_JSON,
        max_size=4,
    ),
    raw=ANY_JSON,
    text=st.text(max_size=30),
)
def test_strange_instances_raise_nothing_but_data_errors(
    name: str, fields: dict[str, Any], raw: Any, text: str
) -> None:
    instance = an_instance(fields, raw)
    protocol = protocols.get(name)
    try:
        context = a_context(name, instance)
        protocol.request(instance, context)
        protocol.parse(Output(text), instance, context)
        reference = protocol.reference(instance, context)
        json.dumps(protocol.ideal(reference, instance, context))
    except DataError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    "archetype", [key for key, name in vocabulary.ARCHETYPE_PROTOCOL.items() if name in TEXT_PROTOCOLS]
)
def test_every_archetype_of_a_text_answer_has_its_protocol(archetype: str) -> None:
    assert protocols.get(vocabulary.ARCHETYPE_PROTOCOL[archetype]).output_medium == "text"


PAIRS = (
    ("multiple_choice", "accuracy", {"answer": "B"}, {"question": "Which?", "options": ["a", "b"]}),
    ("yes_no", "accuracy", {"text": "yes"}, {"question": "Is it?"}),
    ("label", "accuracy", {"text": "Cat"}, {"prompt": "What?"}),
    ("label", "micro_f1", {"category": "Cat"}, {"prompt": "What?"}),
    ("label", "macro_f1", {"text": "Cat"}, {"prompt": "What?"}),
    ("label", "weighted_f1", {"text": "Cat"}, {"prompt": "What?"}),
    ("label", "macro_accuracy", {"text": "Cat"}, {"prompt": "What?"}),
    ("short_answer", "exact_match", {"text": ["two", "2"]}, {"question": "What?"}),
    ("short_answer", "accuracy", {"text": "two men"}, {"question": "What?"}),
    ("short_answer", "bleu1", {"text": "two men"}, {"question": "What?"}),
    ("final_answer", "accuracy", {"solution": {"final_answer": 18}}, {"problem": {"text": "What?"}}),
    ("free_text", "token_f1", {"answer": "the cat"}, {"question": "What?"}),
    ("free_text", "bleu1", {"answer": "the cat"}, {"question": "What?"}),
    ("free_text", "rouge1", {"summary": "the cat"}, {"document": "What?"}),
    ("free_text", "rougeL", {"text": "the cat"}, {"question": "What?"}),
    ("caption", "rougeL", {"text": "the cat sits"}, {"prompt": "Describe."}),
    ("ocr", "anls", {"text": "AB 12"}, {"prompt": "Read."}),
    ("counting", "mae", {"text": "12"}, {"prompt": "Count."}),
    ("time_series", "rmse", {"target": 1.5}, {"data": [1, 2]}),
    ("extraction", "micro_f1", {"label": "a, b"}, {"raw_text": "x"}),
    ("extraction", "extraction_f1", {"label": [["a", "b"]]}, {"raw_text": "x"}),
    ("triplets", "triplet_recall50", {"triplets": [["a", "on", "b"]]}, {"prompt": "Relations?"}),
)


@pytest.mark.parametrize(("protocol", "metric", "raw", "fields"), PAIRS)
def test_the_ideal_answer_has_the_best_score(
    protocol: str, metric: str, raw: Any, fields: dict[str, Any]
) -> None:
    instance = an_instance(fields, raw)
    context = a_context(protocol, instance, metric=metric)
    assert _score(protocol, instance, context) == pytest.approx(metrics.get(metric).best)
