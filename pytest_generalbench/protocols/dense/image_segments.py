"""Protocols for several segments over an image: instances, and a panoptic map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.outputs.codecs.images import rle
from pytest_generalbench.core.outputs.codecs.images.files import is_picture, one_channel
from pytest_generalbench.core.outputs.codecs.images.polygons import corners
from pytest_generalbench.core.outputs.forms.maps import is_rle
from pytest_generalbench.core.outputs.forms.segments import (
    InstanceMask,
    InstanceMasks,
    PanopticMap,
    Segment,
    label_of,
    listed_segments,
    segment_ids,
)
from pytest_generalbench.metrics.dense.mask_ap import FoundMask, TrueMask
from pytest_generalbench.metrics.dense.panoptic_quality import Panoptic
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.dense import references as map_references
from pytest_generalbench.protocols.dense.base import MapProtocol, check_size, described

if TYPE_CHECKING:
    from pytest_generalbench.core.outputs.base import StructuredOutput
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task

_INSTANCE_OF: Final = 1000
"""In Cityscapes' pictures of instances an id is the class times this, plus a number."""

_LIST_KEYS: Final = ("instances", "annotations", "objects", "masks", "segments", "segmentation", "annotation")
_SEGMENTATION: Final = ("segmentation", "mask", "mask_file", "rle", "polygon", "polygons", "seg")


def plain_label(label: str) -> str:
    """Return the form in which labels are compared."""
    return " ".join(label.casefold().replace("_", " ").replace("-", " ").split())


class InstanceSegmentation(MapProtocol):
    """A mask and a label for every thing.

    References are COCO entries (polygons, masks or pictures), an object of lists by label, or a
    picture of instance ids (class x 1000 + number). Labels are compared without regard to
    case; ids become names where the file lists categories. Where references have one
    label or none, answers need none.
    """

    name: ClassVar[str] = "instance_segmentation"
    form: ClassVar[str] = "instance_masks"
    answers: ClassVar = (InstanceMasks,)

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn the categories' names, and all labels."""
        names = map_references.category_names(header)
        labels: set[str] = set()
        for instance in instances:
            if instance.has_reference and instance.problem is None:
                try:
                    labels.update(label for _, label, _ in _entries(instance, names))
                except DataError:
                    continue  # the instance says so itself when it is read
        return TaskContext(task=task, labels=tuple(sorted(labels)), header=header, facts={"names": names})

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for masks with labels and scores."""
        told = "Answer with a mask, a label and a score for every single thing."
        labels = [label for label in context.labels if label]
        return f"{told} Labels: {', '.join(labels)}." if labels else told

    def reference(self, instance: Instance, context: TaskContext) -> tuple[TrueMask, ...]:
        """Return masks, labels, and whether each is a crowd."""
        with map_references.of(instance):
            found = []
            for value, label, crowd in _entries(instance, context.facts["names"]):
                mask = value if isinstance(value, np.ndarray) else map_references.mask_of(instance, value)
                found.append(TrueMask(rle.encode(mask), label, crowd))
            if len({one.mask.shape for one in found}) > 1:
                raise ReferenceFormatError(f"{fields.place(instance)}: its masks have different sizes")
            return tuple(found)

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> tuple[FoundMask, ...]:
        """Return masks and labels, a missing score as 1."""
        only = context.labels[0] if len(context.labels) == 1 else None
        names = context.facts["names"]
        found = []
        for mask, label, score in answer.masks:
            plain = plain_label(names.get(label, label)) if label is not None else None
            if only is not None and (plain is None or not only):
                plain = only
            found.append(FoundMask(mask, "" if plain is None else plain, 1.0 if score is None else score))
        size = _size(instance) if instance.has_reference and found else None
        if size is not None:
            check_size(found[0].mask.shape, size)
        return tuple(found)

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return the things that count, each with score 1."""
        return InstanceMasks(
            tuple(InstanceMask(one.mask, one.label, 1.0) for one in reference if not one.crowd)
        )


def _size(instance: Instance) -> tuple[int, int] | None:
    """Return the size of the reference's masks; None when it has none."""
    for value, _, _ in _entries(instance, {}):
        return value.shape if isinstance(value, np.ndarray) else map_references.size_of(instance, value)
    return None


