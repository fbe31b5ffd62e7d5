"""Structured outputs for boxes, keypoints, tracks and tubes.

Everywhere a box is x, y, width, height in pixels of the image as it lies on disk, x and y those
of its left upper corner, as in the annotation files. A width or height below zero and any number
that is not finite are refused with AnswerFormatError; corners given the wrong way round are put
right where a box is read from corners; nothing is clipped to the image.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, cast

from pytest_generalbench.core.outputs.base import AnswerFormatError, Get, StructuredOutput, read_plain
from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box, RawBox, to_box
from pytest_generalbench.core.outputs.codecs.boxes.frames import frames_in, tube_in
from pytest_generalbench.core.outputs.codecs.boxes.json_values import boxes_in
from pytest_generalbench.core.outputs.codecs.boxes.keypoints import RawPerson, people_in

FILE_CONVENTION = "pixels_xywh"
"""What bare numbers mean in prediction files, as in the annotations; a `format` key says otherwise."""


class Detection(NamedTuple):
    """One detected box with label and score."""

    x: float
    y: float
    width: float
    height: float
    label: str | None = None
    score: float | None = None
    """Any finite number, higher is surer; None counts as 1."""


class Keypoint(NamedTuple):
    """One point in pixels."""

    x: float
    y: float
    visibility: float = 2.0
    """0: not there, 1: hidden, 2: visible, as in COCO."""


class Person(NamedTuple):
    """All points of one person, always in the same order."""

    points: tuple[Keypoint, ...]
    score: float | None = None
    """Any finite number, higher is surer; None counts as 1."""
    box: Box | None = None
    area: float | None = None
    """Pixels that the person covers."""


def _kept_box(form: str, box: Box) -> Box:
    numbers = [float(number) for number in box]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise AnswerFormatError(f"{form}: {numbers} is no box, it has four finite numbers")
    if min(numbers[2:]) < 0:
        raise AnswerFormatError(f"{form}: {numbers} is no box, its width or height is below zero")
    return Box(*numbers)


def _kept_number(form: str, what: str, value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise AnswerFormatError(f"{form}: the {what} {value} is not finite")
    return None if value is None else float(value)


def _kept_person(form: str, person: Person) -> Person:
    points = tuple(Keypoint(*map(float, point)) for point in person.points)
    if not all(math.isfinite(number) for point in points for number in point):
        raise AnswerFormatError(f"{form}: a point whose numbers are not finite")
    return Person(
        points,
        _kept_number(form, "score", person.score),
        None if person.box is None else _kept_box(form, person.box),
        _kept_number(form, "area", person.area),
    )


def _keep(answer: StructuredOutput, name: str, value: object) -> None:
    """Set a field of a frozen output in its constructor, its numbers as floats."""
    object.__setattr__(answer, name, value)


def _kept_frames(form: str, boxes: tuple[Box | None, ...]) -> tuple[Box | None, ...]:
    return tuple(None if box is None else _kept_box(form, box) for box in boxes)


def _plain_form(value: Any) -> bool:
    return isinstance(value, Mapping) and "form" in value and "values" in value


def detection(raw: RawBox, box: Box) -> Detection:
    """Return a box with its label and score."""
    return Detection(*box, raw.label, raw.score)


@dataclass(frozen=True, slots=True, eq=False)
class Boxes(StructuredOutput):
    """All objects detected in one image; may be empty."""

    form: ClassVar[str] = "boxes"
    boxes: tuple[Detection, ...]

    def __post_init__(self) -> None:
        """Check every box and score."""
        kept = (
            Detection(
                *_kept_box(self.form, Box(*box[:4])), box.label, _kept_number(self.form, "score", box.score)
            )
            for box in self.boxes
        )
        _keep(self, "boxes", tuple(kept))

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Take a COCO result list, an object of label to boxes, or any shape of `box_values.boxes_in`."""
        if _plain_form(value):
            return read_plain(cls, value, read)
        return cls(tuple(detection(raw, to_box(raw, FILE_CONVENTION, None)) for raw in boxes_in(value)))


