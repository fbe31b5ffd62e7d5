from __future__ import annotations

from typing import Any

import pytest

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import DataError, ReferenceFormatError
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
        (1, ("B",)),
        ("1", ("B",)),
        (["A", "two"], ("A", "B")),
        (["B"], ("B",)),
    ],
)
def test_a_reference_is_a_letter_however_it_is_written(raw: Any, wanted: tuple[str, ...]) -> None:
    assert reference_of("multiple_choice", {"answer": raw}, THREE) == wanted


def test_the_text_of_an_option_wins_over_letter_and_index() -> None:
    notes = {"question": "Which note?", "options": ["B", "A", "C"]}
    assert reference_of("multiple_choice", {"answer": "A"}, notes) == ("B",)
    numbers = {"question": "How many?", "options": ["3", "0", "1"]}
    assert reference_of("multiple_choice", {"answer": 1}, numbers) == ("C",)


def test_own_names_of_the_options_are_understood() -> None:
    given = {"question": "Q", "options": {"1": "x", "2": "y"}}
    assert reference_of("multiple_choice", {"answer": "1"}, given) == ("A",)
    assert reference_of("multiple_choice", {"answer": 2}, given) == ("B",)


def test_an_index_beyond_the_options_is_no_answer() -> None:
    with pytest.raises(ReferenceFormatError, match="an index from 0"):
        reference_of("multiple_choice", {"answer": 3}, THREE)


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
