"""Boxes in one image: all objects of some classes, or the one that is described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.outputs import AnswerFormatError, StructuredOutput
from pytest_generalbench.core.outputs.codecs.boxes.json_values import boxes_in
from pytest_generalbench.core.outputs.codecs.boxes.text import boxes_in_text
from pytest_generalbench.core.outputs.forms.boxes import Boxes, Detection, OneBox, detection
from pytest_generalbench.metrics.detection.boxes import TrueBox
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.class_names import ClassNames, are_numbers, class_names, code_text
from pytest_generalbench.protocols.index_base import BASE, whole_number
from pytest_generalbench.protocols.localization.base import LocatedProtocol, unreadable
from pytest_generalbench.protocols.text.parsers.normalization import normalise, one_line

if TYPE_CHECKING:
    from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box, RawBox
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.base import TaskContext

_MAX_LABELS: Final = 200


class ObjectDetection(LocatedProtocol):
    """Find all objects and name the class of each.

    Classes are collected from the references of all instances of the file, numbers by the names that the
    file lists (`class_names`); up to 200 are put into the prompt. A file with one class, or without any,
    needs no labels: a box without label is of that class, and where the references have no labels, or all
    the same number without a name, those of an answer do not count. Labels are compared in their
    normalised form.

    Prompt fields: `{question}`, `{size}`, `{labels}`, `{instruction}`. Parser `boxes`: the
    notations of `box_text`; `[]` says that there is nothing. Answer form `boxes`. Prediction:
    tuple of Detection. Reference: tuple of TrueBox, read from every shape of
    `box_values.boxes_in`, boxes without any area left out, since nothing could find them.

    >>> from pytest_generalbench.protocols.example import Example
    >>> fields = {"width": 64, "height": 48}
    >>> example = Example(
    ...     "object_detection", fields, [{"bbox": [4, 4, 20, 10], "label": "cat"}], media=["image"]
    ... )
    >>> example.reference
    (TrueBox(x=4.0, y=4.0, width=20.0, height=10.0, label='cat', crowd=False),)
    >>> example.read('[{"bbox": [4, 4, 24, 14], "label": "cat"}]')
    (Detection(x=4.0, y=4.0, width=20.0, height=10.0, label='cat', score=None),)
    """

    name: ClassVar[str] = "object_detection"
    reading_words: ClassVar[tuple[str, ...]] = (*LocatedProtocol.reading_words, BASE)
    form: ClassVar[str] = "boxes"
    prompt_fields: ClassVar[tuple[str, ...]] = ("question", "size", "labels", "instruction")
    prompt: ClassVar[str] = "{question}\n{size}\n{labels}\n{instruction}"
    max_new_tokens: ClassVar[int] = 2048
    parser: ClassVar[str] = "boxes"
    parsers: ClassVar[tuple[str, ...]] = ("boxes",)

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Collect the classes.

        Raises AmbiguousReferenceError as well when numbers of listed classes may count from 0 or from 1.
        """
        context = super().context(task, header, instances)
        labels: list[tuple[str, Instance]] = []
        empty = 0
        for instance in instances:
            try:
                raws = self._raws(instance, context) if instance.has_reference else []
            except DataError:
                continue
            empty += sum(self._is_empty(raw, instance, context) for raw in raws)
            labels += [(raw.label, instance) for raw in raws if raw.label]
        listed = class_names(header)
        names, note = self._numbered(listed, labels, task) if listed else ({}, "")
        result: dict[str, str] = {}
        for text, _ in labels:
            label = one_line(names.get(code_text(text), text))
            # Of several spellings the first in the alphabet stays, whatever the order of the file.
            result[normalise(label)] = min(label, result.get(normalise(label), label))
        if len(result) == 1 and are_numbers(tuple(result.values())):
            result = {}  # one class without a name: nobody can say it, and nothing is lost without it
        unnamed = "the classes are numbers that the file does not name"
        notes = (
            f"{empty} reference boxes without any area left out" if empty else "",
            unnamed if are_numbers(tuple(result.values())) else "",
            note,
        )
        return replace(
            context,
            labels=tuple(result[key] for key in sorted(result)),
            notes=(*context.notes, *filter(None, notes)),
            facts={**context.facts, "categories": names},
        )

    @staticmethod
    def _numbered(
        listed: ClassNames, labels: Sequence[tuple[str, Instance]], task: Task
    ) -> tuple[Mapping[str, str], str]:
        """Return the names of the classes by their numbers or codes, where labels are such."""
        known = set(map(normalise, listed.names))
        if all(normalise(text) in known for text, _ in labels):
            return {}, ""
        numbers = [(whole_number(text), fields.place(instance)) for text, instance in labels]
        return listed.codes(((number, place) for number, place in numbers if number is not None), task)

    def _raws(self, instance: Instance, context: TaskContext) -> list[RawBox]:
        return [self.from_columns(raw, instance, context) for raw in self.raw_reference(instance)]

    def _is_empty(self, raw: RawBox, instance: Instance, context: TaskContext) -> bool:
        try:
            box = self.true_box(raw, instance, context)
        except DataError:
            return False
        return box.width <= 0 or box.height <= 0

    def raw_reference(self, instance: Instance) -> Sequence[RawBox]:
        """Return the boxes as written."""
        try:
            return boxes_in(instance.reference)
        except AnswerFormatError as error:
            raise unreadable(instance, error) from error

    def raw_boxes(self, text: str) -> Sequence[RawBox]:
        """Return the boxes that a text names."""
        return boxes_in_text(text) or []

    def values(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Add the classes."""
        known = context.labels if len(context.labels) <= _MAX_LABELS else ()
        return {
            **super().values(instance, context),
            "labels": f"Labels: {', '.join(known)}" if known else "",
        }

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a JSON list of boxes in pixels."""
        return (
            'Answer with a JSON list and nothing else: one object {"bbox": [x1, y1, x2, y2], "label": "…"} '
            "for each object found, left upper and right lower corner in pixels of the image; [] if there is "
            "none."
        )

    def reference(self, instance: Instance, context: TaskContext) -> tuple[TrueBox, ...]:
        """Return the objects."""
        names = context.facts.get("categories", {})
        raws = self._raws(instance, context)
        result = []
        for raw, box in zip(raws, self.true_boxes(raws, instance, context), strict=True):
            if box and box.width > 0 and box.height > 0:
                label = None if raw.label is None else names.get(code_text(raw.label), raw.label)
                if names and label is not None and whole_number(label) is not None:
                    raise unreadable(instance, f"a box of class {label}, which the file does not list")
                result.append(TrueBox(*box, self._class(label, context), raw.crowd))
        return tuple(result)

    def _class(self, label: str | None, context: TaskContext) -> str | None:
        """Return the class of a label as the metric compares it."""
        if not context.labels:
            return None
        if label is None or not label.strip():
            return normalise(context.labels[0]) if len(context.labels) == 1 else None
        return normalise(label)

    def of_answer(
        self, answer: StructuredOutput, instance: Instance, context: TaskContext
    ) -> tuple[Detection, ...]:
        """Return the detections with their classes."""
        boxes = answer.boxes if isinstance(answer, Boxes) else ()
        return tuple(box._replace(label=self._class(box.label, context)) for box in boxes)

    def of_text(self, text: str, instance: Instance, context: TaskContext) -> tuple[Detection, ...] | None:
        """Return the detections in a text."""
        raws = boxes_in_text(text)
        if raws is None:
            return None
        pairs = zip(raws, self.boxes(raws, instance, context), strict=True)
        boxes = Boxes(tuple(detection(raw, box) for raw, box in pairs if box is not None))
        return self.of_answer(boxes, instance, context)

    def ideal(self, reference: tuple[TrueBox, ...], instance: Instance, context: TaskContext) -> Boxes:
        """Return every object, crowds last: they must not take the place of one that counts."""
        spelled = {normalise(label): label for label in context.labels}
        ranked = sorted(reference, key=lambda box: box.crowd)
        return Boxes(tuple(Detection(*box[:4], spelled.get(box.label or "")) for box in ranked))

    def as_output(self, prediction: tuple[Detection, ...], instance: Instance, context: TaskContext) -> Boxes:
        """Return the detections."""
        return Boxes(prediction)


class VisualGrounding(LocatedProtocol):
    """Find the one thing that an expression describes.

    Prompt fields: `{question}`, `{size}`, `{instruction}`. Parser `box`: the notations of
    `box_text`; of several boxes the one with the highest score counts, without scores the first.
    Answer form `box`. Prediction: Box. Reference: Box; more or fewer than one, or one without any
    area, is a reference that cannot be read.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("visual_grounding", {"text": "the cat"}, [4, 4, 20, 10], media=["image"])
    >>> example.reference, example.read('{"bbox": [4, 4, 24, 14]}')
    (Box(x=4.0, y=4.0, width=20.0, height=10.0), Box(x=4.0, y=4.0, width=20.0, height=10.0))
    """

    name: ClassVar[str] = "visual_grounding"
    form: ClassVar[str] = "box"
    max_new_tokens: ClassVar[int] = 256
    parser: ClassVar[str] = "box"
    parsers: ClassVar[tuple[str, ...]] = ("box",)

    def raw_reference(self, instance: Instance) -> Sequence[RawBox]:
        """Return the one box as written."""
        try:
            result = boxes_in(instance.reference)
        except AnswerFormatError as error:
            raise unreadable(instance, error) from error
        if len(result) != 1:
            raise unreadable(instance, f"{len(result)} boxes where one is due")
        return result

    def raw_boxes(self, text: str) -> Sequence[RawBox]:
        """Return the boxes that a text names."""
        return boxes_in_text(text) or []

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a JSON object with one box in pixels."""
        return (
            "Find the one thing in the image that is described. Answer with a JSON object and nothing else: "
            '{"bbox": [x1, y1, x2, y2]}, left upper and right lower corner in pixels of the image.'
        )

    def reference(self, instance: Instance, context: TaskContext) -> Box:
        """Return the box."""
        box = self.true_box(self.raw_reference(instance)[0], instance, context)
        if box.width <= 0 or box.height <= 0:
            raise unreadable(instance, f"a box of {box.width:g}x{box.height:g} has no area")
        return box

    def of_answer(self, answer: StructuredOutput, instance: Instance, context: TaskContext) -> Box | None:
        """Return the box."""
        return answer.box if isinstance(answer, OneBox) else None

    def of_text(self, text: str, instance: Instance, context: TaskContext) -> Box | None:
        """Return the box in a text."""
        raws = boxes_in_text(text)
        if not raws:
            return None
        best = max(raws, key=lambda raw: 0.0 if raw.score is None else raw.score)
        (box,) = self.boxes([best], instance, context)
        return None if box is None else OneBox(box).box

    def ideal(self, reference: Box, instance: Instance, context: TaskContext) -> OneBox:
        """Return the box."""
        return OneBox(reference)


PROTOCOLS: Final = (ObjectDetection(), VisualGrounding())
