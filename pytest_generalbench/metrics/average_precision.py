"""Average precision as COCO computes it, from overlaps: greedy matching, then 101 recall levels.

What overlaps, boxes, masks or key points, is the caller's matter: each image and category
gives a matrix of overlaps. The matching is that of pycocotools to the last tie, area range
`all`; equal scores rank in the order in which the images were added.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.metrics.accumulate import NOTHING
from pytest_generalbench.metrics.base import MetricValue

MAX_DETECTIONS: Final = 100
"""Answers that count for one image and category: those with the highest scores."""

RECALL_LEVELS: Final = np.linspace(0.0, 1.0, 101)


class Matched(NamedTuple):
    """What became of the answers of one image and category."""

    scores: NDArray[np.float64]
    """Falling, equal ones in the order given."""
    hits: NDArray[np.bool_]
    """Whether the answer found a reference that nobody had found before."""
    ignored: NDArray[np.bool_]
    """Whether it fell on a reference that does not count (a crowd): neither right nor wrong."""
    positives: int
    """References that count."""


def match(
    overlaps: NDArray[np.float64],
    scores: NDArray[np.float64],
    ignored: NDArray[np.bool_],
    threshold: float,
    limit: int = MAX_DETECTIONS,
) -> Matched:
    """Match answers to references, the surest answer first, each to the best that is left.

    Args:
        overlaps: (answers, references), each 0..1.
        scores: (answers,), higher is surer.
        ignored: (references,), the ones that count neither way; several answers may match one.
        threshold: The least overlap of a match.
        limit: Answers beyond this many, by score, are left out.

    >>> overlaps = np.array([[0.9, 0.6], [0.8, 0.2]])
    >>> match(overlaps, np.array([0.5, 0.7]), np.array([False, False]), 0.5).hits.tolist()
    [True, True]
    """
    order = np.argsort(-scores, kind="stable")[:limit]
    real, crowd = np.flatnonzero(~ignored), np.flatnonzero(ignored)
    least = min(threshold, 1 - 1e-10)
    free = np.ones(len(real), dtype=bool)
    hits, on_crowd = np.zeros(len(order), dtype=bool), np.zeros(len(order), dtype=bool)
    for place, answer in enumerate(order):
        row = np.where(free, overlaps[answer, real], -1.0)
        # Of equal overlaps the last reference is taken, as in pycocotools.
        best = len(row) - 1 - int(np.argmax(row[::-1])) if len(row) else -1
        if best >= 0 and row[best] >= least:
            free[best] = False
            hits[place] = True
        elif len(crowd):
            on_crowd[place] = bool(overlaps[answer, crowd].max() >= least)
    return Matched(scores[order], hits, on_crowd, len(real))


def interpolated(scores: NDArray[np.float64], hits: NDArray[np.bool_], positives: int) -> float:
    """Return the mean over 101 recall levels of the best precision at that recall or a higher one, 0..1.

    >>> round(interpolated(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), 2), 4)
    0.835
    """
    right = np.cumsum(hits[np.argsort(-scores, kind="stable")])
    if not len(right):
        return 0.0
    precision = right / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(right / positives, RECALL_LEVELS, side="left")
    reached = places < len(right)
    return float(precision[places[reached]].sum() / len(RECALL_LEVELS))


class CategoryMatches:
    """The matches of all images by category; what is kept is a score and two bits for each answer."""

    def __init__(self) -> None:
        """Start empty."""
        self._matched: dict[str, list[Matched]] = {}
        self.n = 0
        """Images added."""

    def add(self, matched: dict[str, Matched]) -> None:
        """Take one image: what became of its answers, by category."""
        self.n += 1
        for category, one in matched.items():
            self._matched.setdefault(category, []).append(one)

    def result(self, scale: float = 100.0) -> MetricValue:
        """Return the mean over the categories that have a reference which counts, times `scale`.

        With no such category in all the images it is the full score when nothing was
        answered either, and 0 otherwise.
        """
        if not self.n:
            return NOTHING
        parts = [_joined(matched) for _, matched in sorted(self._matched.items())]
        scores = [interpolated(*part) for part in parts if part[2]]
        if scores:
            return MetricValue(scale * float(np.mean(scores)), None, self.n)
        wrong = any(len(part[0]) for part in parts)
        return MetricValue(0.0 if wrong else scale, None, self.n)


def _joined(matched: list[Matched]) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
    counted = [~one.ignored for one in matched]
    scores = np.concatenate([one.scores[keep] for one, keep in zip(matched, counted, strict=True)])
    hits = np.concatenate([one.hits[keep] for one, keep in zip(matched, counted, strict=True)])
    return scores, hits, sum(one.positives for one in matched)
