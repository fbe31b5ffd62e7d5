"""Inference of the format of a file's 3D boxes: order of edges and quaternions, unit of angles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.outputs.codecs.boxes.boxes3d import Form3d
from pytest_generalbench.protocols.reading import ambiguous, decide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.outputs.codecs.boxes.boxes3d import Written
    from pytest_generalbench.core.task import Task

SIZE: Final = "size"
QUATERNION: Final = "quaternion"
ANGLE: Final = "angle"
FORM_WORDS: Final = (SIZE, QUATERNION, ANGLE)
"""The words of a reading for 3D boxes."""

_VEHICLES: Final = (
    "car",
    "truck",
    "bus",
    "van",
    "vehicle",
    "trailer",
    "tram",
    "train",
    "motorcycle",
    "bicycle",
)
"""Parts of the names of classes that are longer than they are wide and high."""

_LONGER: Final = 1.2
_UPRIGHT: Final = 0.05
_MOST_RADIANS: Final = 2 * math.pi + 0.01
_SURELY_DEGREES: Final = 10.0
_BY_LONGEST: Final = {0: "lwh", 1: "wlh", 2: "hwl"}


def form_of(task: Task, seen: Sequence[Written]) -> tuple[Form3d, tuple[str, ...]]:
    """Return the form of a file's boxes, and notes on what was decided.

    Raises AmbiguousReferenceError when the boxes leave several forms open, or contradict what their keys say.
    """
    size, first = _size(task, seen)
    quaternion, second = _quaternion(task, seen)
    angle, third = _angle(task, seen)
    notes = tuple(filter(None, [first, second, third]))
    return Form3d(size, SIZE in task.reading, quaternion, degrees=angle == "degrees", strict=True), notes


def _longest(seen: Sequence[Written], orders: Sequence[str]) -> list[int]:
    """Return which edge as written is the longest of every vehicle whose length stands out."""
    longest = []
    for box in seen:
        lengths = sorted(box.size, reverse=True)
        vehicle = any(word in box.label.lower() for word in _VEHICLES)
        if vehicle and box.order in orders and lengths[0] > _LONGER * lengths[1] > 0:
            longest.append(box.size.index(lengths[0]))
    return longest


def _size(task: Task, seen: Sequence[Written]) -> tuple[str, str]:
    """Return the order of edges whose key says none, by the lengths of vehicles."""
    for order in ("lwh", "wlh"):
        _check_named(task, seen, order)
    open_orders = ("row", "size", "dimensions")
    if not any(box.order in open_orders for box in seen):
        return "lwh", ""
    longest = _longest(seen, open_orders)
    fits = {
        order: f"{longest.count(edge)} of {len(longest)} vehicles are the longest along edge {edge + 1}"
        for edge, order in _BY_LONGEST.items()
        if longest and longest.count(edge) >= 0.9 * len(longest)
    }
    if not longest:
        doubtful = any(box.order == "dimensions" for box in seen)
        fits = {"lwh": "the usual order", "hwl": "KITTI's dimensions"} if doubtful else {"lwh": ""}
    if set(fits) == {"hwl"} and SIZE not in task.reading:
        raise ambiguous(
            task, SIZE, {"hwl": f"{fits['hwl']}; KITTI's boxes are in the camera's frame with it"}
        )
    decided = decide(task, SIZE, fits)
    return decided.value, "" if decided.value == "lwh" else decided.note


def _check_named(task: Task, seen: Sequence[Written], order: str) -> None:
    """Refuse sizes whose key says an order that the lengths of vehicles contradict."""
    longest = _longest(seen, (order,))
    wrong = len(longest) - longest.count(order.index("l"))
    if wrong > 0.5 * len(longest) and SIZE not in task.reading:
        most = _BY_LONGEST[max(set(longest), key=longest.count)]
        why = {
            order: f"as the keys say, but {wrong} of {len(longest)} vehicles are longest along another",
            most: "",
        }
        raise ambiguous(task, SIZE, why)


def _quaternion(task: Task, seen: Sequence[Written]) -> tuple[str, str]:
    """Return the order of quaternions: boxes stand upright in one of them."""
    given = [box.rotation for box in seen if len(box.rotation) == 4]
    if not given:
        return "wxyz", ""
    fits = {
        name: f"all {len(given)} boxes stand upright"
        for name, (first, second) in (("wxyz", (1, 2)), ("xyzw", (0, 1)))
        if all(max(abs(one[first]), abs(one[second])) <= _UPRIGHT for one in given)
    }
    decided = decide(task, QUATERNION, fits or {"wxyz": ""})
    return decided.value, "" if decided.value == "wxyz" else decided.note


def _angle(task: Task, seen: Sequence[Written]) -> tuple[str, str]:
    """Return the unit of yaws: no radian goes far beyond a full turn."""
    yaws = [abs(box.rotation[-1]) for box in seen if len(box.rotation) in (1, 3)]
    largest = max(yaws, default=0.0)
    fits = {"radians": ""} if largest <= _MOST_RADIANS else {"degrees": f"a yaw of {largest:g}"}
    if _MOST_RADIANS < largest <= _SURELY_DEGREES:
        fits = {"radians": "", **fits}
    decided = decide(task, ANGLE, fits)
    return decided.value, "" if decided.value == "radians" else decided.note
