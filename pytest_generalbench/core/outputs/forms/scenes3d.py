"""Structured outputs for point clouds and 3D scenes.

Points are in the order of the cloud's file, frames in the order of the sequence. Every form says how a
prediction file may write it; arrays are checked once, here, so that protocols and metrics can trust them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, ClassVar, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.outputs.base import (
    AnswerFormatError,
    Get,
    StructuredOutput,
    array_from,
    is_plain,
    read_plain,
)
from pytest_generalbench.core.outputs.codecs.boxes.boxes3d import (
    Box3d,
    TrackedBox,
    checked,
    read_boxes,
    read_frames,
)
from pytest_generalbench.core.outputs.codecs.points.columns import (
    labels_in,
    normals_in,
    poses_in,
    poses_of,
    unit_vectors,
    whole_numbers,
)
from pytest_generalbench.core.outputs.codecs.points.instances import read_instances
from pytest_generalbench.core.outputs.codecs.points.tables import read_table

Kind = TypeVar("Kind", bound=StructuredOutput)

_TEXT_FILES: Final = (".txt", ".seg", ".label", ".labels", ".ply", ".npz", ".npy", ".csv", ".pts", ".normals")


def _file_name(value: Any) -> str | None:
    """Return the name of a file with columns, or None when `value` is something else."""
    known = isinstance(value, str) and PurePosixPath(value.lower()).suffix in _TEXT_FILES
    return value if known else None


def _inline(value: Any, key: str) -> Any:
    """Return the list that the prediction itself contains, or None."""
    inline = value.get(key) if isinstance(value, Mapping) and "form" not in value else value
    return inline if isinstance(inline, list) else None


def _json(name: str, read: Get) -> Any:
    try:
        return json.loads(read(name))
    except (ValueError, RecursionError) as error:
        raise AnswerFormatError(f"{name}: not JSON ({error})") from error


@dataclass(frozen=True, slots=True, eq=False)
class PointLabels(StructuredOutput):
    """A class for every point; a negative number is none.

    In a prediction file: a list of N whole numbers, or a file with a row for each point: .npz or .ply
    (`labels`, `label`, `seg`, …), .npy, .txt or .seg (the last column), SemanticKITTI's .label.
    """

    form: ClassVar[str] = "point_labels"
    labels: NDArray[np.int64]
    """(N,)"""

    def __post_init__(self) -> None:
        """Check for whole numbers, one for each point."""
        object.__setattr__(self, "labels", whole_numbers(self.labels, "labels"))

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> PointLabels:
        """Read a list, a file, or the plain form."""
        name, listed = _file_name(value), _inline(value, "labels")
        if name is not None:
            return cls(labels_in(read_table(read(name), name), name))
        return read_plain(cls, value, read) if listed is None else cls(array_from(listed, "labels"))


class PointInstance(NamedTuple):
    """One instance: id, label and score."""

    id: int
    """The number that its points have; above 0."""
    label: str
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class PointInstances(StructuredOutput):
    """Instances among the points: the id of every point, and label and score of each instance.

    A point belongs to one object at most. In a prediction file: {"ids": […], "instances": [{"id", "label",
    "score"}]}; a .npz with `ids` (N) and `instance_ids`, `labels`, `scores` (one for each object); or the
    name of ScanNet's index (.txt, rows `mask_file label score`), where overlapping masks give their common
    points to the higher score.
    """

    form: ClassVar[str] = "point_instances"
    ids: NDArray[np.int64]
    """(N,); 0 or less: the point belongs to none."""
    instances: tuple[PointInstance, ...]

    def __post_init__(self) -> None:
        """Check that every id of a point is listed exactly once."""
        object.__setattr__(self, "ids", whole_numbers(self.ids, "ids"))
        parts = [instance.id for instance in self.instances]
        if len(set(parts)) != len(parts) or min(parts, default=1) < 1:
            raise AnswerFormatError("the ids of instances are whole numbers above 0, each told once")
        lacking = set(np.unique(self.ids[self.ids > 0]).tolist()) - set(parts)
        if lacking:
            raise AnswerFormatError(f"points of instance {min(lacking)}, of which nothing is told")
        if not all(np.isfinite(instance.score) and instance.label for instance in self.instances):
            raise AnswerFormatError("an instance needs a label and a finite score")

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> PointInstances:
        """Read an object, a .npz, ScanNet's index, or the plain form."""
        if is_plain(value):
            return read_plain(cls, value, read)
        ids, stated = read_instances(value, read)
        return cls(ids, tuple(PointInstance(*one) for one in stated))


