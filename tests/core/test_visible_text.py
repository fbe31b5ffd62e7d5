"""Texts from outside show; they never act."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.visible_text import cell_text, visible_json, visible_text


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


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("\t=1+1", "'\t=1+1"),
        ("\r=1", r"'\r=1"),
        ("@cmd", "'@cmd"),
        ("-5.2", "-5.2"),
        ("+1e400", "+1e400"),
        ("a=b", "a=b"),
        ("\x1b[31m", r"\x1b[31m"),
        (-5.2, -5.2),
        (None, None),
    ],
)
def test_no_cell_is_a_formula_or_acts(value: object, cell: object) -> None:
    assert cell_text(value) == cell


@given(st.text())
def test_json_keeps_its_value_and_does_not_act(value: str) -> None:
    shown = visible_json(json.dumps([value], ensure_ascii=False))
    assert json.loads(shown) == [value]
    assert visible_text(shown) == shown
