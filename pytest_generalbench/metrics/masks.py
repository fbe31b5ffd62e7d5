"""How far masks overlap, from their run lengths without ever unpacking them, or from arrays."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pytest_generalbench.answers.rle import Rle, RleError
from pytest_generalbench.metrics.checks import PredictionFormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


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
    """The set pixels of a mask as intervals of its column-by-column order; of frames one after another."""

    __slots__ = ("area", "before_each", "starts", "stops")

    def __init__(self, masks: Sequence[Rle]) -> None:
        """Unpack one mask, or the frames of a video. Raises RleError when one is no mask."""
        starts, stops, offset = [], [], 0
        for mask in masks:
            ends = np.cumsum(mask.runs()) + offset
            stops.append(ends[1::2])
            starts.append(ends[::2][: len(stops[-1])])
            offset += mask.height * mask.width
        self.starts = np.concatenate(starts) if starts else np.empty(0, dtype=np.int64)
        self.stops = np.concatenate(stops) if stops else self.starts
        self.before_each = np.concatenate(([0], np.cumsum(self.stops - self.starts)))
        """How many pixels are set before each interval, and in all of them."""
        self.area = int(self.before_each[-1])

    def before(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many pixels are set before each place; there must be an interval."""
        interval = np.searchsorted(self.stops, places, side="left")
        within = places - self.starts[np.minimum(interval, len(self.starts) - 1)]
        inside = np.where(interval < len(self.starts), np.maximum(within, 0), 0)
        counts: NDArray[np.int64] = self.before_each[interval] + inside
        return counts

    def common(self, other: Spans) -> int:
        """Return the number of pixels that are set in both."""
        few, many = (self, other) if len(self.starts) <= len(other.starts) else (other, self)
        if not few.area or few.starts[0] >= many.stops[-1] or many.starts[0] >= few.stops[-1]:
            return 0
        return int((many.before(few.stops) - many.before(few.starts)).sum())


def rle_overlap(first: Sequence[Rle], second: Sequence[Rle]) -> Overlap:
    """Return the overlap of two masks, or of two videos of masks, of one size.

    >>> from pytest_generalbench.answers.rle import encode
    >>> rle_overlap([encode(np.eye(2))], [encode(np.ones((2, 2)))])
    Overlap(both=2, first=2, second=4)
    """
    one, other = Spans(first), Spans(second)
    return Overlap(one.common(other), one.area, other.area)


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
    meet, by the columns that they touch, cost nothing; the others of one reference are
    counted together.
    """
    found = np.zeros((len(answers), len(references)))
    if not found.size:
        return found
    spans = [Spans([mask]) for mask in answers]
    areas = np.array([one.area for one in spans])
    sizes = np.array([len(one.starts) for one in spans])
    places = np.concatenate(([0], np.cumsum(sizes)))
    starts = np.concatenate([one.starts for one in spans])
    stops = np.concatenate([one.stops for one in spans])
    for column, mask in enumerate(references):
        other = Spans([mask])
        if not other.area:
            continue
        near = np.flatnonzero((starts < other.stops[-1]) & (stops > other.starts[0]))
        counts = np.zeros(len(starts), dtype=np.int64)
        counts[near] = other.before(stops[near]) - other.before(starts[near])
        summed = np.concatenate(([0], np.cumsum(counts)))
        both = np.array([summed[stop] - summed[start] for start, stop in pairwise(places.tolist())])
        union = areas if crowd[column] else areas + other.area - both
        found[:, column] = both / np.maximum(union, 1)
    return found


def same_size(metric: str, first: Sequence[Rle], second: Sequence[Rle]) -> None:
    """Raise PredictionFormatError unless both are as many masks, and of one size each."""
    if len(first) != len(second) or any(a.shape != b.shape for a, b in zip(first, second, strict=True)):
        told = [f"{len(masks)} of {masks[0].shape if masks else '-'}" for masks in (first, second)]
        raise PredictionFormatError(
            f"metric {metric!r}: masks do not fit the reference: {' and '.join(told)}"
        )


def checked_spans(metric: str, masks: Sequence[Rle]) -> Spans:
    """Return `Spans`; run lengths that are no mask are a PredictionFormatError."""
    try:
        return Spans(masks)
    except RleError as error:
        raise PredictionFormatError(f"metric {metric!r}: {error}") from error
