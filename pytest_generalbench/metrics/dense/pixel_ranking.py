"""Scores of pixels against a mask, all pixels of a task pooled: average precision and ROC AUC.

Both depend only on how many normal and anomalous pixels have each score, so that is what is
kept: the distinct scores and their counts. Beyond `MAX_DISTINCT` of them, scores are rounded
to fewer and fewer binary digits, which keeps their order and makes near ones equal. For the
standard error the same is kept of each image, `MAX_OF_IMAGES` for all images together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.metrics.accumulators import NOTHING, jackknife_value, score_of
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.standard_errors import draw_groups, keys_of
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DISTINCT: Final = 1 << 22
"""Distinct scores kept; up to so many the result is exact, with more of them it is near 1e-6."""

MAX_OF_IMAGES: Final = 1 << 20
"""Distinct scores kept for the standard error, those of each image counted in their own right."""

Keys = NDArray[np.uint32]
Counted = tuple[Keys, NDArray[np.int64]]
"""Distinct scores, and how many pixels have each."""


def sortable(scores: NDArray[Any]) -> Keys:
    """Return whole numbers in the order of the scores, which are finite and taken as float32.

    >>> sortable(np.array([-1.0, -0.0, 0.0, 0.5])).tolist()
    [1082130431, 2147483648, 2147483648, 3204448256]
    """
    bits = (scores.astype(np.float32).reshape(-1) + np.float32(0)).view(np.uint32)
    return np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))


def _counted(keys: Keys, counts: NDArray[np.int64]) -> Counted:
    """Return each distinct key once, with its counts summed."""
    if not len(keys):
        return keys, counts
    order = np.argsort(keys)
    keys, counts = keys[order], counts[order]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return keys[starts], np.add.reduceat(counts, starts)


def _pixels(scores: NDArray[Any], anomalous: NDArray[np.bool_]) -> tuple[Counted, Counted]:
    """Return the normal and the anomalous pixels of an image, counted."""
    keys, there = sortable(scores), anomalous.reshape(-1)
    normal, count = np.unique(keys[~there], return_counts=True)
    other, others = np.unique(keys[there], return_counts=True)
    return (normal, count.astype(np.int64)), (other, others.astype(np.int64))


def _merged(parts: list[Counted]) -> Counted:
    if not parts:
        return np.empty(0, np.uint32), np.empty(0, np.int64)
    keys, counts = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _counted(keys, counts)


class ScoreCounts:
    """How often each score occurs among normal and among anomalous pixels."""

    def __init__(self, limit: int = MAX_DISTINCT) -> None:
        """Take how many distinct scores may be kept."""
        self._limit = limit
        self._shift = np.uint32(0)
        self._keys = [np.empty(0, np.uint32), np.empty(0, np.uint32)]
        self._counts = [np.empty(0, np.int64), np.empty(0, np.int64)]
        self._waiting: list[list[Counted]] = [[], []]
        self._size = 0

    def add(self, scores: NDArray[Any], anomalous: NDArray[np.bool_]) -> None:
        """Take the pixels of one image."""
        self.add_counted(_pixels(scores, anomalous))

    def add_counted(self, pixels: tuple[Counted, Counted]) -> None:
        """Take the pixels of one image, counted."""
        for side, (keys, counts) in enumerate(pixels):
            values, counts = _counted(keys >> self._shift, counts) if self._shift else (keys, counts)
            self._waiting[side].append((values, counts))
            self._size += len(values)
        # Merging each time would sort what is kept again and again.
        if self._size > self._limit:
            self._merge()

    def _merge(self) -> None:
        for side in (0, 1):
            parts = [(self._keys[side], self._counts[side]), *self._waiting[side]]
            self._keys[side], self._counts[side] = _merged(parts)
            self._waiting[side] = []
        while sum(map(len, self._keys)) > self._limit:
            self._shift += np.uint32(1)
            for side in (0, 1):
                halved = self._keys[side] >> np.uint32(1)
                self._keys[side], self._counts[side] = _counted(halved, self._counts[side])
        # Images to come are counted in their own right before the next merge.
        self._size = sum(map(len, self._keys)) // 2

    def by_score(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (normal, anomalous) pixels of each distinct score, the highest score first."""
        self._merge()
        keys = np.union1d(*self._keys)
        both = []
        for side in (0, 1):
            counts = np.zeros(len(keys), dtype=np.int64)
            counts[np.searchsorted(keys, self._keys[side])] = self._counts[side]
            both.append(counts[::-1])
        return both[0], both[1]


