"""Parsers of numbers in answers."""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

from pytest_generalbench.protocols.text.parsers.normalization import (
    ends_of,
    last_boxed,
    last_line,
    one_line,
    without_emphasis,
    without_reasoning,
)

_DIGITS: Final = r"(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
_NUMBER: Final = re.compile(
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
_SIGNS: Final = re.compile(r"^\s*[$€£¥₹]\s*|\\\$|\\[,!; ]|\s*(?:\\?%|°)\s*$")
_VALUE: Final = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:/\d+)?"
_WITH_UNIT: Final = re.compile(
    rf"(?:[A-Za-z]\w{{0,15}}\s*=\s*)?[$€£¥₹]?\s*({_VALUE})(?:\s*%|\s+([A-Za-z][A-Za-z ]{{0,30}}))?"
)
_SCALE_WORDS: Final = frozenset(
    [
        "hundred",
        "thousand",
        "million",
        "billion",
        "trillion",
        "dozen",
        "half",
        "and",
        "or",
        "times",
        "to",
        "pi",
    ]
)
_ANY_VALUE: Final = re.compile(r"(?<![\w.])[-−]?(?:\d+(?:\.\d+)?|\.\d+)(?:/\d+)?")
_FORMULA: Final = re.compile(r"[=+*^\\<>{}_|]|[A-Za-z]\d|\d[A-Za-z:]")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z'’]*")
_HEDGES: Final = tuple([word] for word in ("about", "approximately", "around", "exactly", "roughly", "only"))


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
        for match in _NUMBER.finditer(text)
        if (value := _number(match.group())) is not None
    ]
    if words:
        hit += [Number(*match.span(), _from_words(match.group())) for match in _WORDS.finditer(text)]
    return sorted(hit)


def normal_number(text: str) -> str:
    r"""Write a final answer so that equal numbers are equal texts.

    `18.`, `$18`, `18 apples`, `x = 18` and `18.0` are `18`; `$1,234.50` is `1234.5`; `50%` is
    `50`; `\frac{1}{2}` and `1/2` are `1/2`, a fraction is not computed. Anything that is not
    one number with at most a name before and a unit behind it stays text, in one line.
    """
    plain = re.sub(r"\\d?frac\{(\d+)\}\{(\d+)\}", r"\1/\2", text.strip().strip("$"))
    plain = re.sub(r"\\(?:text|mathrm|textbf)\{([^{}]*)\}", r" \1", plain)
    plain = one_line(_SIGNS.sub("", plain).replace("−", "-"))
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", plain)
    bare = re.sub(r"(?<=[\w%)\]])[.。]+$", "", plain)
    match = _WITH_UNIT.fullmatch(bare)
    if match is None or (match.group(2) and _SCALE_WORDS & set(match.group(2).lower().split())):
        return bare or one_line(text)
    value = match.group(1).lstrip("+")
    if "/" in value or "." not in value:
        return re.sub(r"^(-?)0+(?=\d)", r"\1", value)
    return re.sub(r"^(-?)(?=\.)", r"\g<1>0", value.rstrip("0").rstrip(".")) or "0"


def _said_number(answer: str) -> str:
    """Return the number of a sentence that holds exactly one, else the answer as it is.

    A sentence has two words before its number, or three in all with one before; what else
    has letters and a number may be a name (`Room 12`), a quantity (`5 million`) or a formula.
    """
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", answer)
    match = list(_ANY_VALUE.finditer(plain))
    if len(match) != 1 or _FORMULA.search(plain):
        return answer
    before, after = (_WORD.findall(part) for part in (plain[: match[0].start()], plain[match[0].end() :]))
    hedged = [word.lower() for word in before] in _HEDGES
    sentence = len(before) > 1 or hedged or (before and len(before) + len(after) > 2)
    scaled = after and after[0].lower() in _SCALE_WORDS
    return normal_number(match[0].group()) if sentence and not scaled else answer


def read_final_answer(text: str) -> str | None:
    r"""Read the final answer of worked-out reasoning, numbers normalised.

    The last `\boxed{…}`, else what follows the last `Final Answer:` (any case, in bold or
    not; on the next line when its own is empty), else what follows the last `answer is`,
    else the last number, else the last line. Where a sentence follows such a phrase, the one
    number in it is the answer (`Final answer: Janet makes $18 a day`); a sentence with several
    stays as it is. None when there is no text. Of a long text both ends are read.
    """
    text = ends_of(without_reasoning(text))
    box = last_boxed(text)
    if box:
        return normal_number(box)
    plain = without_emphasis(text)
    for pattern in (
        r"final\s+answer\s*(?:is\b\s*)?[:\uff1a]?\s*\n*\s*([^\n]+)",
        r"(?:answer\s*(?:is\b\s*[:\uff1a]?|[:\uff1a])|答案(?:是|为|[:\uff1a]))\s*\n*\s*([^\n]+)",
    ):
        final_answer = re.findall(pattern, plain, re.IGNORECASE)
        if final_answer and (answer := normal_number(final_answer[-1])):
            return _said_number(answer)
    numbers = [match.group() for match in _NUMBER.finditer(plain)]
    whole = normal_number(plain) if "\n" not in plain else ""
    if re.fullmatch(_VALUE, whole):
        return whole
    return normal_number(numbers[-1]) if numbers else normal_number(last_line(plain)) or None
