"""Spoken intents: a label of three words, each with a code table in the file's header."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product
from typing import Any, Final

from pytest_generalbench.protocols.text.parsers.labels.label import answer_line
from pytest_generalbench.protocols.text.parsers.normalization import (
    answer_of,
    mentions,
    normalise,
    without_emphasis,
)

SLOTS: Final = ("action", "object", "location")
_MAX_LABELS: Final = 4096


def _words_by_id(table: Any) -> dict[str, str]:
    """Return id to word; the file's table may map either way, or both at once."""
    words: dict[str, str] = {}
    for key, value in table.items() if isinstance(table, Mapping) else ():
        left, right = str(key).strip(), str(value).strip()
        turned = right[:1].isdigit() and not left[:1].isdigit()
        words.setdefault(right if turned else left, left if turned else right)
    return words


def tables(header: Mapping[str, Any]) -> tuple[dict[str, str], ...]:
    """Return the three id-to-word tables of `intent_label`, or () when the header has none."""
    given = header.get("intent_label")
    if not isinstance(given, Mapping) or not all(isinstance(given.get(slot), Mapping) for slot in SLOTS):
        return ()
    return tuple(_words_by_id(given[slot]) for slot in SLOTS)


def in_words(gold: str, header: Mapping[str, Any]) -> str:
    """Turn `3 5 0` into words, each id by the table of its own place; unknown ids stay."""
    ids = gold.replace(",", " ").split()
    known = tables(header)
    if len(ids) != len(known):
        return " ".join(gold.split())
    return " ".join(table.get(code, code) for code, table in zip(ids, known, strict=True))


def labels(header: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every combination of the three, sorted; () when there are too many of them."""
    words = [sorted(set(table.values())) for table in tables(header)]
    size = 1
    for slot in words:
        size *= len(slot)
    return (
        tuple(sorted(" ".join(parts) for parts in product(*words))) if words and size <= _MAX_LABELS else ()
    )


def listing(header: Mapping[str, Any]) -> str:
    """Return the candidate words of each place, a line each."""
    return "\n".join(
        f"{slot}: {', '.join(sorted(set(table.values())))}"
        for slot, table in zip(SLOTS, tables(header), strict=True)
    )


def read_intent(text: str, header: Mapping[str, Any], known: tuple[str, ...]) -> str | None:
    """Read `action object location` from an answer.

    The whole line as one of the labels; else one word of each place: behind the place's name
    (`action: increase`), or as the part at its place in a list of three. Otherwise the line
    as it is, which equals no label; None when the answer is empty.
    """
    line = answer_line(text)
    by_form = {normalise(label): label for label in known}
    plain = without_emphasis(answer_of(text))
    for whole in (plain, line, re.sub(r"[,;/|]", " ", line)):
        if normalise(whole) in by_form:
            return by_form[normalise(whole)]
    parts = re.split(r"\s*[,;/|\n]\s*", re.sub(r"[\[\](){}\"']", " ", plain).strip())
    intent = []
    for index, (slot, table) in enumerate(zip(SLOTS, tables(header), strict=True)):
        words = {normalise(word): word for word in table.values()}
        named = re.search(rf"\b{slot}\b\s*(?:is|:|=)\s*([^,;\n]*)", plain, re.IGNORECASE)
        where = named.group(1) if named else parts[index] if len(parts) == len(SLOTS) else ""
        hits = mentions(normalise(where), words)
        if len(hits) == 1:
            intent.append(words[hits[0]])
    return " ".join(intent) if len(intent) == len(SLOTS) else line or None
