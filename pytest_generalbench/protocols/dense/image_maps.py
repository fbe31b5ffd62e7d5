"""Protocols for one map over an image: classes, anomaly scores, alpha, depth; and flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.outputs.codecs.images import rle
from pytest_generalbench.core.outputs.codecs.images.files import is_picture, one_channel, packed_colours
from pytest_generalbench.core.outputs.forms.maps import Alpha, AnomalyMap, ClassMap, DepthMap, Mask, opacity
from pytest_generalbench.metrics.dense.depth import FARTHEST
from pytest_generalbench.metrics.dense.matting import Matte
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.dense import references as map_references
from pytest_generalbench.protocols.dense.base import MapProtocol, check_size, described

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs.base import StructuredOutput
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task

_NO_CLASS: Final = (1 << 24) - 1
"""The id of a colour that no reference has."""

_LOOKED_AT: Final = 16
"""References that are looked at to learn whether grey pictures are masks of 0 and 255."""


class SemanticSegmentation(MapProtocol):
    """A class for every pixel, or one foreground where the task's metric has the mode `binary`.

    Classes: pictures in grey or with a palette hold the ids; in colour pictures the distinct
    colours of all references, sorted by red, green, blue, are the ids 0, 1, … (unless they
    are all grey, then the grey is the id). Grey references of nothing but 0 and 255 are masks,
    and 255 is class 1. Foreground: values from 128 on where there are any, else above 0.
    """

    name: ClassVar[str] = "semantic_segmentation"
    form: ClassVar[str] = "class_map"
    answers: ClassVar = (ClassMap, Mask)

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn the classes' names and colours, and whether the references are masks."""
        context = TaskContext(task=task, header=header)
        facts: dict[str, Any] = {"names": map_references.category_names(header)}
        if _binary(context):
            return TaskContext(task=task, header=header, facts=facts)
        colours, greys, masks = _survey(instances)
        notes = []
        if masks:
            facts["mask"] = True
            notes.append("the references are masks: 255 is class 1")
        elif colours - greys:
            facts["colours"] = {colour: number for number, colour in enumerate(sorted(colours))}
            notes.append(f"{len(colours)} colours of the references are the classes")
        return TaskContext(task=task, header=header, facts=facts, notes=tuple(notes))

    def asked_form(self, context: TaskContext) -> str:
        """Return `mask` for one foreground, else `class_map`."""
        return "mask" if _binary(context) else self.form

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say what the map is, and the classes where they are known."""
        if _binary(context):
            return "Answer with a binary mask of the image's size."
        told = "Answer with a map of the image's size that holds a class id for every pixel."
        names = context.facts.get("names")
        if names:
            told += f" Classes: {described(names)}."
        elif "colours" in context.facts:
            table = {str(number): f"#{one:06x}" for one, number in context.facts["colours"].items()}
            told += f" Classes by the colour of their maps: {described(table)}."
        return told

    def reference(self, instance: Instance, context: TaskContext) -> NDArray[Any]:
        """Return class ids, int32, or a bool mask in mode `binary`; (height, width)."""
        with map_references.of(instance):
            value = map_references.value_of(instance)
            if _binary(context):
                return map_references.mask_of(instance, value)
            return _classes(map_references.numbers_of(instance, value), context)

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> NDArray[Any]:
        """Return class ids, or a bool mask; colours become ids by the references' table."""
        if isinstance(answer, Mask):
            said: NDArray[Any] = answer.mask.decode()
        elif _binary(context):
            said = answer.classes > 0
        elif answer.colours:
            said = _by_table(answer.classes, context.facts.get("colours", {}))
        else:
            said = answer.classes
        if instance.has_reference:
            check_size(said.shape, map_references.size_of(instance, map_references.value_of(instance)))
        return said if _binary(context) else said.astype(np.int32)

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return the reference as an answer."""
        return Mask(rle.encode(reference)) if _binary(context) else ClassMap(reference)


def _binary(context: TaskContext) -> bool:
    return context.task.metric.options.get("mode") == "binary"


def _survey(instances: Sequence[Instance]) -> tuple[set[int], set[int], bool]:
    """Return the references' colours, those of them that are grey, and whether grey ones are 0/255 masks."""
    colours: set[int] = set()
    values: set[int] = set()
    looked_at = 0
    for instance in instances:
        if not instance.has_reference or instance.problem is not None:
            continue
        try:
            value = map_references.value_of(instance)
            if not is_picture(value):
                continue
            if looked_at >= _LOOKED_AT and not colours:
                break
            picture = map_references.picture_of(instance, value)
        except DataError:
            continue  # the instance says so itself when it is read
        looked_at += 1
        if picture.ndim == 3 and picture.shape[2] > 2:
            colours.update(np.unique(packed_colours(picture)).tolist())
        elif len(values) <= 2:
            values.update(np.unique(picture).tolist())
    greys = {one for one in colours if one == (one & 0xFF) * 0x010101}
    if colours and colours == greys:
        values |= {one & 0xFF for one in greys}
    return colours, greys, values == {0, 255}


