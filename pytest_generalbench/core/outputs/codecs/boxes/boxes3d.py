"""3D boxes and the formats in which files hold them.

Metres in one frame for a whole sample or sequence, z up; yaw in radians about z, from x towards y;
size is length (along the heading), width, height. nuScenes writes width before length.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Final, NamedTuple

import numpy as np

from pytest_generalbench.core.outputs.base import AnswerFormatError

Triple = tuple[float, float, float]


class Box3d(NamedTuple):
    """One 3D box."""

    centre: Triple
    """x, y, z of its middle."""
    size: Triple
    """Length, width, height."""
    yaw: float
    label: str
    score: float
    """Confidence; 1 where a file gives none."""
    velocity: tuple[float, float] | None


class TrackedBox(NamedTuple):
    """A 3D box of one object in one frame."""

    track: str
    """The object's name, the same in every frame."""
    box: Box3d


_CENTRE: Final = ("centre", "center", "translation", "location", "position", "xyz")
_SIZE: Final = ("size_lwh", "lwh", "dimensions", "dims", "extent", "scale")
_SIZE_WLH: Final = ("size", "wlh", "size_wlh")
_YAW: Final = ("yaw", "rotation_y", "heading", "rotation_z", "rotation", "orientation")
_LABEL: Final = (
    "label", "detection_name", "tracking_name", "class", "class_name", "category", "category_name", "name",
    "type",
)  # fmt: skip
_SCORE: Final = ("score", "detection_score", "tracking_score", "confidence")
_TRACK: Final = ("tracking_id", "track_id", "track", "instance_token", "instance_id", "object_id", "id")
_WHOLE: Final = ("box", "box3d", "bbox", "bbox_3d", "bbox3d", "box_3d")
_LISTS: Final = ("boxes", "boxes_3d", "boxes3d", "gt_boxes", "bboxes", "bboxes_3d", "bbox_3d", "bboxes3d")
_LABEL_LISTS: Final = ("labels", "labels_3d", "gt_names", "names", "classes", "categories")
_SCORE_LISTS: Final = ("scores", "scores_3d", "confidences")
_TRACK_LISTS: Final = ("track_ids", "tracking_ids", "ids", "tracks")


def _at(given: Mapping[str, Any], names: Sequence[str]) -> tuple[str, Any] | None:
    return next(((name, given[name]) for name in names if given.get(name) is not None), None)


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise AnswerFormatError(f"{what} must be finite numbers, not {value!r:.60}")
    return float(value)


def _numbers(value: Any, count: int, what: str) -> tuple[float, ...]:
    values = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(values, list | tuple) or len(values) != count:
        raise AnswerFormatError(f"{what} must be {count} numbers, not {value!r:.60}")
    return tuple(_number(item, what) for item in values)


def _triple(value: Any, what: str) -> Triple:
    first, second, third = _numbers(value, 3, what)
    return first, second, third


class Written(NamedTuple):
    """The numbers of a box whose order or unit is not known."""

    label: str
    size: Triple
    """As written."""
    order: str
    """Of `size`: `lwh` or `wlh` where its key says it, `row`, `size` or `dimensions` where it does not."""
    rotation: tuple[float, ...]
    """As written: none, a yaw, three angles or a quaternion."""


@dataclass(slots=True)
class Form3d:
    """The format in which a file holds 3D boxes."""

    size: str = "lwh"
    """The order of sizes whose key says none."""
    forced: bool = False
    """Whether `size` is the order of all sizes, whatever their key says."""
    quaternion: str = "wxyz"
    degrees: bool = False
    strict: bool = False
    """Whether boxes in a camera's frame are refused, and angles about other axes than z."""
    seen: list[Written] | None = None
    """Where given, every box is noted here."""


PLAIN_FORM: Final = Form3d()


def yaw_of(rotation: Any, form: Form3d = PLAIN_FORM) -> float:
    """Return the heading in radians of a yaw, of a list of one, of Euler angles, or of a quaternion."""
    if isinstance(rotation, list | tuple) and len(rotation) == 4:
        w, x, y, z = _numbers(rotation, 4, "a quaternion")
        if form.quaternion == "xyzw":
            w, x, y, z = z, w, x, y
        if w == x == y == z == 0.0:
            raise AnswerFormatError("a quaternion of zeros is no rotation")
        return math.atan2(2 * (w * z + x * y), w * w + x * x - y * y - z * z)
    if isinstance(rotation, list | tuple) and len(rotation) == 1:
        yaw = _number(rotation[0], "a yaw")
    elif isinstance(rotation, list | tuple) and len(rotation) == 3:
        roll, pitch, yaw = _numbers(rotation, 3, "Euler angles")
        if form.strict and max(abs(roll), abs(pitch)) > max(0.2, abs(yaw)):
            raise AnswerFormatError(f"the angles {list(rotation)} turn about another axis than z")
    else:
        yaw = _number(rotation, "a yaw")
    return math.radians(yaw) if form.degrees else yaw


