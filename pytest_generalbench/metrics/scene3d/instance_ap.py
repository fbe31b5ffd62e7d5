"""Objects among points: average precision at mask IoU 0.5 as ScanNet evaluates it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from pytest_generalbench.core.outputs.forms.scenes3d import PointInstances
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

Outcome = tuple[str, float, bool]
"""Label and score of a predicted object, and whether it is one of the reference's."""


class SceneOutcome(NamedTuple):
    """The matches of one scene."""

    objects: tuple[tuple[str, int], ...]
    """Number of objects of each label in the reference."""
    outcomes: tuple[Outcome, ...]
    """The predicted objects that count, sorted."""
    answered: bool


def match_scene(
    prediction: PointInstances | None, reference: PointInstances, min_points: int = 0
) -> SceneOutcome:
    """Compare the objects of one scene.

    A predicted object is right when its IoU in points with one of the same label is above 0.5;
    since nothing overlaps, that is one at most. One that is wrong does not count when more than
    half of its points belong to no object of the reference, or to one below `min_points`. No answer
    is as many false objects above all others as there are true ones.
    """
    sizes = dict(zip(*_counts(reference.ids), strict=True))
    labels = {one.id: one.label for one in reference.instances if sizes.get(one.id, 0) >= max(min_points, 1)}
    count: dict[str, int] = {}
    for label in labels.values():
        count[label] = count.get(label, 0) + 1
    objects = tuple(sorted(count.items()))
    if prediction is None:
        false = tuple((label, SUREST, False) for label, number in objects for _ in range(number))
        return SceneOutcome(objects, false, answered=False)
    outcomes = []
    shared = _shared_points(prediction.ids, reference.ids)
    for one in prediction.instances:
        shares = shared.get(one.id, {})
        inside = sum(shares.values())
        if inside < max(min_points, 1):
            continue
        best = max(
            (
                both / (inside + sizes[other] - both)
                for other, both in shares.items()
                if labels.get(other) == one.label
            ),
            default=0.0,
        )
        outside = inside - sum(both for other, both in shares.items() if other in labels)
        if best > 0.5 or outside / inside <= 0.5:
            outcomes.append((one.label, one.score, best > 0.5))
    return SceneOutcome(objects, tuple(sorted(outcomes)), answered=True)


