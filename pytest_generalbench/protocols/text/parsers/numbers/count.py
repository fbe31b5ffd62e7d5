"""Parsers of the one number of an answer that counts or forecasts, among other numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pytest_generalbench.protocols.text.parsers.fields import field_answer
from pytest_generalbench.protocols.text.parsers.normalization import (
    CORRECTED,
    PHRASES,
    answer_of,
    first_line,
    last_boxed,
    without_emphasis,
)
from pytest_generalbench.protocols.text.parsers.numbers.values import Number, numbers_in
from pytest_generalbench.protocols.text.parsers.numbers.written import plain_numbers

_ANSWER: Final = re.compile(r"\banswer\b[^\d\n]{0,30}?(?:\bis\b|:|=)|答案(?:是|为|[:\uff1a])?", re.IGNORECASE)
_TOTAL: Final = re.compile(
    r"\b(?:total(?:s|ing|ling)?|altogether|in all|overall)\b|一共|总共|共计", re.IGNORECASE
)
_COUNT: Final = re.compile(r"\bcount(?:s|ed|ing)?\b", re.IGNORECASE)
_SO: Final = re.compile(
    r"\b(?:so|therefore|thus|hence|making|equals?|add(?:s|ing)?\s+up\s+to|sums?\s+(?:up\s+)?to)\b|=",
    re.IGNORECASE,
)
_THERE: Final = re.compile(
    r"\bthere(?:'s|’s|'re|’re|\s+(?:is|are|was|were|(?:(?:seem|appear)s?\s+to|must|should|may|might|could)\s+be))\b",
    re.IGNORECASE,
)
_SAID_OF: Final = re.compile(
    r"\s*(?:[:=]|(?:is|was|of|at|least|most|about|around|exactly|roughly|approximately|only|just|clearly|a|total|"
    r"comes|to|up|\w+ly)\b|\s)*",
    re.IGNORECASE,
)
"""What may stand between a phrase and its number."""
_BESIDE: Final = re.compile(r"\b(?:the|in|on|across|over|for|from|per|both|these|those)\s+$", re.IGNORECASE)
"""Before a number that is not the total itself: `the total of the 2 rows is 5`."""
_ADDED: Final = re.compile(r"(?:\b(?:and|or|plus|of|by|times|x)|[+×])\s+(?:an?\s+)?$", re.IGNORECASE)
_EACH: Final = re.compile(r"\b(?:each|per|apiece)\b", re.IGNORECASE)
_SET_ASIDE: Final = re.compile(
    r"(?:\bnot|\brather\s+than|\binstead\s+of|\bout\s+of(?:\s+the)?|不是|而非)\s+(?:just\s+|only\s+)?-?\d[\d.,]*\d?(?![\w.])",
    re.IGNORECASE,
)
"""A number that is turned down."""
_INTRODUCED: Final = re.compile(
    r"\s*(?:(?:there|it|that|i|we|the|is|are|was|were|see|count|counted|find|answer|number|total|should|be|must|only|"
    r"correct|s|'s|of|in|exactly)\b|['\s:=-])*",
    re.IGNORECASE,
)
"""What may stand between a correction and its number."""
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\uff08[^\uff08\uff09]*\uff09")
_NO_COUNT: Final = (
    r"(?!\s+(?:\w+\s+)?(?:idea|way|images?|pictures?|photos?|videos?|answer|information|info|data|clue|doubt|question|"
    r"problem|fewer|more|less|other|need|certainty|attachments?|context|longer|sense|wonder|matter|reason)\b)"
)
_SEE: Final = r"(?:contain|show|have|include|depict|feature|hold|see|find|count|spot|notice)"
_NONE_THERE: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:there(?:'s|’s|\s+(?:is|are|was|were))|i(?:\s+can)?\s+(?:see|count|find|found|counted|saw)|"
        r"(?:contain|show|include|depict|feature)s?|has|have)\s+(?:absolutely\s+|currently\s+)?"
        rf"(?:none|nothing|nobody|no){_NO_COUNT}\b",
        rf"\bthere\s+(?:are|is|were|was)(?:n['’]t|\s+not)\s+any\b{_NO_COUNT}",
        rf"\b(?:do|does|did)(?:n['’]t|\s+not)\s+(?:appear\s+to\s+)?{_SEE}\s+any\b{_NO_COUNT}",
        # A lone `none` in small letters is a blank that was filled in, not a count.
        r"^\W*none\b(?!\s+of\s+the\s+above)",
        r"^\W*none\s+(?:are|is|can|were|visible|seen|found|present|of\s+(?:them|these|those|the\s+(?!above)))",
        rf"^\W*(?:no{_NO_COUNT}(?:\s+[a-z'’-]+){{1,8}}|nobody|no\s+one)\W*$",
    )
)

_Rule = Callable[[str, Sequence[Number]], float | None]


def _next(numbers: Sequence[Number], place: int) -> Number | None:
    return next((number for number in numbers if number.start >= place), None)


def _last_phrases(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    return reversed(list(pattern.finditer(text))[-PHRASES:])


def _answered(text: str, numbers: Sequence[Number]) -> float | None:
    """Return the first number behind the last `answer is` that has one."""
    after = (_next(numbers, phrase.end()) for phrase in _last_phrases(_ANSWER, text))
    return next((number.value for number in after if number), None)


def _at_start(text: str, numbers: Sequence[Number]) -> float | None:
    """Return the number that the answer starts with and sets off: `5.`, `5,`, `5:` or a line of its own."""
    first = numbers[0]
    rest = text[first.end :]
    delimiter = re.match(r"[\"'”’*)\]}]*\s*(?:[.,:;!](?=\s|$)|[。，：；]|\n)", rest)
    if re.search(r"\w", text[: first.start]) or delimiter is None:
        return None
    following = _next(numbers, first.end)
    series = following is not None and re.fullmatch(
        r"\s*,\s*(?:(?:and|or)\s+)?", text[first.end : following.start]
    )
    number = rf"(?:^|\s){int(first.value) + 1}[.):]\s"
    return None if series or re.search(number, rest) else first.value


def _totalled(text: str, numbers: Sequence[Number]) -> float | None:
    """Return the number beside `in total`: right before it (`5 men in total`), else the next one."""
    for phrase in _last_phrases(_TOTAL, text):
        before = [number for number in numbers if number.end <= phrase.start()][-1:]
        if before and re.fullmatch(
            r"(?:[^\S\n]+(?!and\b|or\b)[a-z][\w'’-]*){0,3}[^\S\n]+(?:in\s+)?",
            text[before[0].end : phrase.start()],
            re.IGNORECASE,
        ):
            return before[0].value
        for after in (number for number in numbers if number.start >= phrase.end()):
            gap = text[phrase.end() : after.start]
            if not re.fullmatch(r"[^.;!?\n]{0,60}", gap):
                break
            if not _BESIDE.search(gap):
                return after.value
    return None


def _concluded(text: str, numbers: Sequence[Number]) -> float | None:
    """Return the number behind the last `so`, `therefore` or `=`."""
    for phrase in _last_phrases(_SO, text):
        after = _next(numbers, phrase.end())
        if after and re.fullmatch(r"[^.;!?\n]{0,30}", text[phrase.end() : after.start]):
            return after.value
    return None


def _is_whole(number: Number, text: str, numbers: Sequence[Number]) -> bool:
    """Whether a number is the count rather than one part of it (`3 men and 2 women`, `2 rows of 3`)."""
    stop = re.search(r"[;:(!?\n]|\.(?!\d)", text[number.end :])
    end = number.end + stop.start() if stop else len(text)
    others = [other for other in numbers if number.end <= other.start < end]
    if not others or sum(other.value for other in others) == number.value:
        return True
    gaps = [text[left.end : right.start] for left, right in zip([number, *others[:-1]], others, strict=True)]
    return not any(map(_ADDED.search, gaps)) and not _EACH.search(text[number.end : end])


def _counted(pattern: re.Pattern[str]) -> _Rule:
    """Return the rule for `there are N` and the like: one number that is no part of a sum."""

    def rule(text: str, numbers: Sequence[Number]) -> float | None:
        result = set()
        for phrase in _last_phrases(pattern, text):
            after = _next(numbers, phrase.end())
            if after and _SAID_OF.fullmatch(text[phrase.end() : after.start]):
                result.add(after.value if _is_whole(after, text, numbers) else None)
        return result.pop() if len(result) == 1 else None

    return rule


def _summed(text: str, numbers: Sequence[Number]) -> float | None:
    """Return the first number where all others are its parts (`5 dogs: 3 brown and 2 white`)."""
    parts = [number.value for number in numbers[1:]]
    return numbers[0].value if len(parts) > 1 and sum(parts) == numbers[0].value else None


_RULES: Final[tuple[_Rule, ...]] = (
    _summed, _answered, _at_start, _totalled, _counted(_COUNT), _concluded, _counted(_THERE),
)  # fmt: skip


def _corrected(text: str, numbers: Sequence[Number]) -> float | None:
    """Return the number right behind the last `wait` or `correction`."""
    for cue in _last_phrases(CORRECTED, text):
        after = _next(numbers, cue.end())
        between = text[cue.end() : after.start] if after else "?"
        return after.value if after and _INTRODUCED.fullmatch(between) else None
    return None


def _lone(line: str) -> float | None:
    """Return the number that is all of a line but for punctuation and brackets."""
    bare = line.strip(" \t.,:;!\"'()[]{}<>$\\*_")
    numbers = numbers_in(bare)
    return numbers[0].value if numbers and numbers[0][:2] == (0, len(bare)) else None


def read_count(text: str) -> float | None:
    """Read one number.

    The rules in order: the only number; a first line that is a number; the first one behind
    `answer is`; one at the start that is set off (`5. There are …`; not the `1.` of a list); one
    beside `in total`, behind `I count`, `so`, `there are`, unless it is a part of a sum; the
    last of all. What stands in brackets is left out where there are numbers elsewhere.

    `1,234` is a thousand and some, `three` is 3, and a text without digits that says that there
    are none is 0. A text without a number is None. Of a long text both ends are read.
    """
    answer = answer_of(text)
    text = without_emphasis(plain_numbers(field_answer(answer) or answer))
    box = last_boxed(text)
    boxed = numbers_in(box) if box is not None else []
    if len(boxed) == 1:
        return boxed[0].value
    if not re.search(r"\d", text) and any(pattern.search(text) for pattern in _NONE_THERE):
        return 0.0
    if numbers_in(kept := _SET_ASIDE.sub("...", text)):
        text = kept
    numbers = numbers_in(text)
    if len(numbers) < 2:
        return numbers[0].value if numbers else None
    corrected = _corrected(text, numbers)
    if corrected is not None:
        return corrected
    lone = _lone(first_line(text))
    if lone is not None and _at_start(text, numbers) == lone:
        return lone
    bare = _BRACKETS.sub(" ", text)
    if left := numbers_in(bare):
        text, numbers = bare, left
    if len(numbers) == 1:
        return numbers[0].value
    count = (rule(text, numbers) for rule in _RULES)
    return next((value for value in count if value is not None), numbers[-1].value)


def read_series(text: str) -> float | None:
    """Read the first forecast value.

    The value is the first number inside the last brackets that hold one, else what
    `read_count` reads. A comma before exactly three digits and no blank groups thousands
    (`[1,234.5]` is 1234.5); otherwise commas separate the values of a list, and the first
    counts, since one step ahead is asked.
    """
    plain = without_emphasis(plain_numbers(answer_of(text)))
    for inside in reversed(re.findall(r"\[([^\[\]]*)\]", plain)):
        if series := numbers_in(inside, words=False):
            return series[0].value
    return read_count(text)