def _classes(values: NDArray[Any], context: TaskContext) -> NDArray[np.int32]:
    if context.facts.get("mask"):
        return (map_grey(values) >= 128).astype(np.int32)
    if "colours" in context.facts and values.ndim == 3:
        return _by_table(packed_colours(values), context.facts["colours"])
    ids = map_grey(values)
    if ids.dtype.kind == "f" and not (ids == np.rint(ids)).all():
        raise DataError("class ids are whole numbers")
    if int(ids.min()) < 0:
        # -1 is how some data sets write "no class".
        ids = np.where(ids < 0, 255, ids)
    return ids.astype(np.int32)


def map_grey(values: NDArray[Any]) -> NDArray[Any]:
    """Return (height, width): the map itself, or the first channel of a picture whose colours are grey."""
    return values if values.ndim == 2 else values[:, :, 0]


def _by_table(colours: NDArray[Any], table: Mapping[int, int]) -> NDArray[np.int32]:
    known = np.array(sorted(table), dtype=np.int64)
    if not len(known):
        return np.full(colours.shape, _NO_CLASS, dtype=np.int32)
    place = np.minimum(np.searchsorted(known, colours), len(known) - 1)
    ids = np.array([table[int(one)] for one in known])[place]
    return np.where(known[place] == colours, ids, _NO_CLASS).astype(np.int32)


