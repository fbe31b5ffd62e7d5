"""Answers for every point of a cloud: parts, classes, objects, normals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import numpy as np

from pytest_generalbench.core.outputs.base import AnswerFormatError, StructuredOutput
from pytest_generalbench.core.outputs.codecs.points.columns import (
    INSTANCE_NAMES,
    LABEL_NAMES,
    labels_in,
    normals_in,
    three_columns,
    usable,
    whole_numbers,
)
from pytest_generalbench.core.outputs.codecs.points.instances import read_instances
from pytest_generalbench.core.outputs.codecs.points.tables import PointTable, read_table
from pytest_generalbench.core.outputs.forms.scenes3d import (
    Normals,
    PointInstance,
    PointInstances,
    PointLabels,
)
from pytest_generalbench.metrics.scene3d.part_iou import PartReference
from pytest_generalbench.protocols.scene3d.base import SpaceProtocol, same_count, told_classes
from pytest_generalbench.protocols.scene3d.references import (
    category_of,
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
    from pytest_generalbench.protocols.base import TaskContext

    Labels = NDArray[np.int64]

_LABEL_KEYS: Final = (
    "labels", "label", "label_file", "label_path", "labels_file", "point_labels", "semantic_labels",
    "semantic_label", "semantic", "semantic_file", "seg", "seg_file", "seg_path", "segs", "segmentation",
    "segmentation_file", "part_labels", "part_label", "part_seg", "parts", "mask", "mask_file",
)  # fmt: skip
_INSTANCE_KEYS: Final = (
    "instances", "instance", "instance_file", "instance_path", "instance_labels", "instance_label",
    "instance_ids", "ids", "instance_mask", "instance_seg", "objects",
)  # fmt: skip
_NORMAL_KEYS: Final = ("normals", "normal", "normal_file", "normals_file", "normal_path", "normals_path")
_IGNORE_KEYS: Final = ("ignore_label", "ignore_labels", "ignore_index", "ignored_labels", "void_label")
_PICK_KEYS: Final = ("pidx", "indices", "index", "point_indices", "eval_indices", "pidx_file")

VOID: Final = 255
"""The class of a point that nobody has labelled; the metric leaves it out."""

_KITTI_UNLABELLED: Final = (0, 1, 52, 99)
"""SemanticKITTI's classes that its benchmark leaves out: unlabelled, outlier, other structure and object."""

_KITTI_SAME: Final[dict[int, int]] = {
    13: 20, 16: 20, 60: 40, 252: 10, 253: 31, 254: 30, 255: 32, 256: 20, 257: 20, 258: 18, 259: 20,
}  # fmt: skip
"""SemanticKITTI's classes that its benchmark counts as another: moving as standing, bus as other vehicle."""


class _Columns(NamedTuple):
    """A reference's labels and where they come from."""

    labels: Labels
    kind: str
    """That of the file, or `inline`."""


def _columns(instance: Instance, value: Any, keys: Sequence[str] = _LABEL_KEYS) -> _Columns:
    """Return the labels behind a list, a file name, or JSON of one."""
    value = opened(instance, value)
    if isinstance(value, Mapping):
        here = look(value, (*keys, *LABEL_NAMES))
        value = None if here is None else here[1]
    if isinstance(value, list):
        return _Columns(whole_numbers(value, "labels"), "inline")
    if isinstance(value, str):
        table = read_table(reader(instance)(value), value)
        return _Columns(labels_in(table, value), table.kind)
    raise unreadable(instance, f"labels are a list or the name of a file, not {value!r:.60}")


def _labels(instance: Instance) -> _Columns:
    read = read_as(instance, lambda: _columns(instance, found(instance, _LABEL_KEYS)))
    if not len(read.labels):
        raise unreadable(instance, "no point in it")
    return read


