"""Texts from outside made visible: control characters, escape sequences and marks of direction."""

from __future__ import annotations

import unicodedata
from typing import Final

_KEPT: Final = "\n\t"
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_HARMLESS: Final = frozenset("\u200d\u200c\ufe0f\u00ad")
"""Joiners and selectors that writing needs."""


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


def _acts(char: str, lines: bool) -> bool:
    if char in _KEPT:
        return not lines
    return unicodedata.category(char) in _HIDDEN and char not in _HARMLESS


def _shown(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")
