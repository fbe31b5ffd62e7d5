from __future__ import annotations

from typing import Any

import pytest

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import AmbiguousReferenceError, DataError, ReferenceFormatError
from pytest_generalbench.core.request import Output
from pytest_generalbench.protocols.text.parsers.choice.options import options_of
from tests.protocols.questions import a_context, an_instance, prompt_of, reference_of

THREE = {"question": "Which?", "options": ["one", "two", "three"]}
CHOICE = protocols.get("multiple_choice")


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        (THREE, ("one", "two", "three")),
        ({"question": "Q", "choices": ["one", 2]}, ("one", "2")),
        ({"question": "Q", "candidates": {"B": "two", "A": "one"}}, ("one", "two")),
        ({"question": "Q", "options": {"(b)": "two", "(a)": "one"}}, ("one", "two")),
        ({"question": "Q", "options": {"10": "j", "2": "b", "1": "a"}}, ("a", "b", "j")),
        ({"question": "Q", "options": {"text": ["x", "y"], "label": ["1", "2"]}}, ("x", "y")),
        (
            {"question": "Q", "options": [{"label": "A", "text": "x"}, {"label": "B", "text": "y"}]},
            ("x", "y"),
        ),
        ({"question": "Q", "options": ["A. x", "B. y"]}, ("x", "y")),
        ({"question": "Q", "options": ["A. x", "C. y"]}, ("A. x", "C. y")),
        ({"question": "Q", "options": "A. x\nB. y"}, ("x", "y")),
        ({"question": "Q", "options": "x; y"}, ("x", "y")),
        ({"question": "Q", "options": "['x', 'y']"}, ("x", "y")),
        ({"question": "Q", "A": "x", "B": "y"}, ("x", "y")),
        ({"question": "Q", "answerA": "x", "answerB": "y", "answerC": "z"}, ("x", "y", "z")),
        ({"question": "Q", "Option B": "y", "Option A": "x"}, ("x", "y")),
        ({"question": "Q", "opa": "x", "opb": "y", "opc": "z", "opd": "w"}, ("x", "y", "z", "w")),
        ({"premise": "P", "question": "cause", "choice1": "x", "choice2": "y"}, ("x", "y")),
        ({"ctx": "C", "ending0": "x", "ending1": "y"}, ("x", "y")),
        ({"goal": "G", "sol1": "x", "sol2": "y"}, ("x", "y")),
        ({"ctx": "C", "endings": ["x", "y"]}, ("x", "y")),
        ({"question": "Q", "option1": "x", "option3": "y"}, ()),
        ({"question": "Q", "sentence1": "x", "sentence2": "y"}, ()),
        ({"question": "Q? The candidate choices are ['x', \"o'y\"].", "prompt": "Look."}, ("x", "o'y")),
        ({"question": "Q? The candidate choices are [3, 4.5]."}, ("3", "4.5")),
        ({"question": "Q [a]? The candidate choices are ['it's', 'that']."}, ("it's", "that")),
        ({"question": "Q? The candidate choices are [x, y z]."}, ("x", "y z")),
        ({"question": "Q? Choice list: ['x', 'y']. Your answer is:"}, ("x", "y")),
        ({"question": "Which? (A) x (B) y z (C) w"}, ("x", "y z", "w")),
        ({"question": "Which?\nA. x\nB. y"}, ("x", "y")),
        ({"question": "Which? A. x B. y"}, ("x", "y")),
        ({"question": "Which?\nA) x\nB) y\nAnswer now"}, ("x", "y")),
        ({"question": "Is A. Smith here?"}, ()),
        ({"question": "Which?"}, ()),
        ({"question": "Q? The candidate choices are [" + "[" * 5000}, ()),
    ],
)
def test_options_are_found_wherever_the_file_put_them(given: dict[str, Any], texts: tuple[str, ...]) -> None:
    assert options_of(an_instance(given)).texts == texts


def test_more_options_than_letters_are_an_error() -> None:
    with pytest.raises(DataError, match="27 options"):
        options_of(an_instance({"question": "Q", "options": [str(number) for number in range(27)]}))


def test_options_are_lettered_once() -> None:
    assert prompt_of("multiple_choice", THREE).splitlines()[1:4] == ["A. one", "B. two", "C. three"]
    shown = prompt_of("multiple_choice", {"question": "Which? (A) x (B) y"})
    assert shown.splitlines() == ["Which? (A) x (B) y", "Answer with the letter of the right option only."]


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("B", ("B",)),
        ("b", ("B",)),
        ("(B)", ("B",)),
        ("B.", ("B",)),
        ("B. two", ("B",)),
        ("two", ("B",)),
        ("Two.", ("B",)),
        ([0, 1, 0], ("B",)),
        ([False, True, True], ("B", "C")),
        (["A", "two"], ("A", "B")),
        (["B"], ("B",)),
    ],
)
def test_a_reference_is_a_letter_however_it_is_written(raw: Any, wanted: tuple[str, ...]) -> None:
    assert reference_of("multiple_choice", {"answer": raw}, THREE) == wanted


def _read(*pairs: tuple[dict[str, Any], Any], reading: dict[str, str] | None = None) -> list[tuple[str, ...]]:
    """Return the references of a file of (fields, answer)."""
    instances = [
        an_instance(given, {"answer": answer}, str(place)) for place, (given, answer) in enumerate(pairs)
    ]
    context = a_context("multiple_choice", *instances, reading=reading or {})
    return [CHOICE.reference(instance, context) for instance in instances]


