"""Parsers of lists of items and triplets, in all notations of references and answers."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pytest_generalbench.core.keys import key_of
from pytest_generalbench.protocols.instance_fields import find
from pytest_generalbench.protocols.text.parsers.choice.options import literal_list
from pytest_generalbench.protocols.text.parsers.normalization import one_line

Triplet = tuple[str, str, str]

_NOTHING: Final = frozenset(
    ("none", "[]", "{}", "()", "n/a", "null", "nil", "nothing", "empty", "no items", "no entity",
     "no entities", "no relation", "no relations", "无", "没有")
)  # fmt: skip
_ORDER: Final = (
    "subject", "subj", "sub", "head", "entity", "entities", "target", "aspect", "holder", "text", "span",
    "word", "token", "name", "term", "mention", "trigger", "event", "predicate", "relation", "rel", "verb",
    "object", "obj", "tail", "argument", "opinion", "category", "role", "type", "label", "tag", "sentiment",
    "polarity", "class",
)  # fmt: skip
"""The reading order of an item's parts when it is an object, since its keys come in any order."""

_SUBJECT: Final = ("subject", "subj", "sub", "head", "source", "from", "entity1")
_PREDICATE: Final = ("predicate", "relation", "relationship", "rel", "pred", "verb", "type", "label")
_OBJECT: Final = ("object", "obj", "tail", "target", "to", "entity2")
_OPEN: Final = {"(": ")", "[": "]", "{": "}", "\uff08": "\uff09", "【": "】"}
_BULLET: Final = re.compile(r"^\s*(?:[-*•·–—]\s+|\(?\d{1,3}[.)、]\s+)")
_EDGES: Final = " \t\n\"'`“”‘’"
_ARROWS: Final = re.compile(r"\s+[-–—]+\s+|\s*(?:(?<!-)-+>|→|⟶|\||\t)\s*|\s+--\s+")
MAX_TEXT: Final = 20_000
"""How long a list in JSON or Python notation may be to be read as one."""


def json_value(text: str) -> Any:
    """Read a list or object in JSON or Python notation; None when it is neither."""
    text = text.strip()
    if not text.startswith(("[", "{", "(")) or len(text) > MAX_TEXT:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        wrapped = literal_list(f"[{text}]")
        value = wrapped[0] if wrapped is not None and len(wrapped) == 1 else wrapped
    return list(value) if isinstance(value, tuple) else value


def split_outside(text: str, separators: str) -> list[str]:
    """Split at any of `separators` outside brackets; brackets that do not close are plain text."""
    parts, stack, start = [], [], 0
    for index, char in enumerate(text):
        if char in _OPEN:
            stack.append(_OPEN[char])
        elif stack and char == stack[-1]:
            stack.pop()
        elif not stack and char in separators:
            parts.append(text[start:index])
            start = index + 1
    if stack:
        return re.split(f"[{re.escape(separators)}]", text)
    return [*parts, text[start:]]


def _unwrapped(text: str) -> str:
    """Drop brackets that enclose the whole text, and quotes and full stops at its ends."""
    while True:
        bare = re.sub(r"[.。]+$", "", text.strip(_EDGES)).strip(_EDGES)
        if len(bare) > 1 and _OPEN.get(bare[0]) == bare[-1] and _closes_last(bare):
            bare = bare[1:-1]
        if bare == text:
            return bare
        text = bare


def closing(text: str, start: int, stop: int) -> int:
    """Return the place behind the bracket that closes the one at `start`, before `stop`; 0 when none does."""
    opener, closer = text[start], _OPEN[text[start]]
    depth = 0
    for index in range(start, stop):
        depth += (text[index] == opener) - (text[index] == closer)
        if depth == 0:
            return index + 1
    return 0


def _closes_last(text: str) -> bool:
    """Whether the bracket that opens the text is closed by its last character."""
    return closing(text, 0, len(text)) == len(text)


def canonical_item(text: str) -> str:
    """Return an item in the form in which items are compared.

    NFKC and lower case, no brackets, quotes or full stops around the whole, none around its
    parts, and exactly `, ` between parts: `(Paris , 'LOC')` is `paris, loc`.
    """
    # A lone surrogate, which JSON can escape, could not be written to any file later on.
    text = text.encode("utf-8", "replace").decode("utf-8")
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", one_line(text)).casefold())
    for _ in range(8):  # taking one thing away can bare another; what is stable is the form
        parts = [one_line(part).strip(_EDGES) for part in split_outside(_unwrapped(plain), ",")]
        bare = _unwrapped(", ".join(part for part in parts if part))
        if bare == plain:
            break
        plain = bare
    return plain


def _rank(key: str) -> tuple[int, str]:
    plain = key_of(key)
    return (_ORDER.index(plain), plain) if plain in _ORDER else (len(_ORDER), plain)


def _parts_of(value: Any) -> list[str]:
    """Return the parts of one item in reading order."""
    if isinstance(value, Mapping):
        return [
            part for key in sorted(value, key=lambda key: _rank(str(key))) for part in _parts_of(value[key])
        ]
    if isinstance(value, list | tuple | set):
        return [part for item in value for part in _parts_of(item)]
    return [] if value is None else [value if isinstance(value, str) else json.dumps(value, default=str)]


def _item(value: Any) -> str:
    return canonical_item(", ".join(_parts_of(value)))


