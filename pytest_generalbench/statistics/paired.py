"""The difference of two runs on one task, instance by instance.

Both runs answered the same instances, so what makes an instance hard is in both scores and leaves their
difference. The standard error of the difference is therefore far smaller than that of either score.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from pytest_generalbench.statistics.distributions import mcnemar, student_quantile, student_sf

if TYPE_CHECKING:
    from collections.abc import Sequence

Values = npt.NDArray[np.float64]
Units = npt.NDArray[np.int64]

CONFIDENCE: Final = 0.95
"""Of every interval, two-sided."""

_ROUNDING: Final = 1e-12
"""A spread or difference below this share of the values themselves is rounding."""

MCNEMAR: Final = "exact McNemar"
PAIRED_T: Final = "paired t"
CLUSTERED_T: Final = "t over clusters"
JACKKNIFE: Final = "jackknife of the difference"
PSEUDO_VALUES: Final = "pseudo-values over the instances in common"
SIGN: Final = "sign test"
METHODS: Final = {
    MCNEMAR: "right or wrong: the exact binomial test of the instances that one run alone has right",
    PAIRED_T: "mean difference of the instances over its standard error, Student's t with n - 1 degrees",
    CLUSTERED_T: "as the paired t; instances that share an input file are one unit, their errors go together",
    JACKKNIFE: "no mean over instances: both are scored again without each instance, or each of 20 groups, "
    "and the spread of the differences is that of the difference of the scores",
    PSEUDO_VALUES: "a ratio of sums, scored over other instances in each run: paired t over the jackknife "
    "pseudo-values of the instances that both have, each run's from its own score",
    SIGN: "all units differ by the same amount, there is no spread to compare with: 2 to the power of 1 - n",
}
"""How a difference is tested, in one line each."""


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """The difference of two runs on one task, second minus first, in the metric's unit."""

    difference: float
    stderr: float | None
    """None with fewer than two units."""
    degrees: float
    """Degrees of freedom of the standard error."""
    p: float | None
    """Two-sided p value; None with fewer than two units."""
    method: str
    """One of METHODS."""
    n: int
    """Instances that both runs have."""
    units: int
    """What is independent of one another: instances, clusters of them, or groups of the jackknife."""
    matched: tuple[int, int, float] | None = None
    """Of right or wrong: what only the second run has right, what only the first, and what one is worth."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the difference; None where no spread was seen."""
        if not self.stderr or self.p is None:
            return None
        if self.matched is None:
            half = student_quantile((1 + CONFIDENCE) / 2, self.degrees) * self.stderr
            return self.difference - half, self.difference + half
        low, high = _matched_interval(*self.matched, self.n)
        # The exact test has the last word on whether there is a difference.
        return (min(low, 0.0), max(high, 0.0)) if self.p > 1 - CONFIDENCE else (low, high)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two runs' numbers for the instances of one task, in the metric's unit and the same order.

    Args:
        first: One number for each instance: its score, or the jackknife pseudo-value of a corpus metric.
        second: The same of the other run.
        whole: The scores of the two runs over these instances.
        is_mean: Whether the score is the mean of the numbers.
        clusters: The cluster of each instance, from 0; None where each is one of its own.
        n: Instances, where each number is that of a group of them; 0: as many as there are numbers.
        is_part: Whether a run has instances that the other lacks; `whole` are then the means of the numbers.
    """

    first: Values
    second: Values
    whole: tuple[float, float]
    is_mean: bool = True
    clusters: Units | None = None
    n: int = 0
    is_part: bool = False

    @property
    def units(self) -> int:
        """How many independent units there are."""
        return len(self.first) if self.clusters is None else int(self.clusters.max(initial=-1)) + 1


def cluster_numbers(names: Sequence[str]) -> Units | None:
    """Return the cluster of each instance as a number; None where no two share one.

    >>> cluster_numbers(["a", "b", "a"]).tolist(), cluster_numbers(["a", "b"])
    ([0, 1, 0], None)
    """
    numbers: dict[str, int] = {}
    places = [numbers.setdefault(name, len(numbers)) for name in names]
    return np.array(places, dtype=np.int64) if len(numbers) < len(places) else None


def mean_stderr(values: Values, clusters: Units | None = None) -> float | None:
    """Return the standard error of the mean of `values`; None with fewer than two units.

    With clusters it is √(C/(C−1) · Σ_c (Σ_i in c (x_i − x̄))²) / n, which for clusters of one is s/√n and for
    clusters of one size that of the mean of the clusters' means (Liang and Zeger 1986).

    >>> mean_stderr(np.array([0.0, 1.0, 1.0, 1.0]))
    0.25
    >>> mean_stderr(np.array([0.0, 0.0, 2.0, 2.0]), np.array([0, 0, 1, 1]))
    1.0
    """
    n = len(values)
    rest = values - values.mean() if n else values
    parts = rest if clusters is None else np.bincount(clusters, weights=rest)
    units = len(parts)
    if units < 2:
        return None
    return math.sqrt(units / (units - 1) * float(parts @ parts)) / n


def slope_stderr(pairs: Pairs, first_slope: float, second_slope: float) -> float | None:
    """Return the standard error of f(second score) − f(first score) for a smooth f, by the delta method.

    Args:
        pairs: The numbers of both runs.
        first_slope: The derivative of f at the first run's score.
        second_slope: The same at the second's.

    Returns:
        None with fewer than two units; 0 where the spread is rounding.
    """
    values = second_slope * pairs.second - first_slope * pairs.first
    stderr = mean_stderr(values, pairs.clusters)
    return stderr and _rounded(stderr, _size(second_slope * pairs.second, first_slope * pairs.first))


def _size(one: Values, other: Values) -> float:
    return float(max(np.abs(one).max(initial=0.0), np.abs(other).max(initial=0.0)))


def _rounded(value: float, size: float) -> float:
    return 0.0 if abs(value) <= _ROUNDING * size else value


def paired_difference(pairs: Pairs) -> PairedDifference:
    """Return the difference of two runs on one task with its interval and p value.

    Scores of right or wrong are tested by McNemar's exact test, other means by the paired t, both by t over
    clusters where instances share an input file, and corpus scores by the jackknife of the difference.

    >>> pairs = Pairs(np.array([100.0, 100, 100, 0]), np.array([0.0, 100, 0, 0]), (75.0, 25.0))
    >>> result = paired_difference(pairs)
    >>> result.difference, round(result.p, 3), result.method
    (-50.0, 0.5, 'exact McNemar')
    """
    size = _size(pairs.first, pairs.second)
    difference = _rounded(pairs.whole[1] - pairs.whole[0], size)
    stderr, units, n = slope_stderr(pairs, 1.0, 1.0), pairs.units, pairs.n or len(pairs.first)
    method = _method(pairs)
    if stderr is None:
        return PairedDifference(difference, None, 0.0, None, method, n, units)
    if method == MCNEMAR:
        wins, losses, _ = matched = _discordant(pairs)
        p = mcnemar(losses, wins)
        return PairedDifference(difference, stderr, units - 1.0, p, method, n, units, matched)
    method = SIGN if stderr == 0 and difference else method
    p = _student_p(difference, stderr, units)
    return PairedDifference(difference, stderr, units - 1.0, p, method, n, units)


def _method(pairs: Pairs) -> str:
    if not pairs.is_mean:
        return PSEUDO_VALUES if pairs.is_part else JACKKNIFE
    if pairs.clusters is not None:
        return CLUSTERED_T
    is_binary = len(np.unique(np.concatenate((pairs.first, pairs.second)))) <= 2
    return MCNEMAR if is_binary else PAIRED_T


def _student_p(difference: float, stderr: float, units: int) -> float:
    if stderr == 0:
        return 1.0 if difference == 0 else min(1.0, 2.0 ** (1 - units))
    return min(1.0, 2.0 * student_sf(abs(difference) / stderr, units - 1))


def _discordant(pairs: Pairs) -> tuple[int, int, float]:
    """Return how many instances score more in the second run, how many less, and by how much."""
    change = pairs.second - pairs.first
    return int((change > 0).sum()), int((change < 0).sum()), float(np.abs(change).max(initial=0.0))


def _matched_interval(wins: int, losses: int, step: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a difference of matched shares, with half a pair more in each cell.

    Source: Agresti and Min 2005.
    """
    total = n + 2
    middle = (wins - losses) / total
    spread = math.sqrt(wins + losses + 1 - (wins - losses) ** 2 / total) / total
    half = 1.959963984540054 * spread
    return step * max(-1.0, middle - half), step * min(1.0, middle + half)
