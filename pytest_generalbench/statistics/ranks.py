"""Ranks of several runs on one board, and which of them cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from pytest_generalbench.statistics.layers import ALPHA
from pytest_generalbench.statistics.multiplicity import holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class RankedRun:
    """The place of one run on a board."""

    name: str
    score: float
    best: int
    """1 plus the runs that are better for certain: the best place that it may have."""
    worst: int
    """The runs less those that are worse for certain: the worst place that it may have."""
    tied: tuple[str, ...]
    """The runs that it cannot be told apart from, sorted by name."""


def ranks(
    scores: Mapping[str, float], p_values: Mapping[tuple[str, str], float], alpha: float = ALPHA
) -> list[RankedRun]:
    """Return the places of runs, the highest score first.

    Two runs are told apart where the p value of their paired difference, adjusted by Holm over all pairs, is
    at most `alpha`: with a chance of 1 - alpha not a single pair is told apart wrongly. Two runs that are
    tied with a third need not be tied with one another.

    Args:
        scores: S2 by run; higher is better.
        p_values: Two-sided, of the paired difference of each pair of runs, in either order of the two.
        alpha: The chance of any false difference.

    Raises:
        KeyError: a pair has no p value.

    >>> found = ranks({"a": 9.0, "b": 8.9, "c": 5.0}, {("a", "b"): 0.6, ("a", "c"): 0.001, ("c", "b"): 0.002})
    >>> [(rank.name, rank.best, rank.worst, rank.tied) for rank in found]
    [('a', 1, 2, ('b',)), ('b', 1, 2, ('a',)), ('c', 3, 3, ())]
    """
    pairs = list(combinations(sorted(scores), 2))
    adjusted = holm([_of(p_values, pair) for pair in pairs])
    apart = {pair for pair, p in zip(pairs, adjusted, strict=True) if p <= alpha}
    ordered = sorted(scores, key=lambda name: (-scores[name], name))
    return [_rank(name, scores, apart, ordered) for name in ordered]


def _of(p_values: Mapping[tuple[str, str], float], pair: tuple[str, str]) -> float:
    return p_values[pair] if pair in p_values else p_values[pair[::-1]]


def _rank(
    name: str, scores: Mapping[str, float], apart: set[tuple[str, str]], names: Sequence[str]
) -> RankedRun:
    others = [other for other in names if other != name]
    sure = [other for other in others if (min(name, other), max(name, other)) in apart]
    better = sum(scores[other] > scores[name] for other in sure)
    worse = sum(scores[other] < scores[name] for other in sure)
    tied = tuple(sorted(set(others) - set(sure)))
    return RankedRun(name, scores[name], 1 + better, len(names) - worse, tied)
