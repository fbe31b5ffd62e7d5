"""Parser of yes-or-no answers."""

from __future__ import annotations

import re
from typing import Final

from pytest_generalbench.protocols.text.parsers.normalization import (
    PHRASES,
    ends_of,
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

_SO: Final = re.compile(
    rf"\b(?:so|therefore|thus|hence),?\s+(?:it(?:'s| is)\s+|the answer is\s+)?(?={_ENGLISH})(?![\w-]+\s+\w)",
    re.IGNORECASE,
)
_IDIOM: Final = re.compile(
    r"\bno\s+(?:doubt|question|wonder|matter|problem|idea|clue|longer|way\s+(?:to\s+\w+|of\s+\w+ing)|information|"
    r"(?:image|picture|photo|video|audio|recording)\b(?=\s+(?:was|is|has|provided|given|attached)))\b",
    re.IGNORECASE,
)
"""A `no` that is no answer."""
_TURNED: Final = re.compile(r"(?:\bnot|n't)\s+(?:\w+ly\s+)?(true|false)\b", re.IGNORECASE)
_TURN: Final = {"true": "false", "false": "true"}
_UNSURE: Final = (
    r"(?:\w+ly\s+)?(?:sure|certain|clear|enough|know|known|tell|possible|able|say|determine|"
    r"applicable|specified|provided|given|mentioned|stated|available|sufficient|answer(?:ed)?|confident|"
    r"determined|told|said|inferred|verified|confirmed|answerable|only|just)\b"
)
_NO: Final = re.compile(
    rf"\W*(?:not(?!\s+{_UNSURE})|never|negative|(?:definitely|certainly|absolutely|of\s+course|clearly)\s+not)\b",
    re.IGNORECASE,
)
_DENIED: Final = re.compile(
    r"(?:\b(?:is|are|was|were|does|do|did|has|have|had|can|could|will|would)\s+not|"
    r"\b(?:is|are|was|were|does|do|did|has|have|had|could|would|ca|wo)n't|\bcannot)"
    rf"\b(?!\s+(?:be\s+)?{_UNSURE})",
    re.IGNORECASE,
)
_I: Final = re.compile(
    r"\b(?:i|we|i'm|you)\s+(?!(?:do\s+not|don't|did\s+not|didn't)\s+(?:think|believe|see\s+(?:an?|any)\b))",
    re.IGNORECASE,
)
_YES: Final = re.compile(
    r"\W*(?:indeed|certainly|definitely|absolutely|of\s+course|affirmative|exactly|surely|without\s+(?:a\s+)?doubt|"
    r"no\s+(?:doubt|question))\b(?!\s+not\b)",
    re.IGNORECASE,
)


def polarity(word: str) -> str | None:
    """Return `yes` or `no` for a lone word in English or Chinese, else None."""
    return _WORDS.get(normalise(word))


def _leading(text: str) -> str | None:
    match = _LEADING.match(text)
    return polarity(match.group(1) or match.group(2)) if match else None


def _in_words(text: str) -> str | None:
    """Read a sentence without yes and no: a denial is no, an affirmation (`Indeed, …`) yes."""
    line = first_line(text)
    if _NO.match(line):
        return "no"
    # What the speaker cannot do (`I cannot tell`) denies nothing.
    sentence = re.split(r"[.!?](?:\s|$)", line, maxsplit=1)[0]
    if _DENIED.search(sentence) and not _I.search(sentence) and "not only" not in sentence:
        return "no"
    return "yes" if _YES.match(line) else None


def read_yes_no(text: str) -> str | None:
    """Read `yes` or `no`.

    The rules in order: boxed; behind `the answer is`; behind `so` or `therefore`; as the first
    word; as the only one said; a sentence that denies (`The image does not contain …`, `Not
    really`) or affirms (`Indeed, …`). True and false, 是 and 否 and their kin count as well; `no
    doubt` and `no idea` are no `no`, and `not true` is one. Both at once, or neither, is None.
    Of a long text both ends are read, and of each phrase the last 20.
    """
    plain = without_emphasis(ends_of(without_reasoning(text))).replace("’", "'")
    box = last_boxed(plain)
    answer = _IDIOM.sub("...", _TURNED.sub(lambda result: f" {_TURN[result.group(1).lower()]}", plain))
    tails = [box] if box else []
    for pattern in (_PHRASE, _SO):
        tails += [
            answer[result.end() :][:200] for result in reversed(list(pattern.finditer(answer))[-PHRASES:])
        ]
    tails += [first_line(answer)]
    for tail in tails:
        if re.match(r"\s*(?:yes\s*(?:and|or|/)\s*no|no\s*(?:and|or|/)\s*yes)\b", tail, re.IGNORECASE):
            return None
        result = _leading(tail)
        if result is not None:
            return result
    words = {polarity(word) for word in _ANYWHERE.findall(answer)}
    if words:
        return words.pop() if len(words) == 1 else None
    return _in_words(plain)
