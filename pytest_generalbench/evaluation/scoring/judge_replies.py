"""The verdict in a judge's reply, in whatever words it is given."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.keys import key_of
from pytest_generalbench.protocols.text.parsers.reasoning import without_reasoning

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
)  # fmt: skip
_YES: Final = (
    "yes", "true", "correct", "right", "pass", "passed", "agree", "agrees", "match", "matches", "equivalent",
    "the same", "same", "consistent", "accept", "accepted", "是", "正确", "对", "一致",
)  # fmt: skip
_NO: Final = (
    "no", "false", "incorrect", "not correct", "wrong", "fail", "failed", "disagree", "disagrees", "mismatch",
    "no match", "does not agree", "does not match", "doesn't match", "not equivalent", "different",
    "not the same", "inconsistent", "reject", "rejected", "否", "错误", "错", "不正确", "不一致",
)  # fmt: skip
_KEYS: Final = (
    "score", "rating", "verdict", "grade", "digit", "judgement", "judgment", "mark", "correct", "is_correct",
    "correctness", "agreement", "final_score", "overall_score", "decision", "result", "评分", "分数",
)  # fmt: skip

_NUMBER: Final = rf"[-−+]?\d+(?:[.,]\d+)?|(?:{'|'.join(_WORDS)})\b"
_FRACTION: Final = rf"(?P<value>{_NUMBER})(?:\s*(?:/|out of|of)\s*(?P<top>{_NUMBER}))?(?P<percent>\s*%)?"
_END: Final = r"(?![\w/%])(?!\.\d)(?!\s*(?:to|or|and|-|–)\s*\d)"

_MARKED: Final = re.compile(
    r"(?P<final>\b(?:final|overall|total)\s+)?(?:\b(?:score|rating|verdict|grade|digit|judge?ment|decision|mark)\b"
    r"|\bfinal answer\b|评分|分数|得分)"
    r"(?:\s*[(\[](?P<scale>[^)\]\n]{1,30})[)\]](?=\s*(?:is\b|[:=：])))?"
    r"(?:\s+(?:is|would be|should be|of|given is|i (?:would )?give is))?"
    r"\s*[:=：]?\s*(?:(?:[-–—>→]|->|=>)+\s+)?(?:an?\s+)?[\[({<\"']*"
    rf"{_FRACTION}{_END}(?!\s+(?:means?|if|when|would|is for|for)\b)",
    re.IGNORECASE,
)
_MARKED_WORD: Final = re.compile(
    r"(?P<final>\b(?:final|overall)\s+)?\b(?:score|rating|verdict|grade|judge?ment|decision|result)\b(?:\s+is)?"
    r"\s*[:=：]?\s*(?:(?:[-–—>→]|->|=>)+\s+)?[\[({<\"']*(?P<word>[^\W\d][\w' ]*?)\s*(?:[\])}>\"'.,;!]|$)",
    re.IGNORECASE | re.MULTILINE,
)
_FRAMED: Final = re.compile(
    rf"(?:\[\[|\\boxed\s*\{{|<(?:score|rating|verdict|answer|grade)>)\s*{_FRACTION}\s*(?:\]\]|\}}|</)",
    re.IGNORECASE,
)
_GIVEN: Final = re.compile(
    r"(?<!not )\b(?:give|gives|gave|giving|rate|rates|rated|assign|assigned|award|awarded|deserves?|gets?|"
    r"earns?|receives?|scores?|so|therefore|hence|thus|reply is|is a|it'?s a|(?:should|would|must|will) be)\b"
    r"(?:\s+(?:this|it|that|the (?:candidate|answer|response|candidate answer)|candidate))?"
    r"(?:\s+(?:as|at|with|is))?[:,]?(?:\s+(?:an?|the (?:score|rating|digit|verdict)(?: of)?|score of))?\s+"
    rf"[\"'\[(]*{_FRACTION}{_END}(?=\s*(?:[.,;!)\]\"']|$|points?\b|because|since|as\b|for\b|"
    r"to (?:it|this|the)\b))",
    re.IGNORECASE | re.MULTILINE,
)
_ALONE: Final = re.compile(
    rf"\W*?{_FRACTION}(?:\s*(?:points?|\((?:correct|incorrect|wrong|right|yes|no)\)))?\W*", re.I
)
_LEADING: Final = re.compile(r"\s*[\"'\[(]*(?P<value>[01])[\"'\])]*\s*(?:[.:,;()–—-]|\n)\s*\D")
_TRAILING: Final = re.compile(r"(?:[.!?:;]\s|\n|->|=>|[→–—])\s*[\"'\[(]*(?P<value>[01])[\"'\])]*\W*$")
_LIST: Final = re.compile(r"^\s*2\s*[.)]", re.MULTILINE)
_SENTENCE: Final = re.compile(
    r"(?:^|[.\n])\s*(?:the |its |this )?(?:candidate(?:'s)?(?: answer)?|answer|response|it|they)\s+"
    r"(?:is|are)\s+(?P<word>(?:not |in)?correct|wrong|right|(?:not )?equivalent|(?:not )?the same|"
    r"inconsistent|consistent)\b",
    re.IGNORECASE,
)


def read_verdict(reply: str) -> float | None:
    r"""Return the verdict that a reply gives, 0.0 (wrong) to 1.0 (right), or None when none is certain.

    Read are a digit alone or before an explanation, marks such as `Rating: [[1]]`, `**Score:** 1` or
    `\boxed{1}`, JSON, sentences such as "I'd give this a 1 out of 1", words (`one`, `Yes`, `incorrect`), and
    full-width digits; reasoning before them is cut off. A rating with its top mark, `4/5`, is divided by
    it. A number above 1 without one has no known scale and is none, as are two verdicts that differ.

    >>> [read_verdict(text) for text in ("**Score:** 1", "4/5", "[[4]]", "Verdict: incorrect", "1 or 0")]
    [1.0, 0.8, None, 0.0, None]
    """
    text = _plain(without_reasoning(reply))
    if not text:
        return None
    for reading in (_marked, _bare, _given, _said):
        values = dict.fromkeys(reading(text))
        if values:
            others = dict.fromkeys(_bare(text)) if reading is _marked else {}
            return next(iter(values)) if len({*values, *others}) == 1 else None
    return None


def _plain(text: str) -> str:
    """Return the text with plain digits and quotation marks, without emphasis."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'")
    digits = (
        str(unicodedata.digit(sign)) if sign.isdigit() and not sign.isascii() else sign for sign in text
    )
    return re.sub(r"[*_`#]+", "", "".join(digits)).strip()


