"""Numbers as LaTeX, languages and currencies write them, rewritten in one plain way."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from pytest_generalbench.protocols.text.parsers.normalization import plain_signs

_REWRITTEN: Final = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"\\[()\[\]]|\$\$", " "),
        (r"\\left|\\right(?![a-z])|\\displaystyle", ""),
        (r"\\[dtc]?frac\s*\{\s*([^{}\s]{1,40})\s*\}\s*\{\s*([^{}\s]{1,40})\s*\}", r"\1/\2"),
        (r"\\[dtc]?frac\s*(\d)\s*(\d)(?!\d)", r"\1/\2"),
        (r"(?<=\d)\{,\}(?=\d)", ","),
        (r"(?<=\d)\\[,!;:]\s?(?=\d{3}(?!\d))", ""),
        (r"\\[,!;:> ]|\\quad|(?<!\\)~(?=[A-Za-z])", " "),
        (
            r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathit|mbox|operatorname|bf|rm)\s*\{([^{}]*)\}",
            r" \1",
        ),
        (r"\^\s*\{?\s*\\circ\s*\}?|\\degree", "°"),
        (r"\\approx|\\sim(?:eq)?(?![a-z])|≃|≅|≒", "≈"),
        (r"\\([%$&#_])", r"\1"),
        (r"\$(?!\s?\.?\d)", " "),
        (r"(?<=\d)\s*/\s*(?=\d)", "/"),
        (r"(?:^|(?<=[\s:=(]))–(?=[\d.])", "-"),
    )
)
_GROUPED: Final = re.compile(
    r"(?<![\d.,'])(?:\d{1,3}(?:,\d{3})+(?!\d|,\d)|\d{1,3}(?:'\d{3})+(?!\d|'\w)|\d{1,2}(?:,\d{2})+,\d{3}(?!\d|,\d)|"
    r"\d{1,3}(?:\.\d{3}){2,}(?![\d.]))"
)
"""Thousands set apart by commas, apostrophes or points, in the way of India as well."""
_EUROPEAN: Final = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{3})+),(\d{1,2})(?![\d,])")
_VULGAR: Final = re.compile("[¼-¾⅐-⅞]")
_NARROW: Final = re.compile("(?<!\\d)\\d{1,3}(?:[\u00a0\u202f\u2009\u2007]\\d{3})+(?!\\d)")
_BLANKS: Final = re.compile(r"(?<![\d.,])(-?\d{1,3}(?: \d{3})+)(?![\d ]*\d)")


def plain_numbers(text: str) -> str:
    r"""Rewrite the numbers of a text: no LaTeX around them, no signs between thousands, `a/b` for fractions.

    >>> plain_numbers("$9{,}500"), plain_numbers(r"\frac{1}{2}"), plain_numbers("1.234,5 km")
    ('$9500', '1/2', '1234.5 km')
    """
    text = _NARROW.sub(lambda number: re.sub(r"\s", "", number[0]), text)
    text = _VULGAR.sub(lambda char: " " + unicodedata.normalize("NFKC", char[0]).replace("\u2044", "/"), text)
    text = plain_signs(text)
    text = _EUROPEAN.sub(lambda number: number[1].replace(".", "") + "." + number[2], text)
    for pattern, plain in _REWRITTEN:
        text = pattern.sub(plain, text)
    return _GROUPED.sub(lambda number: re.sub(r"[,'.]", "", number[0]), text)


def joined_thousands(text: str) -> str:
    """Join thousands that blanks separate, where a text holds one number only: `1 234` is `1234`."""
    joined = _BLANKS.sub(lambda number: number[1].replace(" ", ""), text)
    return joined if len(re.findall(r"\d+", joined)) <= 2 else text
