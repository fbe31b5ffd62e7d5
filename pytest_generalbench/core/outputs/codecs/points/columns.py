"""Labels, instances, normals and poses from the columns of a point file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.outputs.base import AnswerFormatError, array_from
from pytest_generalbench.core.outputs.codecs.points.tables import MAX_POINTS, PointTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

LABEL_NAMES: Final = (
    "labels", "label", "seg", "segmentation", "pid", "semantic", "semantic_labels", "semantic_label", "sem",
    "sem_label", "semantic_gt", "segment", "segments", "part", "parts", "part_label", "class", "classes",
    "scalar_label", "gt", "y", "category", "target",
)  # fmt: skip
"""Names under which files keep the class of a point, best first."""

INSTANCE_NAMES: Final = (
    "instance", "instances", "ids", "instance_ids", "instance_id", "instance_labels", "instance_label", "ins",
    "inst", "objectid", "object_id", "instance_gt",
)  # fmt: skip

NORMAL_NAMES: Final = ("normals", "normal", "n", "vectors", "pred", "gt_normals")
POSE_NAMES: Final = ("poses", "pose", "matrices", "trajectory", "gt_poses", "arr_0")

_LARGEST: Final = 2**62
_RIGID: Final = 1e-2
"""How far a rotation may be from a rotation: text files keep six digits."""


def whole_numbers(values: Any, what: str) -> NDArray[np.int64]:
    """Return `values` as (N,) int64; AnswerFormatError when they are not whole numbers, one a point."""
    array = array_from(values, what)
    if array.ndim == 2 and 1 in array.shape:
        array = array.reshape(-1)
    if array.ndim != 1 or array.dtype.kind not in "iufb" or array.size > MAX_POINTS:
        if array.size or array.ndim != 1:
            raise AnswerFormatError(
                f"{what}: one whole number for each point, not {array.dtype} {array.shape}"
            )
        return np.zeros(0, np.int64)
    if array.dtype.kind == "f":
        if not np.isfinite(array).all() or (array != np.rint(array)).any():
            raise AnswerFormatError(f"{what}: not whole numbers")
        if (np.abs(array) > _LARGEST).any():
            raise AnswerFormatError(f"{what}: numbers beyond 64 bits")
    elif array.dtype.kind == "u" and array.size and int(array.max()) > _LARGEST:
        raise AnswerFormatError(f"{what}: numbers beyond 64 bits")
    return array.astype(np.int64)


def labels_in(table: PointTable, name: str) -> NDArray[np.int64]:
    """Return the class of every point: a column of a known name, the only one, or the last without names."""
    if table.rows is not None:
        return whole_numbers(table.rows[:, -1], name)
    is_cloud = "x" in table.columns and "z" in table.columns  # y is a coordinate then
    result = table.first([word for word in LABEL_NAMES if not (word == "y" and is_cloud)])
    if result is None and len(table.columns) == 1:
        result = next(iter(table.columns.values()))
    if result is None:
        raise AnswerFormatError(f"{name}: no labels in it, but {table.contents()}")
    return whole_numbers(result, name)


def normals_in(table: PointTable, name: str) -> NDArray[np.float64]:
    """Return the normals of the points, as they stand, (N, 3).

    Columns nx, ny, nz or an array of a known name; of a table without names three columns, or those
    behind x, y, z.
    """
    normals = table.first(NORMAL_NAMES)
    if table.rows is not None and table.rows.shape[1] >= 3:
        # x y z nx ny nz and perhaps a label behind; three columns are the normals alone.
        normals = table.rows[:, 3:6] if table.rows.shape[1] >= 6 else table.rows[:, :3]
    for axes in (("nx", "ny", "nz"), ("normal_x", "normal_y", "normal_z")):
        if all(axis in table.columns for axis in axes):
            normals = np.stack([table.columns[axis] for axis in axes], axis=1)
    if normals is None and len(table.columns) == 1:
        normals = next(iter(table.columns.values()))
    if normals is None:
        raise AnswerFormatError(f"{name}: no normals in it, but {table.contents()}")
    return three_columns(normals)


def three_columns(values: Any) -> NDArray[np.float64]:
    """Return (N, 3) numbers; AnswerFormatError for another shape."""
    array = array_from(values, "normals")
    if array.ndim != 2 or array.shape[1] != 3 or array.dtype.kind not in "iuf" or len(array) > MAX_POINTS:
        raise AnswerFormatError(f"normals are three numbers for each point, not {array.dtype} {array.shape}")
    return array.astype(np.float64)


def unit_vectors(values: Any) -> NDArray[np.float32]:
    """Return vectors of length 1; one of length 0, or not finite, is an AnswerFormatError."""
    vectors = three_columns(values)
    good = usable(vectors)
    if not good.all():
        raise AnswerFormatError(f"normals: {int((~good).sum())} of {len(good)} are zero or not finite")
    # Dividing by the largest part first keeps the squares of tiny and huge vectors in range.
    scaled = vectors / np.abs(vectors).max(axis=1, keepdims=True, initial=0.0)
    scaled /= np.linalg.norm(scaled, axis=1, keepdims=True)
    # What has length 1 already stays to the bit, so that reading what was written changes nothing.
    done = np.abs((vectors * scaled).sum(axis=1, keepdims=True) - 1) < 1e-6
    return np.asarray(np.where(done, vectors, scaled), dtype=np.float32)


def usable(vectors: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which vectors have a direction."""
    return np.asarray(np.isfinite(vectors).all(axis=1) & (np.abs(vectors).max(axis=1, initial=0.0) > 1e-300))


