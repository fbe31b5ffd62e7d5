"""Points, meshes, boxes in space, paths and motion of a page: few enough for a browser to turn around."""

from __future__ import annotations

import base64
from functools import singledispatch
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.core.media.media import spread
from pytest_generalbench.core.outputs.forms.mesh import Mesh
from pytest_generalbench.core.outputs.forms.motion import Motion
from pytest_generalbench.core.outputs.forms.point_cloud import PointCloud
from pytest_generalbench.core.outputs.forms.scenes3d import (
    Boxes3d,
    Normals,
    PointInstances,
    PointLabels,
    Poses,
    Tracks3d,
)
from pytest_generalbench.reports.page.colours import of_classes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.core.outputs.codecs.boxes.boxes3d import Box3d

_POINTS: Final = 3000
_TRIANGLES: Final = 3000
_MOMENTS: Final = 90
_BOXES: Final = 200
_EDGES: Final = (
    (0, 1),
    (1, 3),
    (3, 2),
    (2, 0),
    (4, 5),
    (5, 7),
    (7, 6),
    (6, 4),
    (0, 4),
    (1, 5),
    (2, 6),
    (3, 7),
)


def _packed(values: NDArray[Any], kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, kind).tobytes()).decode("ascii")


def _placed(points: NDArray[Any]) -> NDArray[np.float64]:
    """Return points in -32000..32000, the middle of their bounding box at 0, all axes on one scale."""
    wide = np.nan_to_num(np.asarray(points, np.float64).reshape(-1, 3))
    low, high = wide.min(axis=0), wide.max(axis=0)
    size = float((high - low).max()) or 1.0
    placed: NDArray[np.float64] = (wide - (low + high) / 2) / size * 64000
    return placed


def cloud(points: NDArray[Any], colours: NDArray[np.uint8] | None = None) -> dict[str, Any]:
    """Return how points are shown, every n-th of many.

    Args:
        points: (N, 3).
        colours: (N, 3) RGB, or None.
    """
    places = spread(len(points), _POINTS)
    shown: dict[str, Any] = {"kind": "solid", "points": _packed(_placed(points)[places], "<i2")}
    if colours is not None:
        shown["colours"] = _packed(colours[places], "u1")
    return {**shown, "of": len(points)}


def laser_points(path: Path) -> NDArray[np.float32]:
    """Return the points of a laser scan, (N, 3): rows of 4 floats as KITTI has them, or of 5 as nuScenes.

    Raises:
        MediaError: the size of the file fits neither.
    """
    values = np.fromfile(path, "<f4")
    for columns in (4, 5):
        rows = values.reshape(-1, columns) if values.size and values.size % columns == 0 else None
        # The fourth column is the strength of the echo in both: never below 0.
        if rows is not None and np.isfinite(rows).all() and rows[:, 3].min() >= 0:
            points: NDArray[np.float32] = rows[:, :3]
            return points
    raise MediaError(f"{path.name}: {values.size} numbers are no rows of 4 or 5")


@singledispatch
def solid_of(answer: StructuredOutput, base: NDArray[Any] | None) -> dict[str, Any] | None:
    """Return how an answer in space is shown, None where it is none.

    Args:
        answer: A structured output.
        base: The points that the question is about, (N, 3), which labels and normals belong to.
    """
    return None


@solid_of.register(PointCloud)
def _(answer: PointCloud, base: NDArray[Any] | None) -> dict[str, Any] | None:
    return cloud(answer.points, answer.colours)


@solid_of.register(Mesh)
def _(answer: Mesh, base: NDArray[Any] | None) -> dict[str, Any] | None:
    if len(answer.faces) > _TRIANGLES or len(answer.vertices) > 65_535:
        return {**cloud(answer.vertices, answer.colours), "note": f"{len(answer.faces)} triangles, as points"}
    shown = {"kind": "solid", "points": _packed(_placed(answer.vertices), "<i2")}
    return {**shown, "faces": _packed(answer.faces, "<u2"), "of": len(answer.faces)}


@solid_of.register(PointLabels)
def _(answer: PointLabels, base: NDArray[Any] | None) -> dict[str, Any] | None:
    return _coloured(base, answer.labels)


@solid_of.register(PointInstances)
def _(answer: PointInstances, base: NDArray[Any] | None) -> dict[str, Any] | None:
    return _coloured(base, answer.ids)


def _coloured(base: NDArray[Any] | None, ids: NDArray[Any]) -> dict[str, Any] | None:
    if base is None or len(base) != len(ids):
        return None
    return cloud(base, of_classes(ids))


@solid_of.register(Normals)
def _(answer: Normals, base: NDArray[Any] | None) -> dict[str, Any] | None:
    if base is None or len(base) != len(answer.vectors):
        return None
    return cloud(base, np.rint((answer.vectors + 1) * 127.5).astype(np.uint8))


@solid_of.register(Boxes3d)
def _(answer: Boxes3d, base: NDArray[Any] | None) -> dict[str, Any] | None:
    return _boxes(answer.boxes)


@solid_of.register(Tracks3d)
def _(answer: Tracks3d, base: NDArray[Any] | None) -> dict[str, Any] | None:
    return _boxes(tracked.box for frame in answer.frames for tracked in frame)


def _boxes(boxes: Iterable[Box3d]) -> dict[str, Any] | None:
    corners = [_corners(box) for box in boxes]
    if not corners:
        return None
    points = np.concatenate(corners[:_BOXES])
    edges = np.concatenate([np.array(_EDGES) + 8 * number for number in range(len(corners[:_BOXES]))])
    shown = {"kind": "solid", "points": _packed(_placed(points), "<i2"), "edges": _packed(edges, "<u2")}
    return {**shown, "of": len(corners), "note": f"{len(corners)} boxes"}


def _corners(box: Box3d) -> NDArray[np.float64]:
    """Return the eight corners, turned around the vertical axis z."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    local = signs * np.array(box.size) / 2
    sine, cosine = np.sin(box.yaw), np.cos(box.yaw)
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    corners: NDArray[np.float64] = local @ turn.T + np.array(box.centre)
    return corners


@solid_of.register(Poses)
def _(answer: Poses, base: NDArray[Any] | None) -> dict[str, Any] | None:
    places = spread(len(answer.matrices), _POINTS)
    path = answer.matrices[places, :, 3]
    edges = np.stack([np.arange(len(path) - 1), np.arange(1, len(path))], axis=1)
    shown = {"kind": "solid", "points": _packed(_placed(path), "<i2"), "edges": _packed(edges, "<u2")}
    return {**shown, "of": len(answer.matrices), "note": f"a path of {len(answer.matrices)} poses"}


@solid_of.register(Motion)
def _(answer: Motion, base: NDArray[Any] | None) -> dict[str, Any] | None:
    if answer.frames.ndim == 2:
        return None  # features of poses: their picture says as much
    places = spread(len(answer.frames), _MOMENTS)
    chosen = answer.frames[places]
    shown = {"kind": "motion", "points": _packed(_placed(chosen), "<i2"), "joints": chosen.shape[1]}
    return {**shown, "frames": len(places), "of": len(answer.frames)}
