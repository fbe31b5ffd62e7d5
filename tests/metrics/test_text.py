"""Normalisation and tokenisers: what counts as the same text."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.metrics.text.normalization import (
    fold,
    normalise_answer,
    normalise_words,
    tokenise,
    tokenise_code,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Paris", " paris. "),
        ("“Paris”", "'Paris'"),
        ('"Paris."', '"Paris".'),
        ("ＡＢＣ", "abc"),
        ("New\n  York", "new york"),
        ("我爱北京", "「我爱北京」。"),
        ("Straße", "STRASSE"),
        ("e\u0301te\u0301", "ÉTÉ"),
    ],
)
def test_the_same_answer(one: str, other: str) -> None:
    assert normalise_answer(one) == normalise_answer(other)


@pytest.mark.parametrize(
    ("one", "other"), [("10", "1"), ("...", "."), ("-5", "5"), ("C", "C++"), ("U.S", "US"), ("हिन्दी", "हन्द")]
)
def test_not_the_same_answer(one: str, other: str) -> None:
    assert normalise_answer(one) != normalise_answer(other)


@given(st.text())
def test_an_answer_is_never_emptied_out(text: str) -> None:
    assert bool(normalise_answer(text)) == bool(text.strip())
    assert bool(normalise_words(text)) == bool(text.strip())
    assert bool(tokenise(text)) == bool(text.strip())


@given(st.text())
def test_letter_case_and_compatibility_forms_do_not_count(text: str) -> None:
    composed = unicodedata.normalize("NFKC", text)
    assert fold(composed) == fold(text)
    assert tokenise(composed) == tokenise(text)
    assert normalise_answer(composed) == normalise_answer(text)


def test_exact_match_form_follows_squad_on_english() -> None:
    assert normalise_words("The  Eiffel-Tower, a landmark!") == "eiffeltower landmark"
    assert normalise_words("another theme") == "another theme"
    assert normalise_words("$1,000") == "1000"


def test_exact_match_form_keeps_what_squad_would_lose() -> None:
    assert normalise_words("我爱北京！") == "我爱北京"
    assert normalise_words("+") == "+"
    assert normalise_words("The") == "the"
    assert normalise_words("-3.5") == normalise_words("−3.5") == "-3.5"
    assert normalise_words("3.5.") == "3.5"
    assert normalise_words(".5") == ".5"
    assert normalise_words("naïa b") == "naïa b"


def test_tokens_of_many_scripts() -> None:
    assert tokenise("東京タワー is 333m tall.") == ["東", "京", "タ", "ワ", "ー", "is", "333m", "tall"]
    assert tokenise("나는 학교에 간다") == ["나는", "학교에", "간다"]
    assert tokenise("हिन्दी भाषा") == ["हिन्दी", "भाषा"]
    assert tokenise("ｶﾞ") == ["ガ"]
    assert tokenise("Привет, МИР!") == ["привет", "мир"]
    assert tokenise("我love你") == ["我", "love", "你"]
    assert tokenise("I ❤️ you") == ["i", "you"]
    assert tokenise("?! …") == ["?", "!", ".", ".", "."]


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_words_are_runs_of_word_characters(text: str) -> None:
    words = re.findall(r"[a-z0-9_]+", text.lower())
    assert tokenise(text) == (words or list("".join(text.lower().split())))


@given(st.text())
def test_code_tokens_lose_blanks_only(text: str) -> None:
    assert "".join(tokenise_code(text)) == "".join(text.split())


def test_code_tokens_are_identifiers_numbers_and_single_characters() -> None:
    tokens = ["if", "x1", ">", "=", "2.5e3", ":", "y_", "=", "0xFF"]
    assert tokenise_code("if x1>=2.5e3:\n\ty_ = 0xFF") == tokens
