"""Base class of protocols whose answer is boxes or points: sizes and coordinate conventions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.media.media import Size, media_size, spread
from pytest_generalbench.core.outputs import AnswerFormatError, StructuredOutput
from pytest_generalbench.core.outputs.codecs.boxes.conventions import (
    Box,
    Evidence,
    RawBox,
    check_convention,
    to_box,
)
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.localization.box_check import BoxCheck
from pytest_generalbench.protocols.localization.forms import BOX, ROW, FileForm, decide_form
from pytest_generalbench.protocols.text.base import TextProtocol
from pytest_generalbench.protocols.text.parsers.reasoning import without_reasoning

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance, Output, Request
    from pytest_generalbench.core.task import Task

FILES: Final = "pixels_xywh"
"""What references are unless the file or its numbers say otherwise."""

ASKED: Final = "pixels_xyxy"
"""What text models are asked for, and what their answers are unless the numbers say otherwise."""

_SAMPLED: Final = 32
"""Boxes of one instance that are looked at to find a convention."""


def size_of(instance: Instance) -> Size | None:
    """Return the size of the instance's image or frames, None where no header tells it."""
    return media_size(instance.media[0]) if instance.media else None


def frame_files(instance: Instance) -> int | None:
    """Return how many frames the video has when it lies in frame files."""
    files = len(instance.media[0].paths) if instance.media else 0
    return files if files > 1 else None


def format_numbers(numbers: Sequence[float]) -> str:
    """Write numbers for a prompt, with two decimals at most."""
    return f"[{', '.join(f'{number:.2f}'.rstrip('0').rstrip('.') for number in numbers)}]"


def unreadable(instance: Instance, error: Exception | str) -> ReferenceFormatError:
    """Return the error of a reference that cannot be read."""
    return ReferenceFormatError(f"{fields.place(instance)}: the reference cannot be read: {error}")


def _plain(raw: RawBox, context: TaskContext) -> RawBox:
    """Return a box of a reference without a scale that contradicts the file or the task's reading."""
    return raw._replace(scale=None, order=None if BOX in context.reading else raw.order)