@dataclass(frozen=True, slots=True, eq=False)
class OneBox(StructuredOutput):
    """One box."""

    form: ClassVar[str] = "box"
    box: Box

    def __post_init__(self) -> None:
        """Check the box."""
        _keep(self, "box", _kept_box(self.form, self.box))

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Take `[x, y, width, height]` or an object with one box; several are AnswerFormatError."""
        if _plain_form(value):
            return read_plain(cls, value, read)
        result = boxes_in(value)
        if len(result) != 1:
            raise AnswerFormatError(f"{len(result)} boxes where one is due")
        return cls(to_box(result[0], FILE_CONVENTION, None))


@dataclass(frozen=True, slots=True, eq=False)
class Keypoints(StructuredOutput):
    """All people detected in one image."""

    form: ClassVar[str] = "keypoints"
    people: tuple[Person, ...]

    def __post_init__(self) -> None:
        """Check every number, and that all people have as many points."""
        if len({len(person.points) for person in self.people}) > 1:
            raise AnswerFormatError(f"{self.form}: people with different numbers of points")
        _keep(self, "people", tuple(_kept_person(self.form, person) for person in self.people))

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Take COCO results: a list of `{"keypoints": [x, y, v, …], "score": …}`."""
        if _plain_form(value):
            return read_plain(cls, value, read)
        return cls(tuple(map(_person, people_in(value))))


def _person(raw: RawPerson) -> Person:
    box = None if raw.box is None else to_box(raw.box, FILE_CONVENTION, None)
    return Person(tuple(Keypoint(*point) for point in raw.points), raw.score, box, raw.area)


def _boxes_or_none(given: list[RawBox | None]) -> tuple[Box | None, ...]:
    return tuple(None if raw is None else to_box(raw, FILE_CONVENTION, None) for raw in given)


@dataclass(frozen=True, slots=True, eq=False)
class FrameBoxes(StructuredOutput):
    """A track: a box for every frame of the video, None where the object is not to be seen."""

    form: ClassVar[str] = "frame_boxes"
    boxes: tuple[Box | None, ...]

    def __post_init__(self) -> None:
        """Check every box."""
        _keep(self, "boxes", _kept_frames(self.form, self.boxes))

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Take a list of `[x, y, width, height]`, null or four zeros for a frame without a box."""
        return read_plain(cls, value, read) if _plain_form(value) else cls(_boxes_or_none(frames_in(value)))


@dataclass(frozen=True, slots=True, eq=False)
class Tube(StructuredOutput):
    """Boxes over a stretch of frames, from `start` up to, and without, `start + len(boxes)`."""

    form: ClassVar[str] = "tube"
    start: int
    """Counted from 0."""
    boxes: tuple[Box | None, ...]

    def __post_init__(self) -> None:
        """Check the start and every box."""
        if self.start < 0:
            raise AnswerFormatError(f"{self.form}: it cannot start at frame {self.start}")
        _keep(self, "boxes", _kept_frames(self.form, self.boxes))

    @property
    def end(self) -> int:
        """The frame behind the last one."""
        return self.start + len(self.boxes)

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Take `{"start": 3, "boxes": […]}`, boxes by frame number, or a box per frame of the video."""
        if _plain_form(value):
            return read_plain(cls, value, read)
        return cls.of_frames(
            {place: to_box(raw, FILE_CONVENTION, None) for place, raw in tube_in(value).items()}
        )

    @classmethod
    def of_frames(cls, boxes: Mapping[int, Box]) -> Tube:
        """Return the tube of boxes by frame number; frames in between that have none get None."""
        if not boxes:
            return cls(0, ())
        first, last = min(boxes), max(boxes)
        return cls(first, cast("tuple[Box | None, ...]", tuple(map(boxes.get, range(first, last + 1)))))
