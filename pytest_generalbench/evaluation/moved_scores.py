"""Which scores of a rescored run moved, and by which change of a metric or a protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_generalbench import metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.core.task import Task


@dataclass(frozen=True, slots=True)
class MovedScore:
    """A task whose score is another than it was."""

    task: str
    before: float | None
    after: float | None
    reasons: tuple[str, ...]
    """A line for each metric or protocol of the task that has another version now; () where none has."""


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


def moved_scores(
    before: Mapping[str, Any], after: Mapping[str, Any], tasks: Mapping[str, Task]
) -> list[MovedScore]:
    """Return the tasks whose score differs between two results of one run.

    Args:
        before: Content of a `result.json`.
        after: The same run's content, made anew.
        tasks: By id; those of other tasks have no protocol to compare.

    Returns:
        In the order of `after`.
    """
    old = {entry["id"]: entry for entry in before["tasks"]}
    versions: Mapping[str, Mapping[str, int]] = before.get("definitions") or {}
    found = []
    for entry in after["tasks"]:
        was = old.get(entry["id"])
        if was is None or was["score"] == entry["score"]:
            continue
        reasons = [metric_changes(entry["metric"], (versions.get("metrics") or {}).get(entry["metric"]))]
        task = tasks.get(entry["id"])
        if task is not None:
            earlier = (versions.get("protocols") or {}).get(task.protocol)
            now = after["definitions"]["protocols"].get(task.protocol)
            if None not in (earlier, now) and earlier != now:
                reasons.append(f"protocol {task.protocol} version {earlier} -> {now}")
        told = tuple(reason for reason in reasons if reason)
        found.append(MovedScore(entry["id"], was["score"], entry["score"], told))
    return found