def _options(*texts: str) -> dict[str, Any]:
    return {"question": "Which?", "options": list(texts)}


def test_a_zero_says_that_indices_count_from_0() -> None:
    assert _read((THREE, 0), (THREE, "1"), (THREE, 2)) == [("A",), ("B",), ("C",)]


def test_an_index_as_large_as_the_options_says_that_they_count_from_1() -> None:
    assert _read((THREE, 1), (THREE, "2"), (THREE, 3)) == [("A",), ("B",), ("C",)]


def test_indices_that_either_base_fits_are_refused_and_settled() -> None:
    with pytest.raises(
        AmbiguousReferenceError, match=r"0 \(none is as large .*or 1 \(none is 0\).*index_base"
    ):
        _read((THREE, 1), (THREE, 2))
    with pytest.raises(AmbiguousReferenceError, match=r"has 0, but .* has 3 of 3 options"):
        _read((THREE, 0), (THREE, 3))
    assert _read((THREE, 1), (THREE, 2), reading={"index_base": "1"}) == [("A",), ("B",)]
    assert _read((THREE, 1), (THREE, 2), reading={"index_base": "0"}) == [("B",), ("C",)]


def test_a_letter_may_be_the_text_of_another_option() -> None:
    notes = _options("B", "A", "C", "G")
    assert _read((notes, "A"), (notes, "G")) == [("B",), ("D",)]
    with pytest.raises(AmbiguousReferenceError, match=r"letter .* or text"):
        _read((notes, "A"))
    assert _read((notes, "A"), reading={"answers": "letter"}) == [("A",)]
    assert _read((_options("A", "B"), "B")) == [("B",)]


def test_a_number_may_be_the_text_of_an_option() -> None:
    counts = _options("3", "30", "1")
    assert _read((counts, 30), (counts, 1)) == [("B",), ("C",)]
    assert _read((counts, "3"), (counts, "1")) == [("A",), ("C",)]
    assert _read((counts, 2), (counts, 0)) == [("C",), ("A",)]
    with pytest.raises(AmbiguousReferenceError, match=r"text .* or index"):
        _read((counts, 1))


def test_a_number_without_options_is_an_answer_only_where_the_question_has_it() -> None:
    assert _read(({"question": "Is it frame 1 or frame 2?"}, 2)) == [("2",)]
    with pytest.raises(ReferenceFormatError, match="options are not found under the keys question, sol_x"):
        _read(({"question": "Which?", "sol_x": "a"}, 2))


def test_own_names_of_the_options_are_understood() -> None:
    given = {"question": "Q", "options": {"1": "x", "2": "y"}}
    assert reference_of("multiple_choice", {"answer": "1"}, given) == ("A",)
    assert reference_of("multiple_choice", {"answer": 2}, given) == ("B",)


def test_an_index_beyond_the_options_is_no_answer() -> None:
    with pytest.raises(ReferenceFormatError, match="an index from 0"):
        reference_of("multiple_choice", {"answer": 4}, THREE)


def test_letters_without_options_are_the_choice() -> None:
    instances = [an_instance({"question": "Q"}, {"answer": letter}, letter) for letter in "BDA"]
    context = a_context("multiple_choice", *instances)
    assert CHOICE.choices(instances[0], context) == ("A", "B", "C", "D")
    assert CHOICE.reference(instances[0], context) == ("B",)
    assert CHOICE.request(instances[0], context).text.endswith("Answer with A, B, C or D only.")
    assert CHOICE.parse(Output("The answer is (b)."), instances[0], context) == "B"


def test_yes_and_no_without_options_are_the_choice() -> None:
    instances = [an_instance({"question": "Q"}, {"text": answer}, answer) for answer in ("yes", "no", "Yes")]
    context = a_context("multiple_choice", *instances)
    assert CHOICE.choices(instances[0], context) == ("yes", "no")
    assert [CHOICE.reference(instance, context) for instance in instances] == [("yes",), ("no",), ("yes",)]
    assert CHOICE.parse(Output("Yes, there is a nodule."), instances[0], context) == "yes"
    assert CHOICE.request(instances[0], context).text.endswith("Answer with yes or no only.")


def test_without_letters_and_options_texts_are_compared() -> None:
    instances = [an_instance({"question": "Q"}, {"answer": answer}) for answer in ("Object 3", "B")]
    context = a_context("multiple_choice", *instances)
    assert CHOICE.choices(instances[0], context) == ()
    assert CHOICE.reference(instances[0], context) == ("object 3",)
    assert CHOICE.parse(Output("The answer is object 3."), instances[0], context) == "object 3"


def test_a_prediction_is_a_letter_or_none() -> None:
    instance = an_instance(THREE)
    context = a_context("multiple_choice", instance)
    assert CHOICE.parse(Output("three"), instance, context) == "C"
    assert CHOICE.parse(Output("I cannot tell"), instance, context) is None
    assert CHOICE.choices(instance, context) == ("A", "B", "C")


def test_options_in_fields_of_their_own_are_shown_once_and_lettered() -> None:
    given = {"context": "C", "question": "Q", "answerA": "alpha", "answerB": "beta"}
    prompt = prompt_of("multiple_choice", given)
    assert prompt.splitlines()[:4] == ["Context: C", "Q", "A. alpha", "B. beta"]
    assert prompt.count("alpha") == 1