class PartSegmentation(SpaceProtocol):
    """The part of every point of a shape.

    Prompt fields: `{question}`, `{instruction}`. No parser: a text is no answer.
    Answer: `point_labels`, as many as the reference has; another number is wrong. Prediction: (N,) whole
    numbers. Reference: `PartReference`; the raw one is a list, or the name of a file with a row for
    each point (ShapeNetPart's .txt with the label last, .seg, .npz, .ply, .npy).
    """

    name: ClassVar[str] = "3d_part_segmentation"
    form: ClassVar[str] = PointLabels.form
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (PointLabels,)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a number for each point."""
        classes = told_classes(context.header)
        listed = f" The parts are: {classes}." if classes else ""
        return f"Give the number of the part that each point belongs to, in the order of the points.{listed}"

    def reference(self, instance: Instance, context: TaskContext) -> PartReference:
        """Return the parts, and the kind of shape where the file tells it."""
        labels = _labels(instance).labels
        if not (labels >= 0).any():
            raise unreadable(instance, "no labelled point in it")
        return PartReference(labels, category_of(instance))

    def prediction(self, answer: PointLabels, instance: Instance, context: TaskContext) -> Labels:
        """Return the labels."""
        if instance.has_reference:
            same_count(len(answer.labels), len(self.reference(instance, context).labels), "labels")
        return answer.labels

    def ideal(self, reference: PartReference, instance: Instance, context: TaskContext) -> PointLabels:
        """Say the labels."""
        return PointLabels(reference.labels)


class SemanticSegmentation3d(SpaceProtocol):
    """The class of every point of a scene.

    Prompt fields: `{question}`, `{instruction}`. No parser: a text is no answer.
    Answer: `point_labels`, as many as the reference has; another number is wrong. Prediction and
    reference: (1, N) whole numbers, a map of one row for the metric. In the reference 255 stands for
    points that nobody has labelled: negative ones, 255, what the file's header calls `ignore_label`,
    and 0 in a .ply (ScanNet). Labels from SemanticKITTI's .label are folded to the classes of its
    benchmark, and the answers with them.
    """

    name: ClassVar[str] = "3d_semantic_segmentation"
    form: ClassVar[str] = PointLabels.form
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (PointLabels,)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a class for each point."""
        classes = told_classes(context.header)
        listed = f" The classes are: {classes}." if classes else ""
        return f"Give the number of the class of each point, in the order of the points.{listed}"

    def _truth(self, instance: Instance, context: TaskContext) -> _Columns:
        labels, kind = _labels(instance)
        labels = labels.copy()
        if kind == "label":
            labels = _folded(labels)
        else:
            labels[labels < 0] = VOID
        if kind == "ply":
            labels[labels == 0] = VOID
        ignored = look(context.header, _IGNORE_KEYS)
        if ignored is not None:
            listed = ignored[1] if isinstance(ignored[1], list) else [ignored[1]]
            labels[np.isin(labels, [number for number in listed if isinstance(number, int)])] = VOID
        return _Columns(labels, kind)

    def reference(self, instance: Instance, context: TaskContext) -> Labels:
        """Return the classes, 255 where there is none, as one row."""
        return self._truth(instance, context).labels[None]

    def prediction(self, answer: PointLabels, instance: Instance, context: TaskContext) -> Labels:
        """Return the classes as one row, folded as the reference is, -1 where there is none."""
        said = np.maximum(answer.labels, -1)
        if instance.has_reference:
            truth = self._truth(instance, context)
            same_count(len(said), len(truth.labels), "labels")
            said = _folded(said) if truth.kind == "label" else said
        return said[None]

    def ideal(self, reference: Labels, instance: Instance, context: TaskContext) -> PointLabels:
        """Say the classes."""
        return PointLabels(reference[0])


def _folded(labels: Labels) -> Labels:
    """Return SemanticKITTI's classes as its benchmark counts them; doing it twice changes nothing."""
    folded = labels.copy()
    for given, counted in _KITTI_SAME.items():
        folded[labels == given] = counted
    folded[np.isin(labels, _KITTI_UNLABELLED) | (labels < 0)] = VOID
    return folded


