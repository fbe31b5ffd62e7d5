"""Verdicts of a judge."""

from __future__ import annotations

from pytest_generalbench import metrics
from pytest_generalbench.metrics.text.judge import judge_score


def test_the_mean_verdict_in_percent() -> None:
    accumulator = metrics.make("judge_score")
    for verdict in (1.0, 0, 0.5, None):
        accumulator.add(verdict, None)
    value = accumulator.result()
    assert value.score == 37.5
    assert value.n == 4
    assert judge_score(0.25) == 0.25
