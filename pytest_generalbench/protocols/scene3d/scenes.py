"""Protocols about a scene or a drive: 3D boxes, 3D tracks, poses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.outputs.base import AnswerFormatError, StructuredOutput
from pytest_generalbench.core.outputs.codecs.boxes.boxes3d import (
    Box3d,
    Form3d,
    TrackedBox,
    natural_frame,
    read_boxes,
    read_frames,
)
from pytest_generalbench.core.outputs.codecs.points.columns import poses_in, poses_of
from pytest_generalbench.core.outputs.codecs.points.tables import read_table
from pytest_generalbench.core.outputs.forms.scenes3d import Boxes3d, Poses, Tracks3d
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.scene3d.base import SpaceProtocol, same_count
from pytest_generalbench.protocols.scene3d.box_forms import FORM_WORDS, form_of
from pytest_generalbench.protocols.scene3d.references import (
    ANY_KEYS,
    found,
    look,
    opened,
    read_as,
    reader,
    unreadable,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task

_STRICT: Final = Form3d(strict=True)

Frames = tuple[tuple[TrackedBox, ...], ...]

_BOX_KEYS: Final = ("boxes", "boxes_3d", "boxes3d", "gt_boxes", "bboxes", "bbox", "bboxes_3d", "bbox_3d")
_TRACK_KEYS: Final = ("frames", "tracks", "tracks_3d", "trajectories", "trajectory")
_FILE_KEYS: Final = (
    "box_file", "boxes_file", "bbox_file", "label_file", "track_file", "tracks_file", "tracking_file",
    "detection_file", "json_file",
)  # fmt: skip
_POSE_KEYS: Final = (
    "poses", "pose", "pose_file", "poses_file", "pose_path", "trajectory", "trajectory_file", "camera_poses",
    "gt_poses", "odometry",
)  # fmt: skip

_NUSCENES: Final[dict[str, str]] = {
    "vehicle.car": "car", "vehicle.truck": "truck", "vehicle.bus.bendy": "bus", "vehicle.bus.rigid": "bus",
    "vehicle.trailer": "trailer", "vehicle.construction": "construction_vehicle",
    "vehicle.motorcycle": "motorcycle", "vehicle.bicycle": "bicycle", "human.pedestrian.adult": "pedestrian",
    "human.pedestrian.child": "pedestrian", "human.pedestrian.construction_worker": "pedestrian",
    "human.pedestrian.police_officer": "pedestrian", "movable_object.barrier": "barrier",
    "movable_object.trafficcone": "traffic_cone",
}  # fmt: skip
"""nuScenes' categories and the classes that its benchmarks make of them."""


def class_of(label: str) -> str:
    """Return a label in lower case with `_` for blanks, nuScenes' long categories as its classes."""
    plain = "_".join(label.lower().replace("-", " ").split())
    return _NUSCENES.get(plain, plain)


def _named(box: Box3d) -> Box3d:
    return box._replace(label=class_of(box.label))


def _boxes_value(instance: Instance, keys: Sequence[str]) -> Any:
    """Return what holds the boxes: an object that has labels beside them stays whole."""
    value = opened(instance, instance.reference)
    for _ in range(4):
        if not isinstance(value, Mapping) or look(value, keys) is not None:
            break
        here = look(value, _FILE_KEYS) or look(value, ANY_KEYS)
        if here is None:
            break
        value = opened(instance, here[1])
    if isinstance(value, Mapping):
        # A file may stand where the boxes are expected: {"boxes": "0001.json"}.
        here = look(value, keys)
        if here is not None and isinstance(here[1], str):
            return opened(instance, here[1])
    return value


