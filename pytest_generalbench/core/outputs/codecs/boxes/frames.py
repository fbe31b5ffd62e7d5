"""Boxes of video frames, one per frame or by frame number, read from JSON values and from text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from pytest_generalbench.core.keys import key_of
from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.boxes.conventions import RawBox, convention_of
from pytest_generalbench.core.outputs.codecs.boxes.json_values import boxes_in, four, number, row_of
from pytest_generalbench.core.outputs.codecs.boxes.text import MAX_TEXT, boxes_in_text, json_values, tagged_in

MAX_FRAMES: Final = 200_000
"""Frames that one answer may speak of."""

_FRAME_KEYS: Final = ("frame", "frame_id", "frame_number", "frame_index", "frame_idx", "index", "t", "time")
_LIST_KEYS: Final = (
    "boxes", "bboxes", "bbox", "trajectory", "track", "tube", "frames", "answer", "prediction", "predictions",
    "boxes_xyxy", "bboxes_xyxy", "xyxy", "output", "result", "text", "gt", "ground_truth",
)  # fmt: skip
START_KEYS: Final = ("start", "start_frame", "tube_start_frame", "begin")
"""Keys of the first frame of a list of boxes."""
_NOTHING: Final = (0.0, 0.0, 0.0, 0.0)
_MINUS: Final = (-1.0, -1.0, -1.0, -1.0)
_SHORTEST_MOT: Final = 6
_LONGEST_MOT: Final = 10
_FRAME_HEAD: Final = re.compile(
    r"frames?\s{0,9}#?\s{0,9}(\d{1,6})(?:\s{0,9}(?:-|–|to|\.\.+)\s{0,9}(\d{1,6}))?(?!\d)", re.IGNORECASE
)


def frames_in(value: Any) -> list[RawBox | None]:
    """Return a box or None for each frame, from a list of them; null and four zeros are None.

    An object may hold the list under `boxes`, `trajectory` and the like, with a `format`, or
    have the boxes by frame number, which must then be complete. AnswerFormatError for all else.
    """
    order: str | None = None
    while isinstance(value, Mapping):
        key = next((name for name in value if key_of(name) in _LIST_KEYS), None)
        if key is None:
            return _complete(by_frame(value))
        order = _stated_order(value, str(key)) or order
        value = value[key]
    if not isinstance(value, list | tuple):
        raise AnswerFormatError(f"{value!r:.60} is no list of a box per frame")
    return [_frame(item, order) for item in value]


def numbered_in(value: Any) -> dict[int, RawBox] | None:
    """Return boxes by frame number, as they are numbered, where a value names the frames; None otherwise.

    An object of boxes by frame number, or a list of `{"frame": …, "bbox": …}`, perhaps under a key.
    """
    while isinstance(value, Mapping):
        key = next((name for name in value if key_of(name) in _LIST_KEYS), None)
        if key is None:
            return by_frame(value) if value else None
        value = value[key]
    named = (
        isinstance(value, list) and bool(value) and all(_is(item) and _names_frame(item) for item in value)
    )
    return by_frame(value) if named else None


def by_frame(value: Any) -> dict[int, RawBox]:
    """Return boxes by frame number, from an object or from a list of `{"frame": …, "bbox": …}`.

    Numbers are taken as they are; a frame with null, or with four zeros, is left out.
    """
    pairs: list[tuple[Any, Any]] = []
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, list | tuple):
        for item in value:
            key = next((name for name in item if key_of(name) in _FRAME_KEYS), None) if _is(item) else None
            if key is None:
                raise AnswerFormatError(f"{item!r:.60} names no frame")
            pairs.append((item[key], {name: item[name] for name in item if name != key}))
    else:
        raise AnswerFormatError(f"{value!r:.60} is no object of boxes by frame number")
    result: dict[int, RawBox] = {}
    for name, item in pairs:
        place = number(re.sub(r"(?i)^\s*frame[\s_#]*", "", name) if isinstance(name, str) else name)
        if place is None or not place.is_integer() or not 0 <= place < MAX_FRAMES:
            raise AnswerFormatError(f"{name!r:.40} is no frame number")
        box = _frame(item, None)
        if box is not None:
            result[int(place)] = box
    return result


def tube_in(value: Any) -> dict[int, RawBox]:
    """Return boxes by frame number from any form of a tube; numbers are taken as they are.

    An object with `start` and a list of `boxes`; boxes by frame number; or a list with a box,
    null or four zeros for every frame of the video.
    """
    if _is(value):
        plain = {key_of(key): item for key, item in value.items()}
        start = next((number(plain[key]) for key in START_KEYS if key in plain), None)
        if start is None:
            key = next((key for key in _LIST_KEYS if isinstance(plain.get(key), list | dict)), None)
            return by_frame(value) if key is None else tube_in(plain[key])
        if not start.is_integer() or not 0 <= start < MAX_FRAMES:
            raise AnswerFormatError(f"a tube cannot start at frame {start:g}")
        held = next((plain[key] for key in _LIST_KEYS if key in plain), None)
        if _is(held):
            return by_frame(held)
        return {int(start) + place: box for place, box in enumerate(frames_in(value)) if box is not None}
    if isinstance(value, list) and value and _is(value[0]) and _names_frame(value[0]):
        return by_frame(value)
    return {place: box for place, box in enumerate(frames_in(value)) if box is not None}


def frames_in_text(text: str) -> list[RawBox | None] | None:
    """Return a box or None per frame from an answer text; None when it names none.

    Lines such as `Frame 3: [x1, y1, x2, y2]`, else boxes in tags, else JSON; JSON goes first when
    it speaks of more frames than they do.
    """
    text = text[:MAX_TEXT]
    lines = _frame_lines(text)
    named: list[RawBox | None] = _complete(lines) if lines else list(tagged_in(text))
    value = _longest(text)
    if value is not None:
        try:
            if isinstance(value, list) and _is(value[0]) and _names_frame(value[0]):
                frames = _complete(by_frame(value))
            else:
                frames = frames_in(value)
        except AnswerFormatError:
            if not named:
                raise
            return named
        return frames if len(frames) > len(named) else named
    return named or [*(boxes_in_text(text) or [])] or None


def tube_in_text(text: str) -> dict[int, RawBox] | None:
    """Return boxes by frame number from an answer text; `frames 3-9: [x1, y1, x2, y2]` is one for each.

    As in `frames_in_text` JSON goes before lines and tags when it has more boxes.
    """
    text = text[:MAX_TEXT]
    named = _frame_lines(text) or dict(enumerate(tagged_in(text)))
    value = _longest(text)
    if value is not None:
        try:
            tube = tube_in(value)
        except AnswerFormatError:
            if not named:
                raise
            return named
        return tube if len(tube) > len(named) or not named else named
    return named or None


def _longest(text: str) -> Any:
    """Return the longest JSON value that may be boxes over time, None when there is none."""
    values = (value for value in json_values(text) if value and four(value) is None)
    return max(values, key=len, default=None)


def _is(value: Any) -> bool:
    return isinstance(value, Mapping)


def _names_frame(value: Mapping[Any, Any]) -> bool:
    return any(key_of(key) in _FRAME_KEYS for key in value)


def _stated_order(value: Mapping[Any, Any], key: str) -> str | None:
    if key_of(key).endswith("xyxy"):
        return "xyxy"
    words = next((item for name, item in value.items() if "format" in key_of(name)), None)
    convention = convention_of(words) if isinstance(words, str) else None
    return convention.split("_")[1] if convention else None


def _frame(item: Any, order: str | None) -> RawBox | None:
    """Return the one box of a frame."""
    if isinstance(item, list) and len(item) == 4 and all(type(part) in (int, float) for part in item):
        a, b, c, d = item
        values = (float(a), float(b), float(c), float(d))
        return None if _is_absent(values) else RawBox(values, order)
    row = _long_row(item)
    if row:
        return RawBox((row[0], row[1], row[2], row[3]), order, row=row)
    if item is None or item in ([], {}):
        return None
    if _is(item) and all(part is None for part in item.values()):
        return None
    frame = boxes_in(item)
    if len(frame) != 1:
        raise AnswerFormatError(f"{len(frame)} boxes for one frame")
    box = frame[0]
    if not box.row and _is_absent(box.values):
        return None
    return box._replace(order=box.order or order)


def _is_absent(values: tuple[float, ...]) -> bool:
    """Return whether a box means that the object is not visible: four zeros, four NaN, or four times -1."""
    return values in (_NOTHING, _MINUS) or all(map(math.isnan, values))


def _long_row(item: Any) -> tuple[float, ...]:
    """Return the numbers of a row as MOT writes them, seven to ten, in a list or in a text with commas."""
    given = item.split(",") if isinstance(item, str) and item.count(",") > 3 else item
    if not isinstance(given, list | tuple) or not _SHORTEST_MOT <= len(given) <= _LONGEST_MOT:
        return ()
    row = row_of(given)
    return row if len(row) == len(given) else ()


def _complete(result: Mapping[int, RawBox]) -> list[RawBox | None]:
    """Return a list over all frames, counted from 0 or from 1, whichever the lowest number says."""
    if not result:
        return []
    first = min(min(result), 1)
    return [result.get(place) for place in range(first, max(result) + 1)]


def _frame_lines(text: str) -> dict[int, RawBox]:
    """Yield the text after each `frame 3` or `frames 3-9`, up to the next, a semicolon or the line's end."""
    frame_lines: dict[int, RawBox] = {}
    heads = list(_FRAME_HEAD.finditer(text))
    for head, end in zip(heads, [*(after.start() for after in heads[1:]), len(text)], strict=False):
        answer = re.split(r"[\n;]", text[head.end() : end].lstrip(" \t\r\n:="), maxsplit=1)[0]
        boxes = boxes_in_text(answer)
        first, last = int(head[1]), int(head[2] or head[1])
        if boxes and len(boxes) == 1 and last - first < MAX_FRAMES:
            frame_lines.update(dict.fromkeys(range(first, last + 1), boxes[0]))
    return frame_lines