def _entries(instance: Instance, names: Mapping[str, str]) -> Iterator[tuple[Any, str, bool]]:
    """Yield (mask, label, crowd) of each thing of a reference; the mask is yet to be read, or bool pixels."""
    raw = instance.reference
    if isinstance(raw, Mapping) and not is_rle(raw):
        raw = next((raw[key] for key in _LIST_KEYS if isinstance(raw.get(key), list | Mapping)), raw)
    if isinstance(raw, list) and (not raw or isinstance(raw[0], Mapping)):
        for entry in raw:
            yield _entry(instance, entry, names)
        return
    if isinstance(raw, Mapping) and raw and all(isinstance(value, list) for value in raw.values()):
        for label, masks in raw.items():
            parts = [masks] if corners(masks) and not isinstance(masks[0][0], list) else masks
            for mask in parts:
                yield mask, plain_label(names.get(str(label), str(label))), False
        return
    value = map_references.value_of(instance)
    if not is_picture(value):
        raise ReferenceFormatError(f"{fields.place(instance)}: no list of masks: {value!r:.80}")
    picture = one_channel(map_references.picture_of(instance, value), value).astype(np.int64)
    for number in np.unique(picture[picture > 0]).tolist():
        label = str(number // _INSTANCE_OF) if number >= _INSTANCE_OF else ""
        yield picture == number, plain_label(names.get(label, label)), False


def _entry(instance: Instance, entry: Any, names: Mapping[str, str]) -> tuple[Any, str, bool]:
    if not isinstance(entry, Mapping):
        raise ReferenceFormatError(
            f"{fields.place(instance)}: a thing is an object with a mask: {entry!r:.60}"
        )
    value = entry if is_rle(entry) else next((entry[key] for key in _SEGMENTATION if entry.get(key)), None)
    if value is None:
        keys = ", ".join(map(str, entry)) or "none"
        raise ReferenceFormatError(f"{fields.place(instance)}: a thing has no mask; keys found: {keys}")
    label = label_of(entry) or ""
    return value, plain_label(names.get(label, label)), bool(entry.get("iscrowd"))


class PanopticSegmentation(MapProtocol):
    """A segment for every pixel and a category for every segment.

    References are COCO's panoptic PNG with `segments_info`, or Cityscapes' picture of ids: from
    1000 on class x 1000 + number of a thing, below it the class of stuff; 0 and 255 are void.
    """

    name: ClassVar[str] = "panoptic_segmentation"
    form: ClassVar[str] = "panoptic_map"
    answers: ClassVar = (PanopticMap,)
    _keys: ClassVar = ("panoptic", "panoptic_file", "file_name", "png_file_name", *map_references.MASK_KEYS)

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn the categories' names."""
        return TaskContext(task=task, header=header, facts={"names": map_references.category_names(header)})

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for segments, and name the categories where they are known."""
        told = (
            "Answer with a map of the image's size that holds a segment id for every pixel, 0 for none, and "
        )
        told += "with the category of each segment."
        names = context.facts["names"]
        return f"{told} Categories: {described(names)}." if names else told

    def reference(self, instance: Instance, context: TaskContext) -> Panoptic:
        """Return ids, categories and crowds."""
        with map_references.of(instance):
            ids = segment_ids(self._file(instance), lambda name: map_references.bytes_of(instance, name))
            info = _at_any_depth(instance.reference, "segments_info")
            if info is None:
                listed = [
                    Segment(one, _category(one)) for one in np.unique(ids).tolist() if one not in (0, 255)
                ]
                crowds = frozenset[int]()
            else:
                listed = list(listed_segments(info))
                crowds = frozenset(one["id"] for one in info if one.get("iscrowd"))
            named = {one.id: self._name(one.category, context) for one in listed}
            return Panoptic(
                ids,
                {one: name for one, name in named.items() if one not in crowds},
                {one: name for one, name in named.items() if one in crowds},
            )

    def _file(self, instance: Instance) -> Any:
        raw = instance.reference
        if isinstance(raw, Mapping):
            for key in self._keys:
                value = _at_any_depth(raw, key)
                if isinstance(value, str):
                    return value
        return raw

    def _name(self, category: str, context: TaskContext) -> str:
        return plain_label(context.facts["names"].get(category, category))

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> Panoptic:
        """Return ids and categories."""
        if instance.has_reference:
            check_size(answer.ids.shape, map_references.size_of(instance, self._file(instance)))
        return Panoptic(answer.ids, {one.id: self._name(one.category, context) for one in answer.segments})

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return the reference as an answer, crowds left void."""
        return PanopticMap(
            reference.ids, tuple(Segment(*one) for one in sorted(reference.categories.items()))
        )


def _category(number: int) -> str:
    return str(number // _INSTANCE_OF if number >= _INSTANCE_OF else number)


def _at_any_depth(raw: Any, key: str) -> Any:
    """Return the value of `key` in an object or an object in it, or None."""
    if not isinstance(raw, Mapping):
        return None
    if key in raw:
        return raw[key]
    return next((found for one in raw.values() if (found := _at_any_depth(one, key)) is not None), None)