class _Named(SpaceProtocol):
    """A protocol whose classes are named by the references of the whole file."""

    reading_words: ClassVar[tuple[str, ...]] = FORM_WORDS
    version: ClassVar[int] = 2

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Collect the classes of all references that can be read, and find out what their numbers mean.

        Raises AmbiguousReferenceError when the boxes of the file leave that open.
        """
        looking = Form3d(strict=True, seen=[])
        context = TaskContext(task=task, header=header, facts={"form": looking})
        self._each(instances, context)
        form, notes = form_of(task, looking.seen or [])
        context = replace(context, facts={"form": form}, notes=notes)
        labels: set[str] = set()
        for reference in self._each(instances, context):
            labels |= self.labels_of(reference)
        return replace(context, labels=tuple(sorted(labels)))

    def _each(self, instances: Sequence[Instance], context: TaskContext) -> list[Any]:
        """Return the references that can be read."""
        each = []
        for instance in instances:
            if instance.has_reference:
                with suppress(DataError):  # it is told again, and counted, when the instance is prepared
                    each.append(self.reference(instance, context))
        return each

    def labels_of(self, reference: Any) -> set[str]:
        """Return the classes in one reference."""
        raise NotImplementedError

    def listed(self, context: TaskContext) -> str:
        """Return the classes as a sentence."""
        return f" The classes are: {', '.join(context.labels)}." if context.labels else ""


class Detection3d(_Named):
    """The objects of a scene as 3D boxes.

    Prompt fields: `{question}`, `{instruction}`. No parser: a text is no answer.
    Answer: `boxes3d`. Prediction and reference: a tuple of `Box3d`, labels in lower case and nuScenes'
    categories as its classes. The raw reference is boxes as `answers.boxes3d.read_boxes` reads
    them, inline or in a .json; the scores in it do not count. The frame is that of the reference, which
    must be the cloud's: KITTI's camera words are refused. What keys leave open (the order of edges and
    of quaternions, the unit of angles) is decided over the whole file, by the length of vehicles and by
    boxes that stand upright, or the task is refused (`reading:` with `size`, `quaternion`, `angle`).

    >>> from pytest_generalbench.core.outputs import Boxes3d
    >>> from pytest_generalbench.protocols.example import Example
    >>> box = {"center": [1, 2, 0], "length": 4, "width": 2, "height": 1.5, "yaw": 0.5, "label": "car"}
    >>> example = Example("3d_detection", {}, [box], media=["pointcloud"])
    >>> example.reference
    (Box3d(centre=(1.0, 2.0, 0.0), size=(4.0, 2.0, 1.5), yaw=0.5, label='car', score=1.0, velocity=None),)
    >>> example.read(Boxes3d(example.reference)) == example.reference
    True
    """

    name: ClassVar[str] = "3d_detection"
    form: ClassVar[str] = Boxes3d.form
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (Boxes3d,)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for boxes."""
        return (
            "Give every object as a 3D box: centre x, y, z and length, width, height in metres in the frame "
            f"of the point cloud, yaw in radians, class and confidence.{self.listed(context)}"
        )

    def reference(self, instance: Instance, context: TaskContext) -> tuple[Box3d, ...]:
        """Return the boxes."""
        form = context.facts.get("form", _STRICT)
        boxes = read_as(instance, lambda: read_boxes(_boxes_value(instance, _BOX_KEYS), form))
        return tuple(_named(box)._replace(score=1.0) for box in boxes)

    def labels_of(self, reference: tuple[Box3d, ...]) -> set[str]:
        """Return the classes of the boxes."""
        return {box.label for box in reference}

    def prediction(self, answer: Boxes3d, instance: Instance, context: TaskContext) -> tuple[Box3d, ...]:
        """Return the boxes."""
        return tuple(_named(box) for box in answer.boxes)

    def ideal(self, reference: tuple[Box3d, ...], instance: Instance, context: TaskContext) -> Boxes3d:
        """Say the boxes."""
        return Boxes3d(reference)


