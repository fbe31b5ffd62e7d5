"""Keypoints read from JSON values: COCO's flat lists, lists of points, points by name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pytest_generalbench.core.keys import key_of
from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.boxes.conventions import RawBox
from pytest_generalbench.core.outputs.codecs.boxes.json_values import boxes_in, number

COCO_POINTS: Final = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee",
    "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
"""The names of COCO's 17 points, in their order."""

_POINT_KEYS: Final = ("keypoints", "keypoint", "pose_keypoints_2d", "points", "joints", "pose", "landmarks")
_SEEN_KEYS: Final = ("visibility", "v", "visible", "is_visible", "score", "confidence")
_HOLDERS: Final = (
    "people", "persons", "instances", "annotations", "predictions", "prediction", "answer", "text", "results",
    "data", "output", "detections", "objects", "person",
)  # fmt: skip
_BOX_KEYS: Final = ("bbox", "box", "bbox_xywh", "bbox_xyxy", "xyxy", "bounding_box")

RawPoint = tuple[float, float, float]
"""x, y and visibility (0, 1 or 2) as written."""


class RawPerson(NamedTuple):
    """One person as written, before the coordinate convention is known."""

    points: tuple[RawPoint, ...]
    score: float | None = None
    box: RawBox | None = None
    area: float | None = None
    crowd: bool = False
    flat: tuple[float, ...] = ()
    """All numbers of points that lie in one flat list: three or two for each."""
    places_only: bool = False
    """Whether the points are x and y without a visibility."""


def people_in(value: Any, names: Sequence[str] = COCO_POINTS) -> list[RawPerson]:
    """Return all people in `value`; `names` is the order for points that are given by name.

    A person is an object with `keypoints`, or a bare list of points. AnswerFormatError for
    anything else. Of a flat list three numbers are a point, or two where three do not divide it;
    `split_flat` reads it in another way.

    >>> people_in([{"keypoints": [1, 2, 2, 3, 4, 0], "score": 0.5}])[0].points
    ((1.0, 2.0, 2.0), (3.0, 4.0, 0.0))
    """
    if isinstance(value, Mapping):
        plain = {key_of(key): item for key, item in value.items()}
        if any(key in plain for key in _POINT_KEYS):
            return [_person(plain, names)]
        key = next((key for key in _HOLDERS if isinstance(plain.get(key), list | dict)), None)
        if key is not None:
            return people_in(plain[key], names)
        if _by_name(plain, names):
            return [_of_points(plain, names)]
        raise AnswerFormatError(f"no keypoints in an object with the keys {', '.join(map(repr, plain)):.80}")
    if not isinstance(value, list | tuple):
        raise AnswerFormatError(f"{value!r:.60} is no list of people")
    if value and (number(value[0]) is not None or _is_point(value[0])):
        return [_of_points(value, names)]
    return [person for item in value for person in people_in(item, names)]


def _is_point(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) in (2, 3) and number(value[0]) is not None


def _by_name(plain: Mapping[str, Any], names: Sequence[str]) -> bool:
    return bool({key_of(name) for name in names} & set(plain))


def _person(plain: Mapping[str, Any], names: Sequence[str]) -> RawPerson:
    person = next(plain[key] for key in _POINT_KEYS if key in plain)
    scores = (number(plain.get(key)) for key in ("score", "confidence"))
    boxes = next((boxes_in({key: plain[key]}) for key in _BOX_KEYS if plain.get(key)), [])
    return _of_points(person, names)._replace(
        score=next((score for score in scores if score is not None), None),
        box=boxes[0] if boxes else None,
        area=number(plain.get("area")),
        crowd=any(plain.get(key) in (1, True) for key in ("iscrowd", "crowd", "ignore")),
    )


def split_flat(flat: Sequence[float], width: int) -> tuple[RawPoint, ...]:
    """Return the points of a flat list of `width` numbers each, 2 or 3. Raises AnswerFormatError.

    >>> split_flat([1, 2, 3, 4], 2)
    ((1.0, 2.0, 2.0), (3.0, 4.0, 2.0))
    """
    if not flat or len(flat) % width:
        what = "x, y and visibility" if width == 3 else "x and y"
        raise AnswerFormatError(f"{len(flat)} numbers are no points of {what}")
    return tuple(_point(tuple(flat[place : place + width])) for place in range(0, len(flat), width))


def _of_points(value: Any, names: Sequence[str]) -> RawPerson:
    if isinstance(value, Mapping):
        plain = {key_of(key): item for key, item in value.items()}
        given = [plain.get(key_of(name)) for name in names]
        if not any(key_of(name) in plain for name in names):
            raise AnswerFormatError(f"none of {', '.join(map(repr, plain)):.80} is the name of a point")
        return RawPerson(tuple(map(_point, given)), places_only=_are_places(given))
    if not isinstance(value, list | tuple) or not value:
        raise AnswerFormatError(f"{value!r:.60} is no list of points")
    if number(value[0]) is None:
        return RawPerson(tuple(map(_point, value)), places_only=_are_places(value))
    numbers = [number(item) for item in value]
    if None in numbers:
        raise AnswerFormatError(f"{value!r:.60} is no flat list of points")
    flat = tuple(item for item in numbers if item is not None)
    width = 2 if len(flat) % 3 and not len(flat) % 2 else 3
    return RawPerson(split_flat(flat, width), flat=flat, places_only=width == 2)


def _are_places(points: Sequence[Any]) -> bool:
    return all(point is None or (isinstance(point, list | tuple) and len(point) == 2) for point in points)


def _is_text(value: Any) -> bool:
    return isinstance(value, str | bool | list | Mapping)


def _point(value: Any) -> RawPoint:
    if value is None:
        return 0.0, 0.0, 0.0
    if isinstance(value, Mapping):
        plain = {key_of(key): item for key, item in value.items()}
        seen = next((plain[key] for key in _SEEN_KEYS if plain.get(key) is not None), 2)
        # A point that is written and not visible is a hidden one.
        value = [plain.get("x"), plain.get("y"), int(seen) + 1 if isinstance(seen, bool) else seen]
    if not isinstance(value, list | tuple) or len(value) not in (2, 3):
        raise AnswerFormatError(f"{value!r:.60} is no point")
    x, y, seen = (number(item) for item in (*value, 2.0)[:3])
    if all(item is None or math.isnan(item) for item in (x, y)) and not any(map(_is_text, value)):
        return 0.0, 0.0, 0.0
    if x is None or y is None or not math.isfinite(x) or not math.isfinite(y):
        raise AnswerFormatError(f"{value!r:.60} is no point of finite numbers")
    if seen is not None and not math.isfinite(seen):
        raise AnswerFormatError(f"{value!r:.60} is no point: its visibility is not finite")
    return x, y, 2.0 if seen is None else seen