def _velocity(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    values = value.tolist() if isinstance(value, np.ndarray) else value
    # nuScenes writes NaN where the velocity of an object is not known.
    if not isinstance(values, list | tuple) or len(values) not in (2, 3):
        raise AnswerFormatError(f"a velocity is two numbers, not {value!r:.60}")
    if not all(isinstance(item, Real) for item in values):
        raise AnswerFormatError(f"a velocity is two numbers, not {value!r:.60}")
    x, y = float(values[0]), float(values[1])
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None


def checked(box: Box3d) -> Box3d:
    """Return `box` when its numbers are finite and no edge is negative; else AnswerFormatError."""
    for value in (*box.centre, *box.size, box.yaw, box.score, *(box.velocity or ())):
        _number(value, "the numbers of a 3D box")
    if min(box.size) < 0:
        raise AnswerFormatError(f"a 3D box with an edge of {min(box.size):g} m")
    if not box.label:
        raise AnswerFormatError("a 3D box without label")
    return box


def _noted(form: Form3d, label: str, size: Triple, order: str, rotation: Any) -> None:
    if form.seen is not None:
        given = rotation if isinstance(rotation, list | tuple) else [] if rotation is None else [rotation]
        numbers = tuple(float(item) for item in given if isinstance(item, Real))
        form.seen.append(Written(label, size, order, numbers))


def _row(row: Any, label: Any, score: Any, form: Form3d) -> Box3d:
    """Read x, y, z, length, width, height, yaw and perhaps the velocity."""
    values = row.tolist() if isinstance(row, np.ndarray) else row
    if not isinstance(values, list | tuple) or len(values) not in (7, 9):
        raise AnswerFormatError(
            f"a 3D box is x, y, z, length, width, height, yaw (and vx, vy), not {row!r:.60}"
        )
    x, y, z, first, second, third, yaw = (_number(item, "a 3D box") for item in values[:7])
    velocity = _velocity(values[7:]) if len(values) == 9 else None
    _noted(form, _label(label), (first, second, third), "row", yaw)
    size = _ordered((first, second, third), form.size)
    return checked(Box3d((x, y, z), size, yaw_of(yaw, form), _label(label), _score(score), velocity))


def _ordered(size: Triple, order: str) -> Triple:
    """Return length, width, height of a size in an order such as `wlh`."""
    length, width, height = (size[order.index(letter)] for letter in "lwh")
    return length, width, height


def _label(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise AnswerFormatError(f"the label of a 3D box is a text or a number, not {value!r:.60}")
    return str(value).strip()


def _score(value: Any) -> float:
    return 1.0 if value is None else _number(value, "a score")


def read_box(given: Any, form: Form3d = PLAIN_FORM) -> Box3d:
    """Read one box: an object with nuScenes' keys or ours, the plain form, or an object with a row.

    `form` says what its words leave open: the order of sizes, of quaternions, the unit of angles.

    `size` without further word is nuScenes' width, length, height where the centre is called
    `translation`, and length, width, height otherwise.
    """
    if isinstance(given, Box3d):
        return checked(given)
    if isinstance(given, list | tuple) and len(given) == 6 and isinstance(given[0], list | tuple):
        centre, size, yaw, label, score, velocity = given
        plain = Box3d(
            _triple(centre, "a centre"), _triple(size, "a size"), _number(yaw, "a yaw"), _label(label),
            _score(score), _velocity(velocity),
        )  # fmt: skip
        return checked(plain)
    if not isinstance(given, Mapping):
        raise AnswerFormatError(f"a 3D box is an object, not {given!r:.60}")
    label, score = _at(given, _LABEL), _at(given, _SCORE)
    if label is None:
        raise AnswerFormatError(f"a 3D box without label; keys found: {', '.join(map(str, given))[:80]}")
    whole = _at(given, _WHOLE)
    if whole is not None:
        return _row(whole[1], label[1], score and score[1], form)
    centre, yaw = _at(given, _CENTRE), _at(given, _YAW)
    if form.strict and centre is not None and centre[0] == "location" and yaw and yaw[0] == "rotation_y":
        raise AnswerFormatError(
            "KITTI's location, dimensions (h, w, l) and rotation_y are in the camera's frame: write centre, "
            "size_lwh and yaw in the frame of the point cloud"
        )
    if centre is None:
        raise AnswerFormatError(f"a 3D box without centre; keys found: {', '.join(map(str, given))[:80]}")
    box = Box3d(
        _triple(centre[1], "a centre"),
        _size(given, centre[0] == "translation", _label(label[1]), yaw and yaw[1], form),
        0.0 if yaw is None else yaw_of(yaw[1], form),
        _label(label[1]),
        _score(score and score[1]),
        _velocity(given.get("velocity")),
    )
    return checked(box)


def _size(given: Mapping[str, Any], nuscenes: bool, label: str, rotation: Any, form: Form3d) -> Triple:
    result, order = _at(given, (*_SIZE, *_SIZE_WLH)), "lwh"
    if result is None:
        names = ("length", "width", "height") if "length" in given else ("l", "w", "h")
        size = _triple([given.get(name) for name in names], "length, width and height")
    elif isinstance(result[1], Mapping):
        return _size(result[1], False, label, rotation, form)
    else:
        size = _triple(result[1], "a size")
        plain = "wlh" if nuscenes else "size"
        order = {"size_lwh": "lwh", "lwh": "lwh", "wlh": "wlh", "size_wlh": "wlh", "size": plain}.get(
            result[0], "dimensions"
        )
    _noted(form, label, size, order, rotation)
    return _ordered(size, order if order in ("lwh", "wlh") and not (result and form.forced) else form.size)


def read_boxes(given: Any, form: Form3d = PLAIN_FORM) -> tuple[Box3d, ...]:
    """Read the boxes of a sample.

    A list of boxes, an object with lists (`boxes` as rows, `labels`, `scores`), or an object with the
    boxes under `boxes` or under the label of each.
    """
    return tuple(box for _, box in _entries(given, form))


def read_tracked(given: Any, form: Form3d = PLAIN_FORM) -> tuple[TrackedBox, ...]:
    """Read the boxes of a frame, each with the name of its track."""
    tracked = []
    for entry, box in _entries(given, form):
        track = _at(entry, _TRACK) if isinstance(entry, Mapping) else None
        if track is None or isinstance(track[1], bool) or not isinstance(track[1], str | int):
            raise AnswerFormatError("a box of a track needs its tracking_id")
        tracked.append(TrackedBox(str(track[1]), box))
    return tuple(tracked)


def _entries(given: Any, form: Form3d) -> list[tuple[Any, Box3d]]:
    if isinstance(given, Mapping):
        listed = _at(given, _LISTS)
        if listed is not None and _are_rows(listed[1]):
            return _from_lists(given, listed[1], form)
        if listed is not None:
            return _entries(listed[1], form)
        if _at(given, _LABEL) is None and all(isinstance(value, list) for value in given.values()):
            return [(row, _row(row, label, None, form)) for label, rows in given.items() for row in rows]
        return [(given, read_box(given, form))]
    if not isinstance(given, list | tuple):
        raise AnswerFormatError(f"3D boxes are a list, not {given!r:.60}")
    return [(entry, read_box(entry, form)) for entry in given]


def _are_rows(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 2
    return isinstance(value, list | tuple) and all(
        isinstance(row, list | tuple | np.ndarray) and len(row) in (7, 9) for row in value
    )


def _from_lists(given: Mapping[str, Any], rows: Any, form: Form3d) -> list[tuple[Any, Box3d]]:
    columns = []
    for names in (_LABEL_LISTS, _SCORE_LISTS, _TRACK_LISTS):
        from_lists = _at(given, names)
        values = [None] * len(rows) if from_lists is None else list(from_lists[1])
        if len(values) != len(rows):
            raise AnswerFormatError(f"{len(rows)} boxes, but {len(values)} {names[0]}")
        columns.append(values)
    entries: list[tuple[Any, Box3d]] = []
    for row, label, score, track in zip(rows, *columns, strict=True):
        plain = [value.item() if isinstance(value, np.generic) else value for value in (label, score, track)]
        entries.append(({"tracking_id": plain[2]}, _row(row, plain[0], plain[1], form)))
    return entries


def natural_frame(key: object) -> tuple[int, str]:
    """Sort key that puts frame 10 behind frame 9."""
    text = str(key)
    return (int(text), "") if re.fullmatch(r"[0-9]{1,18}", text) else (0, text)


def read_frames(given: Any, form: Form3d = PLAIN_FORM) -> tuple[tuple[TrackedBox, ...], ...]:
    """Read the tracks of a sequence: the frames in order, each with its boxes.

    A list of frames, or an object from frame to boxes: in the order of their numbers where
    all keys are numbers, else as they stand (nuScenes' sample tokens have no order of their own).
    """
    if isinstance(given, Mapping):
        inner = _at(given, ("frames", "results", "tracks"))
        if inner is not None:
            return read_frames(inner[1], form)
        keys = list(given)
        if all(re.fullmatch(r"[0-9]{1,18}", str(key)) for key in keys):
            keys.sort(key=natural_frame)
        return tuple(read_tracked(given[key], form) for key in keys)
    if not isinstance(given, list | tuple):
        raise AnswerFormatError(f"tracks are a list of frames, not {given!r:.60}")
    return tuple(read_tracked(frame, form) for frame in given)


def nuscenes(box: Box3d) -> dict[str, Any]:
    """Return a box in the format of nuScenes."""
    length, width, height = box.size
    value: dict[str, Any] = {
        "translation": list(box.centre),
        "size": [width, length, height],
        "rotation": [math.cos(box.yaw / 2), 0.0, 0.0, math.sin(box.yaw / 2)],
        "detection_name": box.label,
        "detection_score": box.score,
    }
    if box.velocity is not None:
        value["velocity"] = list(box.velocity)
    return value