class Tracking3d(_Named):
    """The objects of a sequence as 3D boxes with an identity.

    Prompt fields: `{question}`, `{instruction}`. No parser: a text is no answer.
    Answer: `tracks3d` of as many frames as the reference has; another number is wrong. Prediction and
    reference: a tuple of frames, each a tuple of `TrackedBox`, labels as in `Detection3d`. The raw
    reference is frames as `answers.boxes3d.read_frames` reads them, inline or in a .json.

    >>> from pytest_generalbench.core.outputs import Tracks3d
    >>> from pytest_generalbench.protocols.example import Example
    >>> box = {"center": [1, 2, 0], "length": 4, "width": 2, "height": 1.5, "yaw": 0.5, "label": "car"}
    >>> example = Example("3d_tracking", {}, [[{**box, "track": "a"}]], media=["pointcloud"])
    >>> example.reference[0][0].track
    'a'
    >>> example.read(Tracks3d(example.reference)) == example.reference
    True
    """

    name: ClassVar[str] = "3d_tracking"
    form: ClassVar[str] = Tracks3d.form
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (Tracks3d,)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for boxes frame by frame."""
        return (
            "Give for every frame the objects as 3D boxes: centre x, y, z and length, width, height in "
            "metres, in one frame for the whole sequence, yaw in radians, class, confidence, and a name for "
            f"the object that stays the same in all frames.{self.listed(context)}"
        )

    def reference(self, instance: Instance, context: TaskContext) -> Frames:
        """Return the frames."""
        form = context.facts.get("form", _STRICT)
        frames = read_as(instance, lambda: read_frames(_boxes_value(instance, _TRACK_KEYS), form))
        if not frames:
            raise unreadable(instance, "no frame in it")
        named = tuple(tuple(TrackedBox(one.track, _named(one.box)) for one in frame) for frame in frames)
        plain = tuple(
            tuple(one._replace(box=one.box._replace(score=1.0)) for one in frame) for frame in named
        )
        return read_as(instance, lambda: Tracks3d(plain)).frames

    def labels_of(self, reference: Frames) -> set[str]:
        """Return the classes of the tracks."""
        return {one.box.label for frame in reference for one in frame}

    def prediction(self, answer: Tracks3d, instance: Instance, context: TaskContext) -> Frames:
        """Return the frames."""
        if instance.has_reference:
            same_count(len(answer.frames), len(self.reference(instance, context)), "frames")
        return tuple(
            tuple(TrackedBox(one.track, _named(one.box)) for one in frame) for frame in answer.frames
        )

    def ideal(self, reference: Frames, instance: Instance, context: TaskContext) -> Tracks3d:
        """Say the frames."""
        return Tracks3d(reference)


class Odometry3d(SpaceProtocol):
    """The pose of the sensor in every scan of a drive.

    Prompt fields: `{question}`, `{instruction}`. No parser: a text is no answer.
    Answer: `poses` of as many frames as the reference has; another number is wrong. Prediction and
    reference: (T, 3, 4), sensor to world, in the frame of the reference (KITTI: the left camera, x right,
    y down, z ahead). The raw reference is a list of poses, or KITTI's or TUM's text, .npz, .npy, .json.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Poses
    >>> from pytest_generalbench.protocols.example import Example
    >>> poses = np.stack([np.eye(4), np.eye(4)])
    >>> poses[1, 2, 3] = 1.5
    >>> example = Example("3d_odometry", {}, poses.tolist(), media=["pointcloud"])
    >>> example.reference[1]
    array([[1. , 0. , 0. , 0. ],
           [0. , 1. , 0. , 0. ],
           [0. , 0. , 1. , 1.5]])
    >>> example.read(Poses(poses)).shape
    (2, 3, 4)
    """

    name: ClassVar[str] = "3d_odometry"
    form: ClassVar[str] = Poses.form
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (Poses,)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a pose for each scan."""
        return (
            "Give the pose of the sensor at every scan, in order, as a 3x4 matrix [R|t] that takes points of "
            "the sensor to the world, in metres; as in KITTI's pose files, in the frame of the left camera "
            "(x right, y down, z ahead)."
        )

    def reference(self, instance: Instance, context: TaskContext) -> NDArray[np.float64]:
        """Return the poses."""
        poses = read_as(instance, lambda: _poses(instance))
        moved = float(np.linalg.norm(np.diff(poses[:, :, 3], axis=0), axis=1).sum())
        if moved <= 1e-6:
            raise unreadable(instance, f"{len(poses)} poses that do not move")
        return poses

    def prediction(self, answer: Poses, instance: Instance, context: TaskContext) -> NDArray[np.float64]:
        """Return the poses."""
        if instance.has_reference:
            same_count(len(answer.matrices), len(self.reference(instance, context)), "poses")
        return answer.matrices

    def ideal(self, reference: NDArray[np.float64], instance: Instance, context: TaskContext) -> Poses:
        """Say the poses."""
        return Poses(reference)


def _poses(instance: Instance) -> NDArray[np.float64]:
    value = opened(instance, found(instance, _POSE_KEYS))
    if isinstance(value, Mapping):
        here = look(value, (*_POSE_KEYS, *ANY_KEYS))
        value = [value[key] for key in sorted(value, key=natural_frame)] if here is None else here[1]
    if isinstance(value, str):
        return poses_in(read_table(reader(instance)(value), value), value)
    if not isinstance(value, list):
        raise AnswerFormatError(f"poses are a list or the name of a file, not {value!r:.60}")
    try:
        return poses_of(value)
    except ValueError as error:
        raise AnswerFormatError("poses of different length") from error


PROTOCOLS: Final = (Detection3d(), Tracking3d(), Odometry3d())
