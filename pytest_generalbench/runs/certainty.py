"""How certain the levels of a run are, from its results and the rows of their instances."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.metrics.registry import REGISTRY
from pytest_generalbench.runs.instance_rows import read_rows
from pytest_generalbench.suite.level.mapping import impossible
from pytest_generalbench.suite.selection import board_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.core.result import InstanceRow, TaskResult
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.statistics.intervals import Spread
    from pytest_generalbench.statistics.standings import BoardSides, Scored
    from pytest_generalbench.suite.level import LevelResult

    Evidences = Callable[[Task, TaskResult], "Evidence"]
    """Returns what the rows of a task say of its score."""

_NAMED: Final = 3
"""Tasks that a note names."""

_DIGITS: Final = 4
"""Decimals of an interval's bounds: more would differ between processors."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rows of a task say of its score."""

    spread: Spread | None = None
    """How sure the score is; None where nothing says it."""
    degenerate: str | None = None
    """Why the score is no sign of skill; None where nothing says so."""


def evidence_of(task: Task, result: TaskResult, rows: Sequence[InstanceRow]) -> Evidence:
    """Return what the rows of a task say of its score.

    Args:
        task: The task.
        result: What it came to.
        rows: Its instances; without any, the standard error of the result counts.
    """
    from pytest_generalbench.statistics.certified import degenerate
    from pytest_generalbench.statistics.intervals import reported_spread, row_spread

    if result.score is None or not math.isfinite(result.score):
        return Evidence()
    spread, is_mean = None, False
    if rows and result.metric in REGISTRY:
        is_mean = REGISTRY.get(result.metric).aggregation == "mean"
        spread = row_spread(rows, result.score, is_mean=is_mean, unit=result.unit)
    counted = rows if is_mean and task.metric.higher_is_better else ()
    why = degenerate(result, counted)
    return Evidence(spread or reported_spread(result.stderr, result.n), why)


def interval_of(task: Task, score: float, spread: Spread) -> tuple[float, float]:
    """Return the 95 % interval of a score, cut where no score of the metric is better.

    Args:
        task: The task.
        score: In the task's unit, as the bounds are.
        spread: How sure it is.
    """
    low, high = spread.interval(score)
    best = REGISTRY.get(task.metric.name).best if task.metric.name in REGISTRY else None
    if best is None:
        return low, high
    return (low, min(high, best)) if task.metric.higher_is_better else (max(low, best), high)


def evidence_in(folder: Path) -> Evidences:
    """Return what reads the evidence of a task from the rows in a run folder."""
    return lambda task, result: (
        evidence_of(task, result, read_rows(folder, task.id)) if result.score is not None else Evidence()
    )


def scored_tasks(
    tasks: Iterable[Task],
    results: Iterable[TaskResult],
    sota: Mapping[str, float | None],
    evidences: Evidences,
) -> list[Scored]:
    """Return the tasks with a score that counts, beside their specialists, sorted by id.

    Args:
        tasks: Of a board.
        results: Of a run.
        sota: The specialists' scores by task id.
        evidences: What the rows of the tasks say.
    """
    from pytest_generalbench.statistics.standings import Scored

    by_id = {task.id: task for task in tasks}
    scored = []
    for result in sorted(results, key=lambda result: result.id):
        task = by_id.get(result.id)
        score = result.counted
        if task is None or score is None or impossible(task.metric.mapping, score) is not None:
            continue
        evidence = evidences(task, result)
        why = result.no_win
        scored.append(Scored(task, score, evidence.spread, sota.get(task.id), why, evidence.degenerate))
    return scored


def with_certainty(
    level: LevelResult,
    shipped: Sequence[Task],
    results: Iterable[TaskResult],
    sota: Mapping[str, float | None],
    evidences: Evidences,
) -> LevelResult:
    """Return the levels with their intervals.

    They are as they were in `released` scoring, which repeats the authors' tool, without a tier, and where
    no task has a score. A task without a standard error leaves the levels without intervals, and is named.

    Args:
        level: Of the results.
        shipped: All tasks of the benchmark.
        results: Of the run.
        sota: The specialists' scores by task id.
        evidences: What the rows of the tasks say.
    """
    from pytest_generalbench.statistics.certified import certified_wins, flips, hangs_on, tier_of_wins
    from pytest_generalbench.statistics.standings import BoardSides

    if level.scoring != "paper" or level.tier is None or level.S2 is None:
        return level
    members = board_tasks(shipped, level.board)
    scored = scored_tasks(members, results, sota, evidences)
    if all(item.spread is None for item in scored):
        return level
    sides, has_points = BoardSides.of(level.board, members), level.S2 > 0
    wins = certified_wins(sides, scored)
    unknown = [item.task.id for item in scored if item.spread is None]
    known: dict[str, Any] = _intervals(level.S2, sides, scored) if not unknown else {}
    return replace(
        level,
        certified_tier=tier_of_wins(sides, scored, wins, has_points),
        certified=wins,
        hangs_on=hangs_on(sides, scored, has_points),
        flips=flips(scored),
        degenerate={item.task.id: item.degenerate for item in scored if item.reached and item.degenerate},
        notes=(*level.notes, *_unknown_note(unknown)),
        **known,
    )


def _unknown_note(tasks: Sequence[str]) -> Iterator[str]:
    if tasks:
        more = f" and {len(tasks) - _NAMED} more" if len(tasks) > _NAMED else ""
        yield f"no intervals: the standard error is not known of {', '.join(tasks[:_NAMED])}{more}"


def _intervals(second: float, sides: BoardSides, scored: Sequence[Scored]) -> dict[str, Any]:
    """Return estimates, intervals and outer bands by level, rounded so that processors agree on them."""
    from pytest_generalbench.statistics.empirical_bayes import outer_band, posterior_intervals
    from pytest_generalbench.statistics.intervals import normal_interval
    from pytest_generalbench.statistics.standings import s2_stderr

    stderr = s2_stderr(sides, scored)
    outer = outer_band(sides, scored)
    estimates, intervals = {}, dict(outer)
    if stderr is not None:
        intervals = {"S2": normal_interval(second, stderr), **outer}
    for name, (middle, low, high) in posterior_intervals(sides, scored).items():
        estimates[name], intervals[name] = middle, (low, high)
    return {
        "estimates": {name: round(value, _DIGITS) for name, value in estimates.items()},
        "intervals": {name: _rounded(bounds) for name, bounds in intervals.items()},
        "outer": {name: _rounded(bounds) for name, bounds in outer.items()},
    }


def _rounded(bounds: tuple[float, float]) -> tuple[float, float]:
    low, high = bounds
    return round(max(0.0, low), _DIGITS), round(min(100.0, high), _DIGITS)
