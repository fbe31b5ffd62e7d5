"""Estimates of a task's duration, from earlier runs if any, else from its media and number of instances."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.evaluation.subset import expected_instances, limit_of
from pytest_generalbench.runs.result_file import RESULT_FILE, read_result

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.runs.result_file import RunResult

_LATEST: Final = 3
"""Earlier runs that are looked at, the latest first."""


class Measured(NamedTuple):
    """What an earlier run measured of a task."""

    seconds: float
    """Of all workers that answered it together; 0 where the model does not take the task."""
    asking: float
    """Of these, the seconds that the model took, which grow with the instances; the others do not."""
    answered: int
    """Instances that ended with an answer or a failure, each repeat counted; 0 as above."""
    expected: int
    """Instances that were expected by the task file and the run's limits, each repeat counted."""
    size: int | None
    """Instances that the data have; None where a limit left some out, so that it is not known."""


class Estimate(NamedTuple):
    """What a task is expected to take."""

    seconds: float
    """Of one worker that answers it alone; in units of one text answer where no run measured any task."""
    instances: int
    """That it will have, each repeat counted."""
    measured: Measured | None
    """What the estimate follows from; None: from the times of other tasks, or from none."""


def parts(costs: Mapping[str, float], count: int) -> list[set[str]]:
    """Divide tasks into `count` parts of about equal cost: the costliest left goes to the cheapest part."""
    result: list[set[str]] = [set() for _ in range(count)]
    totals = [0.0] * count
    for task_id in sorted(costs, key=lambda task_id: (-costs[task_id], task_id)):
        place = totals.index(min(totals))
        result[place].add(task_id)
        totals[place] += costs[task_id]
    return result


def earlier_results(runs: Path, settings: Settings) -> list[RunResult]:
    """Return the results of the latest runs of this model over this data, the latest first.

    Args:
        runs: The folder of run folders, or one run folder.
        settings: Those of the run that is to come.
    """
    own = runs / RESULT_FILE
    files = [own] if own.is_file() else sorted(runs.glob(f"*/{RESULT_FILE}"), key=_changed)
    results = []
    for path in reversed(files[-_LATEST:]):
        with suppress(GeneralBenchError):  # what cannot be read counts for nothing
            result = read_result(path)
            same_data = result.settings.get("data", settings.data) == settings.data
            if result.settings.get("model") == settings.model and same_data:
                results.append(result)
    return results


def _changed(path: Path) -> float:
    return path.stat().st_mtime


def earlier(runs: Path, settings: Settings, tasks: Mapping[str, Task]) -> dict[str, Measured]:
    """Return what the latest runs of this model over this data measured of the tasks.

    Args:
        runs: The folder of run folders, or one run folder.
        settings: Those of the run that is to come.
        tasks: The tasks by id.
    """
    measured: dict[str, Measured] = {}
    for result in earlier_results(runs, settings):
        measured = {**measured_in(result, settings, tasks), **measured}
    return measured


def measured_in(result: RunResult, settings: Settings, tasks: Mapping[str, Task]) -> dict[str, Measured]:
    """Return what a run measured of the tasks; those that the model did not take have no instances."""
    before = Settings.from_dict({"model": settings.model, **result.settings})
    takes_the_same = tuple(result.setting("input_media") or ()) == tuple(settings.input_media or ())
    times, asking, sizes = result.run["tasks"], result.run.get("asking", {}), result.run.get("sizes", {})
    measured = {}
    for entry in result.tasks:
        task = tasks.get(entry.id)
        if task is None:
            continue
        seconds = times.get(entry.id)
        count = sum(entry.result.states.values())
        expected, limit = expected_instances(task, before), limit_of(task, before)
        if entry.result.state == "unsupported" and takes_the_same:
            measured[entry.id] = Measured(0.0, 0.0, 0, expected, None)
        elif count and isinstance(seconds, int | float) and seconds > 0:
            each = -(-count // before.repeats)
            size = each if limit is None or each < limit else sizes.get(entry.id)
            model_s = asking.get(entry.id) or float(seconds)
            measured[entry.id] = Measured(max(float(seconds), model_s), model_s, count, expected, size)
    return measured


def task_estimates(tasks: Mapping[str, Task], settings: Settings, runs: Path) -> dict[str, Estimate]:
    """Return what each task is expected to take, by its id.

    What the model took in a run is taken in proportion to the instances, the rest of a task's time as it was.
    Tasks that no run measured are expected to cost what they do beside the measured ones; one takes no time
    where the model took no task that shows and asks for the same media.

    Args:
        tasks: The tasks by id.
        settings: Those of the run that is to come.
        runs: The folder of earlier run folders.
    """
    measured = earlier(runs, settings, tasks)
    kinds = {name: (task.input_media, task.output_medium) for name, task in tasks.items()}
    taken = {kinds[name] for name, one in measured.items() if one.answered}
    refused = {kinds[name] for name, one in measured.items() if not one.answered} - taken
    counts, known, guessed = {}, {}, {}
    for name, task in tasks.items():
        one = measured.get(name)
        counts[name] = expected_instances(task, settings)
        if one is not None and one.size is not None:
            limit = limit_of(task, settings)
            counts[name] = settings.repeats * (one.size if limit is None else min(limit, one.size))
        guessed[name] = prior(task, 1) * counts[name]
        if one is not None and one.answered:
            known[name] = one.seconds + one.asking * (counts[name] / one.answered - 1.0)
        elif one is not None or kinds[name] in refused:
            known[name], counts[name] = 0.0, 0
    timed = [name for name in known if counts[name]]
    # The ratio of the sums is dominated by the long tasks, and those are the ones that matter.
    scale = sum(known[name] for name in timed) / sum(guessed[name] for name in timed) if timed else 1.0
    return {
        name: Estimate(known.get(name, scale * guess), counts[name], measured.get(name))
        for name, guess in guessed.items()
    }


def estimates(tasks: Mapping[str, Task], settings: Settings, runs: Path) -> dict[str, float]:
    """Return the expected seconds by task id."""
    return {name: one.seconds for name, one in task_estimates(tasks, settings, runs).items()}
