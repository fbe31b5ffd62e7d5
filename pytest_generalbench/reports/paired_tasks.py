"""The rows of one task of two runs, paired by instance, and the difference that follows from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.result import InstanceRow, counted_score
from pytest_generalbench.metrics import registry
from pytest_generalbench.statistics.layers import Change, implied_stderr
from pytest_generalbench.statistics.paired import Pairs, cluster_numbers, paired_difference, slope_stderr
from pytest_generalbench.suite.level.mapping import (
    ImpossibleScoreError,
    impossible,
    points_slope,
    to_points,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.core.result import TaskResult
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.runs.result_file import TaskEntry

_EXACT: Final = 1e-9
"""How far the mean of the rows may be from the score, relative to the largest number."""


@dataclass(frozen=True, slots=True)
class TaskDifference:
    """The difference of two runs on one task, second minus first."""

    task: str
    metric: str
    unit: str
    direction: str
    """`higher` or `lower`: which scores are better."""
    first: float
    """Score of the first run over the instances that both have, in `unit`."""
    second: float
    difference: float
    """In `unit`."""
    stderr: float | None
    """Standard error of `difference`; None with one instance."""
    low: float | None
    """Lower end of the 95 % interval of `difference`; None where no spread was seen."""
    high: float | None
    p: float | None
    """Two-sided p value of this test alone; None with one instance."""
    p_adjusted: float | None
    """Two-sided, by Benjamini-Hochberg over the tasks."""
    p_worse: float | None
    """One-sided, small where the second run is worse; by Benjamini-Hochberg over the tasks."""
    points: float | None
    """The difference in the points that count in S2, above 0 is better; None for a task that is none of
    General-Bench."""
    points_stderr: float | None
    method: str
    """How it was tested (`METHODS`)."""
    n: int
    """Instances that both runs have a score of."""
    units: int
    """Independent units: instances, clusters that share an input file, or groups of the jackknife."""
    only_first: int
    """Instances that only the first run has a score of."""
    only_second: int
    verdict: str = ""
    """`better`, `worse` or `` where no difference is shown; from `p_adjusted` at a third of 5 %."""


class PairedRows(NamedTuple):
    """The rows of one task that both runs have a score of, by instance."""

    first: Sequence[InstanceRow]
    second: Sequence[InstanceRow]
    only_first: int
    only_second: int
    is_mean: bool
    """Whether the score is the mean of the rows, in both runs."""


class NotPairedError(GeneralBenchError):
    """A task's rows cannot be paired; the message says why, for the list of what is left out."""


def paired_rows(
    first: Sequence[InstanceRow],
    second: Sequence[InstanceRow],
    results: tuple[TaskResult, TaskResult],
    task: Task | None = None,
) -> PairedRows:
    """Pair two runs' rows of one task.

    Args:
        first: The rows of one run.
        second: Those of the other.
        results: What the task came to in each.
        task: The task; None where it is none of General-Bench.

    Raises:
        NotPairedError: they have no instance in common, or a corpus score is over other instances in each
            and is no ratio of sums.
        GeneralBenchError: the rows are not those of the result.
    """
    left, right = ({row.instance: row for row in rows if row.score is not None} for rows in (first, second))
    both = [name for name in left if name in right]
    if not both:
        lacking = [which for which, rows in (("first", left), ("second", right)) if not rows]
        words = f", the {' and the '.join(lacking)} has none" if lacking else ""
        raise NotPairedError(f"no instance that both runs have a score of{words}")
    is_mean = all(
        [_is_mean(list(rows.values()), result) for rows, result in zip((left, right), results, strict=True)]
    )
    paired = PairedRows(
        [left[name] for name in both],
        [right[name] for name in both],
        len(left) - len(both),
        len(right) - len(both),
        is_mean,
    )
    if is_mean:
        return paired
    if paired.only_first or paired.only_second:
        grouped = any(row.group is not None for row in (*paired.first, *paired.second))
        if grouped or task is None or not _is_ratio(results[0].metric, task.metric.options):
            raise NotPairedError(
                f"{results[0].metric} is a score of all instances together, and {len(both)} of {len(left)} "
                f"and {len(right)} are in both runs: `generalbench rescore RUN --like OTHER --into DIR` "
                "scores one run over the instances of the other"
            )
        return paired
    if any(one.group != other.group for one, other in zip(paired.first, paired.second, strict=True)):
        raise NotPairedError("the jackknife groups differ: `generalbench rescore --write` draws both anew")
    return paired


def _is_ratio(metric: str, options: Mapping[str, Any]) -> bool:
    """Whether the pseudo-values of some instances tell a metric's score of others (`Metric.ratio_with`)."""
    if metric not in registry.names():
        return False
    wanted = registry.get(metric).ratio_with
    return wanted is not None and wanted.items() <= {**registry.get(metric).options, **options}.items()


