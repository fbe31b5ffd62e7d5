"""How sure the score of a task is: standard error, degrees of freedom and interval, from its rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from pytest_generalbench.statistics.distributions import (
    incomplete_beta,
    normal_quantile,
    student_quantile,
    student_sf,
)
from pytest_generalbench.statistics.paired import cluster_numbers, mean_stderr

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_generalbench.core.result import InstanceRow

LEVEL: Final = 0.95
"""The share of intervals that hold the true value, where nothing else is asked for."""

Z: Final = normal_quantile((1.0 + LEVEL) / 2.0)
"""Standard errors on each side of a normal interval at `LEVEL`."""

INTERVAL_METHODS: Final = {
    "normal": "Student's t over the instances: score ± t · sd/√n, n − 1 degrees of freedom",
    "binary": "right or wrong: Wilson's interval; the standard error is that of (k + z²/2)/(n + z²)",
    "clustered": "instances share a medium: t over the sums of the clusters' residuals, clusters − 1 degrees",
    "jackknife": "a corpus metric: score ± t · sd/√G over pseudo-values, G − 1 degrees, G groups left out",
    "reported": "score ± 1.96 · the standard error that the task's result has; there are no rows",
}
"""How a standard error came about, by name."""

Method = Literal["normal", "binary", "clustered", "jackknife", "reported"]

_TOLERANCE: Final = 1e-6
"""Relative difference between a score and the mean of its rows up to which they are the same."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How far a task's score may lie from the score over infinitely many such instances."""

    stderr: float
    """In the unit of the score; 0 where all instances scored alike and are not merely right or wrong."""
    degrees: float
    """Degrees of freedom of `stderr`; infinite where it counts as known."""
    method: Method
    n: int
    """Independent units: instances, clusters or groups."""
    right: int | None = None
    """Of right-or-wrong instances that are a cluster each: how many are right; else None."""
    scale: float = 1.0
    """The score of a right instance, in the metric's unit; 1 where that is not the question."""

    def interval(self, score: float, level: float = LEVEL) -> tuple[float, float]:
        """Return the interval that holds the true score with probability `level`, in the score's unit.

        Args:
            score: The task's score.
            level: 0..1, for both sides together.

        >>> low, high = Spread(0.05, 99, "binary", 20, right=20).interval(1.0)
        >>> round(low, 3), high
        (0.839, 1.0)
        """
        if self.right is not None:
            low, high = wilson(self.right, self.n, level)
            return self.scale * low, self.scale * high
        width = self.stderr * student_quantile((1.0 + level) / 2.0, self.degrees)
        return score - width, score + width

    def tail(self, score: float, bound: float, *, higher_is_better: bool) -> float:
        """Return the one-sided p value of "the true score is no better than `bound`", 0..1.

        Exact binomial where instances are right or wrong, else Student's t; with a standard error of 0 there
        is no test, and the p value is 1.

        Args:
            score: The task's score.
            bound: What it is compared with, in the same unit.
            higher_is_better: The direction of the metric.
        """
        if self.right is not None and higher_is_better:
            return binomial_tail(self.right, self.n, bound / self.scale)
        if self.stderr <= 0.0:
            return 1.0
        distance = (score - bound if higher_is_better else bound - score) / self.stderr
        return student_sf(distance, self.degrees)


