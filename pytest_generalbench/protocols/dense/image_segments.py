"""Protocols for several segments over an image: instances, and a panoptic map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.errors import AmbiguousReferenceError, DataError, ReferenceFormatError
from pytest_generalbench.core.outputs.codecs.images import rle
from pytest_generalbench.core.outputs.codecs.images.files import is_picture
from pytest_generalbench.core.outputs.codecs.images.polygons import corners
from pytest_generalbench.core.outputs.forms.maps import is_rle
from pytest_generalbench.core.outputs.forms.segments import (
    InstanceMask,
    InstanceMasks,
    PanopticMap,
    Segment,
    label_of,
    listed_segments,
)
from pytest_generalbench.metrics.dense.mask_ap import FoundMask, TrueMask
from pytest_generalbench.metrics.dense.panoptic_quality import Panoptic
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.dense import references as map_references
from pytest_generalbench.protocols.dense.base import MapProtocol, check_size, described
from pytest_generalbench.protocols.dense.classes import INSTANCE_OF
from pytest_generalbench.protocols.dense.instance_ids import WORDS as ID_WORDS
from pytest_generalbench.protocols.dense.instance_ids import IdReading, decide_ids
from pytest_generalbench.protocols.dense.masks import decide_masks, read_mask
from pytest_generalbench.protocols.dense.panoptic_files import decide_order, file_of, read_segments
from pytest_generalbench.protocols.dense.segment_check import SegmentCheck
from pytest_generalbench.protocols.dense.survey import survey

if TYPE_CHECKING:
    from pytest_generalbench.core.outputs.base import StructuredOutput
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task

_LIST_KEYS: Final = (
    "instances",
    "annotations",
    "objects",
    "masks",
    "segments",
    "segmentation",
    "annotation",
    "shapes",
)
_SEGMENTATION: Final = ("segmentation", "mask", "mask_file", "rle", "polygon", "polygons", "seg", "points")


def plain_label(label: str) -> str:
    """Return the form in which labels are compared."""
    return " ".join(label.casefold().replace("_", " ").replace("-", " ").split())


class InstanceSegmentation(MapProtocol):
    """Ask for a mask and a label for every object.

    Answer: `instance_masks`. Prediction: tuple of `InstanceMask`. Reference: tuple of `TrueMask`. The raw
    reference is COCO entries (polygons, masks or pictures), an object of lists by label, or a picture of
    instance ids; what its ids say is decided over the whole file (`instance_ids.decide_ids`). Labels are
    compared without regard to case; ids become names where the file lists categories. Where references have
    one label or none, answers need none.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> from pytest_generalbench.core.outputs import InstanceMasks
    >>> from pytest_generalbench.protocols.example import Example
    >>> entry = {"segmentation": {"size": [2, 2], "counts": [3, 1]}, "label": "cat"}
    >>> example = Example("instance_segmentation", {}, [entry], media=["image"])
    >>> example.reference
    (TrueMask(mask=Rle(height=2, width=2, counts='31'), label='cat', crowd=False),)
    >>> example.read(InstanceMasks(()))
    ()
    """

    name: ClassVar[str] = "instance_segmentation"
    form: ClassVar[str] = "instance_masks"
    answers: ClassVar = (InstanceMasks,)
    reading_words: ClassVar = (*ID_WORDS, "foreground")
    version: ClassVar[int] = 2

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn the categories' names, what ids in pictures say, and all labels."""
        names = map_references.category_names(header)
        ids = decide_ids(task, survey(list(map_references.maps_of(instances)), None), names)
        labels: set[str] = set()
        pictures: list[tuple[Instance, Any]] = []
        for instance in instances:
            if instance.has_reference and instance.problem is None:
                try:
                    for value, label, _ in _entries(instance, names, ids):
                        labels.add(label)
                        pictures += [] if isinstance(value, np.ndarray) else [(instance, value)]
                except AmbiguousReferenceError:
                    raise
                except DataError:
                    continue  # the instance says so itself when it is read
        masks = decide_masks(task, survey(pictures))
        facts = {"names": names, "ids": ids, "masks": masks}
        notes = (*ids.notes, *masks.notes)
        return TaskContext(task, tuple(sorted(labels)), header=header, facts=facts, notes=notes)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for masks with labels and scores."""
        text = "Answer with a mask, a label and a score for every single thing."
        labels = [label for label in context.labels if label]
        return f"{text} Labels: {', '.join(labels)}." if labels else text

    def reference_check(self, context: TaskContext) -> SegmentCheck:
        """Return a check that also warns of segments that cannot be right."""
        return SegmentCheck()

    def reference(self, instance: Instance, context: TaskContext) -> tuple[TrueMask, ...]:
        """Return masks, labels, and whether each is a crowd."""
        with map_references.of(instance):
            result = []
            for value, label, crowd in _entries(instance, context.facts["names"], context.facts["ids"]):
                mask = value
                if not isinstance(value, np.ndarray):
                    mask = read_mask(instance, value, context.task, context.facts["masks"])
                result.append(TrueMask(rle.encode(mask), label, crowd))
            if len({one.mask.shape for one in result}) > 1:
                raise ReferenceFormatError(f"{fields.place(instance)}: its masks have different sizes")
            return tuple(result)

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> tuple[FoundMask, ...]:
        """Return masks and labels, a missing score as 1."""
        only = context.labels[0] if len(context.labels) == 1 else None
        names = context.facts["names"]
        result = []
        for mask, label, score in answer.masks:
            plain = plain_label(names.get(label, label)) if label is not None else None
            if only is not None and (plain is None or not only):
                plain = only
            result.append(FoundMask(mask, "" if plain is None else plain, 1.0 if score is None else score))
        size = _size(instance, context.facts["ids"]) if instance.has_reference and result else None
        if size is not None:
            check_size(result[0].mask.shape, size)
        return tuple(result)

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return the things that count, each with score 1."""
        return InstanceMasks(
            tuple(InstanceMask(one.mask, one.label, 1.0) for one in reference if not one.crowd)
        )


