"""Protocols for one map over an image: classes, anomaly scores, alpha, depth; and flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.outputs.codecs.images import rle
from pytest_generalbench.core.outputs.forms.maps import AnomalyMap, ClassMap, Mask
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.dense import references as map_references
from pytest_generalbench.protocols.dense.base import MapProtocol, check_size, described
from pytest_generalbench.protocols.dense.classes import VOID, by_table, decide_classes, read_classes
from pytest_generalbench.protocols.dense.classes import WORDS as CLASS_WORDS
from pytest_generalbench.protocols.dense.masks import WORDS as MASK_WORDS
from pytest_generalbench.protocols.dense.masks import decide_masks, read_mask
from pytest_generalbench.protocols.dense.survey import survey

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs.base import StructuredOutput
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task


class SemanticSegmentation(MapProtocol):
    """Ask for a class for every pixel, or for one foreground where the task's metric has the mode `binary`.

    Answer: `class_map` or `mask` of the reference's size; another size is wrong. Prediction and reference:
    int (height, width), 255 for void in the reference.

    Classes: pictures in grey or with a palette hold the ids, 255 beside small ids is void; in colour
    pictures the distinct colours of all references, sorted by red, green, blue, are the ids 0, 1, … (unless
    they are all grey, then the grey is the id). Grey references of 0 and one bright value are masks of
    class 1. Foreground: see `masks.decide_masks`. Both are decided over the whole file.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import ClassMap
    >>> from pytest_generalbench.protocols.example import Example
    >>> mask = {"size": [2, 2], "counts": [3, 1]}
    >>> example = Example("semantic_segmentation", {}, mask, media=["image"])
    >>> example.reference
    array([[0, 0],
           [0, 1]], dtype=int32)
    >>> example.read(ClassMap(np.array([[0, 0], [1, 1]])))
    array([[0, 0],
           [1, 1]], dtype=int32)
    """

    name: ClassVar[str] = "semantic_segmentation"
    form: ClassVar[str] = "class_map"
    answers: ClassVar = (ClassMap, Mask)

    reading_words: ClassVar = (*CLASS_WORDS, *MASK_WORDS)
    version: ClassVar[int] = 2

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn the classes' names, and from all references which values are which class."""
        names = map_references.category_names(header)
        pictures = list(map_references.maps_of(instances))
        seen = survey(pictures)
        if _binary(task):
            masks = decide_masks(task, seen)
            return TaskContext(task, header=header, facts={"names": names, "masks": masks}, notes=masks.notes)
        if not seen.is_whole and (seen.colours or "classes" in task.reading):
            seen = survey(pictures, None)  # a rare class may have its colour in one picture alone
        reading = decide_classes(task, seen, names)
        facts: dict[str, Any] = {"names": names, "classes": reading}
        if reading.colours:
            facts["colours"] = {value: one for value, one in reading.colours.items() if one != VOID}
        return TaskContext(task, header=header, facts=facts, notes=reading.notes)

    def asked_form(self, context: TaskContext) -> str:
        """Return `mask` for one foreground, else `class_map`."""
        return "mask" if _binary(context.task) else self.form

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say what the map is, and the classes where they are known."""
        if _binary(context.task):
            return "Answer with a binary mask of the image's size."
        text = "Answer with a map of the image's size that holds a class id for every pixel."
        names = context.facts.get("names")
        if names:
            text += f" Classes: {described(names)}."
        elif "colours" in context.facts:
            table = {str(number): f"#{one:06x}" for one, number in context.facts["colours"].items()}
            text += f" Classes by the colour of their maps: {described(table)}."
        elif context.facts["classes"].table:
            table = {str(one): str(value) for value, one in context.facts["classes"].table.items()}
            table.pop(str(VOID), None)
            text += f" Classes by the grey of their maps: {described(table)}."
        return text

    def reference(self, instance: Instance, context: TaskContext) -> NDArray[Any]:
        """Return class ids, int32, or a bool mask in mode `binary`; (height, width)."""
        with map_references.of(instance):
            value = map_references.value_of(instance)
            if _binary(context.task):
                return read_mask(instance, value, context.task, context.facts["masks"])
            return read_classes(
                instance, value, context.task, context.facts["classes"], context.facts["names"]
            )

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> NDArray[Any]:
        """Return class ids, or a bool mask; colours become ids by the references' table."""
        if isinstance(answer, Mask):
            output: NDArray[Any] = answer.mask.decode()
        elif _binary(context.task):
            output = answer.classes > 0
        elif answer.colours:
            output = by_table(answer.classes, context.facts.get("colours", {}))
        else:
            output = answer.classes
        if instance.has_reference:
            check_size(output.shape, map_references.size_of(instance, map_references.value_of(instance)))
        return output if _binary(context.task) else output.astype(np.int32)

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return the reference as an answer."""
        return Mask(rle.encode(reference)) if _binary(context.task) else ClassMap(reference)


def _binary(task: Task) -> bool:
    return task.metric.options.get("mode") == "binary"


def map_grey(values: NDArray[Any]) -> NDArray[Any]:
    """Return (height, width): the map itself, or the first channel of a picture whose colours are grey."""
    return values if values.ndim == 2 else values[:, :, 0]


class ImageAnomalySegmentation(MapProtocol):
    """Ask how anomalous every pixel is.

    Answer: `anomaly_map`, or a mask, of the image's size; another size is wrong. Prediction: float32
    (height, width), the higher the more anomalous. Reference: bool (height, width). The raw reference is a
    mask of what is anomalous (a picture, COCO run lengths or polygons); none, an empty text or list, and
    `good` or `normal` in its place, are an image without anomaly.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import AnomalyMap
    >>> from pytest_generalbench.protocols.example import Example
    >>> mask = {"size": [2, 2], "counts": [3, 1]}
    >>> example = Example("image_anomaly_segmentation", {}, mask, media=["image"])
    >>> example.reference
    array([[False, False],
           [False,  True]])
    >>> example.read(AnomalyMap(np.array([[0.1, 0.0], [0.0, 0.9]])))
    array([[0.1, 0. ],
           [0. , 0.9]], dtype=float32)
    """

    name: ClassVar[str] = "image_anomaly_segmentation"
    form: ClassVar[str] = "anomaly_map"
    answers: ClassVar[tuple[type[StructuredOutput], ...]] = (AnomalyMap, Mask)
    reading_words: ClassVar = MASK_WORDS
    version: ClassVar[int] = 2
    _sound: ClassVar = ("", "good", "normal", "none", "no", "ok")

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn from all references which values are anomalous."""
        listed = map_references.maps_of(instances, self._mask)
        masks = decide_masks(task, survey(list(listed)))
        return TaskContext(task, header=header, facts={"masks": masks}, notes=masks.notes)

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
            return read_mask(instance, value, context.task, context.facts["masks"])

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> NDArray[np.float32]:
        """Return the scores; of a mask 0 and 1."""
        output = answer.mask.decode().astype(np.float32) if isinstance(answer, Mask) else answer.scores
        if instance.has_reference:
            value = self._mask(instance)
            size = map_references.size_of(instance, value) if value is not None else None
            check_size(output.shape, size or map_references.input_size(instance))
        scores: NDArray[np.float32] = output
        return scores

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return 1 for what is anomalous, else 0."""
        return AnomalyMap(reference.astype(np.float32))


PROTOCOLS: Final = (SemanticSegmentation(), ImageAnomalySegmentation())
