"""Intervals of S3, S4 and S5 by non-parametric empirical Bayes.

S3 counts the points of tasks that reach their specialist. Far more tasks lie just below it than above, and
some of them are above by chance, so a printed S3 is too high and a bootstrap around it too. Here the density
of the true gaps to the specialists is estimated from all tasks together (by expectation maximisation on a
grid, smoothed), and each task's true score is drawn from what its own score and that density say together.
Source: Laird 1978, Silverman and others 1990 (smoothed EM); Efron 2016 on g-modelling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pytest_generalbench.statistics.intervals import LEVEL, Z
from pytest_generalbench.suite.level import to_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pytest_generalbench.statistics.standings import BoardSides, Scored

    Array = npt.NDArray[np.float64]
    Truths = npt.NDArray[np.bool_]

STEP: Final = 0.4
"""Points between two nodes of the grid of gaps: 4 thousandths of a score of 0..1."""

GRID: Final = np.arange(-100.0, 100.0 + STEP / 2, STEP)
BANDWIDTH: Final = 0.8
"""Standard deviation of the kernel that smooths the density after each step, in points."""

ITERATIONS: Final = 200
AGAIN: Final = 40
"""Steps from the density of all tasks to that of weighted ones, which is near it."""

DENSITIES: Final = 16
"""Weighted densities that the draws are spread over: how sure the density is goes into the intervals."""

DRAWS: Final = 4000
SEED: Final = 2505_04620
LEAST_TASKS: Final = 30
"""With fewer gaps there is no density to speak of; the outer band stands in."""

_NODES: Final = np.linspace(-5.0, 5.0, 201)
"""A task's true score is drawn from these, in standard errors from its score."""

_LEAST_STDERR: Final = STEP / 2
"""Points; a narrower likelihood falls between the nodes of the grid."""


def gap_densities(gaps: Array, stderrs: Array, weights: Array) -> Array:
    """Return estimates of the density of the true gaps on `GRID`, each summing to 1, shape (rows, nodes).

    The first is that of all tasks alike. The others are of the tasks weighted by the rows of `weights`: how
    they differ says how sure the density is (the Bayesian bootstrap, Rubin 1981).

    Args:
        gaps: Observed points above the specialist (negative below it), shape (tasks,).
        stderrs: Their standard errors in points, shape (tasks,).
        weights: Of the tasks, at least 0, shape (rows - 1, tasks).
    """
    errors = np.maximum(stderrs, _LEAST_STDERR)[:, None]
    likelihood = np.exp(-0.5 * ((gaps[:, None] - GRID[None, :]) / errors) ** 2) / errors
    even = np.full((1, len(gaps)), 1.0 / len(gaps))
    first = _fitted(np.full((1, len(GRID)), 1.0 / len(GRID)), likelihood, even, ITERATIONS)
    if not len(weights):
        return first
    shares = weights / weights.sum(axis=1, keepdims=True)
    return np.vstack([first, _fitted(np.repeat(first, len(weights), axis=0), likelihood, shares, AGAIN)])


def _fitted(densities: Array, likelihood: Array, shares: Array, iterations: int) -> Array:
    """Return the densities after so many steps of the smoothed expectation maximisation."""
    reach = int(np.ceil(4 * BANDWIDTH / STEP))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * STEP / BANDWIDTH) ** 2)
    kernel /= kernel.sum()
    for _ in range(iterations):
        whole = np.maximum(densities @ likelihood.T, 1e-300)
        densities = densities * ((shares / whole) @ likelihood)
        densities = np.stack([np.convolve(density, kernel, mode="same") for density in densities])
        densities = densities / densities.sum(axis=1, keepdims=True)
    return densities


def _node_values(item: Scored, stderr: float, specialist: float) -> tuple[Array, Truths, Truths]:
    """Return points at each node, whether the specialist is reached there, and the nodes that can be."""
    raw = item.score + stderr * _NODES
    mapping = item.task.metric.mapping
    better: Truths = raw >= specialist if item.task.metric.higher_is_better else raw <= specialist
    if mapping == "identity":
        return np.clip(raw, 0.0, 100.0), better, (raw >= 0.0) & (raw <= 100.0)
    is_rate = mapping == "one_minus_percent" or mapping.startswith("ratio:")
    possible: Truths = raw >= 0.0 if is_rate else np.ones(len(raw), dtype=np.bool_)
    values = [to_points(mapping, value) for value in np.where(possible, raw, 0.0).tolist()]
    return np.array(values), better, possible