def wilson(right: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Return Wilson's interval of a share, 0..1. Source: Wilson 1927.

    >>> [round(bound, 4) for bound in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    z = normal_quantile((1.0 + level) / 2.0)
    share, extra = right / n, z * z / n
    middle = (share + extra / 2.0) / (1.0 + extra)
    width = z * math.sqrt(share * (1.0 - share) / n + extra / (4.0 * n)) / (1.0 + extra)
    # Rounding leaves a digit where the bound is exactly 0 or 1.
    return (0.0 if right == 0 else middle - width), (1.0 if right == n else middle + width)


def binomial_tail(right: int, n: int, share: float) -> float:
    """Return P(X >= right) of n draws that are right with probability `share`.

    >>> round(binomial_tail(9, 10, 0.5), 6)
    0.010742
    """
    if right <= 0 or share >= 1.0:
        return 1.0
    return 0.0 if share <= 0.0 else incomplete_beta(right, n - right + 1.0, share)


_RIGHT: Final = {"percent": 100.0, "0..100": 100.0, "0..1": 1.0}
"""By unit, the score of a right instance where instances are right or wrong."""


def row_spread(rows: Iterable[InstanceRow], score: float, *, is_mean: bool, unit: str) -> Spread | None:
    """Return how sure `score` is, from the rows of its task; None where they do not say it.

    Of a mean metric, instances that share a medium are a cluster, and instances that scored nothing but 0 or
    the whole of the unit are right or wrong. Of a corpus metric the rows are pseudo-values, one a group.

    Args:
        rows: All rows of the task; those without a score are left out, as in the score.
        score: The task's score; of a mean metric the rows must have it as their mean.
        is_mean: Whether the metric is a mean over instances (`Metric.aggregation`).
        unit: The unit of the score; `percent`, `0..100` and `0..1` have a whole.

    Returns:
        None for fewer than two units, and for rows that the score does not follow from.
    """
    scored = [row for row in rows if row.score is not None and math.isfinite(row.score)]
    values = [row.score for row in scored if row.score is not None]
    if not values or not math.isfinite(score):
        return None
    if not is_mean and any(row.group is not None for row in scored):
        groups = {row.group: row.score for row in scored if row.score is not None}
        return _simple([groups[key] for key in sorted(groups, key=str)], "jackknife")
    names = [row.cluster or row.instance for row in scored]
    if is_mean:
        mean = math.fsum(values) / len(values)
        if abs(mean - score) > _TOLERANCE * max(1.0, abs(score)):
            return None
    if len(set(names)) < len(names):
        return _clustered(values, names)
    if not is_mean:
        return _simple(values, "jackknife")
    return _binary(values, _RIGHT.get(unit)) or _simple(values, "normal")


def _simple(values: Sequence[float], method: Method) -> Spread | None:
    stderr = mean_stderr(np.array(values))
    return None if stderr is None else Spread(stderr, len(values) - 1, method, len(values))


def _binary(values: Sequence[float], scale: float | None) -> Spread | None:
    """Return the spread of values that are 0 or `scale` alone; None of others and of one."""
    if len(values) < 2 or scale is None or any(value not in (0.0, scale) for value in values):
        return None
    return binary_spread(sum(value != 0.0 for value in values), len(values), scale)


def binary_spread(right: int, n: int, scale: float) -> Spread:
    """Return the spread of instances that are right or wrong, each on its own.

    Its standard error is never 0: that of Wilson's middle, (k + z²/2)/(n + z²). Source: Agresti, Coull 1998.

    Args:
        right: How many are right.
        n: How many there are.
        scale: The score of a right one.

    >>> round(binary_spread(20, 20, 100.0).stderr, 2)
    5.6
    """
    count = n + Z * Z
    share = (right + Z * Z / 2.0) / count
    return Spread(scale * math.sqrt(share * (1.0 - share) / count), n - 1, "binary", n, right, scale)


def _clustered(values: Sequence[float], names: Sequence[str]) -> Spread | None:
    """Return the cluster-robust spread of a mean; with clusters of one size that of the clusters' means."""
    numbers = cluster_numbers(names)
    stderr = mean_stderr(np.array(values), numbers)
    count = len(set(names))
    return None if stderr is None else Spread(stderr, count - 1, "clustered", count)


def reported_spread(stderr: float | None, n: int) -> Spread | None:
    """Return the spread of a task that has a standard error and no rows; None without one."""
    if stderr is None or not math.isfinite(stderr) or n < 2:
        return None
    return Spread(stderr, math.inf, "reported", n)


def normal_interval(value: float, stderr: float, level: float = LEVEL) -> tuple[float, float]:
    """Return `value` ± z · `stderr`, the normal interval that holds the truth with probability `level`.

    >>> [round(bound, 2) for bound in normal_interval(10.0, 1.0)]
    [8.04, 11.96]
    """
    width = normal_quantile((1.0 + level) / 2.0) * stderr
    return value - width, value + width