@dataclass(frozen=True, slots=True, eq=False)
class Boxes3d(StructuredOutput):
    """The 3D boxes of a sample.

    In a prediction file: a list of boxes in nuScenes' words (`translation`, `size` as width, length,
    height, `rotation` as quaternion, `detection_name`, `detection_score`, `velocity`) or ours (`centre`,
    `size_lwh`, `yaw`, `label`, `score`), {"boxes": rows of x, y, z, l, w, h, yaw, "labels", "scores"}, or
    the name of a .json with one of these.
    """

    form: ClassVar[str] = "boxes3d"
    boxes: tuple[Box3d, ...]

    def __post_init__(self) -> None:
        """Check every box."""
        for box in self.boxes:
            checked(box)

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> Boxes3d:
        """Read boxes, a .json of them, or the plain form."""
        if isinstance(value, str) and value.lower().endswith(".json"):
            value = _json(value, read)
        return read_plain(cls, value, read) if is_plain(value) else cls(read_boxes(value))


@dataclass(frozen=True, slots=True, eq=False)
class Tracks3d(StructuredOutput):
    """3D boxes frame by frame, each with the name of its track.

    In a prediction file: a list of frames, each a list of boxes as in `boxes3d` with `tracking_id`; an
    object from frame to boxes; or the name of a .json with one of these.
    """

    form: ClassVar[str] = "tracks3d"
    frames: tuple[tuple[TrackedBox, ...], ...]

    def __post_init__(self) -> None:
        """Check every box, and that a track has at most one in a frame."""
        for number, frame in enumerate(self.frames):
            for tracked in frame:
                checked(tracked.box)
            if len({tracked.track for tracked in frame}) != len(frame):
                raise AnswerFormatError(f"a track has two boxes in frame {number}")

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> Tracks3d:
        """Read frames, a .json of them, or the plain form."""
        if isinstance(value, str) and value.lower().endswith(".json"):
            value = _json(value, read)
        return read_plain(cls, value, read) if is_plain(value) else cls(read_frames(value))


@dataclass(frozen=True, slots=True, eq=False)
class Poses(StructuredOutput):
    """The pose of the sensor in every frame, sensor to world, as KITTI has it.

    In a prediction file: a list of T poses (12 numbers, 3x4 or 4x4), or the name of KITTI's text (12
    numbers a row), TUM's (time, x, y, z, quaternion x, y, z, w), a .npy or a .npz with `poses`.
    """

    form: ClassVar[str] = "poses"
    matrices: NDArray[np.float64]
    """(T, 3, 4): rotation, and translation in metres."""

    def __post_init__(self) -> None:
        """Check for rigid motions; 4x4 matrices lose their last row."""
        object.__setattr__(self, "matrices", poses_of(self.matrices))

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> Poses:
        """Read a list, a file, or the plain form."""
        name, listed = _file_name(value), _inline(value, "matrices")
        if name is not None:
            return cls(poses_in(read_table(read(name), name), name))
        return read_plain(cls, value, read) if listed is None else cls(array_from(listed, "poses"))


@dataclass(frozen=True, slots=True, eq=False)
class Normals(StructuredOutput):
    """The normal of every point; brought to length 1, so any length but 0 is good.

    In a prediction file: a list of N x 3 numbers, or the name of a .npz or .ply (`normals`, or `nx`, `ny`,
    `nz`), a .npy, or a text (.normals, .txt) whose last three columns they are.
    """

    form: ClassVar[str] = "normals"
    vectors: NDArray[np.float32]
    """(N, 3)"""

    def __post_init__(self) -> None:
        """Bring to length 1; a vector of length 0 or that is not finite is no normal."""
        object.__setattr__(self, "vectors", unit_vectors(self.vectors))

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> Normals:
        """Read a list, a file, or the plain form."""
        name, listed = _file_name(value), _inline(value, "vectors")
        if name is not None:
            return cls(np.asarray(normals_in(read_table(read(name), name), name), np.float32))
        return read_plain(cls, value, read) if listed is None else cls(array_from(listed, "normals"))