def _value(match: re.Match[str], scale: str | None = None) -> float | None:
    """Return a rating as a share of its top mark; None for a number without known scale."""
    groups = match.groupdict()
    number, top = _number(groups["value"]), _number(groups.get("top"))
    if number is None:
        return None
    if groups.get("percent"):
        top = 100.0
    elif top is None and scale:
        numbers = re.findall(r"\d+", scale)
        top = float(numbers[-1]) if numbers else None
    if top is not None:
        number = number / top if top > 0 else -1.0
    return number if 0.0 <= number <= 1.0 else None


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    if text.lower() in _WORDS:
        return float(_WORDS.index(text.lower()))
    return float(text.replace(",", ".").replace("−", "-"))


def _word(text: str) -> float | None:
    plain = " ".join(text.lower().split()).strip(" .!,;:'\"()[]")
    return 1.0 if plain in _YES else 0.0 if plain in _NO else None


def _marked(text: str) -> Iterator[float | None]:
    """Yield verdicts that are marked as such; those called final alone, where there are any."""
    every: list[tuple[bool, float | None]] = [(False, value) for value in _in_json(text)]
    for match in _MARKED.finditer(text):
        every.append((bool(match["final"]), _value(match, match["scale"])))
    for match in _MARKED_WORD.finditer(text):
        value = _word(match["word"])
        if value is not None:
            every.append((bool(match["final"]), value))
    every += [(False, _value(match)) for match in _FRAMED.finditer(text)]
    finals = [value for is_final, value in every if is_final]
    yield from finals or (value for _, value in every)


def _in_json(text: str) -> Iterator[float | None]:
    """Yield the verdict of the first object in the text."""
    start = text.find("{")
    if start < 0:
        return
    try:
        content, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return
    plain = {key_of(str(name)).replace("_", ""): value for name, value in content.items()}
    for name in _KEYS:
        value: Any = plain.get(name.replace("_", ""))
        if isinstance(value, int | float):
            yield float(value) if 0 <= value <= 1 else None
        elif isinstance(value, str):
            whole = _ALONE.fullmatch(_plain(value))
            yield _value(whole) if whole else _word(value)


def _bare(text: str) -> Iterator[float | None]:
    """Yield verdicts that stand alone: on the first or last line, before or after a sentence."""
    lines = [line for line in text.splitlines() if line.strip()]
    for line in dict.fromkeys((lines[0], lines[-1])):
        match = _ALONE.fullmatch(line)
        if match:
            yield _value(match)
    leading = _LEADING.match(text)
    if leading and not _LIST.search(text):
        yield _value(leading)
    trailing = _TRAILING.search(text)
    if trailing:
        yield _value(trailing)


def _given(text: str) -> Iterator[float | None]:
    """Yield verdicts of sentences such as "I would give it a 1"."""
    for match in _GIVEN.finditer(text):
        yield _value(match)


def _said(text: str) -> Iterator[float | None]:
    """Yield verdicts in words: on the first or last line, before a comma, or about the answer."""
    lines = [line for line in text.splitlines() if line.strip()]
    for line in dict.fromkeys((lines[0], lines[-1])):
        for part in (line, re.split(r"[,.;:!–—-]", line, maxsplit=1)[0]):
            value = _word(part)
            if value is not None:
                yield value
                break
    for match in _SENTENCE.finditer(text):
        yield _word(match["word"])
