"""Texts from outside show; they never act."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.visible_text import visible_text


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("plain text, äöü, 漢字, ไทย", "plain text, äöü, 漢字, ไทย"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("a\rb\x00\x7f\x9b", r"a\rb\x00\x7f\x9b"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("one\u2028two", r"one\u2028two"),
        ("\ud800", r"\ud800"),
        ("👩\u200d👧", "👩\u200d👧"),
    ],
)
def test_what_acts_is_written_as_its_escape(given_text: str, shown: str) -> None:
    assert visible_text(given_text) == shown


def test_lines_stay_unless_one_line_is_wanted() -> None:
    assert visible_text("one\n\ttwo") == "one\n\ttwo"
    assert visible_text("one\n\ttwo", lines=False) == r"one\n\ttwo"


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_acts_is_left(text: str) -> None:
    shown = visible_text(text, lines=False)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in shown)
    shown.encode()
