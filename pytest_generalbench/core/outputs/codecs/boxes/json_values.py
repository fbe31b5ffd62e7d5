"""Boxes read from JSON values: answers, prediction files and annotations in all known formats.

A box is four numbers, perhaps with a label and a score behind them, or an object with named
corners. Boxes come in lists, under a box key of an object that also names label and score, under
their label (`{"bird": [[x, y, w, h]]}`), or beside a list of labels of the same length.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from pytest_generalbench.core.keys import key_of
from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.boxes.conventions import RawBox, convention_of

_BOX_KEYS: Final[dict[str, str | None]] = {
    **dict.fromkeys(
        (
            "bbox", "bboxes", "box", "boxes", "bounding_box", "bounding_boxes", "boundingbox",
            "boundingboxes", "rect", "rectangle", "bndbox", "coordinates", "coords", "position",
        ),
        None,
    ),
    # Two model families write keys of their own, each always in one order.
    "bbox_2d": "xyxy", "box_2d": "yxyx",
    **{f"{prefix}{order}": order for prefix in ("", "bbox_", "box_", "boxes_", "bboxes_")
       for order in ("xyxy", "xywh", "cxcywh", "yxyx")},
}  # fmt: skip
"""Keys of boxes, and the order that a key alone declares."""

_THOUSANDTHS: Final = frozenset(("box_2d",))
"""Keys of the one model family that writes thousandths under them, whatever it is asked for."""

_LABEL_KEYS: Final = (
    "label", "labels", "category", "category_name", "categories", "class", "class_name", "classes", "name",
    "names", "object", "object_name", "category_id", "phrase", "ref", "text", "type",
)  # fmt: skip
SCORE_KEYS: Final = ("score", "scores", "confidence", "confidences", "conf", "probability", "prob")
"""Keys of the score of a box."""
_FORMAT_KEYS: Final = ("format", "bbox_format", "box_format", "bbox_mode", "mode", "order")
_BOX_MODES: Final[Mapping[int, str]] = {0: "pixels_xyxy", 1: "pixels_xywh"}
"""Detectron2's numbers for the two modes in pixels."""
_CROWD_KEYS: Final = ("iscrowd", "crowd", "ignore", "is_crowd")
_HOLDERS: Final = frozenset((
    "objects", "detections", "results", "result", "annotations", "annotation", "predictions", "prediction",
    "data", "output", "answer", "answers", "items", "response", "text", "instances", "shapes",
    "ground_truth", "gt", "object",
))  # fmt: skip
"""Keys that hold boxes without being their label."""

_NAMED: Final = (
    (("x1", "y1", "x2", "y2"), "xyxy"),
    (("xmin", "ymin", "xmax", "ymax"), "xyxy"),
    (("left", "top", "right", "bottom"), "xyxy"),
    (("xtl", "ytl", "xbr", "ybr"), "xyxy"),
    (("x0", "y0", "x1", "y1"), "xyxy"),
    (("x", "y", "w", "h"), "xywh"),
    (("x", "y", "width", "height"), "xywh"),
    (("left", "top", "width", "height"), "xywh"),
    (("xmin", "ymin", "width", "height"), "xywh"),
    (("cx", "cy", "w", "h"), "cxcywh"),
    (("cx", "cy", "width", "height"), "cxcywh"),
    (("xcenter", "ycenter", "width", "height"), "cxcywh"),
    (("centerx", "centery", "width", "height"), "cxcywh"),
    (("xcenter", "ycenter", "w", "h"), "cxcywh"),
)
_DEPTH: Final = 16


class _Around(NamedTuple):
    """Label, score, order and scale of a box as the JSON objects around it state them."""

    label: str | None = None
    order: str | None = None
    score: float | None = None
    crowd: bool = False
    scale: str | None = None
    depth: int = 0

    def within(self, **changes: Any) -> _Around:
        return self._replace(depth=self.depth + 1, **changes)