Rank = Callable[[NDArray[np.int64], NDArray[np.int64], int, int], float]
"""Maps (normal, anomalous) pixels by falling score, false alarms above all and lost ones to 0..1."""


class _Image(NamedTuple):
    """The counts of one image."""

    pixels: tuple[Counted, Counted]
    """Normal and anomalous ones that have a score."""
    false: int = 0
    """Normal pixels of an image without answer."""
    lost: int = 0
    """Anomalous pixels of an image without answer."""

    def rounded(self, shift: np.uint32) -> _Image:
        """Return the image with scores of fewer digits."""
        first, second = (_counted(keys >> shift, counts) for keys, counts in self.pixels)
        return self._replace(pixels=(first, second))

    def distinct(self) -> int:
        """Return how many distinct scores are kept."""
        return sum(len(keys) for keys, _ in self.pixels)


class ImageCounts:
    """How often each score occurs in each image, rounded as far as the room for all images needs."""

    def __init__(self, limit: int = MAX_OF_IMAGES) -> None:
        """Take how many distinct scores may be kept, each image's counted in their own right."""
        self._limit = limit
        self._shift = np.uint32(0)
        self._size = 0
        self.images: list[_Image] = []

    def add(self, image: _Image) -> None:
        """Take one image."""
        image = image.rounded(self._shift) if self._shift else image
        self.images.append(image)
        self._size += image.distinct()
        # No further than needed: so the rounding does not depend on the order of the images.
        while self._size > self._limit and self._shift < 31:
            self._shift += np.uint32(1)
            self.images = [one.rounded(np.uint32(1)) for one in self.images]
            self._size = sum(one.distinct() for one in self.images)

    def without(self, groups: Sequence[int], count: int, rank: Rank) -> tuple[float, list[float]]:
        """Return the value of all images, and of all but each group; as exact as the rounding allows."""
        total = [_merged([image.pixels[side] for image in self.images]) for side in (0, 1)]
        keys = np.union1d(total[0][0], total[1][0])
        false, lost = sum(image.false for image in self.images), sum(image.lost for image in self.images)

        def remaining(side: int, left: list[_Image]) -> NDArray[np.int64]:
            counts = np.zeros(len(keys), dtype=np.int64)
            counts[np.searchsorted(keys, total[side][0])] = total[side][1]
            gone, times = _merged([image.pixels[side] for image in left])
            counts[np.searchsorted(keys, gone)] -= times
            return counts[::-1]

        def value(left: list[_Image]) -> float:
            fewer, result = sum(image.false for image in left), sum(image.lost for image in left)
            return rank(remaining(0, left), remaining(1, left), false - fewer, lost - result)

        parts: list[list[_Image]] = [[] for _ in range(count)]
        for image, group in zip(self.images, groups, strict=True):
            parts[group].append(image)
        return value([]), [value(part) for part in parts]


class RankingAccumulator:
    """Pixels of all images pooled; those of an image without answer are ranked as badly as can be.

    The pixels of an image are no sample of their own: the standard error is a jackknife over groups of
    images.
    """

    def __init__(self, metric: str) -> None:
        """Take `pixel_ap` or `pixel_roc_auc`."""
        self._metric = metric
        self._counts = ScoreCounts()
        self._images = ImageCounts()
        self._false, self._lost = 0, 0

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one image: scores and a bool mask of one shape; None ranks every pixel wrongly."""
        if not isinstance(reference, np.ndarray) or reference.dtype != np.bool_:
            bad_reference(self._metric, "a bool array", reference)
        if prediction is None:
            lost, false = int(np.count_nonzero(reference)), int(np.count_nonzero(~reference))
            self._lost += lost
            self._false += false
            self._images.add(_Image((_merged([]), _merged([])), false, lost))
            return
        scores = np.asarray(prediction)
        if scores.shape != reference.shape or not np.isfinite(scores).all():
            shapes = (
                f"{scores.shape} for {reference.shape}" if scores.shape != reference.shape else "not finite"
            )
            raise PredictionFormatError(f"metric {self._metric!r}: the scores do not fit the mask: {shapes}")
        pixels = _pixels(scores, reference)
        self._counts.add_counted(pixels)
        self._images.add(_Image(pixels))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the value in percent over everything added so far."""
        n = len(self._images.images)
        if not n:
            return NOTHING
        normal, anomalous = self._counts.by_score()
        rank = _average_precision if self._metric == "pixel_ap" else _roc_auc
        score = 100.0 * rank(normal, anomalous, self._false, self._lost)
        groups = draw_groups(keys_of(instances, n))
        whole, parts = self._images.without(groups.of, groups.count, rank)
        # Images may be rounded where the pool is not: only what a group changes is taken from them.
        without = [score + 100.0 * (part - whole) for part in parts]
        return jackknife_value(score, groups.by_instance(without), groups.shared)


