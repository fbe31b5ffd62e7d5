"""The protocol for objects among the points of a scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.outputs.base import AnswerFormatError, StructuredOutput
from pytest_generalbench.core.outputs.codecs.points.columns import (
    INSTANCE_NAMES,
    LABEL_NAMES,
    labels_in,
    whole_numbers,
)
from pytest_generalbench.core.outputs.codecs.points.instances import read_instances
from pytest_generalbench.core.outputs.codecs.points.tables import PointTable, read_table
from pytest_generalbench.core.outputs.forms.scenes3d import PointInstance, PointInstances
from pytest_generalbench.protocols.reading import decide
from pytest_generalbench.protocols.scene3d.base import class_listing, same_count
from pytest_generalbench.protocols.scene3d.columns import ColumnSummary, Tables, instance_column
from pytest_generalbench.protocols.scene3d.points import (
    INSTANCE_KEYS,
    LABEL_KEYS,
    Labelled,
    columns_of,
    some_of,
)
from pytest_generalbench.protocols.scene3d.references import found, look, opened, read_as, reader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.base import TaskContext

    Labels = NDArray[np.int64]

_MOST: Final = 16
"""References that are looked at to learn whether 0 is an instance."""

_INSTANCE_OF: Final = 1000
"""In ScanNet's files an instance is its class times this, plus a number."""


class InstanceSegmentation3d(Labelled):
    """The objects among the points of a scene.

    Prompt fields: `{question}`, `{instruction}`. No parser: a text is no answer. Answer: `point_instances`
    over as many points as the reference has; another number is wrong. Prediction and reference:
    `PointInstances`. The raw reference is ScanNet's label * 1000 + number for each point (below 1000: no
    object), a class and an instance for each point (.npz, .ply, .label, two lists, two files), or the form
    itself. Instance numbers without classes are all of one class. Whether 0 is an instance follows from
    negative numbers beside it, and from the classes of its points; where neither tells, the task is
    refused.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import PointInstances
    >>> from pytest_generalbench.protocols.example import Example
    >>> raw = {"ids": [1, 1, 0], "instances": [{"id": 1, "label": "chair", "score": 1.0}]}
    >>> example = Example("3d_instance_segmentation", {}, raw, media=["pointcloud"])
    >>> example.reference.instances
    (PointInstance(id=1, label='chair', score=1.0),)
    >>> example.read(PointInstances(np.array([1, 0, 0]), example.reference.instances)).ids
    array([1, 0, 0])
    """

    name: ClassVar[str] = "3d_instance_segmentation"
    form: ClassVar[str] = PointInstances.form
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (PointInstances,)
    reading_words: ClassVar[tuple[str, ...]] = ("label_column", "instance_column", "index_base")

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for an object for each point."""
        classes = class_listing(context.header)
        listed = f" The classes are: {classes}." if classes else ""
        return (
            "Give for each point the number of the object that it belongs to (0: none), in the order of the "
            f"points, and for each object its class and a confidence.{listed}"
        )

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn which column is what, and from some references whether 0 is an instance."""
        context = super().context(task, header, instances)
        certain: dict[str, str] = {}
        for instance in some_of(instances, _MOST):
            with suppress(DataError):  # the instance says so itself when it is read
                if not _is_own_form(instance):
                    readings = _base_readings(*_numbers(instance, context))
                    certain.update(readings if len(readings) == 1 else {})
        notes = [f"0 is {'an' if '0' in certain else 'no'} instance: {why}" for why in certain.values()]
        facts = {**context.facts, "base": certain}
        return replace(context, facts=facts, notes=(*context.notes, *notes))

    def column_note(self, task: Task, columns: ColumnSummary, place: str) -> str:
        """Return the note on the columns of tables. Raises AmbiguousReferenceError."""
        column, label = instance_column(task, columns, place)
        text = "" if label is None else f", the class column {label}"
        return (
            f"of {columns.width} columns the instance is column {column}{text}" if columns.width > 1 else ""
        )

    def reference(self, instance: Instance, context: TaskContext) -> PointInstances:
        """Return the objects, each with score 1."""
        return read_as(instance, lambda: _instances(instance, context))

    def prediction(self, answer: PointInstances, instance: Instance, context: TaskContext) -> PointInstances:
        """Return the objects."""
        if instance.has_reference:
            same_count(len(answer.ids), len(self.reference(instance, context).ids), "points")
        return answer

    def ideal(self, reference: PointInstances, instance: Instance, context: TaskContext) -> PointInstances:
        """Say the objects."""
        return reference


def _is_own_form(instance: Instance) -> bool:
    """Whether the reference is the form itself, which says what each number is."""
    raw = instance.reference
    return isinstance(raw, Mapping) and isinstance(raw.get("ids"), list) and "instances" in raw


