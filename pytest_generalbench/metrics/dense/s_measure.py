"""The structure measure of maps that show an object (Fan et al., ICCV 2017)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.metrics.accumulators import pooled_value, score_of
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

ALPHA: Final = 0.5
"""The weight of the object term; the region term has the rest."""


def structure_measure(prediction: NDArray[Any], reference: NDArray[np.bool_]) -> float:
    """Return the structure measure of one frame, 0..1.

    `prediction` is (height, width) in 0..1. A frame without foreground scores one minus the
    mean of the map, one that is all foreground its mean. Otherwise half the object term,
    2 m / (m^2 + 1 + s) over the foreground and, of the inverted map, over the background,
    weighted by their shares; and half the region term, the similarity of the four blocks
    around the foreground's centroid (halves rounded to even, as in PySODMetrics; the authors' MATLAB
    code rounds them away from zero), weighted by their areas; never below 0. Deviations have n - 1; of a
    single pixel they are 0, and an empty block has no weight.

    >>> structure_measure(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[True, False], [True, False]]))
    1.0
    """
    share = float(np.mean(reference))
    if share == 0:
        return 1 - float(np.mean(prediction))
    if share == 1:
        return float(np.mean(prediction))
    inside = _object_term(prediction[reference])
    outside = _object_term(1 - prediction[~reference])
    text = share * inside + (1 - share) * outside
    value = ALPHA * text + (1 - ALPHA) * _region_term(prediction, reference)
    return min(1.0, max(0.0, value))


def _object_term(values: NDArray[Any]) -> float:
    mean = float(np.mean(values))
    spread = float(np.std(values, ddof=1)) if values.size > 1 else 0.0
    return 2 * mean / (mean * mean + 1 + spread)


def _region_term(prediction: NDArray[Any], reference: NDArray[np.bool_]) -> float:
    height, width = reference.shape
    # One more than the rounded centroid: the published code counts pixels from 1.
    row, column = (int(value) + 1 for value in np.argwhere(reference).mean(axis=0).round())
    total = 0.0
    for rows in (slice(0, row), slice(row, height)):
        for columns in (slice(0, column), slice(column, width)):
            block = reference[rows, columns]
            if block.size:
                total += block.size * _similarity(prediction[rows, columns], block.astype(np.float64))
    return total / reference.size


def _similarity(predicted: NDArray[Any], truth: NDArray[np.float64]) -> float:
    """Return 4 x y s_xy / ((x^2 + y^2) (s_x^2 + s_y^2)); 1 where both it and its divisor are 0."""
    x, y = float(np.mean(predicted)), float(np.mean(truth))
    count = max(predicted.size - 1, 1)
    spread = float(((predicted - x) ** 2).sum() + ((truth - y) ** 2).sum()) / count
    common = float(((predicted - x) * (truth - y)).sum()) / count
    above, below = 4 * x * y * common, (x * x + y * y) * spread
    if above != 0:
        return above / below
    return 1.0 if below == 0 else 0.0


class FrameAccumulator:
    """The mean over all frames of all videos; kept are a sum and a count for each video."""

    def __init__(self) -> None:
        """Start empty."""
        self._videos: list[tuple[float, int]] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one video: maps, (frames, height, width), uint8 or 0..1; None scores 0 in every frame."""
        if not isinstance(reference, np.ndarray) or reference.dtype != np.bool_ or reference.ndim != 3:
            bad_reference("s_measure", "a bool array (frames, height, width)", reference)
        if prediction is None:
            self._videos.append((0.0, len(reference)))
            return
        if np.shape(prediction) != reference.shape:
            shapes = f"{np.shape(prediction)} for {reference.shape}"
            raise PredictionFormatError(f"metric 's_measure': the maps do not fit the reference: {shapes}")
        full = 255.0 if np.asarray(prediction).dtype == np.uint8 else 1.0
        frames = zip(prediction, reference, strict=True)
        scores = [structure_measure(predicted / full, truth) for predicted, truth in frames]
        self._videos.append((math.fsum(scores), len(scores)))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over all frames in percent, with a jackknife over the videos."""
        return pooled_value(self._videos, 100.0)


def s_measure(pairs: Iterable[tuple[NDArray[Any] | None, NDArray[np.bool_]]]) -> float:
    """Return the mean structure measure over all frames of all videos in percent (higher is better).

    Maps are (frames, height, width), uint8 or 0..1, references bool. See
    `structure_measure`; None scores 0 in every frame. NaN without instances.
    Source: [workbook] `Structure measure`; Fan et al., ICCV 2017. The released code has
    stabilising constants and population deviations instead, and NaN for an empty block.

    Raises:
        ReferenceFormatError: A reference that is no bool array of frames.
        PredictionFormatError: Maps of another shape.

    >>> s_measure([(np.zeros((2, 4, 4)), np.zeros((2, 4, 4), bool)), (None, np.zeros((2, 4, 4), bool))])
    50.0
    """
    return score_of(FrameAccumulator(), pairs)


METRICS: Final = (
    Metric(
        name="s_measure",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "structure measure (Fan 2017, alpha 0.5, n - 1 deviations, no constants, centroid rounded half "
            "to even as in PySODMetrics, not away from zero as in MATLAB), mean over all frames of all videos"
        ),
        factory=FrameAccumulator,
        aggregation="corpus",
    ),
)
