"""Points of all people in an image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.outputs import AnswerFormatError, StructuredOutput
from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box, RawBox, scaled
from pytest_generalbench.core.outputs.codecs.boxes.keypoints import (
    COCO_POINTS,
    RawPerson,
    RawPoint,
    people_in,
    split_flat,
)
from pytest_generalbench.core.outputs.codecs.boxes.text import json_values
from pytest_generalbench.core.outputs.forms.boxes import Keypoint, Keypoints, Person
from pytest_generalbench.metrics.detection.keypoints import TruePerson
from pytest_generalbench.protocols.instance_fields import find
from pytest_generalbench.protocols.localization.base import ASKED, LocatedProtocol, size_of, unreadable
from pytest_generalbench.protocols.localization.point_forms import (
    POINT,
    POINT_WORDS,
    PointEvidence,
    PointForm,
)
from pytest_generalbench.protocols.reading import ambiguous

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.base import TaskContext

_CHECKED: Final = 5000
"""Points that are held against the boxes of their people."""

_MOST_FAR: Final = 0.3

_BODY: Final = 0.53
"""The share of a person's box that the person covers, where the file gives no area."""


def _names(header: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the points where the file lists them, in COCO's categories or by themselves."""
    listed = header.get("categories")
    first = listed[0] if isinstance(listed, list) and listed else None
    names = first.get("keypoints") if isinstance(first, Mapping) else None
    others = header.get("others")
    for holder in (header, others if isinstance(others, Mapping) else {}):
        names = names or find(holder, "keypoint_names", "joint_names", "keypoints", "joints")
    return (
        tuple(map(str, names)) if isinstance(names, list) and all(isinstance(n, str) for n in names) else ()
    )


class KeypointDetection(LocatedProtocol):
    """Find the points of every person.

    How many points a person has is what most references of the file say. Their names are those that the
    file lists, else COCO's for 17 points. Whether a flat list is pairs or triples, the scale of its numbers
    and what its visibility says is decided over the whole file, or the task is refused (`reading:` with
    `points`, `point` and `visibility`). A point at (-1, -1), at NaN, and a pair of zeros is not there.

    Prompt fields: `{question}`, `{size}`, `{instruction}`. Parser `keypoints`: a JSON list of
    people as `keypoint_values.people_in` reads it; `[]` says that there is nobody. Answer form
    `keypoints`. Prediction: tuple of Person. Reference: tuple of TruePerson; where the file has no
    area it is 0.53 of the person's box, and where it has no box that of the visible points.

    >>> from pytest_generalbench.protocols.example import Example
    >>> person = {"keypoints": [4, 4, 2, 9, 5, 2], "bbox": [0, 0, 20, 20]}
    >>> header = {"keypoints": ["head", "hand"]}
    >>> example = Example("keypoint_detection", {}, [person], media=["image"], header=header)
    >>> example.reference[0].points
    (Keypoint(x=4.0, y=4.0, visibility=2.0), Keypoint(x=9.0, y=5.0, visibility=2.0))
    >>> example.read('[{"keypoints": [[4, 5], [9, 5]]}]')[0].points
    (Keypoint(x=4.0, y=5.0, visibility=2.0), Keypoint(x=9.0, y=5.0, visibility=2.0))
    """

    name: ClassVar[str] = "keypoint_detection"
    reading_words: ClassVar[tuple[str, ...]] = (*LocatedProtocol.reading_words, *POINT_WORDS)
    form: ClassVar[str] = "keypoints"
    max_new_tokens: ClassVar[int] = 4096
    parser: ClassVar[str] = "keypoints"
    parsers: ClassVar[tuple[str, ...]] = ("keypoints",)

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Find out how many points a person has, and their names."""
        context = super().context(task, header, instances)
        given = _names(header)
        evidence = PointEvidence(len(given) or None)
        for instance in instances:
            try:
                people = self._people(instance) if instance.has_reference else []
            except DataError:
                continue
            evidence.add(people, size_of(instance))
        form, notes = evidence.decided(task)
        counts: Counter[int] = Counter()
        for person, _ in evidence.people:
            with suppress(AnswerFormatError):  # it is told where the instance is asked
                counts[len(form.points_of(person))] += 1
        count = min(counts, key=lambda count: (-counts[count], count), default=len(COCO_POINTS))
        names = given if len(given) == count else COCO_POINTS if count == len(COCO_POINTS) else ()
        facts = {**context.facts, "points": count, "names": names, "form": form}
        context = replace(context, facts=facts, notes=(*context.notes, *notes))
        self._check_boxes(instances, context)
        return context

    def _check_boxes(self, instances: Sequence[Instance], context: TaskContext) -> None:
        """Refuse the task when most points lie far from the boxes of their people."""
        far = count = 0
        for instance in instances:
            with suppress(DataError):
                for raw in self._people(instance) if instance.has_reference and count < _CHECKED else ():
                    if raw.box is None:
                        continue
                    box = self.true_box(raw.box, instance, context)
                    points = [point for point in self._points(raw, instance, context) if point.visibility > 0]
                    count += len(points)
                    far += sum(_is_far(point, box) for point in points)
        if far > _MOST_FAR * count and POINT not in context.reading:
            scale = context.facts["form"].scale
            why = f"{far} of {count} points lie far from the boxes of their people"
            raise ambiguous(context.task, POINT, {scale: why}, "points")

    def _people(self, instance: Instance) -> list[RawPerson]:
        try:
            return people_in(instance.reference)
        except AnswerFormatError as error:
            raise unreadable(instance, error) from error

    def raw_reference(self, instance: Instance) -> Sequence[RawBox]:
        """Return the boxes of the people that have one."""
        return [person.box for person in self._people(instance) if person.box is not None]

    def raw_boxes(self, text: str) -> Sequence[RawBox]:
        """Return the points that a text names, each as a box of one point."""
        people = _people_in_text(text, COCO_POINTS) or []
        points = (point for person in people for point in person.points if point[2] > 0)
        return [RawBox((x, y, x, y), "xyxy") for x, y, _ in points]

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a JSON list of people, their points in pixels."""
        names, count = context.facts.get("names", ()), context.facts.get("points", len(COCO_POINTS))
        order = f"{count} points in the order {', '.join(names)}" if names else f"{count} points"
        return (
            'Answer with a JSON list and nothing else: one object {"keypoints": [[x, y], …]} for each '
            f"person, {order}, in pixels of the image, with null for a point that is not there; [] if there "
            "is nobody."
        )

    def reference(self, instance: Instance, context: TaskContext) -> tuple[TruePerson, ...]:
        """Return the people."""
        return tuple(self._true_person(raw, instance, context) for raw in self._people(instance))

    def _points(self, raw: RawPerson, instance: Instance, context: TaskContext) -> tuple[Keypoint, ...]:
        """Return the points of a reference in pixels."""
        form, size = context.facts.get("form", PointForm()), size_of(instance)

        def placed(x: float, y: float, seen: float) -> Keypoint:
            across, down = scaled(x, y, f"{form.scale}_xy", size) if seen > 0 else (x, y)
            return Keypoint(across, down, seen)

        try:
            return tuple(placed(*point) for point in form.points_of(raw))
        except AnswerFormatError as error:
            raise unreadable(instance, error) from error

    def _true_person(self, raw: RawPerson, instance: Instance, context: TaskContext) -> TruePerson:
        points = self._points(raw, instance, context)
        seen = [point for point in points if point.visibility > 0]
        if raw.box is not None:
            box = self.true_box(raw.box, instance, context)
        elif seen:
            left, top = min(point.x for point in seen), min(point.y for point in seen)
            width = max(point.x for point in seen) - left
            box = Box(left, top, width, max(point.y for point in seen) - top)
        else:
            box = Box(0.0, 0.0, 0.0, 0.0)
        in_pixels = context.facts.get("form", PointForm()).scale == "pixels"
        given = raw.area if in_pixels and raw.area and raw.area > 0 else None
        area = given or max(1.0, _BODY * box.width * box.height)
        return TruePerson(points, area, box, raw.crowd)

    def of_answer(
        self, answer: StructuredOutput, instance: Instance, context: TaskContext
    ) -> tuple[Person, ...]:
        """Return the people; a number of points that is not the reference's is AnswerFormatError."""
        people = answer.people if isinstance(answer, Keypoints) else ()
        wanted = context.facts.get("points", len(COCO_POINTS))
        if instance.has_reference:
            people_there = self._people(instance)
            wanted = next((len(self._points(one, instance, context)) for one in people_there), wanted)
        for person in people:
            if len(person.points) != wanted:
                raise AnswerFormatError(f"a person of {len(person.points)} points where {wanted} are due")
        return people

    def of_text(self, text: str, instance: Instance, context: TaskContext) -> tuple[Person, ...] | None:
        """Return the people in a text."""
        people = _people_in_text(text, context.facts.get("names") or COCO_POINTS)
        if people is None:
            return None
        convention, size = str(context.facts.get("coordinates", ASKED)), size_of(instance)

        wanted = context.facts.get("points", len(COCO_POINTS))

        def points_of(raw: RawPerson) -> tuple[RawPoint, ...]:
            return split_flat(raw.flat, 2) if len(raw.flat) == 2 * wanted else raw.points

        def placed(raw: RawPoint) -> Keypoint:
            first, second = (raw[1], raw[0]) if convention.endswith("yxyx") else raw[:2]
            return Keypoint(*scaled(first, second, convention, size), raw[2])

        result = tuple(Person(tuple(map(placed, points_of(raw))), raw.score) for raw in people)
        return self.of_answer(Keypoints(result), instance, context)

    def ideal(self, reference: tuple[TruePerson, ...], instance: Instance, context: TaskContext) -> Keypoints:
        """Return everybody who counts."""
        return Keypoints(tuple(Person(person.points) for person in reference if not person.ignored))

    def as_output(
        self, prediction: tuple[Person, ...], instance: Instance, context: TaskContext
    ) -> Keypoints:
        """Return the people."""
        return Keypoints(prediction)


def _is_far(point: Keypoint, box: Box) -> bool:
    """Whether a point lies more than half a side outside a box."""
    across, down = box.width / 2 + 1, box.height / 2 + 1
    inside = box.x - across <= point.x <= box.x + box.width + across
    return not (inside and box.y - down <= point.y <= box.y + box.height + down)


def _people_in_text(text: str, names: Sequence[str]) -> list[RawPerson] | None:
    """Return the people in the JSON of a text, None when there is no JSON."""
    values = json_values(text)
    if not values:
        return None
    if all(isinstance(value, dict) for value in values):
        return people_in(values, names)
    return people_in(max(values, key=len), names)


PROTOCOLS: Final = (KeypointDetection(),)
