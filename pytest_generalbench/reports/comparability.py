"""Whether two runs can be compared: the same data, asked, read and scored by the same definitions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.metrics.definition import JUDGE_METRIC

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.reports.run_data import Run
    from pytest_generalbench.runs.result_file import RunResult, TaskEntry

_NAMED: Final = 3
"""Tasks that a message names."""

SCORED: Final = ("scored", "incomplete")
"""States of a task that have a score."""

UNSUPPORTED: Final = "unsupported"
"""State of a task that the model does not take: its own doing, 0 points in the levels."""

_RESCORE: Final = (
    "`generalbench rescore --write` brings both to this version, or ask again where the prompt changed"
)
_ASK_AGAIN: Final = "run both over the same data"


class NotComparableError(GeneralBenchError):
    """Two runs differ in what a comparison rests on; the message says in what, and the way out."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a task of two runs cannot be compared."""

    task: str
    reason: str
    """What differs, with both values."""
    way_out: str


def obstacles(first: RunResult, second: RunResult, tasks: Mapping[str, Task]) -> list[Obstacle]:
    """Return what keeps tasks that both runs scored from being compared, sorted by task.

    Args:
        first: One run.
        second: The other.
        tasks: The tasks of General-Bench by id; of a task that a hook brought, the protocol is not known, and
            any protocol that is of no other task and has two versions may be its.
    """
    entries = {entry.id: entry for entry in second.tasks}
    pairs = [
        (one, entries[one.id])
        for one in first.tasks
        if one.id in entries and {one.result.state, entries[one.id].result.state} <= set(SCORED)
    ]
    return [obstacle for pair in pairs for obstacle in _of_task(first, second, *pair, tasks.get(pair[0].id))]


def _of_task(
    first: RunResult, second: RunResult, one: TaskEntry, other: TaskEntry, task: Task | None
) -> Iterator[Obstacle]:
    left, right = one.result, other.result
    if left.data != right.data:
        yield Obstacle(one.id, f"data {left.data} and {right.data}", _ASK_AGAIN)
    scales = [f"{entry.result.metric} in {entry.result.unit}" for entry in (one, other)]
    if scales[0] != scales[1]:
        yield Obstacle(one.id, f"metric {scales[0]} and {scales[1]}", _RESCORE)
        return
    versions = [run.version("metrics", left.metric) for run in (first, second)]
    if versions[0] != versions[1]:
        yield Obstacle(one.id, f"metric {left.metric} version {versions[0]} and {versions[1]}", _RESCORE)
    for name in [task.protocol] if task else _moved_protocols(first, second):
        known = [run.version("protocols", name) for run in (first, second)]
        if known[0] != known[1]:
            yield Obstacle(one.id, f"protocol {name} version {known[0]} and {known[1]}", _RESCORE)
    if dict(left.backbones) != dict(right.backbones):
        yield Obstacle(
            one.id, "measured with other networks", "`generalbench weights` lists those that are there"
        )
    judges = [run.settings.get("judge") for run in (first, second)]
    if left.metric == JUDGE_METRIC and judges[0] != judges[1]:
        yield Obstacle(one.id, f"judge {judges[0]} and {judges[1]}", "judge both with the same model")


def _moved_protocols(first: RunResult, second: RunResult) -> list[str]:
    left, right = (run.definitions.get("protocols") or {} for run in (first, second))
    return sorted(name for name in left.keys() & right.keys() if left[name] != right[name])


def check_whole(first: Run, second: Run) -> None:
    """Refuse two runs that differ in what all of their tasks share.

    Raises:
        NotComparableError: the scorings differ.
    """
    scorings = [run.result.settings.get("scoring", "paper") for run in (first, second)]
    if scorings[0] != scorings[1]:
        raise NotComparableError(
            f"{first.folder} has the scoring {scorings[0]!r}, {second.folder} has {scorings[1]!r}: "
            "resume one (--generalbench-resume --generalbench-run=RUN) with the other's "
            "--generalbench-scoring; that asks nothing again"
        )


def refuse(differing: Sequence[Obstacle]) -> None:
    """Refuse runs whose tasks cannot all be compared.

    Raises:
        NotComparableError: there is an obstacle; the message names the first of each kind of way out.
    """
    if not differing:
        return
    count = len({obstacle.task for obstacle in differing})
    named = "; ".join(f"{obstacle.task}: {obstacle.reason}" for obstacle in differing[:_NAMED])
    more = f"; and {len(differing) - _NAMED} more" if len(differing) > _NAMED else ""
    ways = ", and ".join(dict.fromkeys(obstacle.way_out for obstacle in differing))
    words = "1 task differs" if count == 1 else f"{count} tasks differ"
    raise NotComparableError(
        f"{words} in what the scores rest on ({named}{more}): {ways}; --comparable-only compares the other "
        "tasks and lists these"
    )
