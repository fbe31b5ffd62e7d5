"""The instances that got worse from one run to another, those first that say most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_generalbench.reports.paired_tasks import PairedRows, TaskDifference

_PER_TASK: Final = 5
"""Instances of one task at most, so that others are seen as well."""


@dataclass(frozen=True, slots=True)
class TellingInstance:
    """An instance that the second run answered worse than the first."""

    task: str
    instance: str
    loss: float
    """What was lost, as a share of the range of the task's scores in both runs; 1: right, then wrong."""
    first_score: float
    """In the task's unit."""
    second_score: float
    first_state: str
    second_state: str
    first_prediction: str
    """What was read from the answer, cut short."""
    second_prediction: str


def worsened(difference: TaskDifference, rows: PairedRows, most: int) -> list[TellingInstance]:
    """Return the instances of a task that lost most, at most five.

    Of a corpus score there are none: its numbers say what an instance adds to the whole, not how good it is.

    Args:
        difference: The task's.
        rows: Its paired rows.
        most: As many at most.
    """
    if not rows.is_mean:
        return []
    sign = -1.0 if difference.direction == "lower" else 1.0
    pairs = [
        (one, other, one.score or 0.0, other.score or 0.0)
        for one, other in zip(rows.first, rows.second, strict=True)
    ]
    values = [score for pair in pairs for score in pair[2:]]
    span = max(values) - min(values)
    losses = [
        TellingInstance(
            difference.task, one.instance, sign * (before - after) / span, before, after,
            one.state, other.state, one.prediction, other.prediction,
        )
        for one, other, before, after in pairs
        if sign * (before - after) > 0
    ]  # fmt: skip
    return nlargest(min(most, _PER_TASK), losses, key=lambda item: item.loss)


def most_telling(
    telling: Iterable[TellingInstance], tasks: Sequence[TaskDifference], most: int
) -> tuple[TellingInstance, ...]:
    """Return the most telling instances: of the tasks that are most surely worse first, then by loss.

    Args:
        telling: Those of all tasks.
        tasks: The differences of the tasks.
        most: As many at most.
    """
    sure = {item.task: 1.0 if item.p_worse is None else item.p_worse for item in tasks}
    ordered = sorted(telling, key=lambda item: (sure[item.task], item.task, -item.loss, item.instance))
    return tuple(ordered[:most])
