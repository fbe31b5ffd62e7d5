from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pytest_generalbench.core.result import InstanceRow, TaskResult
from pytest_generalbench.statistics.certified import (
    certified_wins,
    degenerate,
    flips,
    hangs_on,
    tier_of_wins,
)
from pytest_generalbench.statistics.intervals import Spread
from pytest_generalbench.suite.level import compute_level
from tests.statistics.standings import SOTA, TASKS, board, scored

if TYPE_CHECKING:
    from pytest_generalbench.statistics.standings import Scored


def tier_without(items: list[Scored], lost: str | None) -> int | None:
    bars = {} if lost is None else {lost: "lost"}
    scores = {item.task.id: item.score for item in items}
    return compute_level(TASKS, scores, scoring="paper", sota=SOTA, no_wins=bars).tier


def few_wins(seed: int) -> list[Scored]:
    """Return the scores of a run with a handful of wins."""
    items, draw = scored("A", seed), np.random.default_rng(seed)
    won = [item for item in items if item.reached and item.points > 0]
    kept = {won[place].task.id for place in draw.choice(len(won), 3, replace=False)}
    return [item for item in items if not item.reached or item.task.id in kept]


@pytest.mark.parametrize("seed", range(8))
def test_a_tier_hangs_on_the_wins_whose_loss_lowers_it(seed: int) -> None:
    items = few_wins(seed)
    whole = tier_without(items, None)
    assert whole is not None
    expected = []
    for item in items:
        without = tier_without(items, item.task.id)
        if item.reached and without is not None and without < whole:
            expected.append(item.task.id)
    assert hangs_on(board(), items, has_points=True) == tuple(sorted(expected))


def test_many_wins_hang_on_none() -> None:
    assert hangs_on(board(), scored(), has_points=True) == ()


def test_only_clear_wins_are_certified_and_the_tier_is_theirs() -> None:
    items = [item for item in scored(shift=20.0) if not item.reached]
    one = next(place for place, item in enumerate(items)
               if item.task.id.startswith("image/comprehension") and (item.specialist or 0) < 60
               and item.task.metric.mapping == "identity")  # fmt: skip
    specialist = items[one].specialist or 0.0
    for distance, certified in ((1.0, False), (3.0, False), (8.0, True)):
        items[one] = dataclasses.replace(items[one], score=specialist + 2.0 * distance)
        wins = certified_wins(board(), items)
        assert wins == ((items[one].task.id,) if certified else ())
        assert tier_of_wins(board(), items, wins, has_points=True) == (3 if certified else 2)
    items[one] = dataclasses.replace(items[one], degenerate="always A")
    assert certified_wins(board(), items) == ()


def test_false_wins_are_certified_in_fewer_runs_than_one_in_twenty() -> None:
    draw, tasks = (
        np.random.default_rng(2),
        [item for item in scored() if item.task.metric.mapping == "identity"],
    )
    false = printed = 0
    for _ in range(200):
        items = []
        for item in tasks:
            specialist = item.specialist or 0.0  # the true score is the specialist's own: a tie is no win
            right = int(draw.binomial(50, specialist / 100.0))
            score = 100.0 * right / 50
            items.append(dataclasses.replace(
                item, score=score, spread=Spread(5.0, 49, "binary", 50, right, 100.0)
            ))  # fmt: skip
        false += bool(certified_wins(board(), items))
        printed += any(item.reached for item in items)
    assert printed == 200
    assert false <= 16  # nominal 5 %: the 99.5th percentile of 200 draws is 18


def test_flips_are_the_near_ones_nearest_first() -> None:
    items = scored(stderr=2.0)
    near = flips(items)
    by_id = {item.task.id: item for item in items}
    distances = [abs(by_id[name].distance or 0.0) for name in near]
    assert near and distances == sorted(distances) and distances[-1] <= 1.96
    assert len(near) == sum(abs(item.distance or 0.0) <= 1.9599 for item in items if item.can_be_won)


def answers(pairs: list[tuple[str, float]]) -> list[InstanceRow]:
    return [InstanceRow(f"i{n}", "ok", score, None, "", text) for n, (text, score) in enumerate(pairs)]


def of_task(
    top_share: float, n: int = 100, score: float | None = None, majority: float | None = None
) -> TaskResult:
    return TaskResult(
        "nlp/a", "scored", "accuracy", "percent", score, n=n, top_answer="A", top_share=top_share,
        majority=majority,
    )  # fmt: skip


def test_constant_answers_say_nothing() -> None:
    assert "'A'" in (degenerate(of_task(0.97)) or "")
    assert degenerate(of_task(0.9)) is None
    assert degenerate(of_task(1.0, 4)) is None


def test_a_score_that_one_answer_brings_says_nothing() -> None:
    constant = answers([("A", 100.0)] * 60 + [("B", 0.0)] * 40)
    assert "always giving it scores as much" in (degenerate(of_task(0.6), constant) or "")
    assert degenerate(of_task(0.6), answers([("A", 100.0)] * 60 + [("B", 100.0)] * 10)) is None
    assert degenerate(of_task(0.1), answers([("A", 100.0)] * 4 + [("B", 0.0)] * 96)) is None


def test_a_score_no_better_than_the_most_frequent_right_answer_says_nothing() -> None:
    why = degenerate(of_task(0.5, score=80.0, majority=84.0))
    assert why == "no better than always giving the most frequent right answer, which scores 84.0"
    assert degenerate(of_task(0.5, score=84.5, majority=84.0)) is None
