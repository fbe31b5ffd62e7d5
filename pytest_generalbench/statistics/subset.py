"""Which instances of which tasks tell most about S2 for their cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LEAST: Final = 2
"""Instances of a task at least: with one alone there is no standard error."""

_STEPS: Final = 200


@dataclass(frozen=True, slots=True)
class Stratum:
    """A task, as the design of a subset sees it."""

    weight: float
    """Its weight in S2."""
    sigma: float
    """Standard deviation of an instance's points."""
    cost: float
    """Of one instance, in any unit; above 0."""
    size: int
    """Its instances."""
    side: str = ""
    """The side that it belongs to."""


def allocate(strata: Mapping[str, Stratum], budget: float, *, by_cost: bool = False) -> dict[str, int]:
    """Return how many instances of each task are asked.

    Neyman's allocation with costs: in proportion to weight · sigma / √cost, which gives S2 the smallest
    standard error for what is spent. Every task has at least `LEAST`, and at most what it has; a budget too
    small for that has the cheapest tasks of each side in turn, and S2 does not follow from it. A larger
    budget gives no task fewer, so that larger subsets contain smaller ones. Source: Cochran, Sampling
    Techniques, 5.5.

    Args:
        strata: The tasks by id.
        budget: How many instances in all; with `by_cost`, what they may cost together.
        by_cost: Whether the budget is of costs.

    >>> allocate({"a": Stratum(0.5, 40, 1, 100), "b": Stratum(0.5, 40, 4, 100)}, 60)
    {'a': 40, 'b': 20}
    """
    smallest = {name: min(LEAST, one.size) for name, one in strata.items()}
    prices = {name: one.cost if by_cost else 1.0 for name, one in strata.items()}
    if sum(smallest[name] * prices[name] for name in strata) > budget:
        return _cheapest(strata, smallest, prices, budget)
    rates = {name: one.weight * one.sigma / math.sqrt(one.cost) for name, one in strata.items()}

    def counts(scale: float) -> dict[str, int]:
        return {
            name: max(smallest[name], min(one.size, math.floor(scale * rates[name] + 0.5)))
            for name, one in strata.items()
        }

    def spent(given: Mapping[str, int]) -> float:
        return sum(given[name] * prices[name] for name in given)

    scale = _largest(lambda scale: spent(counts(scale)) <= budget, rates, strata)
    return counts(scale)


def _cheapest(
    strata: Mapping[str, Stratum], smallest: Mapping[str, int], prices: Mapping[str, float], budget: float
) -> dict[str, int]:
    """Return the least of instances for as many tasks as fit, the cheapest of each side in turn."""
    sides: dict[str, list[str]] = {}
    for name in sorted(strata, key=lambda name: (prices[name], name)):
        sides.setdefault(strata[name].side, []).append(name)
    turns = [(turn, side, name) for side, names in sorted(sides.items()) for turn, name in enumerate(names)]
    counts, spent = dict.fromkeys(strata, 0), 0.0
    for _, _, name in sorted(turns):
        price = smallest[name] * prices[name]
        if spent + price <= budget:
            counts[name], spent = smallest[name], spent + price
    return counts


def _largest(
    fits: Callable[[float], bool], rates: Mapping[str, float], strata: Mapping[str, Stratum]
) -> float:
    """Return the largest scale that fits the budget."""
    high = max((strata[name].size / rate for name, rate in rates.items() if rate > 0), default=0.0)
    if fits(high):
        return high
    low = 0.0
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def standard_error(strata: Mapping[str, Stratum], counts: Mapping[str, int]) -> float:
    """Return the standard error of S2, in points, when so many instances of each task are asked.

    With the correction for finite tasks: a task that is asked in whole adds nothing.
    """
    variance = 0.0
    for name, one in strata.items():
        n = counts.get(name, 0)
        if n and one.size > 1:
            variance += (one.weight * one.sigma) ** 2 / n * (1.0 - n / one.size)
    return math.sqrt(variance)
