"""Many tests at once: adjusted p values that keep the rate of false alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p values: those at most α are rejected with a family-wise error of at most α.

    Holds whatever the tests depend on. Source: Holm 1979.

    Args:
        p_values: One for each test, 0..1.

    Returns:
        In the order given.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, largest = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return Benjamini and Hochberg's adjusted p values.

    Rejecting those of at most q keeps the share of false discoveries at most q on average, for tests that are
    independent or positively dependent. Source: Benjamini and Hochberg 1995.

    Args:
        p_values: One for each test, 0..1.

    Returns:
        In the order given.

    >>> [round(p, 3) for p in benjamini_hochberg([0.01, 0.04, 0.03])]
    [0.03, 0.04, 0.04]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place], reverse=True)
    adjusted, smallest, count = [1.0] * len(p_values), 1.0, len(p_values)
    for rank, place in enumerate(order):
        smallest = min(smallest, p_values[place] * count / (count - rank))
        adjusted[place] = smallest
    return adjusted
