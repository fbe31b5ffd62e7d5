"""Boxes over time: one object that is followed through a video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.outputs import AnswerFormatError, StructuredOutput
from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box, RawBox, from_box
from pytest_generalbench.core.outputs.codecs.boxes.frames import (
    frames_in,
    frames_in_text,
    numbered_in,
)
from pytest_generalbench.core.outputs.codecs.boxes.json_values import boxes_in
from pytest_generalbench.core.outputs.forms.boxes import FrameBoxes
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.index_base import BASE
from pytest_generalbench.protocols.localization.base import (
    LocatedProtocol,
    format_numbers,
    frame_files,
    unreadable,
)
from pytest_generalbench.protocols.localization.frame_numbers import FrameEvidence, numbered_rows

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.base import TaskContext

_FIRST_BOX_KEYS: Final = (
    "first_box", "init_box", "initial_box", "first_frame_box", "init_bbox", "initial_bbox", "first_bbox",
    "first_frame_bbox", "bbox", "box",
)  # fmt: skip
_TOKENS_PER_BOX: Final = 28
_MOST_TOKENS: Final = 16_384


def _seen(raw: RawBox | None) -> RawBox | None:
    """Return the box unless it stands for an object that is not to be seen."""
    return None if raw is None or raw.values[2:] == (0, 0) else raw


class ObjectTracking(LocatedProtocol):
    """Follow the object of the first frame through the video.

    One-pass evaluation: the object's box in the first frame is told, from the instance's fields
    where they have one, else from the reference, since the files of the benchmark have no field
    for it; so it is not scored. In the close set, without both, the prompt has to do.

    Prompt fields: `{question}`, `{size}`, `{frames}` (how many), `{first}` (the told box, in pixels,
    corners), `{instruction}`. Parser `frame_boxes`: a JSON list of a box or null per frame, or
    boxes by frame number from 0 or from 1. Answer form `frame_boxes`. Prediction and reference:
    tuple of Box or None, one per frame. An answer with more or fewer frames than the reference is
    unparsable. In references four zeros, null and boxes without any area stand for an object that
    is not to be seen, and so do four NaN and four times -1; a reference whose length is not the number of
    frame files cannot be read. Boxes may be numbered by their frame, in an object or as a column of their
    rows (MOT's as well): from 0 where one is 0, from 1 where one is the number of frames or all tracks
    begin at 1, else the task is refused (`reading:` with `index_base`).

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("video_object_tracking", {}, [[4, 4, 20, 10], [5, 4, 20, 10]], media=["video"])
    >>> example.reference
    (Box(x=4.0, y=4.0, width=20.0, height=10.0), Box(x=5.0, y=4.0, width=20.0, height=10.0))
    >>> example.read("[[4, 4, 24, 14], null]")
    (Box(x=4.0, y=4.0, width=20.0, height=10.0), None)
    """

    name: ClassVar[str] = "video_object_tracking"
    looks_at: ClassVar[int | None] = 16
    reading_words: ClassVar[tuple[str, ...]] = (*LocatedProtocol.reading_words, BASE)
    form: ClassVar[str] = "frame_boxes"
    prompt_fields: ClassVar[tuple[str, ...]] = ("question", "size", "frames", "first", "instruction")
    prompt: ClassVar[str] = "{question}\n{size}\n{frames}\n{first}\n{instruction}"
    max_new_tokens: ClassVar[int] = 1024
    parser: ClassVar[str] = "frame_boxes"
    parsers: ClassVar[tuple[str, ...]] = ("frame_boxes",)
    own_keys: ClassVar[frozenset[str]] = frozenset(_FIRST_BOX_KEYS)
    shown: ClassVar[str] = "video"

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Find out what numbers and numbers of frames mean."""
        context = super().context(task, header, instances)
        evidence = FrameEvidence()
        for instance in instances:
            try:
                numbered = self._numbered(instance, context) if instance.has_reference else None
            except DataError:
                continue  # it will be told where the instance is asked
            if numbered:
                evidence.add(numbered, frame_files(instance), fields.place(instance))
        base, note = evidence.decided(task)
        return replace(
            context,
            facts={**context.facts, "frame_base": base},
            notes=(*context.notes, *filter(None, [note])),
        )

    def _numbered(self, instance: Instance, context: TaskContext) -> dict[int, RawBox] | None:
        """Return the boxes by the numbers of their frames, None where the reference has no such numbers."""
        try:
            named = numbered_in(instance.reference)
        except AnswerFormatError as error:
            raise unreadable(instance, error) from error
        return (
            numbered_rows(self, self.raw_reference(instance), instance, context) if named is None else named
        )

    def raw_reference(self, instance: Instance) -> Sequence[RawBox | None]:
        """Return the boxes as written: of every frame, or of those that are numbered."""
        try:
            named = numbered_in(instance.reference)
            return list(named.values()) if named is not None else frames_in(instance.reference)
        except AnswerFormatError as error:
            raise unreadable(instance, error) from error

    def _track(self, instance: Instance, context: TaskContext) -> Sequence[RawBox | None]:
        """Return the box of every frame, its numbers from their columns."""
        files = frame_files(instance)
        numbered = self._numbered(instance, context)
        if numbered is None:
            raws = self.raw_reference(instance)
            track = [None if raw is None else self.from_columns(raw, instance, context) for raw in raws]
        else:
            base = context.facts.get("frame_base", 0)
            if numbered and min(numbered) < base:
                raise unreadable(instance, f"a box in frame {min(numbered)}, where frames count from {base}")
            end = max(numbered, default=base) + 1
            track = [numbered.get(frame) for frame in range(base, max(end, base + (files or 0)))]
        if files is not None and len(track) != files:
            raise unreadable(instance, f"{len(track)} boxes for {files} frames")
        return track

    def raw_boxes(self, text: str) -> Sequence[RawBox | None]:
        """Return the boxes that a text names."""
        return frames_in_text(text) or []

    def reference(self, instance: Instance, context: TaskContext) -> tuple[Box | None, ...]:
        """Return the track."""
        boxes = self.true_boxes(map(_seen, self._track(instance, context)), instance, context)
        result = [box if box and box.width > 0 and box.height > 0 else None for box in boxes]
        if all(box is None for box in result[1:]):
            raise unreadable(instance, "no box in any frame behind the first")
        return tuple(result)

    def first_box(self, instance: Instance, context: TaskContext) -> Box | None:
        """Return the box of the first frame, which the prompt gives."""
        given = fields.find(instance.fields, *_FIRST_BOX_KEYS)
        if given is not None:
            try:
                return self.true_box(boxes_in(given)[0], instance, context)
            except (DataError, IndexError):
                return None
        if not instance.has_reference:
            return None
        first = _seen(next(iter(self._track(instance, context)), None))
        box = None if first is None else self.true_box(first, instance, context)
        return box if box and box.width > 0 and box.height > 0 else None

    def _frames(self, instance: Instance, context: TaskContext) -> int | None:
        files = frame_files(instance)
        if files is None and instance.has_reference:
            return len(self._track(instance, context))
        return files

    def values(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Add the number of frames and the first box."""
        frames, box = self._frames(instance, context), self.first_box(instance, context)
        corners = format_numbers(from_box(box, "pixels_xyxy", None)) if box else ""
        return {
            **super().values(instance, context),
            "frames": f"The video has {frames} frames." if frames else "",
            "first": f'In the first frame the object is at {{"bbox": {corners}}}.' if box else "",
        }

    def answer_length(self, instance: Instance, context: TaskContext) -> int | None:
        """Return enough tokens for a box per frame, within reason."""
        wanted = _TOKENS_PER_BOX * (self._frames(instance, context) or 0) + 64
        return min(max(self.max_new_tokens, wanted), _MOST_TOKENS)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a JSON list with a box per frame."""
        frames = self._frames(instance, context)
        count = f"{frames} " if frames else ""
        return (
            f"Follow the object. Answer with a JSON list of {count}boxes and nothing else: [x1, y1, x2, y2] "
            "for every frame in order, the first one included, left upper and right lower corner in pixels; "
            "null for a frame in which it is not to be seen."
        )

    def of_answer(
        self, answer: StructuredOutput, instance: Instance, context: TaskContext
    ) -> tuple[Box | None, ...]:
        """Return the track; another number of frames is AnswerFormatError."""
        track = answer.boxes if isinstance(answer, FrameBoxes) else ()
        frames = self._frames(instance, context)
        if frames is not None and len(track) != frames:
            raise AnswerFormatError(f"{len(track)} boxes for {frames} frames")
        return track

    def of_text(self, text: str, instance: Instance, context: TaskContext) -> tuple[Box | None, ...] | None:
        """Return the track in a text."""
        raws = frames_in_text(text)
        if raws is None:
            return None
        boxes = tuple(self.boxes(raws, instance, context))
        return self.of_answer(FrameBoxes(boxes), instance, context)

    def ideal(
        self, reference: tuple[Box | None, ...], instance: Instance, context: TaskContext
    ) -> FrameBoxes:
        """Return the track."""
        return FrameBoxes(reference)


PROTOCOLS: Final = (ObjectTracking(),)
