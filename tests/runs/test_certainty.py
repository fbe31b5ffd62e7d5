from __future__ import annotations

import random

import pytest

from pytest_generalbench.core.result import InstanceRow, TaskResult
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.runs.certainty import Evidence, evidence_of
from pytest_generalbench.runs.finalize import Setting, level_of, level_section
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.level import CERTAINTY, LevelResult, sota_table

TASKS = registry.load_tasks()
BY_ID = {task.id: task for task in TASKS}
ACCURACY = [task for task in TASKS if task.metric.name == "accuracy" and not task.sota.mapped]
COUNTING = "image/comprehension/crowd-counting"


def result(name: str, score: float, **more: object) -> TaskResult:
    metric = BY_ID[name].metric
    return TaskResult(name, "scored", metric.name, metric.unit, score, states={"ok": 100}, **more)  # type: ignore[arg-type]


def many(answer: str | None = None) -> tuple[list[TaskResult], dict[str, list[InstanceRow]]]:
    """Return results of 100 instances each, near the specialists, and their rows."""
    draw, results, rows = random.Random(4), [], {}  # noqa: S311 - made-up scores
    for task in ACCURACY:
        right = min(100, max(1, round((task.sota.released or 50.0) + draw.gauss(-3, 6))))
        rows[task.id] = [
            InstanceRow(f"i{n}", "ok", 100.0 * (n < right), None, f"i{n}", answer or f"a{n % 7}")
            for n in range(100)
        ]
        results.append(result(task.id, float(right), stderr=4.0, n=100))
    return results, rows


def level(
    results: list[TaskResult], rows: dict[str, list[InstanceRow]], scoring: str = "paper"
) -> LevelResult:
    given = Setting(Settings("m", scoring=scoring), TASKS, BY_ID, sota_table(TASKS, "released"), None)
    return level_of(
        given, results, set(BY_ID), False, lambda task, one: evidence_of(task, one, rows.get(task.id, ()))
    )


def test_a_run_with_rows_has_intervals_around_its_levels() -> None:
    results, rows = many()
    sure = level(results, rows)
    assert sure.intervals is not None and sure.outer is not None and sure.S2 and sure.S3
    assert set(sure.intervals) == {"S2", "S3", "S4", "S5"}
    assert sure.intervals["S2"][0] < sure.S2 < sure.intervals["S2"][1]
    assert sure.intervals["S3"][0] < sure.estimates["S3"] < sure.intervals["S3"][1]
    assert sure.estimates["S3"] < sure.S3
    assert sure.certified_tier is not None and sure.tier is not None
    assert 2 <= sure.certified_tier <= sure.tier
    assert set(sure.certified) <= set(sure.wins)
    assert sure.flips and not set(sure.flips) & set(sure.certified)
    assert level(results[::-1], rows).to_dict() == sure.to_dict()


def test_standard_errors_alone_do_and_without_them_nothing_is_said() -> None:
    results, _ = many()
    told = level(results, {})
    assert told.intervals is not None and told.certified_tier is not None
    silent = level([result(one.id, one.score or 0.0, n=100) for one in results], {})
    assert (silent.intervals, silent.certified_tier, silent.hangs_on) == (None, None, ())
    assert silent.tier_line == silent.tier_text and silent.interval_lines == ()


def test_one_task_without_a_standard_error_takes_the_intervals_and_is_named() -> None:
    results, rows = many()
    sure = level([*results, result(COUNTING, 1.0, n=1)], rows)
    assert sure.intervals is None
    assert sure.certified_tier is not None
    assert f"no intervals: the standard error is not known of {COUNTING}" in sure.notes


def test_released_scoring_repeats_the_tool_and_has_none() -> None:
    assert level(*many(), scoring="released").intervals is None


def test_constant_answers_are_named_and_not_certified() -> None:
    results, rows = many(answer="A")
    constant = level(results, rows)
    assert constant.certified == () and constant.certified_tier == 2
    assert "nlp/mathematical-word-problem-solving" in constant.wins  # 1 of 100 right: too few to say so
    assert set(constant.degenerate) == set(constant.wins) - {"nlp/mathematical-word-problem-solving"}


def test_a_result_of_schema_2_0_keeps_its_keys() -> None:
    sure = level(*many())
    assert not set(CERTAINTY) & level_section(sure, "2.0").keys()
    assert set(CERTAINTY) <= level_section(sure, "2.4").keys()


@pytest.mark.parametrize("rows", [[], [InstanceRow("i", "ok", 3.0), InstanceRow("j", "ok", 9.0)]])
def test_rows_that_the_score_does_not_follow_from_leave_the_reported_error(rows: list[InstanceRow]) -> None:
    evidence = evidence_of(BY_ID[COUNTING], result(COUNTING, 1.0, stderr=0.5, n=30), rows)
    assert evidence.spread is not None and evidence.spread.method == "reported"
    no_score = TaskResult(COUNTING, "unsupported", "mae", "count")
    assert evidence_of(BY_ID[COUNTING], no_score, rows) == Evidence()
