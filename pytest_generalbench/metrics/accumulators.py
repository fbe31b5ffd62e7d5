"""The two accumulators that most metrics are: a mean over instances, and a ratio of summed counts.

Both give the same result for any order of `add`: sums of floats are exactly rounded
(`math.fsum`), and counts are integers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_generalbench.metrics.base import Accumulator, MetricValue
from pytest_generalbench.metrics.validation import text_references

Counts = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]
Estimate = Callable[[Counts], Scores]
"""Maps counts summed over instances, shape (..., k), to scores, shape (...)."""

NOTHING = MetricValue(score=math.nan, stderr=None, n=0)
"""The value of an accumulator that was given no instance."""


def mean_value(values: Sequence[float], scale: float = 1.0) -> MetricValue:
    """Return the mean of `values` times `scale`, with stderr = sample deviation / sqrt(n).

    >>> mean_value([0.0, 1.0, 1.0, 1.0], scale=100.0)
    MetricValue(score=75.0, stderr=25.0, n=4)
    """
    n = len(values)
    if n == 0:
        return NOTHING
    mean = math.fsum(values) / n
    if n == 1:
        return MetricValue(score=scale * mean, stderr=None, n=1)
    spread = math.fsum((value - mean) ** 2 for value in values)
    return MetricValue(score=scale * mean, stderr=scale * math.sqrt(spread / (n - 1) / n), n=n)


def jackknife(estimates: Sequence[float], times: Sequence[int]) -> float | None:
    """Return the delete-one jackknife standard error.

    `estimates[g]` is the score without one instance of group g, a group being `times[g]`
    instances that are alike. None when there are fewer than two instances.

    >>> jackknife([2.0, 1.0], [1, 1])  # the mean of 1 and 2
    0.5
    """
    n = sum(times)
    if n < 2:
        return None
    mean = math.fsum(t * value for t, value in zip(times, estimates, strict=True)) / n
    spread = math.fsum(t * (value - mean) ** 2 for t, value in zip(times, estimates, strict=True))
    return math.sqrt(spread * (n - 1) / n)


class MeanAccumulator:
    """Mean over instances of a score per instance; an answer that counts as wrong scores 0."""

    def __init__(
        self,
        score: Callable[[Any, Any], float],
        check_reference: Callable[[Any], object],
        scale: float = 100.0,
    ) -> None:
        """Take the score per instance, in 0..1, and the check of a reference whose answer is None."""
        self._score = score
        self._check_reference = check_reference
        self._scale = scale
        self._values: list[float] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance; None scores 0. Raises when an argument is not of the metric's type."""
        if prediction is None:
            self._check_reference(reference)
            self._values.append(0.0)
        else:
            self._values.append(self._score(prediction, reference))

    def result(self) -> MetricValue:
        """Return the mean over everything added so far."""
        return mean_value(self._values, self._scale)


def mean_over_texts(name: str, score: Callable[[str, tuple[str, ...]], float]) -> MeanAccumulator:
    """Make the accumulator of a metric that compares a text with accepted texts, mean over instances."""
    return MeanAccumulator(score, partial(text_references, name))


class CorpusAccumulator:
    """A score of counts summed over the corpus, with a jackknife standard error."""

    def __init__(
        self, counts: Callable[[Any, Any], Sequence[int]], estimate: Estimate, scale: float = 100.0
    ) -> None:
        """Take the counts of one instance (k integers, any prediction) and the score of their sum."""
        self._counts = counts
        self._estimate = estimate
        self._scale = scale
        self._rows: Counter[tuple[int, ...]] = Counter()

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance. Raises when an argument is not of the metric's type."""
        self._rows[tuple(self._counts(prediction, reference))] += 1

    def result(self) -> MetricValue:
        """Return the score over everything added so far."""
        if not self._rows:
            return NOTHING
        rows = sorted(self._rows)
        times = [self._rows[row] for row in rows]
        matrix = np.array(rows, dtype=np.int64)
        total = np.array(times, dtype=np.int64) @ matrix
        score = self._scale * float(self._estimate(total))
        without_one = [self._scale * float(value) for value in self._estimate(total - matrix)]
        return MetricValue(score=score, stderr=jackknife(without_one, times), n=sum(times))


def score_of(accumulator: Accumulator, pairs: Iterable[tuple[Any, Any]]) -> float:
    """Return the score of (prediction, reference) pairs."""
    for prediction, reference in pairs:
        accumulator.add(prediction, reference)
    return accumulator.result().score
