"""Exact match, token F1 and ANLS against independent implementations and the released faults."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from pytest_generalbench.metrics.text.token_overlap import (
    anls,
    edit_distance,
    exact_match,
    f1_of_counts,
    token_f1,
)

ENGLISH = ["the", "a", "an", "cat", "dog", "Dog,", "sat!", "mat", "on", "it's"]
WORDS = st.lists(st.sampled_from(ENGLISH), max_size=10).map(" ".join)
SHORT = st.text(alphabet="abcdé我", max_size=12)


def _squad(text: str) -> list[str]:
    lowered = "".join(char for char in text.lower() if char not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", lowered).split()


@given(WORDS, WORDS)
def test_exact_match_equals_squad_on_english(answer: str, reference: str) -> None:
    if _squad(answer) and _squad(reference):
        assert exact_match(answer, (reference,)) == float(_squad(answer) == _squad(reference))


@given(WORDS, WORDS)
def test_token_f1_counts_pairs_of_equal_tokens(answer: str, reference: str) -> None:
    given_, wanted = (re.findall(r"\w+", text.lower()) for text in (answer, reference))
    left, common = list(wanted), 0
    for token in given_:
        if token in left:
            left.remove(token)
            common += 1
    if not given_ or not wanted:
        expected = float(given_ == wanted)
    else:
        precision, recall = common / len(given_), common / len(wanted)
        expected = 2 * precision * recall / (precision + recall) if common else 0.0
    assert token_f1(answer, (reference,)) == pytest.approx(expected)


def test_an_exact_match_with_a_repeated_word_has_f1_of_one() -> None:
    assert token_f1("the cat sat on the mat", ("the cat sat on the mat",)) == 1.0
    assert token_f1("the the the", ("the",)) == 0.5


def test_chinese_overlaps_by_character() -> None:
    assert token_f1("我爱北京", ("我爱北京",)) == 1.0
    assert token_f1("我爱上海", ("我爱北京",)) == 0.5
    assert exact_match("我爱北京。", ("我爱北京",)) == 1.0


def test_the_best_reference_counts() -> None:
    references = ("nothing alike", "red bird")
    assert token_f1("a red bird", references) == pytest.approx(0.8)
    assert exact_match("a red bird", references) == 1.0
    assert anls("red birt", references) == pytest.approx(1 - 1 / 8)


@given(SHORT, SHORT)
def test_edit_distance_equals_rapidfuzz(first: str, second: str) -> None:
    assert edit_distance(first, second) == Levenshtein.distance(first, second)


@given(st.text(alphabet="ab c", max_size=200), st.text(alphabet="ab c", max_size=200))
def test_edit_distance_of_long_texts_equals_rapidfuzz(first: str, second: str) -> None:
    assert edit_distance(first, second) == Levenshtein.distance(first, second)


@given(SHORT, st.lists(SHORT, min_size=1, max_size=3))
def test_anls_equals_the_script_of_docvqa(answer: str, references: list[str]) -> None:
    distances = []
    for reference in references:
        wanted, predicted = (" ".join(text.strip().lower().split()) for text in (reference, answer))
        length = max(len(reference.upper()), len(answer.upper()))
        distances.append(Levenshtein.distance(wanted, predicted) / length if length else 0.0)
    score = 1 - min(distances)
    assert anls(answer, tuple(references)) == pytest.approx(score if score >= 0.5 else 0.0)


def test_anls_is_zero_below_half_the_length() -> None:
    assert anls("12", ("13",)) == 0.5
    assert anls("12\nMain St", ("12 Main St",)) == 1.0
    assert anls("abcd", ("abxx",)) == 0.5
    assert anls("abcd", ("axxx",)) == 0.0
    assert anls("abcd", ("abcx",)) == 0.75
    assert anls(" ABCD ", ("abcd",)) == 1.0
    assert anls("", ("",)) == 1.0
    assert anls("", ("a",)) == 0.0


def test_f1_of_no_tokens() -> None:
    assert f1_of_counts(0, 0, 0) == 1.0
    assert f1_of_counts(0, 3, 0) == 0.0
