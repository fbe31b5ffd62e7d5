"""Texts from outside made visible: control characters, escape sequences and marks of direction."""

from __future__ import annotations

import json
import unicodedata
from typing import Any, Final

_KEPT: Final = "\n\t"
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_HARMLESS: Final = frozenset("\u200d\u200c\ufe0f\u00ad")
"""Joiners and selectors that writing needs."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def visible_text(value: str, *, lines: bool = True) -> str:
    r"""Return the text with every character that acts instead of showing written as its escape.

    Args:
        value: Any text: an answer, an id, a file's name, a server's message.
        lines: Whether line feeds and tabs stay as they are.

    >>> visible_text("\x1b[31mred\u202e")
    '\\x1b[31mred\\u202e'
    """
    if (value.replace("\n", "").replace("\t", "") if lines else value).isprintable():
        return value  # nearly every text
    return "".join(_shown(char) if _acts(char, lines) else char for char in value)


def visible_json(text: str) -> str:
    r"""Return a JSON text with every character that acts written as JSON's escape; its value is the same.

    >>> visible_json('["\u202eé"]')
    '["\\u202eé"]'
    """
    if text.isprintable():
        return text
    return "".join(json.dumps(char)[1:-1] if _acts(char, lines=True) else char for char in text)


def cell_text(value: Any) -> Any:
    """Return a cell of a CSV file that no spreadsheet runs and no terminal obeys; numbers as they are.

    A text that begins like a formula gets an apostrophe before it; a number does not.

    >>> cell_text("=HYPERLINK(1)"), cell_text("-5.2"), cell_text(-5.2)
    ("'=HYPERLINK(1)", '-5.2', -5.2)
    """
    if not isinstance(value, str):
        return value
    if value.startswith(_FORMULA):
        try:
            float(value)
        except ValueError:
            value = f"'{value}"
    return visible_text(value)


def _acts(char: str, lines: bool) -> bool:
    if char in _KEPT:
        return not lines
    return unicodedata.category(char) in _HIDDEN and char not in _HARMLESS


def _shown(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")