class InstanceSegmentation3d(SpaceProtocol):
    """The objects among the points of a scene.

    Prompt fields: `{question}`, `{instruction}`. No parser: a text is no answer.
    Answer: `point_instances` over as many points as the reference has; another number is wrong.
    Prediction and reference: `PointInstances`. The raw reference is ScanNet's label * 1000 + number for
    each point (below 1000: no object), a class and an instance for each point (.npz, .ply, .label, two
    lists, two files), or the form itself. Instance numbers without classes are all of one class.
    """

    name: ClassVar[str] = "3d_instance_segmentation"
    form: ClassVar[str] = PointInstances.form
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (PointInstances,)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for an object for each point."""
        classes = told_classes(context.header)
        listed = f" The classes are: {classes}." if classes else ""
        return (
            "Give for each point the number of the object that it belongs to (0: none), in the order of the "
            f"points, and for each object its class and a confidence.{listed}"
        )

    def reference(self, instance: Instance, context: TaskContext) -> PointInstances:
        """Return the objects, each with score 1."""
        return read_as(instance, lambda: _instances(instance))

    def prediction(self, answer: PointInstances, instance: Instance, context: TaskContext) -> PointInstances:
        """Return the objects."""
        if instance.has_reference:
            same_count(len(answer.ids), len(self.reference(instance, context).ids), "points")
        return answer

    def ideal(self, reference: PointInstances, instance: Instance, context: TaskContext) -> PointInstances:
        """Say the objects."""
        return reference


def _instances(instance: Instance) -> PointInstances:
    raw = instance.reference
    if isinstance(raw, Mapping) and isinstance(raw.get("ids"), list) and "instances" in raw:
        ids, told = read_instances(raw, reader(instance))
        return PointInstances(ids, tuple(PointInstance(*one) for one in told))
    value = opened(instance, found(instance, (*_INSTANCE_KEYS, *_LABEL_KEYS)))
    classes: Labels | None = None
    if isinstance(value, str):
        table = read_table(reader(instance)(value), value)
        ids, classes = _ids_in(table, value)
    else:
        ids = _columns(instance, value, _INSTANCE_KEYS).labels
    if isinstance(raw, Mapping):
        beside, own = look(raw, _LABEL_KEYS), look(raw, _INSTANCE_KEYS)
        if beside is not None and own is not None:
            classes = _columns(instance, beside[1]).labels
    if not len(ids):
        raise AnswerFormatError("no point in it")
    return _with_classes(ids, classes)


def _ids_in(table: PointTable, name: str) -> tuple[Labels, Labels | None]:
    """Return the instance and, where the file has it, the class of each point."""
    if table.rows is not None:
        columns = table.rows
        # x y z r g b class instance, or class and instance alone; one column is ScanNet's number.
        paired = columns.shape[1] in (2, 5, 8)
        return whole_numbers(columns[:, -1], name), whole_numbers(columns[:, -2], name) if paired else None
    ids = table.first(INSTANCE_NAMES)
    classes = table.first([key for key in LABEL_NAMES if key not in INSTANCE_NAMES])
    if ids is None:
        return labels_in(table, name), None
    return whole_numbers(ids, name), None if classes is None else whole_numbers(classes, name)


def _with_classes(ids: Labels, classes: Labels | None) -> PointInstances:
    if classes is None:
        coded = int(ids.max(initial=0)) >= 1000
        ids = np.where(ids >= 1000, ids, 0) if coded else np.maximum(ids, 0)
        numbers = np.unique(ids[ids > 0]).tolist()
        labels = [str(number // 1000) if coded else "object" for number in numbers]
        told = [PointInstance(number, label, 1.0) for number, label in zip(numbers, labels, strict=True)]
        return PointInstances(ids, tuple(told))
    same_count(len(classes), len(ids), "classes of points")
    # The same number may be used again in another class: a pair of both is an object.
    there = (ids > 0) & (classes >= 0)
    pairs, numbers = np.unique(np.stack([classes[there], ids[there]]), axis=1, return_inverse=True)
    ids = np.zeros(len(ids), np.int64)
    ids[there] = numbers.reshape(-1) + 1
    listed = enumerate(np.asarray(pairs)[0].tolist(), 1)
    return PointInstances(ids, tuple(PointInstance(number, str(label), 1.0) for number, label in listed))


class NormalEstimation(SpaceProtocol):
    """The normal of every point.

    Prompt fields: `{question}`, `{instruction}`. No parser: a text is no answer.
    Answer: `normals`, as many as the reference has; another number is wrong, and so is one that
    is zero or not finite. Prediction and reference: (N, 3), of length 1; in the reference zero where a
    point has none or is not among those that are evaluated (PCPNet's `pidx`). The raw reference is a
    list, or a file: PCPNet's .normals, a cloud with the normals behind x, y, z, .npz, .ply, .npy.
    """

    name: ClassVar[str] = "3d_normal_estimation"
    form: ClassVar[str] = Normals.form
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (Normals,)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a direction for each point."""
        return (
            "Give the unit normal (x, y, z) of the surface at each point, in the order of the points; "
            "to which side it points does not matter."
        )

    def reference(self, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return the normals, zero where there is none."""
        vectors = read_as(instance, lambda: _vectors(instance))
        if not usable(vectors).any():
            raise unreadable(instance, "no normal in it")
        good = usable(vectors)
        unit = np.zeros(vectors.shape, np.float32)
        unit[good] = Normals(vectors[good].astype(np.float32)).vectors
        return unit

    def prediction(self, answer: Normals, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return the normals."""
        if instance.has_reference:
            same_count(len(answer.vectors), len(self.reference(instance, context)), "normals")
        return answer.vectors

    def ideal(self, reference: NDArray[np.float32], instance: Instance, context: TaskContext) -> Normals:
        """Say the normals; upwards where there is none."""
        vectors = reference.copy()
        vectors[~reference.any(axis=1)] = (0, 0, 1)
        return Normals(vectors)


def _vectors(instance: Instance) -> NDArray[np.float64]:
    value = opened(instance, found(instance, _NORMAL_KEYS))
    if isinstance(value, Mapping):
        here = look(value, _NORMAL_KEYS)
        value = None if here is None else here[1]
    if isinstance(value, str):
        vectors = normals_in(read_table(reader(instance)(value), value), value)
    elif isinstance(value, list):
        try:
            vectors = three_columns(value)
        except ValueError as error:
            raise AnswerFormatError("normals of different length") from error
    else:
        raise AnswerFormatError(f"normals are a list or the name of a file, not {value!r:.60}")
    picked = look(instance.reference, _PICK_KEYS) if isinstance(instance.reference, Mapping) else None
    if picked is not None:
        chosen = _columns(instance, picked[1], _PICK_KEYS).labels
        if len(chosen) and not 0 <= int(chosen.min()) <= int(chosen.max()) < len(vectors):
            raise AnswerFormatError(f"an index of a point beyond the {len(vectors)} there are")
        kept = np.zeros(len(vectors), bool)
        kept[chosen] = True
        vectors = np.where(kept[:, None], vectors, 0.0)
    return vectors
