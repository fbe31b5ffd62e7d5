from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pytest_generalbench.statistics.empirical_bayes import (
    GRID,
    draw_won_points,
    gap_densities,
    outer_band,
    posterior_intervals,
)
from pytest_generalbench.statistics.intervals import Spread
from tests.statistics.standings import board, scored


def test_the_density_of_gaps_is_recovered_from_noisy_ones() -> None:
    draw = np.random.default_rng(1)
    true = draw.normal(-10, 3, 5000)
    errors = draw.uniform(1, 4, 5000)
    observed = draw.normal(true, errors)
    density, *others = gap_densities(observed, errors, draw.exponential(size=(3, 5000)))
    for other in others:
        assert 0 < float(np.abs(other - density).sum()) < 0.3
    assert density.sum() == pytest.approx(1.0)
    mean = float((GRID * density).sum())
    deviation = float(np.sqrt((GRID**2 * density).sum() - mean**2))
    assert mean == pytest.approx(-10, abs=0.3)
    assert deviation == pytest.approx(3, abs=0.5)  # that of the noisy ones is 4


def test_draws_follow_bayes_rule_on_a_flat_and_on_a_known_density() -> None:
    item = next(item for item in scored() if item.task.metric.mapping == "identity" and 30 < item.score < 60)
    item = dataclasses.replace(item, specialist=item.score - 2.0)  # one standard error beyond it
    uniform = (np.arange(20_000)[None, :] + 0.5) / 20_000
    flat = draw_won_points(item, np.ones_like(GRID)[None, :], uniform)
    assert float((flat > 0).mean()) == pytest.approx(0.8413, abs=0.02)
    normal = np.exp(-0.5 * ((GRID + 10) / 2.0) ** 2)
    # Prior N(-10, 2²), observed 2 ± 2: posterior N(-4, 2), above 0 with P(Z > 2.83).
    assert float((draw_won_points(item, normal[None, :], uniform) > 0).mean()) == pytest.approx(
        0.0023, abs=0.002
    )


def test_each_row_of_draws_follows_its_own_density() -> None:
    item = next(item for item in scored() if item.task.metric.mapping == "identity" and 30 < item.score < 60)
    item = dataclasses.replace(item, specialist=item.score)
    low, high = np.exp(-0.5 * ((GRID + 10) / 2) ** 2), np.exp(-0.5 * ((GRID - 10) / 2) ** 2)
    uniform = np.random.default_rng(1).random((2, 500))
    drawn = draw_won_points(item, np.stack([low, high]), uniform).reshape(2, 500)
    assert (drawn[0] > 0).mean() < 0.02 < 0.98 < (drawn[1] > 0).mean()
    for row, density in enumerate((low, high)):
        assert (draw_won_points(item, density[None, :], uniform[row : row + 1]) == drawn[row]).all()


def test_saturated_points_are_decided_by_the_raw_scores() -> None:
    item = next(item for item in scored() if item.task.metric.mapping == "ratio:1")
    uniform = (np.arange(1000)[None, :] + 0.5) / 1000
    spread = Spread(1e-4, 99, "normal", 100)
    best = dataclasses.replace(item, specialist=1e-4, score=1e-2, spread=spread)
    assert best.points == 100.0  # as the specialist's
    assert draw_won_points(best, np.ones_like(GRID)[None, :], uniform).max() == 0.0
    won = dataclasses.replace(best, score=1e-4, specialist=1e-2)
    assert draw_won_points(won, np.ones_like(GRID)[None, :], uniform).min() == 100.0


def test_near_ties_pull_the_estimate_below_what_is_printed() -> None:
    sides, items = board(), scored(stderr=4.0, shift=4.0)
    printed = float(sides.levels(sides.won_sums([i for i in items if i.reached])[None, :])["S3"][0])
    found, band = posterior_intervals(sides, items), outer_band(sides, items)
    mean, low, high = found["S3"]
    assert low < mean < high < printed + 1.0
    assert mean < printed
    assert band["S3"][0] <= low and high <= band["S3"][1]
    assert band["S3"][0] <= printed <= band["S3"][1]


def test_the_same_scores_give_the_same_intervals_in_any_order() -> None:
    items = scored()
    assert posterior_intervals(board(), items) == posterior_intervals(board(), items[::-1])


def test_a_handful_of_tasks_has_no_density() -> None:
    assert posterior_intervals(board(), scored()[:20]) == {}


def test_what_can_be_no_win_adds_nothing() -> None:
    items = [dataclasses.replace(item, no_win="unreadable") for item in scored()]
    assert posterior_intervals(board(), items) == {}
    assert outer_band(board(), items)["S3"] == (0.0, 0.0)
