"""Reading yes or no."""

from __future__ import annotations

import re
from typing import Final

from pytest_generalbench.protocols.cleaning import (
    first_line,
    last_boxed,
    normalise,
    without_emphasis,
    without_reasoning,
)

_WORDS: Final[dict[str, str]] = {
    **dict.fromkeys(("yes", "yeah", "yep", "true", "correct", "y", "t"), "yes"),
    **dict.fromkeys(("no", "nope", "false", "incorrect", "wrong", "n", "f"), "no"),
    **dict.fromkeys(("是", "是的", "对", "对的", "正确", "有", "存在", "真"), "yes"),
    **dict.fromkeys(("否", "不是", "不", "不对", "错", "错误", "不正确", "没有", "无", "不存在", "假"), "no"),
}
_ENGLISH: Final = r"yes|yeah|yep|no|nope|true|false"
_CHINESE: Final = (
    "不正确|不存在|不是|不对|没有(?!办法)|错误|正确|存在|是的|对的|是(?!否)|否|对(?!不起)|错|有(?!没有)"
)
_LEADING: Final = re.compile(
    rf"\W*(?:({_ENGLISH}|correct|incorrect|[yn](?=\W*$))(?![\w-])|({_CHINESE}))", re.IGNORECASE
)
_PHRASE: Final = re.compile(
    r"\banswer\b[^.:\n]{0,40}?(?:\bis\b|[:=\uff1a])[:\s]*|答案(?:是|为)?\s*[:\uff1a]?\s*", re.IGNORECASE
)
_ANYWHERE: Final = re.compile(rf"(?<![\w-])({_ENGLISH})(?![\w-])", re.IGNORECASE)


def polarity(word: str) -> str | None:
    """Return `yes` or `no` for a lone word in English or Chinese, else None."""
    return _WORDS.get(normalise(word))


def _leading(text: str) -> str | None:
    found = _LEADING.match(text)
    return polarity(found.group(1) or found.group(2)) if found else None


def read_yes_no(text: str) -> str | None:
    """Read `yes` or `no`: boxed, behind `the answer is`, as the first word, or as the only one said.

    True and false, 是 and 否 and their kin count as well. Both at once, or neither, is None.
    """
    plain = without_emphasis(without_reasoning(text))
    box = last_boxed(plain)
    tails = [box] if box else []
    tails += [plain[found.end() :] for found in reversed(list(_PHRASE.finditer(plain)))]
    tails += [first_line(plain)]
    for tail in tails:
        if re.match(r"\s*(?:yes\s*(?:and|or|/)\s*no|no\s*(?:and|or|/)\s*yes)\b", tail, re.IGNORECASE):
            return None
        found = _leading(tail)
        if found is not None:
            return found
    said = {polarity(word) for word in _ANYWHERE.findall(plain)}
    return said.pop() if len(said) == 1 else None