def poses_in(table: PointTable, name: str) -> NDArray[np.float64]:
    """Return the poses of a file: 12 or 16 numbers a row, perhaps behind the frame, or TUM's 8."""
    if table.rows is None:
        poses = table.first(POSE_NAMES)
        if poses is None and len(table.columns) == 1:
            poses = next(iter(table.columns.values()))
        if poses is None:
            raise AnswerFormatError(f"{name}: no poses in it, but {table.contents()}")
        return poses_of(poses)
    width = table.rows.shape[1]
    if width == 8:
        return _from_quaternions(table.rows[:, 1:])
    if width in (13, 17):
        return poses_of(table.rows[:, 1:])
    return poses_of(table.rows)


def _from_quaternions(rows: NDArray[Any]) -> NDArray[np.float64]:
    x, y, z, w = rows[:, 3:].T
    length = np.sqrt(x * x + y * y + z * z + w * w)
    if not np.isfinite(rows).all() or (length < 1e-12).any():
        raise AnswerFormatError("poses: a quaternion that is no rotation")
    x, y, z, w = x / length, y / length, z / length, w / length
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    ).transpose(2, 0, 1)
    return np.concatenate([rotation, rows[:, :3, None]], axis=2)


def poses_of(values: Any) -> NDArray[np.float64]:
    """Return (T, 3, 4) rigid motions of (T, 12), (T, 16), (T, 3, 4) or (T, 4, 4) numbers.

    Raises AnswerFormatError when a number is not finite or a rotation is none.
    """
    array = array_from(values, "poses")
    shapes = {(12,): (3, 4), (16,): (4, 4), (3, 4): (3, 4), (4, 4): (4, 4)}
    if array.dtype.kind not in "iuf" or array.shape[1:] not in shapes or not 0 < len(array) <= MAX_POINTS:
        raise AnswerFormatError(
            f"poses are 12 numbers, 3x4 or 4x4 for each frame, not {array.dtype} {array.shape}"
        )
    poses = array.reshape(len(array), *shapes[array.shape[1:]])[:, :3].astype(np.float64)
    if not np.isfinite(poses).all():
        raise AnswerFormatError("poses: numbers that are not finite")
    rotation = poses[:, :, :3]
    if (np.abs(rotation) > 2).any():
        raise AnswerFormatError("poses: a rotation part that is no rotation")
    away = np.abs(rotation @ rotation.transpose(0, 2, 1) - np.eye(3)).max()
    if away > _RIGID or (np.linalg.det(rotation) < 0).any():
        raise AnswerFormatError("poses: a rotation part that is no rotation")
    return poses
