"""Panoptic quality: segments found times how well they fit, mean over categories."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.metrics.accumulators import NOTHING, jackknife_value, score_of
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference


class Panoptic(NamedTuple):
    """The segments of one image, predicted or reference."""

    ids: NDArray[np.int64]
    """(height, width): segment ids; those not in `categories` are void."""
    categories: Mapping[int, str]
    """Category by segment id."""
    crowds: Mapping[int, str] = {}
    """Segments of a reference that are groups: not to be found, but no false alarm either."""


class Quality(NamedTuple):
    """The matches of one category in an image."""

    iou: float
    found: int
    false: int
    missed: int


def image_quality(prediction: Panoptic | None, reference: Panoptic) -> dict[str, Quality]:
    """Return the matches of one image by category.

    Two segments of one category match when their IoU, void pixels of the reference left out
    of the union, exceeds 0.5; no segment can then match twice. An answered segment without
    match that lies by more than half in void, or in a crowd of its category, is not counted. No
    answer is as many false segments of each category as are missed.

    >>> truth = Panoptic(np.array([[1, 1, 1, 2]]), {1: "car", 2: "road"})
    >>> image_quality(Panoptic(np.array([[7, 7, 9, 9]]), {7: "car", 9: "road"}), truth)["road"]
    Quality(iou=0.0, found=0, false=1, missed=1)
    """
    truth = {**{one: "" for one in reference.crowds}, **reference.categories}
    areas, said_areas, common = _areas(prediction, reference)
    pairs: dict[int, dict[int, int]] = {}
    void: dict[int, int] = {}
    for (one, other), pixels in common.items():
        if other in truth:
            pairs.setdefault(one, {})[other] = pixels
        else:
            void[one] = void.get(one, 0) + pixels
    predicted = {
        one: name
        for one, name in (prediction.categories if prediction else {}).items()
        if said_areas.get(one)
    }
    ious: dict[str, list[float]] = {}
    false: dict[str, int] = {}
    result: set[int] = set()
    for one, name in predicted.items():
        match = _match(one, name, pairs.get(one, {}), said_areas[one] - void.get(one, 0), areas, reference)
        if match is not None:
            ious.setdefault(name, []).append(match[1])
            result.add(match[0])
            continue
        crowd = sum(
            pixels for other, pixels in pairs.get(one, {}).items() if reference.crowds.get(other) == name
        )
        if 2 * (void.get(one, 0) + crowd) <= said_areas[one]:
            false[name] = false.get(name, 0) + 1
    missed: dict[str, int] = {}
    for other, name in reference.categories.items():
        if other not in result and areas.get(other):
            missed[name] = missed.get(name, 0) + 1
    if prediction is None:
        false = missed
    return {
        name: Quality(
            math.fsum(ious.get(name, ())), len(ious.get(name, ())), false.get(name, 0), missed.get(name, 0)
        )
        for name in sorted({*ious, *false, *missed})
    }


def _areas(
    prediction: Panoptic | None, reference: Panoptic
) -> tuple[dict[int, int], dict[int, int], dict[tuple[int, int], int]]:
    """Return pixels by reference segment, by answered segment, and by pair of both."""
    ids, counts = np.unique(reference.ids, return_counts=True)
    areas = dict(zip(ids.tolist(), counts.tolist(), strict=True))
    if prediction is None:
        return areas, {}, {}
    predicted, place = np.unique(prediction.ids, return_inverse=True)
    truth = np.searchsorted(ids, reference.ids.reshape(-1))
    table = np.bincount(place.reshape(-1) * len(ids) + truth, minlength=len(predicted) * len(ids))
    table = table.reshape(len(predicted), len(ids))
    rows, columns = np.nonzero(table)
    common = {
        (int(predicted[row]), int(ids[column])): int(table[row, column])
        for row, column in zip(rows, columns, strict=True)
    }
    return areas, dict(zip(predicted.tolist(), table.sum(axis=1).tolist(), strict=True)), common


def _match(
    one: int, name: str, pairs: Mapping[int, int], area: int, areas: Mapping[int, int], reference: Panoptic
) -> tuple[int, float] | None:
    """Return the reference segment that an answered one matches, and their IoU; void is not in `area`."""
    for other, pixels in pairs.items():
        if reference.categories.get(other) == name:
            iou = pixels / (area + areas[other] - pixels)
            if iou > 0.5:
                return other, iou
    return None


class QualityAccumulator:
    """Sums by category over the images; kept are four numbers for each category of each image."""

    def __init__(self) -> None:
        """Start empty."""
        self._images: list[dict[str, Quality]] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one image, both sides `Panoptic`; None finds nothing."""
        if not isinstance(reference, Panoptic):
            bad_reference("panoptic_quality", "a Panoptic", reference)
        if prediction is not None and prediction.ids.shape != reference.ids.shape:
            shapes = f"{prediction.ids.shape} for {reference.ids.shape}"
            raise PredictionFormatError(
                f"metric 'panoptic_quality': the map does not fit the reference: {shapes}"
            )
        self._images.append(image_quality(prediction, reference))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over categories in percent, with a jackknife over the images."""
        if not self._images:
            return NOTHING
        names = {name: row for row, name in enumerate(sorted(set().union(*self._images)))}
        sums: list[list[float]] = [[] for _ in names]
        counts = np.zeros((len(names), 3), dtype=np.int64)
        for image in self._images:
            for name, one in image.items():
                sums[names[name]].append(one.iou)
                counts[names[name]] += (one.found, one.false, one.missed)
        ious = np.array([math.fsum(values) for values in sums])
        without_one = []
        for image in self._images:
            left, fewer = ious.copy(), counts.copy()
            for name, one in image.items():
                left[names[name]] -= one.iou
                fewer[names[name]] -= (one.found, one.false, one.missed)
            without_one.append(100.0 * _mean_quality(left, fewer))
        return jackknife_value(100.0 * _mean_quality(ious, counts), without_one)


def _mean_quality(ious: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    """Return the mean of iou / (found + false / 2 + missed / 2); 1 when there is no segment at all."""
    mean_quality, false, missed = counts.T
    below = mean_quality + false / 2 + missed / 2
    there = below > 0
    return float(np.mean(ious[there] / below[there])) if there.any() else 1.0


def panoptic_quality(pairs: Iterable[tuple[Panoptic | None, Panoptic]]) -> float:
    """Return the panoptic quality in percent (higher is better).

    For each category, summed over all images: the IoU of matched segments by matched + half
    of the false ones + half of the missed ones; then the mean over all categories that
    occur, things and stuff alike. Matching as in `image_quality`. Nothing to find and
    nothing found is 100; None is as many false segments as there are true ones. NaN without
    instances.
    Source: [workbook] `PQ`; Kirillov et al., CVPR 2019, and COCO's rules for void and crowds.

    Raises:
        ReferenceFormatError: A reference that is no Panoptic.
        PredictionFormatError: A map of another shape.

    >>> truth = Panoptic(np.array([[1, 1, 1, 2]]), {1: "car", 2: "road"})
    >>> panoptic_quality([(truth, truth), (None, truth)])
    50.0
    """
    return score_of(QualityAccumulator(), pairs)


METRICS: Final = (
    Metric(
        name="panoptic_quality",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "sum of IoU of matches (IoU > 0.5) by matched + false / 2 + missed / 2, over all images, "
            "mean over the categories that occur, things and stuff; void ignored; an unreadable answer "
            "counts as as many false segments as there are true ones"
        ),
        factory=QualityAccumulator,
        aggregation="corpus",
        version=2,
        changes={2: "an unreadable answer counts as false segments too, no longer as missed ones alone"},
    ),
)