def _is_mean(rows: Sequence[InstanceRow], result: TaskResult) -> bool:
    """Whether the rows are the instances' own scores; raises where the metric says so and they are not."""
    values = [row.score for row in rows if row.score is not None]
    size = max(map(abs, values))
    fits = result.score is not None and abs(math.fsum(values) / len(values) - result.score) <= _EXACT * max(
        size, 1.0
    )
    names = registry.names()
    if result.metric in names and registry.get(result.metric).aggregation == "mean":
        if not fits:
            raise GeneralBenchError(
                f"{result.id}: the rows of the instance table do not give the score {result.score} of "
                "result.json: `generalbench rescore --write` makes both from the ledger"
            )
        return True
    # With some options a corpus metric is a mean. Rows that are all alike are the mean of anything.
    return fits and all(row.group is None for row in rows) and len(set(values)) > 1


def pairs_of(rows: PairedRows, scores: tuple[float, float]) -> Pairs:
    """Return the numbers of the rows as `statistics` takes them; of groups there is one number each.

    Args:
        rows: The paired rows.
        scores: Of the whole task, in both runs; where one run has other rows, their means stand in for them.
    """
    keep = _one_a_group(rows.first)
    first, second = (
        np.array([row.score for row in (side[place] for place in keep)], dtype=np.float64)
        for side in (rows.first, rows.second)
    )
    is_grouped = any(row.group is not None for row in rows.first)
    clusters = None if is_grouped else cluster_numbers([row.cluster or row.instance for row in rows.first])
    means = (math.fsum(first) / len(first), math.fsum(second) / len(second))
    is_part = bool(rows.only_first or rows.only_second)
    return Pairs(
        first, second, means if is_part else scores, rows.is_mean, clusters, len(rows.first), is_part
    )


def _one_a_group(rows: Sequence[InstanceRow]) -> list[int]:
    places: dict[object, int] = {}
    for place, row in enumerate(rows):
        places.setdefault(("of", row.group) if row.group is not None else place, place)
    return list(places.values())


def task_difference(
    entry: TaskEntry, other: TaskEntry, rows: PairedRows, task: Task | None
) -> tuple[TaskDifference, Change | None]:
    """Return the difference of a task, and what it is in the layers; None with one unit alone.

    Args:
        entry: The task in the first run.
        other: The task in the second.
        rows: Their rows.
        task: The task; None where it is none of General-Bench, and its score is no points.
    """
    results = entry.result, other.result
    scores = (float(results[0].score or 0.0), float(results[1].score or 0.0))
    pairs = pairs_of(rows, scores)
    measured = paired_difference(pairs)
    low, high = measured.interval or (None, None)
    direction = _direction(entry, task)
    points, points_stderr = (None, None) if task is None else _points(task, pairs, results)
    difference = TaskDifference(
        task=entry.id, metric=results[0].metric, unit=results[0].unit, direction=direction,
        first=pairs.whole[0], second=pairs.whole[1],
        difference=measured.difference, stderr=measured.stderr, low=low, high=high,
        p=measured.p, p_adjusted=None, p_worse=None, points=points, points_stderr=points_stderr,
        method=measured.method, n=measured.n, units=measured.units,
        only_first=rows.only_first, only_second=rows.only_second,
    )  # fmt: skip
    if measured.p is None or measured.stderr is None:
        return difference, None
    gain = measured.difference * (-1 if direction == "lower" else 1) if points is None else points
    spread = measured.stderr if points_stderr is None else points_stderr
    if spread == 0:
        spread = implied_stderr(gain, measured.p, measured.degrees)
    return difference, Change(entry.id, gain, spread, measured.degrees, measured.p)


def _direction(entry: TaskEntry, task: Task | None) -> str:
    if task is not None:
        return task.metric.direction
    return entry.facets.direction if entry.facets else "higher"


def _points(task: Task, pairs: Pairs, results: tuple[TaskResult, TaskResult]) -> tuple[float, float | None]:
    """Return the difference in points and its standard error, by the delta method."""
    mapping = task.metric.mapping
    values, slopes = [], []
    for score, result in zip(pairs.whole, results, strict=True):
        counted = counted_score(score, result.states)
        try:
            values.append(0.0 if counted is None else to_points(mapping, counted))
            slopes.append(0.0 if counted is None else points_slope(mapping, counted))
        except ImpossibleScoreError:
            values.append(0.0)
            slopes.append(0.0)
    return values[1] - values[0], slope_stderr(pairs, slopes[0], slopes[1])


def unsupported_change(result: TaskResult, task: Task, *, is_first: bool) -> Change | None:
    """Return the difference of a task that one model does not take, which has 0 points in its levels.

    Args:
        result: What the other run has of it.
        task: The task.
        is_first: Whether `result` is that of the first run.

    Returns:
        None where that run has no points either, or no standard error.
    """
    score = result.counted
    if score is None or result.stderr is None or impossible(task.metric.mapping, score) is not None:
        return None
    points, slope = to_points(task.metric.mapping, score), points_slope(task.metric.mapping, score)
    difference = -points if is_first else points
    return Change(task.id, difference, abs(slope) * result.stderr, max(1.0, result.n - 1.0), 1.0)


def with_layers(difference: TaskDifference, tested: Mapping[str, Change], level: float) -> TaskDifference:
    """Return a task's difference with what follows from the tests of the others."""
    change = tested.get(difference.task)
    if change is None:
        return difference
    verdict = ""
    if change.p_adjusted <= level and change.difference:
        verdict = "better" if change.difference > 0 else "worse"
    return replace(difference, p_adjusted=change.p_adjusted, p_worse=change.p_worse, verdict=verdict)
