"""Ids of a file's entries: the key that holds them, and a unique id for each entry."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

_OWN: Final = (
    "id", "question_id", "questionId", "qid", "q_id", "uid", "uuid", "guid", "_id", "instance_id",
    "sample_id", "item_id", "entry_id", "example_id", "annotation_id", "ann_id", "pair_id",
)  # fmt: skip
"""Keys of an id of the entry itself, the most usual first."""

_NUMBERS: Final = ("index", "idx")
"""Keys of a number that is an id where it differs from entry to entry, and else is something different."""

_OF_MEDIA: Final = (
    "original_video_id", "video_id", "image_id", "img_id", "audio_id", "clip_id", "scene_id", "file_id",
)  # fmt: skip
"""Keys of the id of what is shown: several entries may be about one video, and have it alike."""

ID_KEYS: Final = (*_OWN, *_NUMBERS, *_OF_MEDIA)
"""Keys that may be an id, best first."""


class Ids(NamedTuple):
    """The ids of all entries of a file, in order."""

    key: str | None
    """The key they were read from; None when no entry has one."""
    texts: Sequence[str]
    """The id of each entry, no two of them equal."""
    faults: Mapping[int, str]
    """What is wrong with an id, by the entry's place, from 0 on."""


def ids_of(entries: Sequence[Any]) -> Ids:
    """Return an id for every entry, no two of them equal.

    The key is decided over the whole file: the first of `ID_KEYS` that every entry has, or all but one or 2 %
    of four or more, each with another value; else the first that every entry has; else the first that some
    have. Where no entry has any, an entry's id is its place in the file, `#1` the first. An id that comes
    again gets `@2`, `@3` behind it. That is a fault, unless the key is the id of a video, an image or the
    like, of which several entries may speak.
    """
    key, given = _key(entries)
    own = [text for text in given if text is not None]
    if len(own) == len(set(own)) == len(entries):
        return Ids(key, own, {})
    return _numbered(entries, given, key)


def id_text(value: Any) -> str | None:
    """Return a text or a number as an id, 7.0 as `7`; None for anything else and for an empty text."""
    if type(value) is str:
        return value.strip() or None
    if isinstance(value, float) and math.isfinite(value):
        value = int(value) if value.is_integer() and abs(value) < 2**63 else repr(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        return str(value).strip() or None
    except ValueError:
        return None  # an integer with thousands of digits


def _lost(entries: int) -> int:
    """Return in how many entries of a file an id may be lost, and still be the file's id.

    Otherwise one damaged id would name all others by another key.
    """
    return max(1, entries // 50) if entries >= _SEVERAL else 0


_SEVERAL: Final = 4


def _value(entry: Any, key: str) -> Any:
    """Return the value under `key` in an entry, or in its input."""
    if not isinstance(entry, dict):
        return None
    if entry.get(key) is not None:
        return entry[key]
    given = entry.get("input")
    return given.get(key) if isinstance(given, dict) else None


def _key(entries: Sequence[Any]) -> tuple[str | None, Sequence[str | None]]:
    """Return the key of the ids, and each entry's value under it as text."""
    objects = sum(isinstance(entry, dict) for entry in entries)
    values: dict[str, Sequence[str | None]] = {}
    counts: dict[str, int] = {}
    for key in ID_KEYS:
        texts = [id_text(_value(entry, key)) for entry in entries]
        present = len(texts) - texts.count(None)
        different = present == len(set(texts) - {None})
        if present and different and present >= objects - _lost(objects):
            return key, texts
        if present:
            values[key] = texts
        counts[key] = present
    repeated = [key for key in (*_OWN, *_OF_MEDIA) if counts[key]]
    complete = (key for key in repeated if counts[key] == objects)
    chosen = next(complete, next(iter(repeated), None))
    return chosen, [None] * len(entries) if chosen is None else values[chosen]


def _numbered(entries: Sequence[Any], given: Sequence[str | None], key: str | None) -> Ids:
    taken, used = {text for text in given if text is not None}, set[str]()
    copies: Counter[str] = Counter()
    texts: list[str] = []
    faults: dict[int, str] = {}

    def unused(stem: str, made_up: str) -> str:
        while made_up in used or made_up in taken:
            copies[stem] += 1
            made_up = f"{stem}@{copies[stem] + 1}"
        used.add(made_up)
        return made_up

    for place, (entry, own) in enumerate(zip(entries, given, strict=True)):
        if own is None:
            if key is not None or not isinstance(entry, dict):
                faults[place] = f"no id; keys found: {_keys(entry)}"
            texts.append(unused(f"#{place + 1}", f"#{place + 1}"))
        elif own not in used:
            used.add(own)
            texts.append(own)
        else:
            if key not in _OF_MEDIA:
                faults[place] = f"the id {own!r} is there twice"
            texts.append(unused(own, own))
    return Ids(key, texts, faults)


def _keys(entry: Any) -> str:
    return (", ".join(sorted(entry)[:12]) or "none") if isinstance(entry, dict) else type(entry).__name__
