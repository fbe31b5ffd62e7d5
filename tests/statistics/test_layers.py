"""From tasks to sides and S2, and the gate's own arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.vocabulary import MAPPINGS
from pytest_generalbench.statistics.gates import (
    alarms,
    chance_to_pass,
    detectable,
    detectable_fall,
    expected_stderr,
    is_non_inferior,
    lower_bound,
)
from pytest_generalbench.statistics.layers import Change, combined, implied_stderr, layers, worse_p
from pytest_generalbench.suite.level.aggregation import s2_weights
from pytest_generalbench.suite.level.mapping import points_slope, to_points
from pytest_generalbench.suite.level.scorings.paper import MODALITIES, points, score_paper
from pytest_generalbench.suite.selection import board_tasks
from pytest_generalbench.suite.tasks import load_tasks

stats = pytest.importorskip("scipy.stats")


def change(name: str, difference: float, stderr: float = 1.0, degrees: float = 50.0) -> Change:
    p = 2 * stats.t.sf(abs(difference) / stderr, degrees)
    return Change(name, difference, stderr, degrees, float(p))


def test_one_task_alone_keeps_its_own_test() -> None:
    one = change("a", -2.5, 1.0, 7)
    total = combined("S2", [one], {"a": 0.25})
    assert total is not None
    assert (total.difference, total.stderr, total.degrees) == pytest.approx((-0.625, 0.25, 7))
    assert total.p == pytest.approx(one.p)
    assert combined("S2", [one], {"b": 1.0}) is None


def test_the_sum_of_two_is_welchs_test() -> None:
    rng = np.random.default_rng(0)
    left, right = rng.normal(0, 1, 9), rng.normal(0.5, 3, 14)
    parts = [
        Change(name, float(side.mean()), float(side.std(ddof=1) / len(side) ** 0.5), len(side) - 1, 0.5)
        for name, side in (("a", left), ("b", right))
    ]
    total = combined("difference", parts, {"a": 1.0, "b": -1.0})
    assert total is not None
    assert total.p == pytest.approx(stats.ttest_ind(left, right, equal_var=False).pvalue)


def test_a_constant_move_is_as_sure_as_its_own_test_and_no_certainty() -> None:
    stderr = implied_stderr(-100.0, 2.0**-7, 7)
    moves = [Change(name, -100.0, stderr, 7, 2.0**-7) for name in "abcdefghij"]
    one, all_of_them = (combined("side", moves[:n], dict.fromkeys("abcdefghij", 1.0)) for n in (1, 10))
    assert one is not None
    assert all_of_them is not None
    assert one.p == pytest.approx(2.0**-7)
    assert all_of_them.p < 1e-9
    nothing = combined("side", [Change("a", 0.0, implied_stderr(0.0, 1.0, 7), 7, 1.0)], {"a": 1.0})
    assert nothing is not None
    assert (nothing.p, nothing.interval) == (1.0, None)


@pytest.mark.parametrize("board", ["A", "B:video", "C:image-generation", "D:object-detection"])
def test_weights_give_the_s2_of_every_board(board: str) -> None:
    tasks = load_tasks()
    members = board_tasks(tasks, board)
    rng = np.random.default_rng(1)
    scores: dict[str, float | None] = {task.id: float(rng.uniform(0, 60)) for task in members}
    weights = s2_weights(members, board, MODALITIES)
    total = sum(
        weight * points(task, scores[task.id]) for task in members if (weight := weights.get(task.id))
    )
    assert total == pytest.approx(score_paper(members, scores, {}, board).scores.S2)


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_the_slope_is_the_derivative_of_the_points(mapping: str) -> None:
    values = {
        "affine:-1..1": (-0.5, 0.7),
        "affine:1..5": (1.5, 4.5),
        "ratio:0.1": (0.02, 0.4),
        "ratio:0.5": (0.1, 2.0),
    }
    for value in values.get(mapping, (3.0, 17.0, 80.0)):
        step = 1e-6 * abs(value)
        numeric = (to_points(mapping, value + step) - to_points(mapping, value - step)) / (2 * step)
        assert points_slope(mapping, value) == pytest.approx(numeric, rel=1e-6, abs=1e-7)
    assert points_slope("identity", 130.0) == 0.0
    assert points_slope("ratio:1", 0.0) == 0.0


def test_layers_are_adjusted_each_in_its_own_way() -> None:
    tasks = [change("a/1", -4.0), change("a/2", -3.0), change("b/1", 0.5), change("c/1", 4.5)]
    tested = layers(tasks, {name: name[0] for name in ("a/1", "a/2", "b/1")}, {"a/1": 0.5, "b/1": 0.5})
    assert [side.name for side in tested.sides] == ["a", "b"]
    assert [side.tasks for side in tested.sides] == [2, 1]
    assert tested.s2 is not None
    assert tested.s2.tasks == 2
    assert tested.s2.p_adjusted == tested.s2.p
    assert tested.sides[0].p_adjusted == pytest.approx(2 * tested.sides[0].p)
    expected = stats.false_discovery_control([task.p for task in tasks])
    assert [task.p_adjusted for task in tested.tasks] == pytest.approx(list(expected))
    named = [alarm.name for alarm in alarms(tested)]
    assert "a" in named
    assert "a/1" in named
    assert not {"b", "c/1"} & set(named)  # what got better is no alarm
    assert "S2" not in [alarm.name for alarm in alarms(tested, with_s2=False)]


@given(st.floats(-10, 10), st.floats(0.01, 1.0))
def test_a_fall_and_a_rise_share_one(difference: float, p: float) -> None:
    if difference:
        assert worse_p(p, difference) + worse_p(p, -difference) == pytest.approx(1.0)


def test_a_detectable_fall_is_detected_in_80_of_100_repeats() -> None:
    fall = detectable_fall(2.0, 0.05 / 3)
    assert stats.norm.cdf(stats.norm.ppf(0.05 / 3), loc=-fall / 2.0) == pytest.approx(0.8)
    tested = layers([change("a", 0.1, 2.0, 1e9)], {"a": "side"}, {"a": 0.125})
    smallest = detectable(tested)
    assert smallest.s2 == pytest.approx(fall / 8)
    assert (smallest.side, smallest.task) == pytest.approx((fall, fall))


def test_non_inferiority_as_in_a_simulation() -> None:
    stderr, margin = 0.1675, 0.5
    rng = np.random.default_rng(3)
    for truth, share in ((0.0, chance_to_pass(stderr, margin)), (-margin, 0.05)):
        passed = [
            is_non_inferior(Change("S2", one, stderr, 1e9, 1.0), margin)
            for one in rng.normal(truth, stderr, 4000)
        ]
        assert float(np.mean(passed)) == pytest.approx(share, abs=0.02)
    assert lower_bound(Change("S2", 1.0, 0.0, 1, 1.0)) == 1.0
    assert expected_stderr(2.0, 0.9) == pytest.approx(2.0 * 0.2**0.5)
