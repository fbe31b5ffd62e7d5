"""What is left of a run, estimated from synthetic tasks of which the truth is known."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.evaluation.remaining import LEAST_ENDED, Remaining, TaskCost, remaining

UNITS = (1.0, 1.5, 4.0, 8.0)


def tasks(
    count: int, ended: int, size_power: float, pace_power: float, noise: float = 0.0, seed: int = 0
) -> tuple[list[TaskCost], int, float]:
    """Return the tasks of a run whose first have ended, and the true instances and seconds that are left."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    made, instances, seconds = [], 0, 0.0
    for number in range(count):
        unit, stated = UNITS[number % 4], draw.randint(40, 900)
        size = max(1, round(10.0 * (stated / 100.0) ** size_power))
        spent = 0.2 * size * unit**pace_power * (1.0 + noise * draw.uniform(-1.0, 1.0))
        if number < ended:
            made.append(TaskCost("text", unit, stated, size, spent, is_ended=True))
        else:
            made.append(TaskCost("text", unit, stated, 0, 0.0, is_ended=False))
            instances, seconds = instances + size, seconds + spent
    return made, instances, seconds


def estimate(made: list[TaskCost], workers: int) -> Remaining:
    value = remaining(made, workers)
    assert value is not None
    return value


@pytest.mark.parametrize("size_power", [0.0, 1.0])
@pytest.mark.parametrize("pace_power", [0.0, 1.0])
@given(st.integers(0, 10_000), st.integers(1, 8))
def test_the_truth_is_near_whatever_a_task_takes_follows_from(
    size_power: float, pace_power: float, seed: int, workers: int
) -> None:
    made, instances, seconds = tasks(60, 20, size_power, pace_power, noise=0.1, seed=seed)
    value = estimate(made, workers)
    middle = (value.low_s + value.high_s) / 2.0
    assert middle == pytest.approx(seconds / workers, rel=0.15)
    assert value.instances == pytest.approx(instances, rel=0.1)


@pytest.mark.parametrize("size_power", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("pace_power", [0.0, 0.5, 1.0])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(size_power: float, pace_power: float) -> None:
    held = 0
    for seed in range(200):
        made, _, seconds = tasks(60, 20, size_power, pace_power, noise=0.8, seed=seed)
        value = estimate(made, 1)
        held += value.low_s <= seconds <= value.high_s
    assert 0.9 * 200 <= held < 200


def test_what_varies_more_is_told_less_exactly() -> None:
    widths = []
    for noise in (0.0, 0.3, 0.8):
        value = estimate(tasks(60, 20, 1.0, 1.0, noise)[0], 2)
        widths.append(value.high_s - value.low_s)
    assert widths == sorted(widths)
    assert widths[0] < widths[-1] / 3


def test_nothing_is_told_before_enough_tasks_have_ended() -> None:
    made, _, _ = tasks(30, LEAST_ENDED - 1, 1.0, 1.0)
    assert remaining(made, 2) is None
    assert remaining([task._replace(answered=0) for task in tasks(30, 10, 1.0, 1.0)[0]], 2) is None


def test_when_all_has_ended_nothing_is_left() -> None:
    made, _, _ = tasks(10, 10, 1.0, 1.0)
    assert remaining(made, 2) == Remaining(0, 0.0, 0.0)


def test_kinds_that_the_model_left_unanswered_are_not_expected_to_be_asked() -> None:
    made, _, _ = tasks(40, 10, 1.0, 1.0)
    unsupported = [TaskCost("video", 60.0, 500, 0, 0.0, is_ended=number < 3) for number in range(50)]
    assert remaining([*made, *unsupported], 1) == remaining(made, 1)


def test_the_last_task_cannot_be_shared_by_those_that_do_not_ask_it() -> None:
    made, _, _ = tasks(9, 9, 1.0, 1.0)
    last = TaskCost("text", 1.0, 400, 10, 2.0, is_ended=False, workers=1)
    assert estimate([*made, last], 8) == estimate([*made, last], 1)
    assert estimate([*made, last._replace(workers=2)], 8).high_s < estimate([*made, last], 8).high_s


def test_answers_that_are_there_are_not_left() -> None:
    made, _, _ = tasks(20, 10, 1.0, 1.0)
    half = [task._replace(answered=task.stated // 20) if not task.is_ended else task for task in made]
    assert estimate(half, 1).instances < estimate(made, 1).instances
