"""Parsers of numbers in answers."""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

_DIGITS: Final = r"(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
NUMBER: Final = re.compile(
    # Latin letters only: Chinese sets no blank around a number. `3D` and `2nd` are no numbers.
    rf"(?<![A-Za-z0-9_.])(?:(?<![)\]])[-+−])?{_DIGITS}(?!\d|(?:D|st|nd|rd|th)\b)"
)
_UNITS: Final = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS: Final = {
    word: 10 * number
    for number, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2
    )
}
_SCALES: Final = {"hundred": 100, "thousand": 1000}
_BELOW_100: Final = (
    rf"(?:(?:{'|'.join(_TENS)})(?:[\s-](?:{'|'.join(list(_UNITS)[1:10])}))?|{'|'.join(reversed(_UNITS))})"
)
_BELOW_1000: Final = rf"{_BELOW_100}(?:\s+hundred(?:(?:\s+and)?\s+{_BELOW_100})?)?"
_WORDS: Final = re.compile(
    rf"\b{_BELOW_1000}(?:\s+thousand(?:(?:\s+and)?\s+{_BELOW_1000})?)?\b", re.IGNORECASE
)


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "").replace("−", "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _from_words(text: str) -> float:
    total = part = 0
    for word in re.split(r"[\s-]+", text.lower()):
        if word in _SCALES:
            part = max(part, 1) * _SCALES[word]
            if word == "thousand":
                total, part = total + part, 0
        else:
            part += _UNITS.get(word, 0) + _TENS.get(word, 0)
    return float(total + part)


class Number(NamedTuple):
    """A number and where it stands."""

    start: int
    end: int
    value: float


def numbers_in(text: str, *, words: bool = True) -> list[Number]:
    """Return the numbers of `text` in order, those in English words included unless told otherwise."""
    hit = [
        Number(*match.span(), value)
        for match in NUMBER.finditer(text)
        if (value := _number(match.group())) is not None
    ]
    if words:
        hit += [Number(*match.span(), _from_words(match.group())) for match in _WORDS.finditer(text)]
    return sorted(hit)
