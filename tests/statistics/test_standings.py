from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from pytest_generalbench.statistics.intervals import Spread
from pytest_generalbench.statistics.standings import Scored, s2_stderr
from pytest_generalbench.suite.level import compute_level
from tests.statistics.standings import SOTA, TASKS, board, scored

BOARDS = (
    "A",
    "B:audio",
    "C:image-generation",
    "D:object-detection",
    "D:speech-generation",
    "C:3d-comprehension",
)


def of_level(name: str, items: list[Scored], level: str) -> float | None:
    result = compute_level(
        TASKS, {item.task.id: item.score for item in items}, scoring="paper", sota=SOTA, board=name
    )
    value: float | None = getattr(result, level)
    return value


@pytest.mark.parametrize("name", [name for name in BOARDS if name != "D:speech-generation"])
@pytest.mark.parametrize("seed", range(3))
def test_formulas_over_arrays_are_those_of_the_levels(name: str, seed: int) -> None:
    sides, items = board(name), scored(name, seed)
    sums = sides.won_sums([item for item in items if item.reached])
    for level, values in sides.levels(sums[None, :]).items():
        assert float(values[0]) == pytest.approx(of_level(name, items, level), abs=1e-9)
    absent = {"S3", "S4", "S5"} - sides.levels(sums[None, :]).keys()
    assert all(of_level(name, items, level) is None for level in absent)
    points = math.fsum(sides.weight(item.task) * item.points for item in items)
    assert points == pytest.approx(of_level(name, items, "S2"), abs=1e-9)


def test_the_tier_is_that_of_the_levels() -> None:
    for seed in range(4):
        items = scored("A", seed)
        sums = board().won_sums([item for item in items if item.reached])
        result = compute_level(
            TASKS, {item.task.id: item.score for item in items}, scoring="paper", sota=SOTA
        )
        assert int(board().tiers(sums[None, :], has_points=True)[0]) == result.tier


def test_the_error_of_s2_is_that_of_a_simulation() -> None:
    items = [item for item in scored() if item.task.metric.mapping == "identity" and 20 < item.score < 80]
    error = s2_stderr(board(), items)
    draw = np.random.default_rng(1)
    spreads = np.array([item.stderr for item in items])
    weights = np.array([board().weight(item.task) for item in items])
    simulated = (draw.normal(0, spreads, (20_000, len(items))) @ weights).std()
    assert error == pytest.approx(float(simulated), rel=0.03)


def test_an_unknown_spread_leaves_s2_without_an_error() -> None:
    items = scored()
    image = next(place for place, item in enumerate(items) if item.task.modality == "image")
    items[image] = dataclasses.replace(items[image], spread=None)
    assert s2_stderr(board(), items) is None
    language = [item for item in scored() if item.task.modality == "nlp"]
    language[0] = dataclasses.replace(language[0], spread=None)
    assert s2_stderr(board(), language) == 0.0


def test_distances_are_positive_beyond_the_specialist_in_either_direction() -> None:
    by_id = {task.id: task for task in TASKS}
    spread = Spread(2.0, 99, "normal", 100)
    up, down = by_id["image/comprehension/bird-detection"], by_id["image/comprehension/crowd-counting"]
    assert Scored(up, 44.0, spread, 40.0).distance == 2.0
    assert Scored(down, 44.0, spread, 40.0).distance == -2.0
    assert Scored(down, 44.0, spread, None).distance is None
    assert Scored(up, 40.0, Spread(0.0, 9, "normal", 10), 40.0).distance == 0.0
    assert Scored(up, 41.0, Spread(0.0, 9, "normal", 10), 40.0).distance == math.inf
    assert Scored(up, 60.0, spread, 40.0, no_win="why").p_value == 1.0
    assert Scored(up, 60.0, spread, 40.0, degenerate="why").p_value == 1.0
    assert Scored(up, 60.0, spread, 40.0).p_value < 1e-9