def _shared_points(ids: Any, others: Any) -> dict[int, dict[int, int]]:
    """Return, for each id, how many of its points have which of the other ids; all points are counted once.

    >>> _shared_points(np.array([7, 7, 5]), np.array([1, 0, 1]))
    {5: {1: 1}, 7: {0: 1, 1: 1}}
    """
    one, one_of = np.unique(ids, return_inverse=True)
    other, other_of = np.unique(others, return_inverse=True)
    pairs, counts = np.unique(one_of * len(other) + other_of, return_counts=True)
    result: dict[int, dict[int, int]] = {int(name): {} for name in one}
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        result[int(one[pair // len(other)])][int(other[pair % len(other)])] = count
    return result


def _counts(ids: Any) -> tuple[list[int], list[int]]:
    values, counts = np.unique(ids[ids > 0], return_counts=True)
    return values.tolist(), counts.tolist()


def scannet_ap(outcomes: Sequence[tuple[float, bool]], objects: int) -> float:
    """Return the area under precision over recall, as ScanNet's evaluation integrates it.

    One point for each distinct score, an artificial one at recall 0 and precision 1; the width
    of a point is half the distance between its neighbours in recall.

    >>> scannet_ap([(0.9, True), (0.8, False), (0.7, True)], 2)
    0.7916666666666666
    """
    if not outcomes:
        return 0.0
    scores = np.array([score for score, _ in outcomes])
    right = np.array([hit for _, hit in outcomes])
    order = np.argsort(-scores, kind="stable")
    result, predicted = np.cumsum(right[order]), np.arange(1, len(order) + 1)
    # Equal scores are one point: where the next score differs.
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    recall = np.concatenate(([0.0], result[ends] / objects))
    precision = np.concatenate(([1.0], result[ends] / predicted[ends]))
    outer = np.concatenate(([0.0], recall, recall[-1:]))
    return float(precision @ (outer[2:] - outer[:-2]) / 2)


def mean_precision(scenes: Sequence[SceneOutcome]) -> float:
    """Return the mean over the labels of the references of their AP, 0..1.

    Without any object in the references: 1 when nothing was found and every scene was answered, else 0.
    """
    objects: dict[str, int] = {}
    for scene in scenes:
        for label, count in scene.objects:
            objects[label] = objects.get(label, 0) + count
    if not objects:
        return float(all(scene.answered and not scene.outcomes for scene in scenes)) if scenes else math.nan
    # Where there is no object to miss, no answer is a false one of every label.
    blank = sum(not (scene.answered or scene.objects) for scene in scenes)
    listed: dict[str, list[tuple[float, bool]]] = {label: [(SUREST, False)] * blank for label in objects}
    for scene in scenes:
        for label, score, hit in scene.outcomes:
            if label in listed:
                listed[label].append((score, hit))
    return math.fsum(scannet_ap(listed[label], objects[label]) for label in objects) / len(objects)


class InstanceAccumulator:
    """AP at 0.5; of each scene it keeps label, score and outcome of the predicted objects."""

    def __init__(self, min_points: int = 0) -> None:
        """Take the size below which objects do not count."""
        self._min_points = min_points
        self._scenes: list[SceneOutcome] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one scene. Raises when an argument is not of the metric's type."""
        if not isinstance(reference, PointInstances):
            bad_reference("instance3d_map50", "point_instances", reference)
        if prediction is not None and not (
            isinstance(prediction, PointInstances) and prediction.ids.shape == reference.ids.shape
        ):
            raise PredictionFormatError(
                f"metric 'instance3d_map50' takes point_instances of {len(reference.ids)} points (or None) "
                f"as prediction, not {type(prediction).__name__}"
            )
        self._scenes.append(match_scene(prediction, reference, self._min_points))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the score over everything added so far; its standard error is a grouped jackknife."""
        return grouped_value(self._scenes, mean_precision, instances, 100.0)


def instance3d_map50(pairs: Iterable[tuple[PointInstances | None, PointInstances]]) -> float:
    """Return the mean over classes of AP at point IoU above 0.5, in percent (0..100, higher is better).

    AP as in `scannet_ap`, over all scenes together; the classes are those of the references. A
    wrong object that lies mostly on points without object is left out, as ScanNet does with
    unannotated points. ScanNet's least size of 100 points is the option `min_points`, 0 unless
    given. None finds nothing, and counts as false objects (`match_scene`). NaN without scenes.
    Source: ScanNet benchmark (Dai et al. 2017), AP 50 %; [workbook] `mAP@50`.

    Raises:
        ReferenceFormatError: A reference that is not PointInstances.
        PredictionFormatError: A prediction that is neither PointInstances of as many points nor None.

    >>> from pytest_generalbench.core.outputs.forms.scenes3d import PointInstance
    >>> objects = (PointInstance(1, "a", 1.0), PointInstance(2, "a", 1.0))
    >>> truth = PointInstances(np.array([1, 1, 2, 2]), objects)
    >>> half = PointInstances(np.array([5, 5, 0, 0]), (PointInstance(5, "a", 0.3),))
    >>> instance3d_map50([(truth, truth)]), instance3d_map50([(half, truth)])
    (100.0, 50.0)
    """
    return score_of(InstanceAccumulator(), pairs)


_INSTANCE: Final = Metric(
    name="instance3d_map50",
    unit="percent",
    higher_is_better=True,
    best=100.0,
    definition=(
        "mean over the references' classes of ScanNet's AP at point IoU > 0.5, pooled over scenes; wrong "
        f"objects mostly on points without object are ignored; {FALSE_ALARMS}"
    ),
    factory=InstanceAccumulator,
    options={"min_points": 0},
    aggregation="corpus",
    version=2,
    changes={2: FALSE_ALARMS},
)

METRICS: Final = (_INSTANCE,)
