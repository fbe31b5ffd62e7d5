"""Inference of the format of a file's keypoints: pairs or triples, scale, visibility, missing points."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_generalbench.core.outputs.codecs.boxes.conventions import RawBox
from pytest_generalbench.core.outputs.codecs.boxes.file_conventions import FileEvidence
from pytest_generalbench.core.outputs.codecs.boxes.keypoints import RawPerson, RawPoint, split_flat
from pytest_generalbench.protocols.reading import ambiguous, decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_generalbench.core.media.media import Size
    from pytest_generalbench.core.task import Task

POINTS: Final = "points"
POINT: Final = "point"
VISIBILITY: Final = "visibility"
POINT_WORDS: Final = (POINTS, POINT, VISIBILITY)
"""The words of a reading for points."""

_WIDTH: Final = {"pairs": 2, "triples": 3}
_FEW_POINTS: Final = 6
_CODES_AT_MOST: Final = 3
_NARROW: Final = 0.25
_CODES: Final = frozenset((0.0, 1.0, 2.0))


class PointForm(NamedTuple):
    """How the points of a file are read."""

    width: int = 3
    """Numbers of a point in a flat list."""
    scale: str = "pixels"
    visibility: str = "coco"

    def points_of(self, person: RawPerson) -> tuple[RawPoint, ...]:
        """Return the points, visibility as COCO codes it; what is missing has 0 in all three."""
        points = split_flat(person.flat, self.width) if person.flat else person.points
        places_only = self.width == 2 if person.flat else person.places_only
        return tuple(self._point(point, places_only) for point in points)

    def _point(self, point: RawPoint, places_only: bool) -> RawPoint:
        x, y, seen = point
        if (x, y) == (-1, -1) or (places_only and (x, y) == (0, 0)):
            return 0.0, 0.0, 0.0
        if places_only:
            return x, y, 2.0 if seen > 0 else 0.0
        if self.visibility == "mpii":
            seen += 1
        elif self.visibility == "ai_challenger":
            seen = {1.0: 2.0, 2.0: 1.0}.get(seen, 0.0)
        elif self.visibility == "score":
            seen = 2.0 if seen > 0 else 0.0
        return x, y, seen


@dataclass(slots=True)
class PointEvidence:
    """Statistics over the people of a file from which the format of their points is inferred."""

    count: int | None = None
    """How many points a person has, where the file names them."""
    people: list[tuple[RawPerson, Size | None]] = field(default_factory=list)

    def add(self, people: Iterable[RawPerson], size: Size | None) -> None:
        """Add the people of one image."""
        self.people += [(person, size) for person in people]

    def decided(self, task: Task) -> tuple[PointForm, tuple[str, ...]]:
        """Return the form, and notes on what was decided. Raises AmbiguousReferenceError."""
        width, first = self._width(task)
        form = PointForm(width)
        visibility, second = self._visibility(task, form)
        form = form._replace(visibility=visibility)
        scale, third = self._scale(task, form)
        return form._replace(scale=scale), tuple(filter(None, [first, second, third]))

    def _width(self, task: Task) -> tuple[int, str]:
        flats = [person.flat for person, _ in self.people if any(person.flat)]
        if not flats:
            return 3, ""
        fits = {}
        if all(len(flat) % 3 == 0 and self._named(flat, 3) for flat in flats) and _are_seen(flats):
            fits["triples"] = "every third number may be a visibility"
        marked = "triples" in fits and _are_marks(flats)
        if "triples" not in fits and _are_codes(flats):
            fits["triples"] = "every third number is of a narrow range"
        if all(len(flat) % 2 == 0 and self._named(flat, 2) for flat in flats) and not marked:
            fits["pairs"] = f"{len(flats[0])} numbers are {len(flats[0]) // 2} pairs"
        decided = decide(task, POINTS, fits)
        return _WIDTH[decided.value], "" if decided.value == "triples" else decided.note

    def _named(self, flat: Sequence[float], width: int) -> bool:
        return self.count is None or len(flat) == width * self.count

    def _visibility(self, task: Task, form: PointForm) -> tuple[str, str]:
        points = [
            point
            for person, _ in self.people
            for point in _split(person, form.width)
            if not (form.width == 2 if person.flat else person.places_only) and point[:2] != (-1, -1)
        ]
        values = {seen for _, _, seen in points}
        placed = {seen for x, y, seen in points if (x, y) != (0, 0)}
        if values <= _CODES:
            if 2.0 in values or 0.0 not in placed:
                fits = {"coco": ""}
            else:
                fits = {"coco": "0 and 1 alone", "mpii": "points of 0 have a place"}
        elif all(0 <= value <= 1 for value in values):
            fits = {"score": "numbers between 0 and 1"}
        elif values <= {1.0, 2.0, 3.0}:
            fits = {"ai_challenger": "1 to 3"}
        else:
            fits = {}
        decided = decide(task, VISIBILITY, fits)
        return decided.value, "" if decided.value == "coco" else decided.note

    def _scale(self, task: Task, form: PointForm) -> tuple[str, str]:
        evidence = FileEvidence()
        for person, size in self.people:
            if person.flat and not _split(person, form.width):
                continue
            for x, y, seen in form.points_of(person):
                if seen > 0:
                    evidence.add(RawBox((x, y, x, y), "xyxy"), size)
        readings = {name.partition("_")[0]: why for name, why in evidence.readings("pixels_xywh").items()}
        if not readings and POINT not in task.reading:
            raise ambiguous(task, POINT, {"pixels": evidence.contradiction("pixels_xywh")}, "points")
        decided = decide(task, POINT, readings)
        return decided.value, "" if decided.value == "pixels" else decided.note


def _split(person: RawPerson, width: int) -> tuple[RawPoint, ...]:
    """Return a person's points, none of a flat list that `width` does not divide."""
    if not person.flat:
        return person.points
    return () if len(person.flat) % width else split_flat(person.flat, width)


def _are_seen(flats: Sequence[Sequence[float]]) -> bool:
    """Whether every third number may be a visibility or a confidence."""
    thirds = {value for flat in flats for value in flat[2::3]}
    return thirds <= {-1.0, 0.0, 1.0, 2.0, 3.0} or all(0 <= value <= 1 for value in thirds)


def _are_codes(flats: Sequence[Sequence[float]]) -> bool:
    """Whether every third number is one of at most three, or of a narrow range: no coordinates are."""
    thirds = [value for flat in flats for value in flat[2::3]]
    others = [value for flat in flats for place, value in enumerate(flat) if place % 3 != 2]
    if not all(len(flat) % 3 == 0 for flat in flats) or len(thirds) <= _FEW_POINTS:
        return False
    narrow = max(thirds) - min(thirds) < _NARROW * (max(others) - min(others))
    return narrow or len(set(thirds)) <= _CODES_AT_MOST


def _are_marks(flats: Sequence[Sequence[float]]) -> bool:
    """Whether every third number is small and whole beside coordinates that are not."""
    thirds = [value for flat in flats for value in flat[2::3]]
    others = [value for flat in flats for place, value in enumerate(flat) if place % 3 != 2]
    return any(thirds) and max(others, default=0) > 3