def draw_won_points(item: Scored, densities: Array, uniform: Array) -> Array:
    """Return the points that a task adds to S3 in each draw: its true score where it reaches the specialist.

    Args:
        item: A task that can be won, with a spread.
        densities: Of the gaps, on `GRID`, shape (rows, nodes); the draws are spread over them in turn.
        uniform: Numbers of 0..1, shape (rows, draws of each).

    Returns:
        Points, shape (rows · draws of each,).
    """
    if item.spread is None or item.specialist is None:
        raise ValueError(f"{item.task.id} has no spread or no specialist")
    if item.spread.stderr <= 0.0:
        return np.full(uniform.size, item.points if item.reached else 0.0)
    points, better, possible = _node_values(item, item.spread.stderr, item.specialist)
    if not (better & possible).any():
        return np.zeros(uniform.size)
    gaps = points - to_points(item.task.metric.mapping, item.specialist)
    likelihood = np.exp(-0.5 * _NODES**2) * possible
    place = (gaps - GRID[0]) / STEP
    left = np.clip(place.astype(np.int64), 0, len(GRID) - 2)
    part = place - left
    weights = likelihood * ((1.0 - part) * densities[:, left] + part * densities[:, left + 1])
    # A score far from all others: the density says nothing of it.
    weights = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, likelihood)
    shares = np.cumsum(weights, axis=1)
    shares /= shares[:, -1:]
    rows = np.arange(len(densities))[:, None]
    # One search for all rows: row r lies between r and r + 1.
    places = np.searchsorted((shares + rows).ravel(), (uniform + rows).ravel())
    within = np.minimum(places - np.repeat(rows * len(_NODES), uniform.shape[1]), len(_NODES) - 1)
    drawn: Array = np.where(better, points, 0.0)[np.maximum(within, 0)]
    return drawn


def pools(scored: Sequence[Scored]) -> list[list[Scored]]:
    """Return the tasks whose gaps have one density: comprehension, generation, language.

    A kind with fewer than `LEAST_TASKS` goes together with the others.
    """
    kinds: dict[str, list[Scored]] = {}
    for item in scored:
        kinds.setdefault(item.task.paradigm_or_language, []).append(item)
    large = [kinds[kind] for kind in sorted(kinds) if len(kinds[kind]) >= LEAST_TASKS]
    small = [item for kind in sorted(kinds) if len(kinds[kind]) < LEAST_TASKS for item in kinds[kind]]
    if small and large:
        return [*large[1:], [*large[0], *small]]
    return large or [small]


def posterior_levels(sides: BoardSides, scored: Sequence[Scored], draws: int = DRAWS) -> dict[str, Array]:
    """Return draws of the true S3, S4 and S5 of a board; {} where there are too few tasks for a density.

    Args:
        sides: Of the board.
        scored: Its scored tasks, each with a spread where it can be won.
        draws: How many.
    """
    fit = [item for item in sorted(scored, key=lambda item: item.task.id) if item.can_be_won]
    if len(fit) < LEAST_TASKS:
        return {}
    random = np.random.Generator(np.random.PCG64(SEED))
    sums = np.zeros((draws // DENSITIES * DENSITIES, len(sides.sides)))
    for pool in pools(fit):
        densities = _pool_densities(pool, random.exponential(size=(DENSITIES, len(pool))))[1:]
        for item in pool:
            uniform = random.random((DENSITIES, draws // DENSITIES))
            sums[:, sides.place(item.task)] += draw_won_points(item, densities, uniform)
    return sides.levels(sums)


def _pool_densities(pool: Sequence[Scored], weights: Array) -> Array:
    gaps, errors = [], []
    for item in pool:
        if item.specialist is None or item.stderr is None:
            raise ValueError(f"{item.task.id} has no spread or no specialist")
        gaps.append(item.points - to_points(item.task.metric.mapping, item.specialist))
        errors.append(item.stderr)
    return gap_densities(np.array(gaps), np.array(errors), weights)


def posterior_intervals(
    sides: BoardSides, scored: Sequence[Scored], level: float = LEVEL, draws: int = DRAWS
) -> dict[str, tuple[float, float, float]]:
    """Return the mean of S3, S4 and S5 and the interval that holds the true value with probability `level`.

    Args:
        sides: Of the board.
        scored: Its scored tasks, each with a spread where it can be won.
        level: 0..1, for both sides together.
        draws: How many the quantiles are of.

    Returns:
        By level mean, lower and upper bound, in points; {} where there are too few tasks for a density.
    """
    bounds = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    return {
        name: (float(values.mean()), float(low), float(high))
        for name, values in posterior_levels(sides, scored, draws).items()
        for low, high in [np.quantile(values, bounds)]
    }


def outer_band(sides: BoardSides, scored: Sequence[Scored]) -> dict[str, tuple[float, float]]:
    """Return the band from the sure wins alone to all possible wins, by level, in points.

    A win is sure with its specialist 1.96 standard errors or more behind, and possible until it is as far
    ahead. The points of each side are moved by 1.96 standard errors of their sum.
    """
    bounds = []
    for edge in (Z, -Z):
        sums, variances = np.zeros(len(sides.sides)), np.zeros(len(sides.sides))
        for item in scored:
            if item.can_be_won and (item.distance or 0.0) >= edge:
                place = sides.place(item.task)
                sums[place] += item.points
                variances[place] += (item.stderr or 0.0) ** 2
        moved = np.maximum(sums - np.sign(edge) * Z * np.sqrt(variances), 0.0)
        bounds.append({name: float(value[0]) for name, value in sides.levels(moved[None, :]).items()})
    return {name: (bounds[0][name], bounds[1][name]) for name in bounds[0]}
