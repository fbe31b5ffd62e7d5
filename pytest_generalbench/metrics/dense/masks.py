"""Overlap of masks, from run lengths without unpacking them, or from arrays."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pytest_generalbench.core.outputs.codecs.images.rle import Rle, runs_of
from pytest_generalbench.metrics.validation import PredictionFormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@cache
def coco_masks() -> Any:
    """Return pycocotools' mask module, or None where it is not installed: the same pixels, counted in C."""
    try:
        from pycocotools import mask
    except ImportError:
        return None
    return mask


def _for_coco(masks: Sequence[Rle]) -> list[dict[str, Any]]:
    """Return COCO's objects; counts that nobody has read yet are read first, since C would not check them."""
    unread = [mask for mask in masks if not mask.sound]
    if unread:
        runs_of(unread)
    return [{"size": [mask.height, mask.width], "counts": mask.counts} for mask in masks]


class Overlap(NamedTuple):
    """Pixels of two masks."""

    both: int
    first: int
    second: int

    @property
    def union(self) -> int:
        """Pixels that are in one of them at least."""
        return self.first + self.second - self.both


class Spans:
    """The set pixels of masks as intervals, one mask's pixels, column by column, after the other's."""

    __slots__ = ("areas", "before_each", "first", "offsets", "starts", "stops")

    def __init__(self, masks: Sequence[Rle]) -> None:
        """Unpack the run lengths. Raises RleError when one is no mask."""
        runs, begins = runs_of(masks)
        # A mask's runs add up to its pixels, so the ends of all runs are places in the whole.
        ends = runs.cumsum()
        counts = np.diff(np.append(begins, len(runs)))
        odd = ((np.arange(len(runs)) - begins.repeat(counts)) & 1).nonzero()[0]
        self.stops = ends[odd]
        self.starts = ends[odd - 1]
        self.first = np.concatenate(([0], np.cumsum(counts // 2)))
        """The first interval of each mask, and their number."""
        self.before_each = np.zeros(len(odd) + 1, dtype=np.int64)
        """How many pixels are set before each interval, and in all of them."""
        runs[odd].cumsum(out=self.before_each[1:])
        edges = self.before_each[self.first]
        self.areas = edges[1:] - edges[:-1]
        self.offsets = np.concatenate(([0], np.cumsum([mask.height * mask.width for mask in masks])))[:-1]
        """The first place of each mask."""

    @property
    def area(self) -> int:
        """How many pixels are set."""
        return int(self.before_each[-1])

    def before(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many pixels are set before each place; there must be an interval."""
        interval = self.stops.searchsorted(places)
        held = np.minimum(interval, len(self.starts) - 1)
        within = np.maximum(places - self.starts[held], 0)
        within[interval > held] = 0
        counts: NDArray[np.int64] = self.before_each[interval] + within
        return counts

    def common(self, other: Spans) -> int:
        """Return the number of pixels that are set in both, mask by mask."""
        few, many = (self, other) if len(self.starts) <= len(other.starts) else (other, self)
        if not few.area or few.starts[0] >= many.stops[-1] or many.starts[0] >= few.stops[-1]:
            return 0
        return int((many.before(few.stops) - many.before(few.starts)).sum())

    def reach(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the first and the last place of each mask, within it; of an empty one 1 and 0."""
        there = np.diff(self.first) > 0
        low, high = np.ones(len(there), dtype=np.int64), np.zeros(len(there), dtype=np.int64)
        low[there] = self.starts[self.first[:-1][there]] - self.offsets[there]
        high[there] = self.stops[self.first[1:][there] - 1] - self.offsets[there]
        return low, high


def rle_overlap(first: Sequence[Rle], second: Sequence[Rle]) -> Overlap:
    """Return the overlap of two masks, or of two videos of masks, of one size.

    >>> from pytest_generalbench.core.outputs.codecs.images.rle import encode
    >>> rle_overlap([encode(np.eye(2))], [encode(np.ones((2, 2)))])
    Overlap(both=2, first=2, second=4)
    """
    coco = coco_masks()
    if coco is None:
        one, other = Spans(first), Spans(second)
        return Overlap(one.common(other), one.area, other.area)
    predicted, truth = _for_coco(first), _for_coco(second)
    common = [coco.merge(pair, intersect=True) for pair in zip(predicted, truth, strict=True)]
    both, one_area, other_area = (int(coco.area(masks).sum()) for masks in (common, predicted, truth))
    return Overlap(both, one_area, other_area)


def array_overlap(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Overlap:
    """Return the overlap of two bool arrays of one shape.

    >>> array_overlap(np.array([True, True, False]), np.array([True, False, False]))
    Overlap(both=1, first=2, second=1)
    """
    both = int(np.count_nonzero(first & second))
    return Overlap(both, int(np.count_nonzero(first)), int(np.count_nonzero(second)))


def overlap_matrix(answers: Sequence[Rle], references: Sequence[Rle], crowd: Sequence[bool]) -> NDArray[Any]:
    """Return the IoU of every answer with every reference, (answers, references), 0..1.

    With a crowd it is the share of the answer that lies in it, as in COCO. Pairs that cannot
    meet, by the columns that they touch, cost nothing; all others are counted in one pass.
    """
    result = np.zeros((len(answers), len(references)))
    if not result.size:
        return result
    coco = coco_masks()
    if coco is not None:
        counted: NDArray[Any] = coco.iou(
            _for_coco(answers), _for_coco(references), [int(one) for one in crowd]
        )
        return counted
    predicted, truth = Spans(answers), Spans(references)
    low, high = predicted.reach()
    true_low, true_high = truth.reach()
    rows, columns = np.nonzero((low[:, None] < true_high) & (true_low < high[:, None]))
    if not len(rows):
        return result
    sizes = np.diff(predicted.first)[rows]
    ends = sizes.cumsum()
    # The intervals of each pair's answer, moved to where its reference lies.
    intervals = np.arange(ends[-1]) + (predicted.first[rows] - ends + sizes).repeat(sizes)
    moved = (truth.offsets[columns] - predicted.offsets[rows]).repeat(sizes)
    set_ = truth.before(predicted.stops[intervals] + moved) - truth.before(
        predicted.starts[intervals] + moved
    )
    summed = np.concatenate(([0], np.cumsum(set_)))
    both = summed[ends] - summed[ends - sizes]
    union = predicted.areas[rows] + np.where(np.asarray(crowd)[columns], 0, truth.areas[columns] - both)
    result[rows, columns] = both / np.maximum(union, 1)
    return result


def same_size(metric: str, first: Sequence[Rle], second: Sequence[Rle]) -> None:
    """Raise PredictionFormatError unless both are as many masks, and of one size each."""
    if len(first) != len(second) or any(a.shape != b.shape for a, b in zip(first, second, strict=True)):
        shapes = [f"{len(masks)} of {masks[0].shape if masks else '-'}" for masks in (first, second)]
        raise PredictionFormatError(
            f"metric {metric!r}: masks do not fit the reference: {' and '.join(shapes)}"
        )
