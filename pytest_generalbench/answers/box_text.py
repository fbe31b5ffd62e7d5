"""Boxes in the notations that models write in text.

JSON lists and objects, `<box>(x1,y1),(x2,y2)</box>` with `<ref>`, `<|box_start|>…<|box_end|>`
with `<|object_ref_start|>`, pairs of points `(x1, y1), (x2, y2)`, and lines of four numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from pytest_generalbench.answers.box_values import boxes_in
from pytest_generalbench.answers.coordinates import RawBox

MAX_TEXT: Final = 400_000
"""Letters of an answer that are looked at."""

NUMBER: Final = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_GAP: Final = r"\s*,?\s*"
_POINT: Final = rf"[(\[]\s*({NUMBER})\s*,\s*({NUMBER})\s*[)\]]"
_PAIR: Final = re.compile(rf"{_POINT}{_GAP}{_POINT}")
_FOUR: Final = re.compile(rf"({NUMBER}){_GAP}({NUMBER}){_GAP}({NUMBER}){_GAP}({NUMBER})")
_NUMBERS: Final = re.compile(NUMBER)
_TAGGED: Final = re.compile(
    r"(?:<ref>(?P<ref>[^<]{0,200})</ref>|<\|object_ref_start\|>(?P<object>[^<]{0,200})<\|object_ref_end\|>)"
    r"|<box>(?P<box>[^<]{0,4000})</box>|<\|box_start\|>(?P<start>[^<]{0,4000})<\|box_end\|>",
    re.IGNORECASE,
)


def boxes_in_text(text: str) -> list[RawBox] | None:
    r"""Return all boxes that an answer names; an empty list or object says there are none.

    None when the answer has no box and does not say so in JSON. Two points written as such are
    corners; what is written without a name for its numbers is left to the convention.

    >>> boxes_in_text('```json\n[{"bbox": [1, 2, 30, 40], "label": "cat"}]\n```')[0].label
    'cat'
    >>> boxes_in_text("<ref>a cat</ref><box>(1,2),(30,40)</box>")[0]
    RawBox(values=(1.0, 2.0, 30.0, 40.0), order='xyxy', label='a cat', score=None, crowd=False)
    >>> boxes_in_text("[]"), boxes_in_text("There is none.")
    ([], None)
    """
    text = text[:MAX_TEXT]
    tagged = list(_tagged(text))
    if tagged:
        return tagged
    values = json_values(text)
    found = [box for value in values for box in boxes_in(value, strict=False)]
    if found:
        return found
    pairs = [RawBox(_floats(match.groups()), "xyxy") for match in _PAIR.finditer(text)]
    if pairs:
        return pairs
    if any(map(_is_empty, values)):
        return []
    return list(_lines(text)) or None


def _is_empty(value: Any) -> bool:
    """Whether a value is lists and objects only, with nothing in them."""
    held = value.values() if isinstance(value, dict) else value
    return isinstance(value, dict | list) and all(map(_is_empty, held))


def json_values(text: str) -> list[Any]:
    """Return the JSON lists and objects in a text, outermost ones only, in order.

    When a list was cut off, the objects in it that are whole are found. Quotation marks may be
    single ones, as Python writes them.
    """
    found = list(_decoded(text))
    if "'" in text and '"' not in text and not any(isinstance(item, dict) for item in found):
        found = list(_decoded(text.replace("'", '"').replace("None", "null"))) or found
    return found


def _decoded(text: str) -> Iterator[Any]:
    decoder, place, left = json.JSONDecoder(), 0, 20_000
    for opening in re.finditer(r"[\[{]", text):
        if opening.start() < place:
            continue
        left -= 1
        try:
            value, place = decoder.raw_decode(text, opening.start())
        except (ValueError, RecursionError):
            if left == 0:
                return
            continue
        yield value


def _floats(texts: tuple[str | Any, ...]) -> tuple[float, float, float, float]:
    a, b, c, d = (float(item) for item in texts)
    return a, b, c, d


def _tagged(text: str) -> Iterator[RawBox]:
    label = None
    for found in _TAGGED.finditer(text):
        inner = found["box"] or found["start"]
        if inner is None:
            label = (found["ref"] or found["object"] or "").strip() or None
            continue
        pairs = [RawBox(_floats(match.groups()), "xyxy", label) for match in _PAIR.finditer(inner)]
        # Without parentheses the order of the numbers is the model's own.
        yield from pairs or [RawBox(_floats(match.groups()), None, label) for match in _FOUR.finditer(inner)]


def _lines(text: str) -> Iterator[RawBox]:
    """Read `label: x1, y1, x2, y2`, a line each; a line with more or fewer numbers is no box."""
    for line in text.splitlines():
        numbers = list(_NUMBERS.finditer(line))
        if len(numbers) == 4:
            label = line[: numbers[0].start()].strip(" \t:=-*([{\"'")
            yield RawBox(_floats(tuple(item.group() for item in numbers)), None, label or None)
