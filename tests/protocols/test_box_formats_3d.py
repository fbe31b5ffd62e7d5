"""3D boxes in the forms of data sets: each is read right, or refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.request import Instance
from tests.protocols.questions import a_context

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.outputs.codecs.boxes.boxes3d import Box3d

CENTRE, LENGTH, WIDTH, HEIGHT, YAW = [2.0, 20.0, 0.5], 4.2, 1.6, 1.5, 0.5
HALF = (math.cos(YAW / 2), math.sin(YAW / 2))


def read(raws: Sequence[Any], reading: Mapping[str, str] | None = None) -> list[tuple[Box3d, ...]]:
    instances = [
        Instance(str(number), "3d/t", {}, reference={"boxes": raw}, reference_key="output")
        for number, raw in enumerate(raws)
    ]
    context = a_context("3d_detection", *instances, reading=dict(reading or {}))
    return [protocols.get("3d_detection").reference(instance, context) for instance in instances]


def box(label: str = "car", **words: Any) -> list[dict[str, Any]]:
    return [{"label": label, **words}]


LWH, WLH, HWL = [LENGTH, WIDTH, HEIGHT], [WIDTH, LENGTH, HEIGHT], [HEIGHT, WIDTH, LENGTH]
EDGES = {"length": LENGTH, "width": WIDTH, "height": HEIGHT}

READ: dict[str, Any] = {
    "nuScenes": box(translation=CENTRE, size=WLH, rotation=[HALF[0], 0, 0, HALF[1]]),
    "our words": box(centre=CENTRE, size_lwh=LWH, yaw=YAW),
    "Waymo": box(center=CENTRE, length=LENGTH, width=WIDTH, height=HEIGHT, heading=YAW),
    "named edges": box(center=CENTRE, dimensions=EDGES, yaw=YAW),
    "OpenPCDet": {"gt_boxes": [[*CENTRE, *LWH, YAW]], "gt_names": ["car"]},
    "SECOND: width first": {"gt_boxes": [[*CENTRE, *WLH, YAW]], "gt_names": ["car"]},
    "size, width first": box(center=CENTRE, size=WLH, yaw=YAW),
    "size, length first": box(center=CENTRE, size=LWH, yaw=YAW),
    "dimensions of a car": box(center=CENTRE, dimensions=LWH, yaw=YAW),
    "quaternion, real part last": box(center=CENTRE, lwh=LWH, rotation=[0, 0, HALF[1], HALF[0]]),
    "Euler angles": box(center=CENTRE, lwh=LWH, rotation=[0.0, 0.0, YAW]),
    "degrees": [*box(center=CENTRE, lwh=LWH, yaw=math.degrees(YAW))],
}


@pytest.mark.parametrize("name", READ)
def test_a_box_is_read_right(name: str) -> None:
    ((result,),) = read([READ[name]])
    assert (*result.centre, *result.size) == pytest.approx((*CENTRE, *LWH))
    assert result.yaw == pytest.approx(YAW)
    assert result.label == "car"


REFUSED: dict[str, tuple[Any, list[str]]] = {
    "KITTI": (
        box(dimensions=HWL, location=[2.0, 1.7, 20.0], rotation_y=-1.56),
        ["camera's frame", "size_lwh"],
    ),
    "KITTI's edges": (box(center=CENTRE, dimensions=HWL, yaw=YAW), ["hwl (", "camera's frame"]),
    "dimensions of a table": (box("table", center=CENTRE, dimensions=[1, 2, 1.2]), ["lwh (", "hwl ("]),
    "nuScenes' words, length first": (
        box(translation=CENTRE, size=LWH, rotation=[1, 0, 0, 0]),
        ["wlh (as the keys say, but 1 of 1", "size"],
    ),
    "a half turn or none": (box(center=CENTRE, lwh=LWH, rotation=[0, 0, 0, 1]), ["wxyz (", "xyzw ("]),
    "a yaw of more than a turn": (box(center=CENTRE, lwh=LWH, yaw=7.5), ["radians", "degrees"]),
    "a turn about y": (box(center=CENTRE, lwh=LWH, rotation=[0, YAW, 0]), ["another axis than z"]),
    "eight corners": (box(corners=[[0, 0, 0]] * 8), ["cannot be read"]),
    "ScanNet's six numbers": ({"table": [[1, 2, 3, 1, 1, 1]]}, ["cannot be read"]),
    "KITTI's lines": (
        ["Car 0 0 -1.5 587 173 614 200 1.65 1.67 3.64 -0.65 1.71 46.7 -1.59"],
        ["cannot be read"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_box_that_is_not_certain_is_refused(name: str) -> None:
    raw, words = REFUSED[name]
    with pytest.raises(DataError) as caught:
        read([raw])
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("name", "reading", "size"),
    [
        ("dimensions of a table", {"size": "lwh"}, (1, 2, 1.2)),
        ("dimensions of a table", {"size": "hwl"}, (1.2, 2, 1)),
        ("KITTI's edges", {"size": "hwl"}, tuple(LWH)),
        ("nuScenes' words, length first", {"size": "lwh"}, tuple(LWH)),
    ],
)
def test_a_reading_settles_the_size(name: str, reading: dict[str, str], size: tuple[float, ...]) -> None:
    ((result,),) = read([REFUSED[name][0]], reading)
    assert result.size == pytest.approx(size)


def test_one_box_that_is_no_identity_settles_the_quaternions() -> None:
    none, turned = (
        box(center=CENTRE, lwh=LWH, rotation=[0, 0, *rest]) for rest in ([0, 1], [HALF[1], HALF[0]])
    )
    first, second = read([none, turned])
    assert first[0].yaw == pytest.approx(0)
    assert second[0].yaw == pytest.approx(YAW)
