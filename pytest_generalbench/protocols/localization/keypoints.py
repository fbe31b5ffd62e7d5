"""Points of all people in an image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
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
)
from pytest_generalbench.core.outputs.codecs.boxes.text import json_values
from pytest_generalbench.core.outputs.forms.boxes import Keypoint, Keypoints, Person
from pytest_generalbench.metrics.detection.keypoints import TruePerson
from pytest_generalbench.protocols.localization.base import ASKED, LocatedProtocol, size_of, unreadable

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.base import TaskContext

_BODY: Final = 0.53
"""The share of a person's box that the person covers, where the file gives no area."""


def _names(header: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the points where the file has COCO's list of categories."""
    listed = header.get("categories")
    first = listed[0] if isinstance(listed, list) and listed else None
    names = first.get("keypoints") if isinstance(first, Mapping) else None
    return tuple(map(str, names)) if isinstance(names, list) else ()


class KeypointDetection(LocatedProtocol):
    """Find the points of every person.

    How many points a person has is what most references of the file say. Their names are those of
    the file's `categories`, else COCO's for 17 points.

    Prompt fields: `{question}`, `{size}`, `{instruction}`. Parser `keypoints`: a JSON list of
    people as `keypoint_values.people_in` reads it; `[]` says that there is nobody. Answer form
    `keypoints`. Prediction: tuple of Person. Reference: tuple of TruePerson; where the file has no
    area it is 0.53 of the person's box, and where it has no box that of the visible points.
    """

    name: ClassVar[str] = "keypoint_detection"
    form: ClassVar[str] = "keypoints"
    max_new_tokens: ClassVar[int] = 4096
    parser: ClassVar[str] = "keypoints"
    parsers: ClassVar[tuple[str, ...]] = ("keypoints",)

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Find out how many points a person has, and their names."""
        context = super().context(task, header, instances)
        counts: Counter[int] = Counter()
        for instance in instances:
            try:
                people = self._people(instance) if instance.has_reference else []
            except DataError:
                continue
            counts.update(len(person.points) for person in people)
        count = min(counts, key=lambda count: (-counts[count], count), default=len(COCO_POINTS))
        given = _names(header)
        names = given if len(given) == count else COCO_POINTS if count == len(COCO_POINTS) else ()
        return replace(context, facts={**context.facts, "points": count, "names": names})

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

    def _true_person(self, raw: RawPerson, instance: Instance, context: TaskContext) -> TruePerson:
        points = tuple(Keypoint(*point) for point in raw.points)
        seen = [point for point in points if point.visibility > 0]
        if raw.box is not None:
            box = self.true_box(raw.box, instance, context)
        elif seen:
            left, top = min(point.x for point in seen), min(point.y for point in seen)
            width = max(point.x for point in seen) - left
            box = Box(left, top, width, max(point.y for point in seen) - top)
        else:
            box = Box(0.0, 0.0, 0.0, 0.0)
        area = raw.area if raw.area and raw.area > 0 else max(1.0, _BODY * box.width * box.height)
        return TruePerson(points, area, box, raw.crowd)

    def of_answer(
        self, answer: StructuredOutput, instance: Instance, context: TaskContext
    ) -> tuple[Person, ...]:
        """Return the people; a number of points that is not the reference's is AnswerFormatError."""
        people = answer.people if isinstance(answer, Keypoints) else ()
        wanted = context.facts.get("points", len(COCO_POINTS))
        if instance.has_reference:
            wanted = next((len(person.points) for person in self._people(instance)), wanted)
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

        def placed(raw: RawPoint) -> Keypoint:
            first, second = (raw[1], raw[0]) if convention.endswith("yxyx") else raw[:2]
            return Keypoint(*scaled(first, second, convention, size), raw[2])

        found = tuple(Person(tuple(map(placed, raw.points)), raw.score) for raw in people)
        return self.of_answer(Keypoints(found), instance, context)

    def ideal(self, reference: tuple[TruePerson, ...], instance: Instance, context: TaskContext) -> Keypoints:
        """Return everybody who counts."""
        return Keypoints(tuple(Person(person.points) for person in reference if not person.ignored))


def _people_in_text(text: str, names: Sequence[str]) -> list[RawPerson] | None:
    """Return the people in the JSON of a text, None when there is no JSON."""
    values = json_values(text)
    if not values:
        return None
    if all(isinstance(value, dict) for value in values):
        return people_in(values, names)
    return people_in(max(values, key=len), names)