def _instances(instance: Instance, context: TaskContext) -> PointInstances:
    if _is_own_form(instance):
        ids, value = read_instances(instance.reference, reader(instance))
        return PointInstances(ids, tuple(PointInstance(*one) for one in value))
    ids, classes = _numbers(instance, context)
    return _with_classes(_from_one(instance, ids, classes, context), classes)


def _numbers(instance: Instance, context: TaskContext) -> tuple[Labels, Labels | None]:
    """Return the instance and, where the reference has it, the class of each point, as they are stored."""
    raw = instance.reference
    value = opened(instance, found(instance, (*INSTANCE_KEYS, *LABEL_KEYS)))
    classes: Labels | None = None
    if isinstance(value, str):
        table = read_table(reader(instance)(value), value)
        ids, classes = _ids_in(instance, table, value, context)
    else:
        ids = columns_of(instance, value, context, INSTANCE_KEYS).labels
    if isinstance(raw, Mapping):
        beside, own = look(raw, LABEL_KEYS), look(raw, INSTANCE_KEYS)
        if beside is not None and own is not None:
            classes = columns_of(instance, beside[1], context).labels
    if not len(ids):
        raise AnswerFormatError("no point in it")
    if classes is not None:
        same_count(len(classes), len(ids), "classes of points")
    return ids, classes


def _from_one(instance: Instance, ids: Labels, classes: Labels | None, context: TaskContext) -> Labels:
    """Return instance numbers from 1 on, 0 for none. Raises AmbiguousReferenceError where 0 may be either."""
    readings = _base_readings(ids, classes)
    if not readings:
        return ids
    certain = {**context.facts.get("base", {}), **(readings if len(readings) == 1 else {})}
    base, _ = decide(context.task, "index_base", certain or readings, f"instance {instance.id!r}")
    return np.where(ids < 0, 0, ids + 1) if base == "0" else ids


def _base_readings(ids: Labels, classes: Labels | None) -> dict[str, str]:
    """Return the possible readings of the instance number 0, with their evidence."""
    is_coded = classes is None and int(ids.max(initial=0)) >= _INSTANCE_OF
    none = ids == 0
    if is_coded or not none.any():
        return {}
    if (ids < 0).any():
        return {"0": "negative numbers are none"}
    if classes is not None:
        there, others = np.unique(classes[none]), np.unique(classes[~none])
        if len(there) > 1 or int(there[0]) < 0 or (int(there[0]) == 0 and 0 not in others):
            return {"1": "its points are of several classes or none"}
    return {"1": "0 is no instance", "0": "0 is the first instance"}


def _ids_in(
    instance: Instance, table: PointTable, name: str, context: TaskContext
) -> tuple[Labels, Labels | None]:
    """Return the instance and, where the file has it, the class of each point."""
    if table.rows is not None:
        tables = context.facts.get("tables", Tables())
        columns = tables.with_one(table.rows, f"instance {instance.id!r}")
        column, label = instance_column(context.task, columns, name)
        ids = whole_numbers(table.rows[:, column], name)
        return ids, None if label is None else whole_numbers(table.rows[:, label], name)
    found_ids = table.first(INSTANCE_NAMES)
    classes = table.first([key for key in LABEL_NAMES if key not in INSTANCE_NAMES])
    if found_ids is None:
        return labels_in(table, name), None
    return whole_numbers(found_ids, name), None if classes is None else whole_numbers(classes, name)


def _with_classes(ids: Labels, classes: Labels | None) -> PointInstances:
    if classes is None:
        coded = int(ids.max(initial=0)) >= _INSTANCE_OF
        ids = np.where(ids >= _INSTANCE_OF, ids, 0) if coded else np.maximum(ids, 0)
        numbers = np.unique(ids[ids > 0]).tolist()
        labels = [str(number // _INSTANCE_OF) if coded else "object" for number in numbers]
        parts = [PointInstance(number, label, 1.0) for number, label in zip(numbers, labels, strict=True)]
        return PointInstances(ids, tuple(parts))
    # The same number may be used again in another class: a pair of both is an object.
    there = (ids > 0) & (classes >= 0)
    pairs, numbers = np.unique(np.stack([classes[there], ids[there]]), axis=1, return_inverse=True)
    ids = np.zeros(len(ids), np.int64)
    ids[there] = numbers.reshape(-1) + 1
    listed = enumerate(np.asarray(pairs)[0].tolist(), 1)
    return PointInstances(ids, tuple(PointInstance(number, str(label), 1.0) for number, label in listed))


PROTOCOLS: Final = (InstanceSegmentation3d(),)
