"""Texts from outside in Markdown: nothing in them becomes markup, a link, a mention or a reference."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.visible_text import visible_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_ACTS: Final = re.compile(r"[!#$&*<>@\[\\\]_`{|}~]|:(?=//|[\w+-]+:)")
_LEADING: Final = re.compile(r"^(\d*)([-+=.)])(?=$|[\s+=-])")
"""What makes a list, a heading or a line of the text that it begins."""
_WEB: Final = re.compile(r"(?<=www)\.", re.IGNORECASE)
_REFERENCE: Final = "@#"
_SPLIT: Final = "<!-- -->"
"""Shows nothing; what stands on both sides of it is read as two texts, so that no name follows an `@`."""


def safe(value: object, most: int | None = None) -> str:
    """Return a text as Markdown that shows it on one line and does nothing else.

    Args:
        value: Any text.
        most: Characters of it that are shown at most; a text that is cut ends in `…`.

    >>> safe("*a* | @all")
    '&#42;a&#42; &#124; &#64;<!-- -->all'
    """
    text = str(value)
    if most is not None and len(text) > most:
        text = text[: most - 1] + "…"
    text = visible_text(" ".join(text.split()), lines=False)
    text = _WEB.sub("&#46;", _ACTS.sub(_entity, text))
    return _LEADING.sub(lambda match: f"{match[1]}&#{ord(match[2])};", text)


def _entity(match: re.Match[str]) -> str:
    char = match[0]
    return f"&#{ord(char)};{_SPLIT}" if char in _REFERENCE else f"&#{ord(char)};"


def code(value: object, most: int | None = None) -> str:
    """Return a text as code: GitHub and GitLab look for no mention or reference there.

    Args:
        value: Any text.
        most: Characters of it that are shown at most.
    """
    return f"<code>{safe(value, most)}</code>"


def row(cells: Sequence[str]) -> str:
    """Return a row of a table.

    Args:
        cells: Markdown without line feeds and `|`.
    """
    return f"| {' | '.join(cells)} |"


def head(names: Sequence[str]) -> list[str]:
    """Return the two lines that begin a table.

    Args:
        names: The columns.
    """
    return [row(names), f"|{'---|' * len(names)}"]
