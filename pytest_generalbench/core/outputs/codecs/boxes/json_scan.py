"""The JSON values in an answer text, found in one pass whatever the text is.

A parser that is started again at each bracket takes time that grows with the square of the length of an
answer that runs on and on. Here the tokens are gone through once; what they enclose is then decoded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

_OPENING: Final = re.compile(r"[\[{]")
_TOKEN: Final = re.compile(
    r'[ \t\n\r]*(?:(?P<text>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?P<sign>[\[\]{},:])|'
    r"(?P<scalar>-?(?:(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|Infinity)|true|false|null|NaN))"
)
_AFTER: Final = {
    "first item": "comma or ]", "item": "comma or ]", "value": "comma or }",
    "first key": "colon", "key": "colon",
}  # fmt: skip
"""What is due behind what was due."""
_SIGNS: Final = {("comma or ]", ","): "item", ("comma or }", ","): "key", ("colon", ":"): "value"}
_CLOSES: Final = {"]": ("first item", "comma or ]"), "}": ("first key", "comma or }")}
_VALUES: Final = ("first item", "item", "value")
_LONGEST: Final = 300
"""Digits of an integer that are read; no float has more."""


class Placed(NamedTuple):
    """A JSON value and where it stands in a text."""

    start: int
    end: int
    value: Any


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST else float(digits)


_DECODER: Final = json.JSONDecoder(parse_int=_integer)


def placed_values(text: str) -> Iterator[Placed]:
    """Yield the JSON lists and objects in a text, outermost ones only, in order.

    When a list was cut off, or goes wrong at some place, the values in it before that place that are
    whole are yielded.

    >>> [(item.start, item.value) for item in placed_values('Here: [{"a": 1}, {"b": [2]}, {"c')]
    [(7, {'a': 1}), (17, {'b': [2]})]
    """
    place = 0
    while (opening := _OPENING.search(text, place)) is not None:
        spans, place = _spans(text, opening.start())
        for start, end in spans:
            try:
                yield Placed(start, end, _DECODER.decode(text[start:end]))
            except (ValueError, RecursionError):  # nested too deeply
                continue


def _spans(text: str, place: int) -> tuple[list[tuple[int, int]], int]:
    """Return the outermost whole values from a bracket on, and where the text stops to be JSON."""
    starts: list[int] = []
    due: list[str] = []
    spans: list[tuple[int, int]] = []
    while True:
        token = _TOKEN.match(text, place)
        if token is None:
            return spans, max(place, starts[-1] + 1)
        sign = token["sign"]
        if sign in ("[", "{"):
            if due and due[-1] not in _VALUES:
                return spans, token.start("sign")
            if due:
                due[-1] = _AFTER[due[-1]]
            starts.append(token.start("sign"))
            due.append("first item" if sign == "[" else "first key")
        elif sign in _CLOSES:
            if due[-1] not in _CLOSES[sign]:
                return spans, token.end()
            due.pop()
            start = starts.pop()
            while spans and spans[-1][0] > start:
                spans.pop()
            spans.append((start, token.end()))
        elif sign:
            if (due[-1], sign) not in _SIGNS:
                return spans, token.end()
            due[-1] = _SIGNS[due[-1], sign]
        else:
            if due[-1] not in (_VALUES if token["scalar"] else _AFTER):
                return spans, token.start("text") + 1 if token["text"] else token.end()
            due[-1] = _AFTER[due[-1]]
        place = token.end()
        if not starts:
            return spans, place
