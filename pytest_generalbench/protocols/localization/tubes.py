"""Boxes of one thing in the frames in which it is to be found: tubes in a video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.keys import key_of
from pytest_generalbench.core.outputs import AnswerFormatError, StructuredOutput
from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box, RawBox
from pytest_generalbench.core.outputs.codecs.boxes.frames import (
    MAX_FRAMES,
    START_KEYS,
    by_frame,
    frames_in,
    numbered_in,
    tube_in,
    tube_in_text,
)
from pytest_generalbench.core.outputs.codecs.boxes.json_values import whole
from pytest_generalbench.core.outputs.forms.boxes import Tube
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.index_base import BASE
from pytest_generalbench.protocols.localization.base import (
    LocatedProtocol,
    frame_files,
    unreadable,
)
from pytest_generalbench.protocols.localization.frame_numbers import FrameEvidence, numbered_rows

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.base import TaskContext


class SpatiotemporalGrounding(LocatedProtocol):
    """Find who or what a caption describes: in which frames, and where in each.

    Prompt fields: `{question}`, `{size}`, `{frames}` (how many), `{instruction}`. Parser `tube`:
    `{"start": 3, "boxes": […]}`, boxes by frame number, or `frames 3-9: [x1, y1, x2, y2]`; frames
    are counted from 0, and in a text the frames between two that are named are filled in
    linearly. Answer form `tube`. Prediction and reference: frame number to Box. A frame behind
    the end of the video makes an answer unparsable, where the instance says how many there are.
    References are the flat keys `tube_start_frame`, `tube_end_frame` and `trajectory`: a list of
    boxes counts frames from 1 and start and end are reduced by one (action detection), an object
    of frame number to box is taken as it is (video grounding); both end before the end frame. Rows of a
    trajectory may have their frame as a column. Tubes in other words (`start` and `boxes`, boxes by frame
    number) count their frames from 0 where one is 0, from 1 where one is the number of frames, else the
    task is refused (`reading:` with `index_base`).

    >>> from pytest_generalbench.protocols.example import Example
    >>> tube = {
    ...     "tube_start_frame": 1,
    ...     "tube_end_frame": 3,
    ...     "trajectory": [[4, 4, 20, 10], [5, 4, 20, 10]],
    ... }
    >>> example = Example("video_spatiotemporal_grounding", {"caption": "a cat"}, tube, media=["video"])
    >>> example.reference
    {0: Box(x=4.0, y=4.0, width=20.0, height=10.0), 1: Box(x=5.0, y=4.0, width=20.0, height=10.0)}
    >>> example.read("frames 0-1: [4, 4, 24, 14]")
    {0: Box(x=4.0, y=4.0, width=20.0, height=10.0), 1: Box(x=4.0, y=4.0, width=20.0, height=10.0)}
    """

    name: ClassVar[str] = "video_spatiotemporal_grounding"
    looks_at: ClassVar[int | None] = 16
    reading_words: ClassVar[tuple[str, ...]] = (*LocatedProtocol.reading_words, BASE)
    form: ClassVar[str] = "tube"
    prompt_fields: ClassVar[tuple[str, ...]] = ("question", "size", "frames", "instruction")
    prompt: ClassVar[str] = "{question}\n{size}\n{frames}\n{instruction}"
    max_new_tokens: ClassVar[int] = 2048
    parser: ClassVar[str] = "tube"
    parsers: ClassVar[tuple[str, ...]] = ("tube",)
    shown: ClassVar[str] = "video"

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Find out what numbers mean, and in tubes without the file's own words the numbers of frames."""
        context = super().context(task, header, instances)
        evidence = FrameEvidence(starts=False)
        for instance in instances:
            try:
                result = self._other_words(instance, context) if instance.has_reference else None
            except DataError:
                continue  # it will be told where the instance is asked
            if result:
                evidence.add(result, self._frames(instance), fields.place(instance))
        base, note = evidence.decided(task)
        return replace(
            context,
            facts={**context.facts, "frame_base": base},
            notes=(*context.notes, *filter(None, [note])),
        )

    def _other_words(self, instance: Instance, context: TaskContext) -> dict[int, RawBox] | None:
        """Return the tube by its own frame numbers, where their base is not documented."""
        raw = instance.reference
        plain = {key_of(key): value for key, value in raw.items()} if isinstance(raw, Mapping) else {}
        trajectory = plain.get("trajectory")
        if isinstance(trajectory, Mapping) or (isinstance(trajectory, list) and "tube_start_frame" in plain):
            return None
        result = self._raw_tube(instance)
        rows = numbered_rows(self, list(result.values()), instance, context)
        if rows is not None or isinstance(trajectory, list):
            return rows
        numbered = any(key in plain for key in START_KEYS) or numbered_in(raw) is not None
        return result if numbered else None

    def _raw_tube(self, instance: Instance) -> dict[int, RawBox]:
        raw = instance.reference
        if not isinstance(raw, Mapping | list):
            raise unreadable(instance, f"{raw!r:.60} is no tube")
        plain = {key_of(key): value for key, value in raw.items()} if isinstance(raw, Mapping) else {}
        trajectory = plain.get("trajectory")
        start, end = (self._edge(plain, word, instance) for word in ("start", "end"))
        try:
            if isinstance(trajectory, list):
                return self._listed(trajectory, start, end, instance)
            result = by_frame(trajectory) if isinstance(trajectory, Mapping) else tube_in(raw)
        except AnswerFormatError as error:
            raise unreadable(instance, error) from error
        low, high = start or 0, MAX_FRAMES if end is None else end
        return {frame: box for frame, box in result.items() if low <= frame < high}

    def _tube(self, instance: Instance, context: TaskContext) -> dict[int, RawBox]:
        """Return the tube by frame number from 0."""
        tube = self._raw_tube(instance)
        base = context.facts.get("frame_base", 0)
        if (other := self._other_words(instance, context)) is not None:
            return {frame - base: raw for frame, raw in other.items()}
        rows = numbered_rows(self, list(tube.values()), instance, context)
        if rows is None:
            return tube
        if min(rows) not in (min(tube), min(tube) + 1):
            raise unreadable(instance, f"rows from frame {min(rows)} in a tube from frame {min(tube) + 1}")
        shift = min(rows) - min(tube)
        return {frame - shift: raw for frame, raw in rows.items()}

    @staticmethod
    def _edge(plain: Mapping[str, Any], word: str, instance: Instance) -> int | None:
        given = plain.get(f"tube_{word}_frame")
        frame = whole(given)
        if given is not None and (frame is None or not 0 <= frame <= MAX_FRAMES):
            raise unreadable(instance, f"a tube cannot {word} at frame {given!r:.40}")
        return frame

    @staticmethod
    def _listed(
        trajectory: list[Any], start: int | None, end: int | None, instance: Instance
    ) -> dict[int, RawBox]:
        """Return the tube of a list of boxes, whose frames are counted from 1."""
        if start is not None and end is not None and len(trajectory) != end - start:
            raise unreadable(instance, f"{len(trajectory)} boxes for frames {start} to {end}")
        first = max(0, start - 1) if start is not None else 0
        return {first + place: box for place, box in enumerate(frames_in(trajectory)) if box is not None}

    def raw_reference(self, instance: Instance) -> Sequence[RawBox]:
        """Return the boxes as written."""
        return list(self._raw_tube(instance).values())

    def raw_boxes(self, text: str) -> Sequence[RawBox]:
        """Return the boxes that a text names."""
        return list((tube_in_text(text) or {}).values())

    def reference(self, instance: Instance, context: TaskContext) -> dict[int, Box]:
        """Return the tube."""
        raws = self._tube(instance, context)
        pairs = zip(raws, self.true_boxes(raws.values(), instance, context), strict=True)
        result = {frame: box for frame, box in pairs if box and box.width > 0 and box.height > 0}
        if not result:
            raise unreadable(instance, "no box in any frame of the tube")
        return result

    def _frames(self, instance: Instance) -> int | None:
        count = whole(fields.find(instance.fields, "frame_count", "num_frames", "frames"))
        return count if count is not None and count >= 1 else frame_files(instance)

    def values(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Add the number of frames."""
        frames = self._frames(instance)
        line = f"The video has {frames} frames, numbered from 0 to {frames - 1}." if frames else ""
        return {**super().values(instance, context), "frames": line}

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a JSON list of frames with a box."""
        return (
            "Find what is described, in the frames where it happens. Answer with a JSON list and nothing "
            'else: {"frame": number, "bbox": [x1, y1, x2, y2]} for the first and the last of these frames, '
            "and for as many in between as needed, the others are filled in linearly; left upper and right "
            "lower corner in pixels."
        )

    def _checked(self, tube: Mapping[int, Box], instance: Instance) -> dict[int, Box]:
        frames = self._frames(instance)
        if frames is not None and tube and max(tube) >= frames:
            raise AnswerFormatError(f"a box in frame {max(tube)} of a video of {frames} frames")
        return dict(tube)

    def of_answer(self, answer: StructuredOutput, instance: Instance, context: TaskContext) -> dict[int, Box]:
        """Return the tube."""
        start, boxes = (answer.start, answer.boxes) if isinstance(answer, Tube) else (0, ())
        result = {start + place: box for place, box in enumerate(boxes) if box is not None}
        return self._checked(result, instance)

    def of_text(self, text: str, instance: Instance, context: TaskContext) -> dict[int, Box] | None:
        """Return the tube in a text, the frames between those that are named filled in."""
        raws = tube_in_text(text)
        if not raws:
            return None
        pairs = zip(raws, self.boxes(raws.values(), instance, context), strict=True)
        named = self._checked({frame: box for frame, box in pairs if box is not None}, instance)
        return self.of_answer(Tube.of_frames(filled_in(named)), instance, context)

    def ideal(self, reference: dict[int, Box], instance: Instance, context: TaskContext) -> Tube:
        """Return the tube."""
        return Tube.of_frames(reference)


def filled_in(named: Mapping[int, Box]) -> dict[int, Box]:
    """Return boxes for all frames from the first to the last that are named, linear in between.

    >>> filled_in({0: Box(0, 0, 4, 4), 2: Box(2, 4, 4, 8)})[1]
    Box(x=1.0, y=2.0, width=4.0, height=6.0)
    """
    filled = dict(named)
    for first, last in pairwise(sorted(named)):
        for frame in range(first + 1, last):
            share = (frame - first) / (last - first)
            pairs = zip(named[first], named[last], strict=True)
            filled[frame] = Box(*((1 - share) * a + share * b for a, b in pairs))
    return filled


PROTOCOLS: Final = (SpatiotemporalGrounding(),)
