"""3D boxes: nuScenes' mean average precision over centre distances."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from pytest_generalbench.core.outputs.codecs.boxes.boxes3d import Box3d
from pytest_generalbench.metrics.accumulators import score_of
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.standard_errors import grouped_value
from pytest_generalbench.metrics.validation import (
    FALSE_ALARMS,
    SUREST,
    PredictionFormatError,
    bad_reference,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DISTANCES: Final = (0.5, 1.0, 2.0, 4.0)
"""Metres between centres on the ground below which a box is right."""

_MIN_RECALL: Final = 0.1
_MIN_PRECISION: Final = 0.1

Outcome = tuple[str, float, tuple[bool, ...]]
"""Label, score, and whether the box is right at each of `DISTANCES`."""


_ALL_WRONG: Final = (False,) * len(DISTANCES)


class SampleOutcome(NamedTuple):
    """The matches of one sample."""

    objects: tuple[tuple[str, int], ...]
    outcomes: tuple[Outcome, ...]
    answered: bool


def _hits(distances: npt.NDArray[np.float64], limit: float) -> list[bool]:
    """Match greedily: each prediction, the best first, takes the nearest that is left, when near enough."""
    left = distances.copy()
    hits = []
    for row in left:
        nearest = int(row.argmin()) if row.size else -1
        hit = nearest >= 0 and bool(row[nearest] < limit)
        if hit:
            left[:, nearest] = math.inf
        hits.append(hit)
    return hits


def match_sample(prediction: Sequence[Box3d] | None, reference: Sequence[Box3d]) -> SampleOutcome:
    """Compare the boxes of one sample, class by class; boxes of equal score in the order given.

    No answer is as many false boxes above all others as there are true ones.
    """
    labels = sorted({box.label for box in reference} | {box.label for box in prediction or ()})
    objects, outcomes = [], list[Outcome]()
    for label in labels:
        truth = np.array([box.centre[:2] for box in reference if box.label == label]).reshape(-1, 2)
        predicted = sorted(
            (box for box in prediction or () if box.label == label), key=lambda box: -box.score
        )
        if len(truth):
            objects.append((label, len(truth)))
        if prediction is None:
            outcomes += [(label, SUREST, _ALL_WRONG)] * len(truth)
            continue
        centres = np.array([box.centre[:2] for box in predicted]).reshape(-1, 2)
        distances = np.linalg.norm(centres[:, None] - truth[None], axis=2)
        by_limit = [_hits(distances, limit) for limit in DISTANCES]
        outcomes += [(label, box.score, tuple(hits)) for box, *hits in zip(predicted, *by_limit, strict=True)]
    return SampleOutcome(tuple(objects), tuple(outcomes), prediction is not None)


def nuscenes_ap(scores: npt.NDArray[np.float64], hits: npt.NDArray[np.bool_], objects: int) -> float:
    """Return the normalised area above recall and precision 0.1.

    Precision is read at 101 recalls by linear interpolation (0 beyond the last reached), those
    up to 0.1 are left out, 0.1 is taken off and what is below 0 is 0; the mean is divided by
    0.9. Boxes of equal score are one point of the curve.

    >>> nuscenes_ap(np.array([0.9, 0.8]), np.array([True, True]), 2)
    1.0
    """
    if not len(scores):
        return 0.0
    order = np.argsort(-scores, kind="stable")
    result = np.cumsum(hits[order]).astype(float)
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    recall, precision = result[ends] / objects, result[ends] / (ends + 1)
    at = np.interp(np.linspace(0, 1, 101), recall, precision, right=0.0)
    kept = at[round(100 * _MIN_RECALL) + 1 :] - _MIN_PRECISION
    return min(float(np.maximum(kept, 0.0).mean()) / (1.0 - _MIN_PRECISION), 1.0)


def mean_ap(samples: Sequence[SampleOutcome]) -> float:
    """Return the mean AP over distances, then over the labels of the references, 0..1.

    Without any box in the references: 1 when nothing was found and every sample was answered, else 0.
    """
    objects: dict[str, int] = {}
    for sample in samples:
        for label, count in sample.objects:
            objects[label] = objects.get(label, 0) + count
    if not objects:
        empty = all(sample.answered and not sample.outcomes for sample in samples)
        return float(empty) if samples else math.nan
    # Where there is no box to miss, no answer is a false one of every label.
    blank = sum(not (sample.answered or sample.objects) for sample in samples)
    listed: dict[str, list[Outcome]] = {label: [(label, SUREST, _ALL_WRONG)] * blank for label in objects}
    for sample in samples:
        for outcome in sample.outcomes:
            if outcome[0] in listed:
                listed[outcome[0]].append(outcome)
    return math.fsum(_class_ap(listed[label], objects[label]) for label in objects) / len(objects)


def _class_ap(outcomes: Sequence[Outcome], objects: int) -> float:
    scores = np.array([score for _, score, _ in outcomes])
    hits = np.array([hit for _, _, hit in outcomes], dtype=bool).reshape(-1, len(DISTANCES))
    aps = [nuscenes_ap(scores, hits[:, place], objects) for place in range(len(DISTANCES))]
    return math.fsum(aps) / len(aps)


class DetectionAccumulator:
    """nuScenes mAP; of each sample it keeps label, score and outcomes of the predicted boxes."""

    def __init__(self) -> None:
        """Start without samples."""
        self._samples: list[SampleOutcome] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one sample. Raises when an argument is not of the metric's type."""
        if not _are_boxes(reference):
            bad_reference("detection3d_map", "a tuple of Box3d", reference)
        if prediction is not None and not _are_boxes(prediction):
            raise PredictionFormatError(
                f"metric 'detection3d_map' takes a tuple of Box3d (or None) as prediction, "
                f"not {type(prediction).__name__}"
            )
        self._samples.append(match_sample(prediction, reference))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the score over everything added so far; its standard error is a grouped jackknife."""
        return grouped_value(self._samples, mean_ap, instances, 100.0)


def _are_boxes(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(box, Box3d) for box in value)


def detection3d_map(pairs: Iterable[tuple[tuple[Box3d, ...] | None, tuple[Box3d, ...]]]) -> float:
    """Return nuScenes' mean average precision in percent (0..100, higher is better).

    A box is right when its centre is nearer than d metres on the ground (x, y) to a box of the
    same label that no better one has taken; size and yaw do not count. AP as in
    `nuscenes_ap`, over all samples together; the mean over d = 0.5, 1, 2, 4 and over the labels
    of the references. nuScenes' limits of range by class are not applied. None finds nothing,
    and counts as false boxes above all others, as many as there are true ones. NaN without samples.
    Source: nuScenes detection benchmark (Caesar et al. 2020); [workbook] `mAP` of 3D detection.

    Raises:
        ReferenceFormatError: A reference that is no tuple of Box3d.
        PredictionFormatError: A prediction that is neither such a tuple nor None.

    >>> def car(x, score):
    ...     return Box3d((x, 0.0, 0.0), (4.0, 2.0, 1.5), 0.0, "car", score, None)
    >>> round(detection3d_map([((car(10.7, 0.9),), (car(10.0, 1.0),))]), 6)  # right at 1, 2 and 4 m
    75.0
    """
    return score_of(DetectionAccumulator(), pairs)


_DETECTION: Final = Metric(
    name="detection3d_map",
    unit="percent",
    higher_is_better=True,
    best=100.0,
    definition=(
        "nuScenes mAP: mean over centre distances 0.5, 1, 2, 4 m and the references' classes of the "
        "normalised AP above recall and precision 0.1, pooled over samples; no limit of range; "
        f"{FALSE_ALARMS}"
    ),
    factory=DetectionAccumulator,
    aggregation="corpus",
    version=2,
    changes={2: FALSE_ALARMS},
)

METRICS: Final = (_DETECTION,)
