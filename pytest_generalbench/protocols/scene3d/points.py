"""Protocols with an answer for every point of a cloud: parts and classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import numpy as np

from pytest_generalbench.core.errors import AmbiguousReferenceError, DataError
from pytest_generalbench.core.outputs.codecs.points.columns import (
    LABEL_NAMES,
    labels_in,
    whole_numbers,
)
from pytest_generalbench.core.outputs.codecs.points.tables import read_table
from pytest_generalbench.core.outputs.forms.scenes3d import (
    PointLabels,
)
from pytest_generalbench.metrics.scene3d.part_iou import PartReference
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.dense.survey import sampled
from pytest_generalbench.protocols.reading import decide
from pytest_generalbench.protocols.scene3d.base import SpaceProtocol, class_listing, same_count
from pytest_generalbench.protocols.scene3d.columns import ColumnSummary, Tables, label_column
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

    from pytest_generalbench.core.outputs.base import StructuredOutput
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task

    Labels = NDArray[np.int64]

LABEL_KEYS: Final = (
    "labels", "label", "label_file", "label_path", "labels_file", "point_labels", "semantic_labels",
    "semantic_label", "semantic", "semantic_file", "seg", "seg_file", "seg_path", "segs", "segmentation",
    "segmentation_file", "part_labels", "part_label", "part_seg", "parts", "mask", "mask_file",
)  # fmt: skip
INSTANCE_KEYS: Final = (
    "instances", "instance", "instance_file", "instance_path", "instance_labels", "instance_label",
    "instance_ids", "ids", "instance_mask", "instance_seg", "objects",
)  # fmt: skip
_IGNORE_KEYS: Final = ("ignore_label", "ignore_labels", "ignore_index", "ignored_labels", "void_label")
_MOST: Final = 4
"""References that are looked at before the first is read."""

_CODED: Final = 1000
"""Labels from here on may be ScanNet's class x 1000 + instance."""

_SCANNET: Final = ("vh_clean", ".labels.ply", "scene0")
"""Parts of the names of ScanNet's files."""

VOID: Final = 255
"""The class of a point that nobody has labelled; the metric leaves it out."""

_KITTI_UNLABELLED: Final = (0, 1, 52, 99)
"""SemanticKITTI's classes that its benchmark leaves out: unlabelled, outlier, other structure and object."""

_KITTI_SAME: Final[dict[int, int]] = {
    13: 20, 16: 20, 60: 40, 252: 10, 253: 31, 254: 30, 255: 32, 256: 20, 257: 20, 258: 18, 259: 20,
}  # fmt: skip
"""SemanticKITTI's classes that its benchmark counts as another: moving as standing, bus as other vehicle."""


class Columns(NamedTuple):
    """A reference's labels and where they come from."""

    labels: Labels
    kind: str
    """That of the file, or `inline`."""
    name: str = ""
    """Its file."""


def columns_of(
    instance: Instance, value: Any, context: TaskContext, keys: Sequence[str] = LABEL_KEYS
) -> Columns:
    """Return the labels behind a list, a file name, or JSON of one."""
    value = opened(instance, value)
    if isinstance(value, Mapping):
        here = look(value, (*keys, *LABEL_NAMES))
        value = None if here is None else here[1]
    if isinstance(value, list):
        return Columns(whole_numbers(value, "labels"), "inline")
    if isinstance(value, str):
        table = read_table(reader(instance)(value), value)
        if table.rows is not None:
            tables = context.facts.get("tables", Tables())
            columns = tables.with_one(table.rows, f"instance {instance.id!r}")
            column = label_column(context.task, columns, f"{value}")
            return Columns(whole_numbers(table.rows[:, column], value), table.kind, value)
        return Columns(labels_in(table, value), table.kind, value)
    raise unreadable(instance, f"labels are a list or the name of a file, not {value!r:.60}")


