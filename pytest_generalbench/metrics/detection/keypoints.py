"""Keypoints of people: COCO's average precision at an object keypoint similarity of 0.5."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box
from pytest_generalbench.core.outputs.forms.boxes import Keypoint, Person
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.detection.average_precision import Detected, PrecisionTally
from pytest_generalbench.metrics.validation import FALSE_ALARMS, PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COCO_SIGMAS: Final = (
    0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087,
    0.089, 0.089,
)  # fmt: skip
"""How far annotators differ on each of COCO's 17 points, in shares of the person's size."""

OTHER_SIGMA: Final = sum(COCO_SIGMAS) / len(COCO_SIGMAS)
"""For every point of another set of points: the mean of COCO's."""

MAX_PEOPLE: Final = 20
"""People that count in one image, the highest scores; COCO's own limit."""


class TruePerson(NamedTuple):
    """One person of a reference."""

    points: tuple[Keypoint, ...]
    area: float
    """Pixels that the person covers; sets the scale on which distances count."""
    box: Box
    crowd: bool = False

    @property
    def ignored(self) -> bool:
        """Whether it is neither found nor missed: a crowd, or nobody with a point."""
        return self.crowd or not any(point.visibility > 0 for point in self.points)


def sigmas_for(points: int) -> npt.NDArray[np.float64]:
    """Return the sigmas of a set of that many points."""
    return np.array(COCO_SIGMAS if points == len(COCO_SIGMAS) else [OTHER_SIGMA] * points)


def similarities(people: Sequence[Person], truth: Sequence[TruePerson]) -> npt.NDArray[np.float64]:
    """Return object keypoint similarity of all pairs, (people, truth), in 0..1.

    The mean over the reference's points with a visibility above 0 of exp(-d² / (2 area (2 sigma)²)),
    d the distance in pixels. For a person without any, d is how far each point lies outside of
    its box grown to the threefold.
    """
    result = np.zeros((len(people), len(truth)))
    if not people or not truth:
        return result
    given = np.array([[point[:2] for point in person.points] for person in people], dtype=np.float64)
    spread = (sigmas_for(given.shape[1]) * 2) ** 2
    for column, person in enumerate(truth):
        points = np.array(person.points, dtype=np.float64)
        seen = points[:, 2] > 0
        if seen.any():
            away = given - points[None, :, :2]
        else:
            low = np.array(person.box[:2]) - np.array(person.box[2:])
            high = np.array(person.box[:2]) + 2 * np.array(person.box[2:])
            away = np.maximum(0, low - given) + np.maximum(0, given - high)
            seen = np.ones(len(points), dtype=bool)
        with np.errstate(over="ignore"):  # points may be as far away as floats go
            error = (away**2).sum(axis=2) / spread / (person.area + np.spacing(1)) / 2
        result[:, column] = np.exp(-error[:, seen]).sum(axis=1) / seen.sum()
    return result


def _people(prediction: Any, points: int | None) -> tuple[Person, ...]:
    if not isinstance(prediction, tuple) or not all(
        isinstance(person, Person) and points in (None, len(person.points)) for person in prediction
    ):
        raise PredictionFormatError(
            "metric 'keypoint_ap50' takes a tuple of Person (or None), each with as many points as the "
            "reference; let the protocol parse the answer to that type"
        )
    return prediction


class KeypointPrecision:
    """AP of keypoints, image by image."""

    def __init__(self, threshold: float) -> None:
        """Take the similarity from which a person is found."""
        self._tally = PrecisionTally(threshold, MAX_PEOPLE)

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one image; None is an answer that finds nobody. Raises when a type is wrong."""
        if not isinstance(reference, tuple) or not all(isinstance(one, TruePerson) for one in reference):
            bad_reference("keypoint_ap50", "a tuple of TruePerson", reference)
        classes = [None] * len(reference)
        ignored = [person.ignored for person in reference]
        if prediction is None:
            self._tally.skip(classes, ignored)
            return
        people = _people(prediction, len(reference[0].points) if reference else None)
        scores = [1.0 if person.score is None else person.score for person in people]
        crowd = [person.crowd for person in reference]
        overlaps = similarities(people, reference)
        self._tally.add(Detected(overlaps, scores, [None] * len(people), classes, ignored, crowd))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return AP in percent over everything added so far."""
        return self._tally.result(instances)


def keypoint_ap(pairs: Iterable[tuple[Any, Any]], threshold: float = 0.5) -> float:
    """Return COCO's average precision of people at one similarity, in percent (0..100, higher is better).

    As `box_ap`, with object keypoint similarity (`similarities`) in place of IoU, one class and 20
    people per image. Sigmas are COCO's for 17 points and their mean, 0.067, for each point of
    another set. A person of the reference without any visible point is neither found nor missed.
    A prediction's own visibilities do not count: every point should have its best guess. What
    `pycocotools` gives for area `all`. None finds nobody, and counts as false people as in
    `box_ap`. Source: [workbook] `AP50` of keypoint detection; COCO's definition.

    Raises:
        ReferenceFormatError: A reference is no tuple of TruePerson.
        PredictionFormatError: A prediction is no tuple of Person with as many points, and not None.

    >>> nose = (Keypoint(5, 5),)
    >>> keypoint_ap([((Person(nose),), (TruePerson(nose, 50.0, Box(0, 0, 10, 10)),))])
    100.0
    """
    tally = KeypointPrecision(threshold)
    for prediction, reference in pairs:
        tally.add(prediction, reference)
    return tally.result().score


METRICS: Final = (
    Metric(
        name="keypoint_ap50",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "COCO average precision at object keypoint similarity 0.5 (101 recall levels, all areas, 20 "
            "people); no score counts as 1, ties in file order; pooled over images; "
            f"{FALSE_ALARMS}"
        ),
        factory=partial(KeypointPrecision, 0.5),
        in_order=True,
        aggregation="corpus",
        version=2,
        changes={2: FALSE_ALARMS},
    ),
)