def boxes_in(value: Any, *, strict: bool = True) -> list[RawBox]:
    """Return all boxes in `value`.

    With `strict`, what is neither a box nor holds any is AnswerFormatError; without, it is left out.

    >>> [box.label for box in boxes_in({"bird": [[1, 2, 3, 4]], "cat": []})]
    ['bird']
    """
    return list(_boxes(value, _Around(), strict))


def number(value: Any) -> float | None:
    """Return a number or its text as float, None for anything else, a bool included."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def whole(value: Any) -> int | None:
    """Return a number, or its text, as int; None for anything else, fractions included."""
    result = number(value)
    return int(result) if result is not None and result.is_integer() else None


def four(value: Any) -> tuple[float, float, float, float] | None:
    """Return the first four numbers of a list of them, a label before or behind, and of one or two more."""
    if not isinstance(value, list | tuple) or not 4 <= len(value) <= 6:
        return None
    if isinstance(value[0], str) and len(value) > 4 and number(value[0]) is None:
        value = value[1:]  # the label stands first
        if any(isinstance(item, str) and number(item) is None for item in value):
            return None
    result = [number(item) for item in value[:4]]
    a, b, c, d = result
    if a is None or b is None or c is None or d is None:
        return None
    rest = [item for item in value[4:] if item is not None]
    texts = sum(isinstance(item, str) for item in rest)
    if texts > 1 or not all(isinstance(item, str | int | float) for item in rest):
        return None
    return a, b, c, d


def _label_in(value: Sequence[Any]) -> str | None:
    """Return the text in a row of numbers that is its label: no number, or behind four that are no texts."""
    behind = isinstance(value[0], str)
    texts = [
        item
        for place, item in enumerate(value)
        if isinstance(item, str) and (number(item) is None or (place > 3 and not behind))
    ]
    return texts[0] if texts else None


def row_of(value: Sequence[Any]) -> tuple[float, ...]:
    """Return all numbers of a row in order, its label and None left out; () when it holds anything else."""
    label = _label_in(value)
    row = [number(item) for item in value if item is not None and item is not label]
    return () if None in row else tuple(item for item in row if item is not None)


def _boxes(value: Any, around: _Around, strict: bool) -> Iterator[RawBox]:
    if around.depth > _DEPTH:
        raise AnswerFormatError("boxes are nested too deeply")
    numbers = four(value)
    if numbers is not None:
        yield _listed(value, numbers, around)
    elif isinstance(value, Mapping):
        yield from _of_object(value, around, strict)
    elif isinstance(value, list | tuple):
        if len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], list | tuple | Mapping):
            yield from _boxes(value[1], around.within(label=value[0]), strict)
            return
        for item in value:
            yield from _boxes(item, around.within(), strict)
    elif isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        yield from _boxes(_parsed(value), around.within(), strict)
    elif strict:
        raise AnswerFormatError(f"{value!r:.60} is no box")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AnswerFormatError(f"{text!r:.60} is no box") from error


def _listed(value: Sequence[Any], numbers: tuple[float, float, float, float], around: _Around) -> RawBox:
    if len(value) == 4:
        return RawBox(numbers, around.order, around.label, around.score, around.crowd, around.scale)
    row = row_of(value)
    row = row if len(row) > 4 else ()
    score = row[4] if row else around.score
    label = _label_in(value) or around.label
    return RawBox(numbers, around.order, label, score, around.crowd, around.scale, row)


def _of_object(value: Mapping[Any, Any], around: _Around, strict: bool) -> Iterator[RawBox]:
    plain = {key_of(key): item for key, item in value.items()}
    inner = _with_own_keys(plain, around)
    corners = named_corners(plain)
    if corners is not None:
        yield RawBox(corners[0], corners[1], inner.label, inner.score, inner.crowd)
        return
    key = next(
        (key for key in _BOX_KEYS if key in plain and isinstance(plain[key], list | tuple | Mapping | str)),
        None,
    )
    if key is not None:
        scale = "thousand" if key in _THOUSANDTHS and stated_convention(plain) is None else inner.scale
        inner = inner._replace(order=_BOX_KEYS[key] or inner.order, scale=scale)
        labels, scores = _parallel_list(plain, _LABEL_KEYS), _parallel_list(plain, SCORE_KEYS)
        result = plain[key]
        if isinstance(result, list) and (labels or scores) and four(result) is None:
            yield from _side_by_side(result, labels, scores, inner, strict)
        else:
            yield from _boxes(result, inner, strict)
        return
    yield from _by_label(value, around, inner.order, strict)


def _by_label(value: Mapping[Any, Any], around: _Around, order: str | None, strict: bool) -> Iterator[RawBox]:
    """Read an object whose keys are labels, or that holds boxes beside other entries."""
    held = {
        key: item
        for key, item in value.items()
        if isinstance(item, list | tuple | Mapping)
        or (isinstance(item, str) and item.lstrip()[:1] in ("[", "{"))
    }
    if strict and value and not held:
        raise AnswerFormatError(f"no box in an object with the keys {', '.join(map(repr, value)):.80}")
    for name, item in held.items():
        label = around.label if key_of(name) in _HOLDERS else str(name)
        yield from _boxes(item, around.within(label=label, order=order), strict)


def _with_own_keys(plain: Mapping[str, Any], around: _Around) -> _Around:
    """Return what an object states about the boxes in it, else what the objects around it state."""
    label = next((plain[key] for key in _LABEL_KEYS if isinstance(plain.get(key), str | int)), around.label)
    score = next(
        (number(plain[key]) for key in SCORE_KEYS if number(plain.get(key)) is not None), around.score
    )
    convention = stated_convention(plain)
    return around.within(
        label=None if label is None else str(label),
        score=score,
        order=convention.split("_")[1] if convention else around.order,
        crowd=around.crowd or any(plain.get(key) in (1, True, "1") for key in _CROWD_KEYS),
    )


def stated_convention(plain: Mapping[str, Any]) -> str | None:
    """Return the convention that an object of boxes names by a key such as `format`; None without one."""
    if type(mode := plain.get("bbox_mode")) is int and mode in _BOX_MODES:
        return _BOX_MODES[mode]
    words = next((plain[key] for key in _FORMAT_KEYS if isinstance(plain.get(key), str)), None)
    return convention_of(words) if words else None


def named_corners(plain: Mapping[str, Any]) -> tuple[tuple[float, float, float, float], str] | None:
    """Return the box of an object with named corners, and the order that the names imply."""
    for keys, order in _corner_keys(tuple(plain)):
        a, b, c, d = (number(plain[key]) for key in keys)
        if a is not None and b is not None and c is not None and d is not None:
            return (a, b, c, d), order
    return None


@lru_cache(maxsize=256)  # the objects of one file have the same keys
def _corner_keys(keys: tuple[str, ...]) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Return the keys of an object that may be its corners, with the order that they imply."""
    bare = {key.replace("_", ""): key for key in keys}
    return tuple(
        (tuple(bare[name] for name in names), order)
        for names, order in _NAMED
        if all(name in bare for name in names)
    )


def _parallel_list(plain: Mapping[str, Any], keys: Sequence[str]) -> list[Any] | None:
    return next((plain[key] for key in keys if isinstance(plain.get(key), list) and plain[key]), None)


def _side_by_side(
    result: Sequence[Any], labels: list[Any] | None, scores: list[Any] | None, around: _Around, strict: bool
) -> Iterator[RawBox]:
    for words in (labels, scores):
        if words is not None and len(words) != len(result):
            raise AnswerFormatError(f"{len(result)} boxes, but {len(words)} labels or scores beside them")
    for place, item in enumerate(result):
        label = around.label if labels is None else str(labels[place])
        score = around.score if scores is None else number(scores[place])
        yield from _boxes(item, around.within(label=label, score=score), strict)
