"""Scores that rescoring changed, and the metric or protocol version that changed them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_generalbench import metrics
from pytest_generalbench.core.score_format import format_score

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.runs.result_file import RunResult


@dataclass(frozen=True, slots=True)
class MovedScore:
    """A task whose score changed."""

    task: str
    before: float | None
    after: float | None
    reasons: tuple[str, ...]
    """A line for each metric or protocol of the task that has another version now; () where none has."""

    def __str__(self) -> str:
        """Return the task and its two scores."""
        return f"{self.task}: {format_score(self.before)} -> {format_score(self.after)}"


def metric_changes(name: str, before: int | None) -> str | None:
    """Return what changed in a metric since version `before`, in one line; None where nothing did.

    >>> metric_changes("anls", 1)
    'anls version 1 -> 2: a similarity of exactly one half counts, and runs of blanks count as one'
    """
    if name not in metrics.names() or before is None:
        return None
    metric = metrics.get(name)
    if metric.version == before:
        return None
    why = "; ".join(metric.changes[one] for one in sorted(metric.changes) if one > before)
    return f"{name} version {before} -> {metric.version}: {why or 'what changed is not known'}"


def moved_scores(before: RunResult, after: RunResult, tasks: Mapping[str, Task]) -> list[MovedScore]:
    """Return the tasks whose score differs between two results of one run.

    Args:
        before: The result as it was.
        after: The same run's, made anew.
        tasks: By id; those of other tasks have no protocol to compare.

    Returns:
        In the order of `after`.
    """
    moved = []
    for entry in after.tasks:
        old = before.entry(entry.id)
        if old is None or old.result.score == entry.result.score:
            continue
        metric = entry.result.metric
        reasons = [metric_changes(metric, before.version("metrics", metric))]
        task = tasks.get(entry.id)
        if task is not None:
            earlier, now = (result.version("protocols", task.protocol) for result in (before, after))
            if None not in (earlier, now) and earlier != now:
                reasons.append(f"protocol {task.protocol} version {earlier} -> {now}")
        why = tuple(reason for reason in reasons if reason)
        moved.append(MovedScore(entry.id, old.result.score, entry.result.score, why))
    return moved


def result_differences(old_result: RunResult, new_result: RunResult) -> Iterator[str]:
    """Yield a line for every task and every other key of a result file that differs."""
    old, new = old_result.to_dict(), new_result.to_dict()
    before = {entry["id"]: entry for entry in old["tasks"]}
    for entry in new["tasks"]:
        other = before.pop(entry["id"], None)
        if other is None:
            yield f"{entry['id']}: new"
            continue
        keys = [key for key in entry if entry[key] != other.get(key)]
        if keys:
            text = "; ".join(f"{key} {other.get(key)!r:.60} -> {entry[key]!r:.60}" for key in keys[:3])
            yield f"{entry['id']}: {text}"
    yield from (f"{name}: gone" for name in before)
    yield from (key for key in new if key != "tasks" and new[key] != old.get(key))
