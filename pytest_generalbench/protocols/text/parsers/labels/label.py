"""Parsers of the label that an answer names, from a closed or an open set."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from pytest_generalbench.protocols.text.parsers.choice.options import literal_list
from pytest_generalbench.protocols.text.parsers.fields import field_answer
from pytest_generalbench.protocols.text.parsers.normalization import (
    ANSWER_IN_OTHER_WORDS,
    CORRECTED,
    PHRASES,
    answer_of,
    first_line,
    last_boxed,
    last_line,
    mentions,
    normalise,
    one_line,
    without_emphasis,
    without_lead_sentence,
    without_quotes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_LABEL: Final = "none"
"""How an empty list of labels is said."""

_PHRASE: Final = re.compile(
    r"\b(?:answer|(?<=the )best|label|category|class|classification|prediction|sentiment|emotion|"
    r"relation|relationship|result|intent)\b"
    rf"(?:[^.:\n]{{0,40}}?\bis\b|\s*[:=\uff1a])[:\s]*(?=\S)|{ANSWER_IN_OTHER_WORDS}\s*|"
    r"(?:答え|回答|正解)\s*[はが:]\s*|(?:정답|(?<!\w)답)\s*[은는:]?\s*|答案(?:是|为)?\s*[:\uff1a]?\s*|类别(?:是|为)?\s*[:\uff1a]?\s*",
    re.IGNORECASE,
)
_PRAISED: Final = re.compile(
    r"([^,.;:\n]{1,80}?)\s(?:is|fits|seems)\s(?:the\s)?(?:best|correct|right|most\slikely)\b", re.IGNORECASE
)
"""What is called the best of several."""
_CONTRAST: Final = re.compile(r"\s*,?\s\b(?:whereas|while|unlike|although|though)\b", re.IGNORECASE)
_SEPARATORS: Final = re.compile(r"\s*(?:[,;、\uff0c\uff1b\n/]|\band\b)\s*")
_LISTED: Final = re.compile(
    r"(?:[\s,;:/|&\"'“”‘’`()\[\]{}*•.\-]|\bor\b|\band\b|\beither\b|\ban?\b|\bthe\b|(?<!\d)\d{1,2}(?=[.)]))*"
)
"""What stands between the labels of a list in words."""
_DELIMITER: Final = re.compile(
    r"\s*[:.,;!\uff1a\uff0c。](?=\s|$)\s*|\s+[-–—]+\s+|(?<=\w)[–—](?=\w)|(?<=[^\W_])-\s+"
)
"""What sets a label at the start of a line off from what is said about it."""


@lru_cache(maxsize=64)
def index_of(labels: tuple[str, ...]) -> dict[str, str]:
    """Return the labels by their normalised form."""
    return {normalise(label): label for label in labels}


def lists_all(text: str, labels: Sequence[str]) -> bool:
    """Whether a text lists all labels in a row, nothing but commas, `or` and the like between them."""
    folded = normalise(text)
    places = []
    taken = bytearray(len(folded))
    for label in sorted({normalise(label) for label in labels}, key=lambda item: (-len(item), item)):
        hit = [
            match.span()
            for match in re.finditer(rf"(?<!\w){re.escape(label)}(?!\w)", folded)
            if taken.find(1, *match.span()) < 0
        ]
        for start, end in hit:
            taken[start:end] = b"\1" * (end - start)
        places += [(start, end, label) for start, end in hit]
    run: set[str] = set()
    last = 0
    for start, end, label in sorted(places):
        run = {*run, label} if _LISTED.fullmatch(folded[last:start]) else {label}
        last = end
        if len(run) == len(set(map(normalise, labels))):
            return True
    return False


def answer_line(text: str) -> str:
    """Return the line of a free answer: what follows the last explicit phrase, else the first line."""
    answer = answer_of(text)
    plain = without_emphasis(field_answer(answer) or answer)
    box = last_boxed(plain)
    if box:
        return one_line(box)
    phrases = list(_PHRASE.finditer(plain))
    line = first_line(plain[phrases[-1].end() :]) if phrases else ""
    return one_line(without_quotes(line or without_lead_sentence(first_line(plain))))


def _at_start(line: str, known: dict[str, str]) -> str | None:
    """Return the longest known label that starts the line and is set off from more than labels."""
    for match in reversed(list(_DELIMITER.finditer(line))[:PHRASES]):
        label = known.get(normalise(line[: match.start()]))
        if label is not None:
            rest = [form for part in _SEPARATORS.split(line[match.end() :]) if (form := normalise(part))]
            return None if rest and all(part in known for part in rest) else label
    return None


def _corrected(plain: str, known: dict[str, str]) -> str | None:
    """Return the label that is all of the clause behind the last `wait` or `correction`."""
    cues = list(CORRECTED.finditer(plain))[-PHRASES:]
    if not cues:
        return None
    line = first_line(plain[cues[-1].end() :])
    lines = [f"no {line}", line] if re.search(r"\bno\s+$", cues[-1].group(), re.IGNORECASE) else [line]
    labels = (known.get(normalise(item)) or _at_start(item, known) for item in lines)
    return next((label for label in labels if label is not None), None)


def read_label(text: str, labels: Sequence[str]) -> str | None:
    """Return the label an answer names, as it is spelled in `labels`.

    The rules in order, each in normalised form: the whole answer, or its field of an object, is a
    label; what follows a correction is one (`sad. Wait, happy`); what follows an
    explicit phrase (`the answer is`, `label:`) is one, or holds exactly one; the first line or
    the last line is one; the first line starts with one that is set off (`1: because …`); the
    first line, else the whole answer, holds exactly one as whole
    words, longer labels before the shorter ones inside them. An answer that names none of
    them is returned as its own first line, which equals no label and so counts as wrong; only
    an empty answer is None. Without `labels` the normalised answer line is the label. Of a long
    answer both ends are read, and of the phrases the last 20.
    """
    line = answer_line(text)
    if not labels:
        return normalise(line) or None
    known = index_of(tuple(labels))
    raw = answer_of(text)
    raw = field_answer(raw) or raw
    plain = without_emphasis(raw)
    for whole in (raw, plain, last_boxed(plain) or ""):
        if normalise(whole) in known:
            return known[normalise(whole)]
    corrected = _corrected(plain, known)
    if corrected is not None:
        return corrected
    for phrase in reversed(list(_PHRASE.finditer(plain))[-PHRASES:]):
        tail = normalise(first_line(plain[phrase.end() :]))
        if tail in known:
            return known[tail]
        started = _at_start(first_line(plain[phrase.end() :]), known)
        if started is not None:
            return started
        result = mentions(tail, known)
        if len(result) == 1:
            return known[result[0]]
    unadorned = re.sub(r"\s*\([^()]{0,80}\)\W*$", "", first_line(plain))
    for end in (first_line(plain), last_line(plain), unadorned):
        if normalise(end) in known:
            return known[normalise(end)]
    started = _at_start(first_line(plain), known)
    if started is not None:
        return started
    praised = [mentions(normalise(match.group(1)), known) for match in _PRAISED.finditer(plain)]
    if praised and len(praised[-1]) == 1:
        return known[praised[-1][0]]
    line_start = _CONTRAST.split(first_line(plain))[0]
    for part in (first_line(plain), line_start, plain):
        result = mentions(normalise(part), known)
        if len(result) == 1:
            return known[result[0]]
    return line or None


def join_labels(labels: Sequence[str]) -> str:
    """Write several labels as one text in which their order in the file does not matter."""
    return ", ".join(sorted(set(labels))) or NO_LABEL


def read_labels(text: str, labels: Sequence[str]) -> str | None:
    """Return all labels an answer names, joined as `join_labels` does.

    The answer line is read as a list, part by part: a part is a label, or holds some. When no
    part does, every label that occurs anywhere in the answer counts. None of the labels found:
    the line itself, as in `read_label`; empty answer: None.
    """
    line = answer_line(text)
    if not line:
        return None
    known = index_of(tuple(labels))
    listed = literal_list(line) if line.startswith("[") else None
    given = [str(item) for item in listed] if listed is not None else _SEPARATORS.split(line)
    parts = [form for part in given if (form := normalise(part))]
    if not parts or parts == [NO_LABEL]:
        return NO_LABEL
    if not known:
        return join_labels(parts)
    result = [name for part in parts for name in ([part] if part in known else mentions(part, known))]
    result = result or mentions(normalise(without_emphasis(answer_of(text))), known)
    return join_labels([known[name] for name in result]) if result else line
