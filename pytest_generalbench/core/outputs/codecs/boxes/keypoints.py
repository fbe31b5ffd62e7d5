"""Points of people in JSON-like values: COCO's flat lists, lists of points, points by name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.boxes.conventions import RawBox
from pytest_generalbench.core.outputs.codecs.boxes.json_values import boxes_in, key_of, number

COCO_POINTS: Final = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee",
    "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
"""The names of COCO's 17 points, in their order."""

_POINT_KEYS: Final = ("keypoints", "keypoint", "points", "joints", "pose", "landmarks")
_HOLDERS: Final = (
    "people", "persons", "instances", "annotations", "predictions", "prediction", "answer", "text", "results",
    "data", "output", "detections", "objects", "person",
)  # fmt: skip
_BOX_KEYS: Final = ("bbox", "box", "bbox_xywh", "bbox_xyxy", "xyxy", "bounding_box")

RawPoint = tuple[float, float, float]
"""x, y and visibility (0, 1 or 2) as written."""


class RawPerson(NamedTuple):
    """One person as written, before its numbers have a meaning."""

    points: tuple[RawPoint, ...]
    score: float | None = None
    box: RawBox | None = None
    area: float | None = None
    crowd: bool = False


def people_in(value: Any, names: Sequence[str] = COCO_POINTS) -> list[RawPerson]:
    """Return all people in `value`; `names` is the order for points that are given by name.

    A person is an object with `keypoints`, or a bare list of points. AnswerFormatError for
    anything else, an odd number of numbers included.

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
            return [RawPerson(_points(plain, names))]
        raise AnswerFormatError(f"no keypoints in an object with the keys {', '.join(map(repr, plain)):.80}")
    if not isinstance(value, list | tuple):
        raise AnswerFormatError(f"{value!r:.60} is no list of people")
    if value and (number(value[0]) is not None or _is_point(value[0])):
        return [RawPerson(_points(value, names))]
    return [person for item in value for person in people_in(item, names)]


def _is_point(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) in (2, 3) and number(value[0]) is not None


def _by_name(plain: Mapping[str, Any], names: Sequence[str]) -> bool:
    return bool({key_of(name) for name in names} & set(plain))


def _person(plain: Mapping[str, Any], names: Sequence[str]) -> RawPerson:
    found = next(plain[key] for key in _POINT_KEYS if key in plain)
    scores = (number(plain.get(key)) for key in ("score", "confidence"))
    boxes = next((boxes_in({key: plain[key]}) for key in _BOX_KEYS if plain.get(key)), [])
    return RawPerson(
        points=_points(found, names),
        score=next((score for score in scores if score is not None), None),
        box=boxes[0] if boxes else None,
        area=number(plain.get("area")),
        crowd=any(plain.get(key) in (1, True) for key in ("iscrowd", "crowd", "ignore")),
    )


def _points(value: Any, names: Sequence[str]) -> tuple[RawPoint, ...]:
    if isinstance(value, Mapping):
        plain = {key_of(key): item for key, item in value.items()}
        return tuple(_point(plain.get(key_of(name))) for name in names)
    if not isinstance(value, list | tuple) or not value:
        raise AnswerFormatError(f"{value!r:.60} is no list of points")
    if number(value[0]) is None:
        return tuple(_point(item) for item in value)
    if len(value) % 3:
        raise AnswerFormatError(f"{len(value)} numbers are no points of x, y and visibility")
    return tuple(_point(value[place : place + 3]) for place in range(0, len(value), 3))


def _point(value: Any) -> RawPoint:
    if value is None:
        return 0.0, 0.0, 0.0
    if isinstance(value, Mapping):
        plain = {key_of(key): item for key, item in value.items()}
        value = [plain.get("x"), plain.get("y"), plain.get("visibility", plain.get("v", 2))]
    if not isinstance(value, list | tuple) or len(value) not in (2, 3):
        raise AnswerFormatError(f"{value!r:.60} is no point")
    x, y, seen = (number(item) for item in (*value, 2.0)[:3])
    if x is None or y is None or not math.isfinite(x) or not math.isfinite(y):
        raise AnswerFormatError(f"{value!r:.60} is no point of finite numbers")
    return x, y, seen if seen is not None and math.isfinite(seen) else 2.0