def _items_of_object(value: Mapping[Any, Any]) -> list[str]:
    """Read an object: one item with named parts, or items by type, or a wrapper around a list."""
    if any(key_of(str(key)) in _ORDER for key in value) and not any(
        isinstance(part, list | Mapping) for part in value.values()
    ):
        return [_item(value)]
    if len(value) == 1:
        (only,) = value.values()
        if isinstance(only, list) and any(isinstance(part, list | Mapping) for part in only):
            return [_item(part) for part in only]
        if isinstance(only, list) and key_of(str(next(iter(value)))) in {
            "items",
            "entities",
            "answer",
            "result",
            "results",
            "list",
        }:
            return [_item(part) for part in only]
    items_of_object = []
    for key, part in value.items():
        inner = part if isinstance(part, list) else [part]
        items_of_object += [_item([item, str(key)]) for item in inner if item is not None]
    return items_of_object


def items_of(value: Any) -> tuple[str, ...]:
    """Return the canonical items of a list, an object or a text; a lone value is one item.

    A text is a list in JSON or Python notation, or parts separated by `<p>`, by semicolons
    (commas then stay inside the parts), or by commas and line ends outside brackets.
    """
    if isinstance(value, str):
        return _items_of_text(value)
    if isinstance(value, Mapping):
        items = _items_of_object(value)
    elif isinstance(value, list | tuple):
        items = [_item(part) for part in value]
    else:
        items = [_item(value)]
    return tuple(item for item in items if item)


def _items_of_text(text: str) -> tuple[str, ...]:
    text = text.strip()
    if text.strip(" .").lower() in _NOTHING or not text:
        return ()
    value = json_value(text)
    if isinstance(value, list | Mapping):
        # A lone pair in brackets, `(Paris, LOC)`, is one item and not two.
        return items_of([value] if text.startswith("(") and _is_flat(value) else value)
    if text.startswith("[") and text.rstrip(". ").endswith("]") and _closes_last(text.rstrip(". ")):
        text = text.rstrip(". ")[1:-1]
    if "<p>" in text:
        parts = text.split("<p>")
    elif len(semi := split_outside(text, ";\uff1b")) > 1:
        parts = [part for line in semi for part in line.split("\n")]
    else:
        parts = split_outside(text, ",\uff0c、\n")
    items = (canonical_item(_BULLET.sub("", part)) for part in parts)
    return tuple(item for item in items if item)


def _is_flat(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(part, list | tuple | Mapping) for part in value)


def _name(value: Any) -> str:
    if isinstance(value, Mapping):
        named = find(value, "name", "names", "label", "category", "text", "class")
        value = named if named is not None else ""
    if isinstance(value, list | tuple) and value and isinstance(value[0], str):
        value = value[0]
    return canonical_item(str(value)) if isinstance(value, str | int | float) else ""


def _triplet(value: Any) -> Triplet | None:
    if isinstance(value, Mapping):
        parts: Sequence[Any] = [find(value, *names) for names in (_SUBJECT, _PREDICATE, _OBJECT)]
    elif isinstance(value, list | tuple):
        parts = value
    else:
        return _triplet_of_line(str(value))
    if len(parts) != 3:
        return None
    first, second, third = (_name(part) for part in parts)
    return (first, second, third) if first and second and third else None


def _triplet_of_line(line: str) -> Triplet | None:
    bare = _unwrapped(_BULLET.sub("", line))
    for parts in (split_outside(bare, ",\uff0c"), _ARROWS.split(bare), bare.split(";")):
        names = [canonical_item(part) for part in parts]
        if len(names) == 3 and all(names):
            return names[0], names[1], names[2]
    return None


def triplets_of(value: Any) -> tuple[Triplet, ...] | None:
    """Return the (subject, predicate, object) triplets of a list, an object or a text.

    None when there is something and none of it is a triplet; what is no triplet beside
    ones that are is left out. In a text each line, or each bracket, is one.
    """
    if isinstance(value, str):
        if not value.strip() or value.strip(" .").lower() in _NOTHING:
            return ()
        parsed = json_value(value)
        given: Any = parsed if isinstance(parsed, list | Mapping) else _triplet_lines(value)
    else:
        given = value
    if isinstance(given, Mapping):
        inner = find(given, "triplets", "relations", "relationships", "scene_graph", "answer", "text")
        given = inner if isinstance(inner, list) else [given]
    if isinstance(given, list | tuple) and len(given) == 3 and all(isinstance(part, str) for part in given):
        given = [given] if _triplet_of_line(given[0]) is None else given
    if not isinstance(given, list | tuple):
        return None
    triplets = tuple(triplet for part in given if (triplet := _triplet(part)) is not None)
    return triplets if triplets or not given else None


def _triplet_lines(text: str) -> list[str]:
    bracketed = re.findall(r"\(([^()\n]*)\)|<([^<>\n]*)>|\[([^\[\]\n]*)\]", text)
    lines = [part for groups in bracketed if (part := next(filter(None, groups), ""))]
    if lines and any(_triplet_of_line(line) for line in lines):
        return lines
    return [line for line in re.split(r"[\n;]", text) if line.strip()]


def roles_text(value: Any) -> str:
    """Write events with their roles as one text: `role: filler; …`, events joined by `; `.

    An object gives its verb first, then its roles sorted by name; a list its events in order.
    """
    if isinstance(value, Mapping):
        verb = next((key for key in value if key_of(str(key)) in ("verb", "predicate", "event")), None)
        keys = ([verb] if verb is not None else []) + sorted((key for key in value if key != verb), key=str)
        parts = []
        for key in keys:
            inner = roles_text(value[key])
            if inner:
                parts.append(
                    inner
                    if isinstance(value[key], Mapping) and key_of(str(key)) in ("roles", "args", "arguments")
                    else f"{key}: {inner}"
                )
        return "; ".join(parts)
    if isinstance(value, list | tuple):
        return "; ".join(part for part in map(roles_text, value) if part)
    return (
        "" if value is None else one_line(value if isinstance(value, str) else json.dumps(value, default=str))
    )