class LocatedProtocol(TextProtocol):
    """A protocol whose answer is a structured output of boxes or points, or a text that names them.

    Adds the prompt field `{size}`, the width and height of what is shown, empty where no header
    tells them. Text answers may be in any of `coordinates.CONVENTIONS`: the one that the model
    declares, else the one that all answers of the task together show (`Evidence.infer`); a
    notation that says thousandths by itself does so unless the model declares its coordinates.
    References are x, y, width, height in pixels, unless the file's `bbox_format` or all its numbers together
    say otherwise; where several readings fit, or none, the task is refused (`reading:` with `box` and
    `row`). What was found goes into the notes of the result.
    """

    prompt_fields: ClassVar[tuple[str, ...]] = ("question", "size", "instruction")
    prompt: ClassVar[str] = "{question}\n{size}\n{instruction}"
    output_medium: ClassVar[str] = "map"
    needs_question: ClassVar[bool] = False
    shown: ClassVar[str] = "image"
    reading_words: ClassVar[tuple[str, ...]] = (BOX, ROW)
    version: ClassVar[int] = 3
    looks_at: ClassVar[int | None] = 64

    @abstractmethod
    def raw_reference(self, instance: Instance) -> Sequence[RawBox | None]:
        """Return the reference's boxes as written. Raises DataError when it has another form."""

    @abstractmethod
    def raw_boxes(self, text: str) -> Sequence[RawBox | None]:
        """Return the boxes that an answer text names, to find their convention."""

    @abstractmethod
    def of_answer(self, answer: StructuredOutput, instance: Instance, context: TaskContext) -> Any:
        """Return the prediction in an answer of the protocol's form."""

    @abstractmethod
    def of_text(self, text: str, instance: Instance, context: TaskContext) -> Any:
        """Return the prediction in an answer text, None when there is none."""

    def as_output(self, prediction: Any, instance: Instance, context: TaskContext) -> StructuredOutput | None:
        """Return the boxes or points: a prediction is written as a reference is, unless overridden."""
        ideal = self.ideal(prediction, instance, context)
        return None if isinstance(ideal, str) else ideal

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Find out what the references' numbers mean.

        Raises AmbiguousReferenceError when several readings of them fit, or none.
        """
        context = TaskContext(task=task, header=header)
        evidence = FileForm(video=self.shown == "video")
        for instance in instances:
            if instance.has_reference:
                self._look_at(instance, evidence)
        decided = decide_form(task, header, evidence, FILES)
        return replace(
            context, facts={"references": decided.convention, "rows": decided.rows}, notes=decided.notes
        )

    def _look_at(self, instance: Instance, evidence: FileForm) -> None:
        try:
            raws = [raw for raw in self.raw_reference(instance) if raw is not None]
        except DataError:
            return  # it will be told where the instance is asked
        size = size_of(instance)
        sampled = [raws[place]._replace(scale=None) for place in spread(len(raws), _SAMPLED)]
        evidence.add(sampled, size, frame_files(instance))

    def from_columns(self, raw: RawBox, instance: Instance, context: TaskContext) -> RawBox:
        """Return a box of a reference with its numbers from the columns of its row, where it has one."""
        if not raw.row:
            return raw
        layout = context.facts.get("rows", {}).get(len(raw.row))
        if layout is None:
            raise unreadable(instance, f"a row of {len(raw.row)} numbers, whose columns are not known")
        result: RawBox = layout.from_columns(raw)
        return result

    def true_boxes(
        self, raws: Iterable[RawBox | None], instance: Instance, context: TaskContext
    ) -> list[Box | None]:
        """Return a reference's boxes in pixels, None where there is none."""
        convention = str(context.facts.get("references", FILES))
        size = size_of(instance) if convention != FILES else None
        try:
            laid = [None if raw is None else self.from_columns(raw, instance, context) for raw in raws]
            return [None if raw is None else to_box(_plain(raw, context), convention, size) for raw in laid]
        except AnswerFormatError as error:
            raise unreadable(instance, error) from error

    def true_box(self, raw: RawBox, instance: Instance, context: TaskContext) -> Box:
        """Return one box of a reference in pixels."""
        (box,) = self.true_boxes([raw], instance, context)
        if box is None:
            raise unreadable(instance, "no box")
        return box

    def reference_check(self, context: TaskContext) -> BoxCheck:
        """Return a check that also warns of boxes that cannot be right."""
        return BoxCheck(size_of)

    def request(self, instance: Instance, context: TaskContext) -> Request:
        """Put the media first, then the text; the answer is wanted in the protocol's form."""
        made = replace(super().request(instance, context), form=self.form)
        longer = None if context.task.max_new_tokens else self.answer_length(instance, context)
        return made if longer is None else replace(made, max_new_tokens=longer)

    def answer_length(self, instance: Instance, context: TaskContext) -> int | None:
        """Return the tokens that the answer may need where that depends on the instance."""
        return None

    def values(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Add the size."""
        size = size_of(instance)
        line = f"The {self.shown} is {size[0]} pixels wide and {size[1]} pixels high." if size else ""
        return {**super().values(instance, context), "size": line}

    def infer_conventions(
        self, outputs: Iterable[tuple[Instance, Output]], context: TaskContext
    ) -> TaskContext:
        """Infer the convention of the text answers, unless the model declares one."""
        declared: str | None = None
        evidence, texts = Evidence(), 0
        for instance, output in outputs:
            if output.text is None or output.answer is not None:
                continue
            texts += 1
            declared = declared or output.details.get("coordinates")
            if declared is None:
                size = size_of(instance)
                for raw in self._named(output.text):
                    evidence.add(raw, size)
        if not texts:
            return context
        value = 0 if evidence.scaled is None else evidence.scaled.boxes
        uses_scale = declared is None and evidence.uses_scale()
        if declared is not None:
            convention, why = check_convention(declared), "declared by the model"
        else:
            convention, why = evidence.infer(ASKED)
        notes = (
            [f"answers read as {convention} ({why})"] if evidence.boxes or not (value and uses_scale) else []
        )
        if value and uses_scale:
            notes.append(f"boxes read as thousandths, as their notation says ({value})")
        return replace(
            context,
            facts={**context.facts, "coordinates": convention, "notation": uses_scale},
            notes=(*context.notes, *notes),
        )

    def _named(self, text: str) -> Sequence[RawBox]:
        try:
            named = [raw for raw in self.raw_boxes(without_reasoning(text)) if raw is not None]
        except AnswerFormatError:
            return ()
        return [named[place] for place in spread(len(named), _SAMPLED)]

    def boxes(
        self, raws: Iterable[RawBox | None], instance: Instance, context: TaskContext
    ) -> list[Box | None]:
        """Return the boxes of a text answer in pixels. Raises AnswerFormatError when one cannot be."""
        convention, size = str(context.facts.get("coordinates", ASKED)), size_of(instance)
        uses_scale = context.facts.get("notation", True)
        return [
            None if raw is None else to_box(raw if uses_scale else raw._replace(scale=None), convention, size)
            for raw in raws
        ]

    def parse(self, output: Output, instance: Instance, context: TaskContext) -> Any:
        """Return the prediction, None when the answer cannot be read.

        Raises AnswerFormatError when the answer is of another form, or does not fit the instance.
        """
        self.parser_for(context)
        answer = output.read()
        if answer is None:
            text = without_reasoning(output.text or "")
            return self.of_text(text, instance, context) if text else None
        if answer.form != self.form:
            raise AnswerFormatError(f"a {answer.form} where a {self.form} is due")
        return self.of_answer(answer, instance, context)
