"""Answers in the styles of models: each reader understands 99 % of them, whatever answer is right."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import protocols
from pytest_generalbench.core.request import Output
from pytest_generalbench.protocols.text.parsers.choice.options import LETTERS
from pytest_generalbench.protocols.text.parsers.choice.selected import read_choice
from pytest_generalbench.protocols.text.parsers.labels.label import read_label
from pytest_generalbench.protocols.text.parsers.labels.yes_no import read_yes_no
from pytest_generalbench.protocols.text.parsers.numbers.count import read_count
from pytest_generalbench.protocols.text.parsers.numbers.final import normal_number, read_final_answer
from tests.protocols.questions import a_context, an_instance
from tests.protocols.styles import choice, final_answer, label, number, yes_no

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LEAST_STYLES = 80
LEAST_RATE = 0.99
MOST_SPREAD = 0.01

Trial = tuple[Any, str]
"""The right answer, and an answer text that says it."""

WORDS = {
    0: "zero", 1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 7: "seven", 10: "ten", 12: "twelve",
    21: "twenty-one", 48: "forty-eight", 100: "one hundred", 365: "three hundred and sixty-five",
    1234: "one thousand two hundred and thirty-four",
}  # fmt: skip
ASCII = "0123456789"
FULL_WIDTH = str.maketrans(ASCII, "０１２３４５６７８９")
ARABIC = str.maketrans(ASCII, "٠١٢٣٤٥٦٧٨٩")
DEVANAGARI = str.maketrans(ASCII, "०१२३४५६७८९")


def _choices(style: str) -> Iterator[tuple[Trial, tuple[str, ...]]]:
    for options in choice.OPTION_SETS:
        letters = LETTERS[: len(options)]
        for place, letter in enumerate(letters):
            wrong, other = (letters[(place + step) % len(letters)] for step in (1, 2))
            fields = {"L": letter, "l": letter.lower(), "T": options[place], "W": wrong, "X": other}
            yield (letter, style.format(**fields)), options


def _labels(style: str) -> Iterator[tuple[Trial, tuple[str, ...]]]:
    for labels in label.LABEL_SETS:
        for place, right in enumerate(labels):
            wrong, other = (labels[(place + step) % len(labels)] for step in (1, 2))
            if other == right and "{X}" in style:
                continue  # it speaks of two that are wrong
            fields = {"L": right, "l": right.lower(), "U": right.upper(), "W": wrong, "X": other}
            yield (right, style.format(**fields, C=right[:1].upper() + right[1:])), labels


def _count(style: str, value: int) -> str:
    digits = str(value)
    return style.format(
        N=value, W=WORDS[value], S=f"{value:,}", M=value + 9, P=value // 3, Q=value - value // 3,
        F=digits.translate(FULL_WIDTH), A=digits.translate(ARABIC), D=digits.translate(DEVANAGARI),
    )  # fmt: skip


def _final(style: str, value: str) -> str:
    whole, point, rest = value.partition(".")
    written = value if "/" in value else f"{int(whole):,}{point}{rest}"
    fields = {"N": value, "S": written, "M": "99", "O": "4"}
    return style.format(**fields, F=value.translate(FULL_WIDTH), A=value.translate(ARABIC))


def _yes_no() -> Iterator[tuple[str, str, str]]:
    for style in yes_no.EITHER:
        for right, other in (("yes", "no"), ("no", "yes")):
            fields = {"Y": right.title(), "y": right, "N": other.title(), "n": other}
            yield right, style.format(**fields), ""
    asked = "Is there a dog in the image?"
    for positive, negative in yes_no.PAIRS:
        yield "yes", positive, asked
        yield "no", negative, asked
    for question, positive, negative in yes_no.STATEMENTS:
        yield "yes", positive, question
        yield "no", negative, question


def _check(trials: Iterable[tuple[Any, str, Any]], styles: int) -> None:
    """Assert that answers are read right, no right answer more often than another.

    `trials` are the right answer, the text, and what was read.
    """
    tried: Counter[Any] = Counter()
    read: Counter[Any] = Counter()
    wrong = []
    for right, text, answer in trials:
        tried[right] += 1
        read[right] += answer == right
        if answer != right:
            wrong.append(f"{text!r} is {right!r} and was read as {answer!r}")
    rates = [read[right] / tried[right] for right in tried]
    assert styles >= LEAST_STYLES
    assert read.total() / tried.total() >= LEAST_RATE, "\n".join(wrong)
    assert max(rates) - min(rates) <= MOST_SPREAD, "\n".join(wrong)


def test_a_choice_is_read_in_every_style() -> None:
    styles = choice.STYLES
    trials = [
        (right, text, read_choice(text, options))
        for style in styles
        for (right, text), options in _choices(style)
    ]
    _check(trials, len(styles))


def test_a_label_is_read_in_every_style() -> None:
    styles = label.STYLES
    trials = [
        (right, text, read_label(text, labels))
        for style in styles
        for (right, text), labels in _labels(style)
    ]
    _check(trials, len(styles))


def test_yes_and_no_are_read_in_every_style() -> None:
    styles = len(yes_no.EITHER) + len(yes_no.PAIRS) + len(yes_no.STATEMENTS)
    _check([(right, text, read_yes_no(text, asked)) for right, text, asked in _yes_no()], styles)


def test_a_count_is_read_in_every_style() -> None:
    trials = [
        (value, text, read_count(text))
        for style in number.STYLES
        for value in number.VALUES
        for text in [_count(style, value)]
    ]
    _check(trials, len(number.STYLES))


def test_a_final_answer_is_read_in_every_style() -> None:
    trials = [
        (value, text, read_final_answer(text))
        for style in final_answer.STYLES
        for value in final_answer.VALUES
        for text in [_final(style, value)]
    ]
    _check(trials, len(final_answer.STYLES))


@pytest.mark.parametrize("frame", ["{}", "Final Answer: {}", "The answer is {}.", r"\boxed{{{}}}"])
def test_a_number_is_one_however_it_is_written(frame: str) -> None:
    read = {text: read_final_answer(frame.format(text)) for _, text in final_answer.WRITTEN}
    assert read == {text: value for value, text in final_answer.WRITTEN}
    assert {text: normal_number(text) for text in read} == read


def test_what_is_no_one_number_stays_what_it_is() -> None:
    for text in final_answer.KEPT:
        assert read_final_answer(f"Final Answer: {text}") == normal_number(text)
        assert not normal_number(text).lstrip("-").isdecimal()


@pytest.mark.parametrize("labels", label.LABEL_SETS, ids=lambda labels: labels[0])
def test_a_label_is_named_by_its_letter_where_the_question_lists_them(labels: tuple[str, ...]) -> None:
    listed = "\n".join(f"{letter}. {name}" for letter, name in zip(LETTERS, labels, strict=False))
    instances = [
        an_instance({"question": f"Which is it?\n{listed}"}, {"label": name}, str(place))
        for place, name in enumerate(labels)
    ]
    context = a_context("label", *instances)
    for place, right in enumerate(labels):
        letter, other = LETTERS[place], LETTERS[(place + 1) % len(labels)]
        for style in label.LETTERED:
            text = style.format(K=letter, k=letter.lower(), J=other, L=right)
            assert protocols.get("label").parse(Output(text), instances[place], context) == right, text


def test_a_statement_is_compared_with_the_question_that_was_asked() -> None:
    for question, positive, negative in yes_no.STATEMENTS:
        instance = an_instance({"question": question}, {"answer": "yes"})
        context = a_context("yes_no", instance)
        parse = protocols.get("yes_no").parse
        assert parse(Output(positive), instance, context) == "yes"
        assert parse(Output(negative), instance, context) == "no"
    for question, beside in yes_no.BESIDE:
        assert read_yes_no(beside, question) is None, beside


REFUSED: tuple[tuple[str, Callable[[str], object], Iterable[str]], ...] = (
    ("choice", lambda text: read_choice(text, choice.OPTION_SETS[1]), choice.REFUSED),
    ("yes_no", lambda text: read_yes_no(text, "Is it there?"), yes_no.REFUSED),
    ("count", read_count, [style.format(N=7) for style in number.REFUSED]),
    ("final_answer", read_final_answer, [style.format(S="7") for style in final_answer.REFUSED]),
)


@pytest.mark.parametrize(("name", "read", "texts"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_names_no_one_answer_is_refused(
    name: str, read: Callable[[str], object], texts: Iterable[str]
) -> None:
    assert {text: read(text) for text in texts} == dict.fromkeys(texts)


@pytest.mark.parametrize("labels", label.LABEL_SETS, ids=lambda labels: labels[0])
def test_an_answer_with_two_labels_is_neither(labels: tuple[str, ...]) -> None:
    for style in label.REFUSED:
        text = style.format(L=labels[0], W=labels[1])
        assert read_label(text, labels) not in labels, text
