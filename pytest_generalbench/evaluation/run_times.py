"""How long a run is expected to take: the simulated end of its workers, and how sure it is."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_generalbench.evaluation.dividing import divided, work_of
from pytest_generalbench.evaluation.durations import Estimate, earlier_results, measured_in, parts
from pytest_generalbench.evaluation.remaining import TaskCost, remaining
from pytest_generalbench.evaluation.schedule import Work, simulate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.models import ModelKind

BETWEEN_RUNS: Final = 0.1
"""How far two runs of one model are taken to differ in time, relative; a single run cannot tell."""

_AS_MEASURED: Final = 2.0
"""Instances, relative to those of the earlier run, up to which its time is taken as it was."""


class ExpectedTask(NamedTuple):
    """What is known of the time of a task."""

    kind: str
    """Tasks of one kind take and give the same media."""
    unit: float
    """What one instance is expected to cost, in units of one text answer (`cost_priors.prior`)."""
    cost: float
    """What shards are made by: the expected cost of the stated instances, in the same units."""
    estimate: Estimate
    work: Work

    @property
    def is_measured(self) -> bool:
        """Whether an earlier run says how long it takes, or that the model does not take it."""
        before = self.estimate.measured
        if before is None:
            return self.estimate.instances == 0
        return self.estimate.instances <= _AS_MEASURED * before.answered


def bounds(tasks: Iterable[ExpectedTask]) -> tuple[float, float] | None:
    """Return the bounds of the time of all tasks, relative to its estimate; None where it is not known.

    What an earlier run measured may differ by `BETWEEN_RUNS`. What it did not, or on far fewer instances, has
    the interval of about 95 % that `remaining` gives by the tasks that were measured.
    """
    tasks = list(tasks)
    known = [one for one in tasks if one.is_measured]
    others = [one for one in tasks if not one.is_measured]
    total = sum(one.estimate.seconds for one in tasks)
    if not total or not any(one.estimate.measured and one.estimate.measured.answered for one in tasks):
        return None
    measured = sum(one.estimate.seconds for one in known)
    low, high = measured * (1.0 - BETWEEN_RUNS), measured * (1.0 + BETWEEN_RUNS)
    if others:
        ended = [
            TaskCost(one.kind, one.unit, before.expected, before.answered, before.asking, is_ended=True)
            for one in tasks
            if (before := one.estimate.measured) is not None
        ]
        asked = [
            TaskCost(one.kind, one.unit, one.estimate.instances, 0, 0.0, is_ended=False) for one in others
        ]
        rest = remaining([*ended, *asked], 1)
        if rest is None:
            return None
        estimate = sum(one.estimate.seconds for one in others)
        low += min(rest.low_s, estimate * (1.0 - BETWEEN_RUNS))
        high += max(rest.high_s, estimate * (1.0 + BETWEEN_RUNS))
    return low / total, high / total


def makespan(work: Mapping[str, Work], workers: int) -> float:
    """Return when the last of the workers ends, in seconds after they began."""
    return simulate(work, divided(work, workers), workers).makespan


def shards_makespan(
    work: Mapping[str, Work], costs: Mapping[str, float], shards: int, at_a_time: int, workers: int
) -> float:
    """Return when the last of some shards ends, in seconds after the first began.

    Args:
        work: What is run, by task id.
        costs: The expected costs by which the shards are made.
        shards: How many there are.
        at_a_time: How many run at a time; the next begins when one ends.
        workers: Those of each shard.
    """
    free = [0.0] * min(at_a_time, shards)
    for names in parts(costs, shards):
        seconds = makespan({name: one for name, one in work.items() if name in names}, workers)
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)


def session_overhead(
    runs: Path, settings: Settings, tasks: Mapping[str, Task], kind: ModelKind | None
) -> float | None:
    """Return the seconds of a session beside its tasks: starting workers, loading the model, ending.

    It is what the latest earlier run of the model took beyond the simulated end of its tasks; None where
    there is no such run of one session.

    Args:
        runs: The folder of earlier run folders, or one run folder.
        settings: Those of the run that is to come.
        tasks: The tasks by id.
        kind: Of the model.
    """
    for result in earlier_results(runs, settings):
        sessions = result.run.get("sessions") or ()
        measured = measured_in(result, settings, tasks)
        workers = sessions[0].get("workers") if len(sessions) == 1 else None
        seconds = sessions[0].get("seconds") if sessions else None
        if (
            len(measured) < len(result.tasks)
            or not isinstance(workers, int)
            or not isinstance(seconds, float)
        ):
            continue
        work = {
            name: work_of(tasks[name], Estimate(one.seconds, one.answered, one), settings, kind)
            for name, one in measured.items()
        }
        return max(0.0, seconds - makespan(work, max(1, workers)))
    return None