def _average_precision(
    normal: NDArray[np.int64], anomalous: NDArray[np.int64], false: int, lost: int
) -> float:
    """Return the sum of precision times gain in recall, `false` pixels above all, `lost` ones never found."""
    positives = int(anomalous.sum()) + lost
    if not positives:
        return 0.0
    average_precision = np.cumsum(anomalous)
    predicted = average_precision + np.cumsum(normal) + false
    gains = anomalous > 0
    return float(np.sum(average_precision[gains] / predicted[gains] * anomalous[gains]) / positives)


def _roc_auc(normal: NDArray[np.int64], anomalous: NDArray[np.int64], false: int, lost: int) -> float:
    """Return the share of (anomalous, normal) pairs in the right order, ties half, by mid-ranks."""
    positives, negatives = int(anomalous.sum()) + lost, int(normal.sum()) + false
    if not positives or not negatives:
        return 0.0
    below = int(normal.sum()) - np.cumsum(normal)
    right = np.sum(anomalous * (below + normal / 2.0))
    return float(right / positives / negatives)


def pixel_ap(pairs: Iterable[tuple[NDArray[Any] | None, NDArray[np.bool_]]]) -> float:
    """Return the average precision over all pixels of all images in percent (higher is better).

    Scores and mask, (height, width) each. Precision at each distinct score times the gain in
    recall there, summed: the step-wise area under the precision-recall curve, as
    scikit-learn has it, equal scores entering together. Exact in float32 scores up to
    4194304 distinct ones. Of an image whose answer is None no anomalous pixel is found, and
    every normal one is a false alarm above all others. 0 when no pixel is anomalous, as
    in scikit-learn; NaN without instances.
    Source: [workbook] `AP`, read as the pixel-level AP of the MVTec AD literature.

    Raises:
        ReferenceFormatError: A reference that is no bool array.
        PredictionFormatError: Scores of another shape, or not finite.

    >>> round(pixel_ap([(np.array([[0.1, 0.4, 0.35, 0.8]]), np.array([[False, False, True, True]]))]), 2)
    83.33
    """
    return score_of(RankingAccumulator("pixel_ap"), pairs)


def pixel_roc_auc(pairs: Iterable[tuple[NDArray[Any] | None, NDArray[np.bool_]]]) -> float:
    """Return the area under the ROC curve over all pixels of all images in percent (higher is better).

    The share of pairs of an anomalous and a normal pixel that the scores put in the right
    order, equal scores as half. Pooling, exactness and None as in `pixel_ap`. 0 when all
    pixels are of one kind; NaN without instances.
    Source: [workbook] `AUC` of the image sheets; standard definition.

    Raises:
        ReferenceFormatError: A reference that is no bool array.
        PredictionFormatError: Scores of another shape, or not finite.

    >>> pixel_roc_auc([(np.array([[0.1, 0.4, 0.35, 0.8]]), np.array([[False, False, True, True]]))])
    75.0
    """
    return score_of(RankingAccumulator("pixel_roc_auc"), pairs)


def _make_ap() -> RankingAccumulator:
    return RankingAccumulator("pixel_ap")


def _make_auc() -> RankingAccumulator:
    return RankingAccumulator("pixel_roc_auc")


METRICS: Final = (
    Metric(
        name="pixel_ap",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition="average precision over all pixels of all images pooled; no answer: every pixel wrong",
        factory=_make_ap,
        aggregation="corpus",
    ),
    Metric(
        name="pixel_roc_auc",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition="area under the ROC curve over all pixels of all images pooled; ties count half",
        factory=_make_auc,
        aggregation="corpus",
    ),
)
