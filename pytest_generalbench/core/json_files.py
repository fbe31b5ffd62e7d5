"""JSON that strangers wrote: bounded in memory, and a value that cannot be one costs only its place.

Two things make Python's reader refuse a whole file: a whole number of more than 4300 digits, and nesting of a
thousand levels. The number is read as infinite, as 1e400 is; of the nesting the outer levels are kept, which
are still more than any reader of an entry takes.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.limits import Limit

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY: Final = Limit(2 << 30, "bytes of memory, by its brackets and commas")
"""What the values of a JSON text may take in memory."""

_COSTS: Final = (("{", 200), ("[", 64), (",", 40))
"""Bytes that an object, a list and one more value take, about."""

KEPT_DEPTH: Final = 100
"""Levels that are kept of a text that is nested too deeply to be read whole."""

_PIECES: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def parse_json(text: str, memory: Limit = MEMORY) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: it is no JSON (json.JSONDecodeError), or its values would take more than `memory`.
        RecursionError: it is nested too deeply even so.
    """
    why = memory.excess(sum(cost * text.count(mark) for mark, cost in _COSTS))
    if why:
        raise ValueError(why)
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        return json.loads("".join(_shallow(text)), parse_int=_whole)
    except ValueError:  # a whole number of too many digits
        return json.loads(text, parse_int=_whole)


def _whole(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        return -math.inf if digits.startswith("-") else math.inf


def _shallow(text: str) -> Iterator[str]:
    """Yield the text without what is nested deeper than `KEPT_DEPTH`, null in its place."""
    depth, place = 0, 0
    for piece in _PIECES.finditer(text):
        mark = piece[0]
        if mark in "[{":
            depth += 1
            if depth == KEPT_DEPTH + 1:
                yield text[place : piece.start()]
        elif mark in "]}":
            if depth == KEPT_DEPTH + 1:
                yield "null"
                place = piece.end()
            depth -= 1
    if depth <= KEPT_DEPTH:
        yield text[place:]
