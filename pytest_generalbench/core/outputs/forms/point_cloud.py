"""Structured output for point clouds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.outputs.base import AnswerFormatError, array_from
from pytest_generalbench.core.outputs.codecs.points import ply
from pytest_generalbench.core.outputs.codecs.points.tables import PointTable, read_table
from pytest_generalbench.core.outputs.media_output import MediaOutput
from pytest_generalbench.core.outputs.rendering import PREVIEW, render_points

MAX_CLOUD: Final = 20_000_000
"""Points of a cloud; a larger one is refused."""

MAX_FILE: Final = 1 << 30
"""Bytes of a file of points or triangles; a larger one is refused before it is read."""

_POINTS: Final = ("points", "point_cloud", "pointcloud", "xyz", "coords", "vertices", "pc", "arr_0")
_COLOURS: Final = ("colors", "colours", "rgb", "color", "colour")


def checked_points(form: str, points: Any) -> NDArray[np.float32]:
    """Return coordinates (n, 3), n > 0, all finite; else AnswerFormatError."""
    array = array_from(points, form)
    if array.ndim != 2 or array.shape[1] != 3 or array.dtype.kind not in "fiu":
        raise AnswerFormatError(f"{form} has points (n, 3) of numbers, not {array.dtype} {array.shape}")
    if not len(array):
        raise AnswerFormatError(f"{form} has no points")
    if len(array) > MAX_CLOUD:
        raise AnswerFormatError(f"{form} has {len(array)} points, more than {MAX_CLOUD}")
    with np.errstate(over="ignore"):
        narrow = np.ascontiguousarray(array, np.float32)
    if not np.isfinite(narrow).all():
        raise AnswerFormatError(f"{form} has coordinates that are NaN or infinite")
    return narrow


def checked_colours(form: str, colours: Any, count: int) -> NDArray[np.uint8] | None:
    """Return RGB (count, 3), 0..255, of uint8 or of floats in 0..1; else AnswerFormatError."""
    if colours is None:
        return None
    array = array_from(colours, form)
    if array.shape != (count, 3):
        raise AnswerFormatError(f"{form} has {count} points, and colours of the shape {array.shape}")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype.kind != "f" or not np.isfinite(array).all() or array.min() < -0.001 or array.max() > 1.001:
        raise AnswerFormatError(f"{form} has colours in uint8, or floats in 0..1; these are {array.dtype}")
    whole: NDArray[np.uint8] = np.rint(np.clip(array, 0, 1) * 255).astype(np.uint8)
    return whole


def check_bytes(form: str, content: bytes, name: str) -> None:
    """Raise AnswerFormatError for a file that is empty or too large."""
    if not content or len(content) > MAX_FILE:
        raise AnswerFormatError(f"{name}: {len(content)} bytes, where a {form} has 1 to {MAX_FILE}")


@dataclass(frozen=True, slots=True, eq=False)
class PointCloud(MediaOutput):
    """Points and, optionally, their colours.

    It is kept as a binary PLY. In a prediction file: the name of a .ply, .npz, .npy or of a text with a
    point a line; of a mesh in a PLY the vertices are taken.
    """

    form: ClassVar[str] = "pointcloud"
    medium: ClassVar[str] = "pointcloud"
    endings: ClassVar[tuple[str, ...]] = (".ply", ".npz", ".npy", ".xyz", ".pts", ".txt", ".csv")
    points: NDArray[Any]
    """(n, 3): x, y, z; any numbers are taken, and kept as float32."""
    colours: NDArray[np.uint8] | None = None
    """(n, 3), RGB, 0..255; floats in 0..1 are taken and rounded."""

    def __post_init__(self) -> None:
        """Check shape, numbers and size."""
        object.__setattr__(self, "points", checked_points(self.form, self.points))
        object.__setattr__(self, "colours", checked_colours(self.form, self.colours, len(self.points)))

    def content(self) -> bytes:
        """Return a binary PLY."""
        return ply.written(self.points, self.colours)

    @classmethod
    def decode(cls, content: bytes, name: str) -> Self:
        """Read a file of points."""
        check_bytes(cls.form, content, name)
        if name.lower().endswith(".ply") and content[:3] != b"ply":
            raise AnswerFormatError(f"{name}: does not start as a PLY does")
        points, colours = points_in(read_table(content, name), name)
        return cls(points, colours)

    def preview(self) -> NDArray[np.uint8]:
        """Return the cloud seen from its first side."""
        return render_points(self.points, self.colours, PREVIEW)

    def summary(self) -> dict[str, Any]:
        """Return how many points, and whether in colours."""
        return {"points": len(self.points), "coloured": self.colours is not None}


def points_in(table: PointTable, name: str) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Return points (n, 3) and colours (n, 3) or None of a file's columns.

    Of columns without names the first three are the coordinates; what is behind them has no certain meaning.
    """
    if table.rows is not None:
        if table.rows.shape[1] < 3:
            raise AnswerFormatError(f"{name}: {table.rows.shape[1]} columns where x, y and z are due")
        return table.rows[:, :3], None
    if all(axis in table.columns for axis in "xyz"):
        points = np.stack([table.columns[axis] for axis in "xyz"], axis=1)
    else:
        result = table.first(_POINTS)
        if result is None and len(table.columns) == 1:
            result = next(iter(table.columns.values()))
        if result is None:
            raise AnswerFormatError(f"{name}: no points in it, but {table.contents()}")
        # Six columns are points and colours or normals: the first three are the points either way.
        points = result[:, :3] if result.ndim == 2 and result.shape[1] in (4, 6, 7, 9) else result
    return points, _colours_in(table, len(points))


def _colours_in(table: PointTable, count: int) -> NDArray[Any] | None:
    for names in (
        ("red", "green", "blue"),
        ("r", "g", "b"),
        ("diffuse_red", "diffuse_green", "diffuse_blue"),
    ):
        if all(name in table.columns for name in names):
            return _as_colours(np.stack([table.columns[name] for name in names], axis=1), count)
    colours = table.first(_COLOURS)
    return None if colours is None else _as_colours(colours, count)


def _as_colours(values: NDArray[Any], count: int) -> NDArray[Any] | None:
    """Return colours in a valid range: in text files values of 0..255 are read as floats."""
    if values.ndim != 2 or values.shape[0] != count or values.shape[1] not in (3, 4):
        return None
    values = values[:, :3]
    if values.dtype.kind in "fiu" and values.dtype != np.uint8 and np.isfinite(values).all():
        is_whole = bool((values == np.rint(values)).all())
        low, high = float(values.min(initial=0)), float(values.max(initial=0))
        if is_whole and low >= 0 and high <= 255 and (high > 1 or values.dtype.kind != "f"):
            return values.astype(np.uint8)
        return values if low >= 0 and high <= 1 else None
    return values if values.dtype == np.uint8 else None
