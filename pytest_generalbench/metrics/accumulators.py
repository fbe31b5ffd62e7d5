"""The two accumulators that most metrics use: a mean over instances, and a score of summed counts.

Both give the same result for any order of `add`: sums of floats are exactly rounded
(`math.fsum`), and counts are integers.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.metrics.base import Accumulator, MetricValue
from pytest_generalbench.metrics.validation import text_references

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

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
    scores = tuple(scale * value for value in values)
    if n == 1:
        return MetricValue(score=scale * mean, stderr=None, n=1, scores=scores)
    spread = math.fsum((value - mean) ** 2 for value in values)
    return MetricValue(scale * mean, scale * math.sqrt(spread / (n - 1) / n), n, scores)


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


def jackknife_value(score: float, without: Sequence[float], groups: Sequence[int] = ()) -> MetricValue:
    """Return a value with its jackknife pseudo-values and their standard error.

    Args:
        score: Over all instances.
        without: The score without each instance, in their order; with `groups`, without each group.
        groups: The group of each instance, or () where each is left out alone.

    Returns:
        All in the unit of `score`. Of one instance the number is the score. Where an estimate is NaN, so are
        all numbers, and the standard error is None.

    >>> value = jackknife_value(1.5, [2.0, 1.0])  # the mean of 1 and 2
    >>> value.scores, value.stderr
    ((1.0, 2.0), 0.5)
    >>> jackknife_value(1.5, [2.0, 1.0], groups=[0, 1, 1]).scores
    (1.0, 2.0, 2.0)
    """
    parts, n = len(without), len(groups) or len(without)
    if n < 2:
        return MetricValue(score, None, n, (score,) * n)
    if math.isnan(score) or any(math.isnan(value) for value in without):
        return MetricValue(score, None, n, (math.nan,) * n, tuple(groups))
    pseudo = [score + (parts - 1) * (score - value) for value in without]
    scores = tuple(pseudo[group] for group in groups) if groups else tuple(pseudo)
    return MetricValue(score, jackknife(without, [1] * parts), n, scores, tuple(groups))


def pooled_value(parts: Sequence[tuple[float, float]], scale: float = 1.0) -> MetricValue:
    """Return the mean over all parts of all instances, times `scale`; instances are left out one by one.

    Args:
        parts: (sum, count) of each instance's parts.
        scale: What a mean of 1 is in the metric's unit.

    Returns:
        NaN without instances, 0 when none has a part. The standard error is a jackknife over instances: the
        parts of one instance are no sample of their own. With one part each, it is that of the mean.

    >>> pooled_value([(1.0, 1), (0.0, 3)]).score
    0.25
    """
    if not parts:
        return NOTHING
    if all(one == 1 for _, one in parts):
        return mean_value([part for part, _ in parts], scale)
    total, count = math.fsum(part for part, _ in parts), math.fsum(one for _, one in parts)
    without = [scale * (total - part) / (count - one) if count > one else math.nan for part, one in parts]
    return jackknife_value(scale * total / (count or 1), without)


SILENCE: Final = "and as much as the worst readable answer of the task where that is more"
"""End of the definitions of errors without a bound: the error of an unreadable answer."""


def with_silence(errors: Sequence[float], silent: Sequence[bool]) -> list[float]:
    """Return the errors, those of unreadable answers raised to the largest of the readable ones.

    So no set of unreadable answers has a smaller error than the readable ones of the same task.

    Args:
        errors: the error of each instance, in any unit, lower is better.
        silent: whether the answer of each instance is unreadable.

    Raises:
        ValueError: the lengths differ.

    >>> with_silence([3.0, 1.0, 5.0], [False, True, True])
    [3.0, 3.0, 5.0]
    """
    worst = max(
        (error for error, is_silent in zip(errors, silent, strict=True) if not is_silent), default=0.0
    )
    return [
        max(error, worst) if is_silent else error for error, is_silent in zip(errors, silent, strict=True)
    ]


def rescaled(value: MetricValue, factor: float) -> MetricValue:
    """Return a value in another unit: score, standard error and the instances' numbers times `factor`.

    >>> rescaled(mean_value([1.0, 3.0]), 10.0)
    MetricValue(score=20.0, stderr=10.0, n=2)
    """
    stderr = None if value.stderr is None else factor * value.stderr
    scores = tuple(factor * one for one in value.scores)
    return replace(value, score=factor * value.score, stderr=stderr, scores=scores)


class MeanAccumulator:
    """Mean over instances of a score per instance; an answer that counts as wrong scores 0.

    Args:
        score: returns the score of (prediction, reference), in 0..1, higher is better; raises
            PredictionFormatError or ReferenceFormatError when one is not of the metric's type.
        check_reference: raises ReferenceFormatError when a reference is not of the metric's type; called
            where the prediction is None.
        scale: what a score of 1 is in the metric's unit.

    The standard error is the sample deviation / sqrt(n); None for fewer than two instances.

    >>> accumulator = MeanAccumulator(lambda prediction, reference: float(prediction == reference), str)
    >>> for prediction in ("a", "b", None, "a"):
    ...     accumulator.add(prediction, "a")
    >>> accumulator.result().score, accumulator.result().scores
    (50.0, (100.0, 0.0, 0.0, 100.0))
    """

    def __init__(
        self,
        score: Callable[[Any, Any], float],
        check_reference: Callable[[Any], object],
        scale: float = 100.0,
    ) -> None:
        """Start without instances."""
        self._score = score
        self._check_reference = check_reference
        self._scale = scale
        self._values: list[float] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Add one instance; None scores 0."""
        if prediction is None:
            self._check_reference(reference)
            self._values.append(0.0)
        else:
            self._values.append(self._score(prediction, reference))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over all instances added so far."""
        return mean_value(self._values, self._scale)


def mean_over_texts(name: str, score: Callable[[str, tuple[str, ...]], float]) -> MeanAccumulator:
    """Return the accumulator of a metric that compares a text with accepted texts, mean over instances.

    Args:
        name: the metric's name, for messages.
        score: returns the score of a text and the accepted texts, in 0..1, higher is better.

    >>> accumulator = mean_over_texts("exact", lambda text, accepted: float(text in accepted))
    >>> accumulator.add("cat", ("cat", "a cat"))
    >>> accumulator.result().score
    100.0
    """
    return MeanAccumulator(score, partial(text_references, name))


class CorpusAccumulator:
    """A score of counts summed over the corpus, with a jackknife standard error.

    Args:
        counts: returns the counts of (prediction, reference), k integers; the prediction may be None; raises
            PredictionFormatError or ReferenceFormatError when one is not of the metric's type.
        estimate: maps summed counts, shape (..., k), to scores, shape (...).
        scale: what a score of 1 is in the metric's unit.

    >>> words = lambda prediction, reference: (len(set(prediction or ()) & set(reference)), len(reference))
    >>> accumulator = CorpusAccumulator(words, lambda counts: counts[..., 0] / counts[..., 1])
    >>> accumulator.add(["a", "b"], ["a", "b"])
    >>> accumulator.add(None, ["a", "b", "c", "d", "e", "f"])
    >>> accumulator.result().score
    25.0
    """

    def __init__(
        self, counts: Callable[[Any, Any], Sequence[int]], estimate: Estimate, scale: float = 100.0
    ) -> None:
        """Start without instances."""
        self._counts = counts
        self._estimate = estimate
        self._scale = scale
        self._rows: dict[tuple[int, ...], int] = {}
        """The distinct counts, and where each stands among them."""
        self._places = array("q")
        """Which of the distinct counts each instance has."""

    def add(self, prediction: Any, reference: Any) -> None:
        """Add one instance."""
        row = tuple(self._counts(prediction, reference))
        self._places.append(self._rows.setdefault(row, len(self._rows)))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the score of all instances added so far, and a jackknife pseudo-value for each."""
        if not self._rows:
            return NOTHING
        import numpy as np

        matrix = np.array(list(self._rows), dtype=np.int64)
        places = np.frombuffer(self._places, dtype=np.int64)
        total = np.bincount(places, minlength=len(matrix)) @ matrix
        score = self._scale * float(self._estimate(total))
        without_one = self._scale * self._estimate(total - matrix)
        return jackknife_value(score, without_one[places].tolist())


def score_of(accumulator: Accumulator, pairs: Iterable[tuple[Any, Any]]) -> float:
    """Return the score of (prediction, reference) pairs.

    >>> from pytest_generalbench.metrics import get
    >>> score_of(get("mae").factory(), [(2.0, 3.0), (3.0, 3.0)])
    0.5
    """
    for prediction, reference in pairs:
        accumulator.add(prediction, reference)
    return accumulator.result().score