def _labels(instance: Instance, context: TaskContext) -> Columns:
    read = read_as(instance, lambda: columns_of(instance, found(instance, LABEL_KEYS), context))
    if not len(read.labels):
        raise unreadable(instance, "no point in it")
    return read


class Labelled(SpaceProtocol):
    """A protocol whose references may be tables of points, whose columns are inferred from all of them."""

    reading_words: ClassVar[tuple[str, ...]] = ("label_column",)
    version: ClassVar[int] = 2

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Infer the columns from some tables, evenly spread; each table is later compared with them."""
        tables = Tables()
        for instance in some_of(instances):
            with suppress(DataError):  # the instance says so itself when it is read
                value = opened(instance, found(instance, (*INSTANCE_KEYS, *LABEL_KEYS)))
                table = read_table(reader(instance)(value), value) if isinstance(value, str) else None
                if table is not None and table.rows is not None:
                    tables.add(table.rows, f"instance {instance.id!r}")
        notes = {self.column_note(task, columns, tables.place) for columns in tables.found.values()} - {""}
        return TaskContext(task, header=header, facts={"tables": tables}, notes=tuple(sorted(notes)))

    def column_note(self, task: Task, columns: ColumnSummary, place: str) -> str:
        """Return the note on the columns of tables. Raises AmbiguousReferenceError."""
        column = label_column(task, columns, place)
        return f"of {columns.width} columns the class is column {column}" if columns.width > 1 else ""


def some_of(instances: Sequence[Instance], most: int = _MOST) -> list[Instance]:
    """Return at most `most` of the instances that have a reference, evenly spread."""
    return list(sampled([one for one in instances if one.has_reference and one.problem is None], most))


class PartSegmentation(Labelled):
    """The part of every point of a shape.

    Prompt fields: `{question}`, `{instruction}`. No parser: a text is no answer.
    Answer: `point_labels`, as many as the reference has; another number is wrong. Prediction: (N,) whole
    numbers. Reference: `PartReference`; the raw one is a list, or the name of a file with a row for
    each point (ShapeNetPart's .txt with the label last, .seg, .npz, .ply, .npy).

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import PointLabels
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("3d_part_segmentation", {}, [12, 13, 13], media=["pointcloud"])
    >>> example.reference
    PartReference(labels=array([12, 13, 13]), category=None)
    >>> example.read(PointLabels(np.array([12, 12, 13])))
    array([12, 12, 13])
    """

    name: ClassVar[str] = "3d_part_segmentation"
    form: ClassVar[str] = PointLabels.form
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (PointLabels,)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a number for each point."""
        classes = class_listing(context.header)
        listed = f" The parts are: {classes}." if classes else ""
        return f"Give the number of the part that each point belongs to, in the order of the points.{listed}"

    def reference(self, instance: Instance, context: TaskContext) -> PartReference:
        """Return the parts, and the kind of shape where the file tells it."""
        labels = _labels(instance, context).labels
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


class SemanticSegmentation3d(Labelled):
    """The class of every point of a scene.

    Prompt fields: `{question}`, `{instruction}`. No parser: a text is no answer.
    Answer: `point_labels`, as many as the reference has; another number is wrong. Prediction and
    reference: (1, N) whole numbers, a map of one row for the metric. In the reference 255 stands for
    points that nobody has labelled: negative ones, 255, what the file's header calls `ignore_label`, what
    `reading:` calls `void`, and 0 in ScanNet's .ply (another .ply with a 0 is refused). Labels from
    SemanticKITTI's .label are folded to the classes of its benchmark, and the answers with them.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import PointLabels
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("3d_semantic_segmentation", {}, [1, 2, 255], media=["pointcloud"])
    >>> example.reference
    array([[  1,   2, 255]])
    >>> example.read(PointLabels(np.array([1, 1, 2])))
    array([[1, 1, 2]])
    """

    name: ClassVar[str] = "3d_semantic_segmentation"
    form: ClassVar[str] = PointLabels.form
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (PointLabels,)
    reading_words: ClassVar[tuple[str, ...]] = ("label_column", "void", "ids")

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a class for each point."""
        classes = class_listing(context.header)
        listed = f" The classes are: {classes}." if classes else ""
        return f"Give the number of the class of each point, in the order of the points.{listed}"

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn which column is the class, and whether 0 is one."""
        context = super().context(task, header, instances)
        notes = dict.fromkeys(context.notes)
        for instance in some_of(instances):
            try:
                readings = _void_readings(_labels(instance, context), context)
                if readings == {"none": ""}:
                    continue
                notes[decide(task, "void", readings).note] = None
            except AmbiguousReferenceError:
                raise
            except DataError:
                continue  # the instance says so itself when it is read
        return replace(context, notes=tuple(note for note in notes if note))

    def _truth(self, instance: Instance, context: TaskContext) -> Columns:
        read = _labels(instance, context)
        labels, kind, name = read
        labels = labels.copy()
        if kind == "label":
            labels = _folded(labels)
        else:
            labels = _uncoded(labels, context.task, f"instance {instance.id!r}")
            labels[labels < 0] = VOID
        void, _ = decide(context.task, "void", _void_readings(read, context), name)
        labels[np.isin(labels, list(map(int, void.split())) if void != "none" else [])] = VOID
        ignored = look(context.header, _IGNORE_KEYS)
        if ignored is not None:
            listed = ignored[1] if isinstance(ignored[1], list) else [ignored[1]]
            labels[np.isin(labels, [number for number in listed if isinstance(number, int)])] = VOID
        return Columns(labels, kind, name)

    def reference(self, instance: Instance, context: TaskContext) -> Labels:
        """Return the classes, 255 where there is none, as one row."""
        return self._truth(instance, context).labels[None]

    def prediction(self, answer: PointLabels, instance: Instance, context: TaskContext) -> Labels:
        """Return the classes as one row, folded as the reference is, -1 where there is none."""
        output = np.maximum(answer.labels, -1)
        if instance.has_reference:
            truth = self._truth(instance, context)
            same_count(len(output), len(truth.labels), "labels")
            output = _folded(output) if truth.kind == "label" else output
        return output[None]

    def ideal(self, reference: Labels, instance: Instance, context: TaskContext) -> PointLabels:
        """Say the classes."""
        return PointLabels(reference[0])


def _uncoded(labels: Labels, task: Task, place: str) -> Labels:
    """Return the classes of ScanNet's class x 1000 + instance; others as they are.

    Raises:
        AmbiguousReferenceError: labels from 1000 on may be either.
    """
    if int(labels.max()) < _CODED and task.reading.get("ids") != "class_1000":
        return labels
    shown = f"values to {labels.max()}"
    readings = {"class_1000": f"{shown}, a class x 1000 + number", "plain": f"{shown} are classes"}
    ids, _ = decide(task, "ids", readings, place)
    return np.where(labels >= 0, labels // _CODED, labels) if ids == "class_1000" else labels


def _void_readings(read: Columns, context: TaskContext) -> dict[str, str]:
    """Return the possible readings of a 0 in a .ply, with their evidence."""
    if read.kind != "ply" or not (read.labels == 0).any() or look(context.header, _IGNORE_KEYS) is not None:
        return {"none": ""}
    if any(word in read.name.lower() for word in _SCANNET):
        return {"0": "ScanNet's 0 is a point that nobody has labelled"}
    return {"0": "no class, as in ScanNet's .ply", "none": "a class like others"}


def _folded(labels: Labels) -> Labels:
    """Return SemanticKITTI's classes as its benchmark counts them; doing it twice changes nothing."""
    folded = labels.copy()
    for given, counted in _KITTI_SAME.items():
        folded[labels == given] = counted
    folded[np.isin(labels, _KITTI_UNLABELLED) | (labels < 0)] = VOID
    return folded


PROTOCOLS: Final = (PartSegmentation(), SemanticSegmentation3d())