def _size(instance: Instance, ids: IdReading) -> tuple[int, int] | None:
    """Return the size of the reference's masks; None when it has none."""
    for value, _, _ in _entries(instance, {}, ids):
        return value.shape if isinstance(value, np.ndarray) else map_references.size_of(instance, value)
    return None


def _entries(instance: Instance, names: Mapping[str, str], ids: IdReading) -> Iterator[tuple[Any, str, bool]]:
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
            for mask in _things(masks):
                yield mask, plain_label(names.get(str(label), str(label))), False
        return
    value = map_references.value_of(instance)
    if not is_picture(value):
        raise ReferenceFormatError(f"{fields.place(instance)}: no list of masks: {value!r:.80}")
    values = map_references.picture_of(instance, value)
    for pixels, label in ids.things(values, instance, value):
        yield pixels, plain_label(names.get(label, label)), False


def _things(masks: list[Any]) -> list[Any]:
    """Return the things of a label: each entry is one, unless all are the corners of one polygon."""
    is_one = corners(masks) is not None and all(
        not isinstance(one, list) or (len(one) == 2 and not isinstance(one[0], list)) for one in masks
    )
    return [masks] if is_one else masks


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
    """Ask for a segment for every pixel and a category for every segment.

    Answer: `panoptic_map` of the reference's size; another size is wrong. Prediction and reference:
    `Panoptic`, segment ids (height, width) and the category of each. The raw reference is COCO's panoptic
    PNG with `segments_info`, each segment of which must have a pixel, or Cityscapes' picture of ids: from
    1000 on class x 1000 + number of an object, below it the class of stuff; 0 and 255 are void.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import PanopticMap
    >>> from pytest_generalbench.protocols.example import Example
    >>> raw = {
    ...     "file_name": "ids.png",
    ...     "segments_info": [{"id": 7, "category": "sky"}, {"id": 9, "category": "cat"}],
    ... }
    >>> files = {"ids.png": np.array([[[7, 0, 0], [9, 0, 0]]], dtype=np.uint8)}
    >>> example = Example("panoptic_segmentation", {}, raw, files=files, media=["image"])
    >>> example.reference
    Panoptic(ids=array([[7, 9]]), categories={7: 'sky', 9: 'cat'}, crowds={})
    >>> example.read(PanopticMap(np.array([[7, 7]]), ())).ids
    array([[7, 7]])
    """

    name: ClassVar[str] = "panoptic_segmentation"
    form: ClassVar[str] = "panoptic_map"
    answers: ClassVar = (PanopticMap,)
    _keys: ClassVar = ("panoptic", "panoptic_file", "file_name", "png_file_name", *map_references.MASK_KEYS)

    reading_words: ClassVar = ("colours",)
    version: ClassVar[int] = 2

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn the categories' names, and in which order ids lie in the colours."""
        names = map_references.category_names(header)
        order, note = decide_order(task, instances, self._keys)
        facts = {"names": names, "order": order}
        return TaskContext(task, header=header, facts=facts, notes=tuple(filter(None, [note])))

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for segments, and name the categories where they are known."""
        text = (
            "Answer with a map of the image's size that holds a segment id for every pixel, 0 for none, and "
        )
        text += "with the category of each segment."
        names = context.facts["names"]
        return f"{text} Categories: {described(names)}." if names else text

    def reference_check(self, context: TaskContext) -> SegmentCheck:
        """Return a check that also warns of segments that cannot be right."""
        return SegmentCheck()

    def reference(self, instance: Instance, context: TaskContext) -> Panoptic:
        """Return ids, categories and crowds."""
        with map_references.of(instance):
            _, ids, info = read_segments(instance, self._keys, context.facts["order"])
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

    def _name(self, category: str, context: TaskContext) -> str:
        return plain_label(context.facts["names"].get(category, category))

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> Panoptic:
        """Return ids and categories."""
        if instance.has_reference:
            name = file_of(instance, self._keys, context.facts["order"])
            check_size(answer.ids.shape, map_references.size_of(instance, name))
        return Panoptic(answer.ids, {one.id: self._name(one.category, context) for one in answer.segments})

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return the reference as an answer, crowds left void."""
        return PanopticMap(
            reference.ids, tuple(Segment(*one) for one in sorted(reference.categories.items()))
        )


def _category(number: int) -> str:
    return str(number // INSTANCE_OF if number >= INSTANCE_OF else number)


PROTOCOLS: Final = (InstanceSegmentation(), PanopticSegmentation())