class ImageAnomalySegmentation(MapProtocol):
    """How anomalous every pixel is.

    The reference is a mask of what is anomalous; none, an empty text or list, and `good` or
    `normal` in its place, are an image without anomaly.
    """

    name: ClassVar[str] = "image_anomaly_segmentation"
    form: ClassVar[str] = "anomaly_map"
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (AnomalyMap, Mask)
    _sound: ClassVar = ("", "good", "normal", "none", "no", "ok")

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for scores."""
        return (
            "Answer with a map of the image's size that holds a score for every pixel, the higher the more "
            "anomalous; scores are compared across all images of the task."
        )

    def _mask(self, instance: Instance) -> Any:
        """Return the value that is the mask, or None of a sound image."""
        raw = instance.reference
        value = None if raw in ({}, []) else map_references.value_of(instance)
        if isinstance(value, str) and value.strip().lower() in self._sound:
            return None
        return None if isinstance(value, list | int) and not value else value

    def reference(self, instance: Instance, context: TaskContext) -> NDArray[np.bool_]:
        """Return the mask of what is anomalous, bool, (height, width)."""
        with map_references.of(instance):
            value = self._mask(instance)
            if value is None:
                return np.zeros(map_references.input_size(instance), dtype=bool)
            return map_references.mask_of(instance, value)

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return the scores; of a mask 0 and 1."""
        said = answer.mask.decode().astype(np.float32) if isinstance(answer, Mask) else answer.scores
        if instance.has_reference:
            value = self._mask(instance)
            size = map_references.size_of(instance, value) if value is not None else None
            check_size(said.shape, size or map_references.input_size(instance))
        scores: NDArray[np.float32] = said
        return scores

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return 1 for what is anomalous, else 0."""
        return AnomalyMap(reference.astype(np.float32))


class Matting(MapProtocol):
    """An alpha matte; a trimap in the input or beside the reference limits what is scored to its unknown."""

    name: ClassVar[str] = "matting"
    form: ClassVar[str] = "alpha"
    answers: ClassVar = (Alpha, Mask)
    _keys: ClassVar = ("alpha", "alpha_file", "alpha_path", "matte", "matte_file", *map_references.MASK_KEYS)
    _trimaps: ClassVar = ("trimap", "trimap_file", "trimap_path")

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for alpha values."""
        return "Answer with an alpha matte of the image's size: 0 is background, 1 foreground."

    def reference(self, instance: Instance, context: TaskContext) -> Matte:
        """Return alpha, float32 in 0..1, and where the trimap leaves it open."""
        with map_references.of(instance):
            value = map_references.value_of(instance, self._keys)
            if is_picture(value):
                alpha = opacity(map_references.picture_of(instance, value), value)
            else:
                alpha = map_references.numbers_of(instance, value).astype(np.float32)
            if alpha.ndim != 2 or not np.isfinite(alpha).all() or alpha.min() < 0 or alpha.max() > 1:
                raise ReferenceFormatError(f"{fields.place(instance)}: no alpha of (height, width) in 0..1")
            return Matte(alpha, self._unknown(instance, alpha.shape))

    def _unknown(self, instance: Instance, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
        beside = instance.reference if isinstance(instance.reference, Mapping) else {}
        given = (holder.get(key) for holder in (beside, instance.fields) for key in self._trimaps)
        name = next((one for one in given if is_picture(one)), None)
        if name is None:
            return None
        trimap = one_channel(map_references.picture_of(instance, name), name)
        if trimap.shape != shape:
            raise ReferenceFormatError(f"{fields.place(instance)}: {name}: the trimap has another size")
        # 0, 128, 255 by custom, JPEG fringes around them included; or 0, 1, 2.
        return trimap == 1 if int(trimap.max()) <= 2 else (trimap >= 32) & (trimap < 224)

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return alpha; of a mask 0 and 1."""
        said = answer.mask.decode().astype(np.float32) if isinstance(answer, Mask) else answer.alpha
        if instance.has_reference:
            value = map_references.value_of(instance, self._keys)
            check_size(said.shape, map_references.size_of(instance, value))
        alpha: NDArray[np.float32] = said
        return alpha

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return the reference as an answer."""
        return Alpha(reference.alpha)


class DepthEstimation(MapProtocol):
    """How far every pixel is, in metres.

    References are metres, unless their largest value is above 100: then millimetres; pictures
    of 8 bits have 10 m at 255. Values that are not above 0, and NaN, are not valid.
    """

    name: ClassVar[str] = "depth_estimation"
    form: ClassVar[str] = "depth_map"
    answers: ClassVar = (DepthMap,)
    _keys: ClassVar = ("depth", "depth_file", "depth_path", "depth_map", *map_references.MASK_KEYS)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for metres."""
        return "Answer with a map of the image's size that holds the depth of every pixel in metres."

    def reference(self, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return metres, float32, (height, width), 0 where there is none."""
        with map_references.of(instance):
            value = map_references.value_of(instance, self._keys)
            stored = map_references.numbers_of(instance, value)
            depth = map_grey(stored).astype(np.float32)
            depth = np.where(np.isfinite(depth) & (depth > 0), depth, np.float32(0))
            if is_picture(value) and stored.dtype == np.uint8:
                depth = depth * np.float32(FARTHEST / 255)
            elif float(depth.max()) > 100:
                depth = depth / np.float32(1000)
            if not ((depth > 0) & (depth <= FARTHEST)).any():
                raise ReferenceFormatError(
                    f"{fields.place(instance)}: no pixel with a depth of up to {FARTHEST} m"
                )
            return depth

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return metres."""
        if instance.has_reference:
            value = map_references.value_of(instance, self._keys)
            check_size(answer.depth.shape, map_references.size_of(instance, value))
        depth: NDArray[np.float32] = answer.depth
        return depth

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return the reference as an answer."""
        return DepthMap(reference)
