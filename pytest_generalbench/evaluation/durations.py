"""Estimates of a task's duration, from earlier runs if any, else from its media and number of instances.

Only the order and the ratios matter: they decide which task a worker starts first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.evaluation.subset import limit_of
from pytest_generalbench.runs.result_file import read_result
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.runs.result_file import RunResult

_LEAST_PART: Final = 50.0
"""Texts answered that are worth a part of their own."""
_LATEST: Final = 3
"""Earlier runs that are looked at, the latest first."""


def parts(costs: Mapping[str, float], count: int) -> list[set[str]]:
    """Divide tasks into `count` parts of about equal cost: the costliest left goes to the cheapest part."""
    result: list[set[str]] = [set() for _ in range(count)]
    totals = [0.0] * count
    for task_id in sorted(costs, key=lambda task_id: (-costs[task_id], task_id)):
        place = totals.index(min(totals))
        result[place].add(task_id)
        totals[place] += costs[task_id]
    return result


def divisions(
    tasks: Mapping[str, Task], seconds: Mapping[str, float], workers: int, settings: Settings
) -> dict[str, int]:
    """Return into how many parts each task is divided that takes longer than a worker's equal share of all.

    `tasks` and `seconds` are of what is run. Unless it is asked for always, only parts that are worth what
    they cost: the model loaded and the data read once more.
    """
    share = sum(seconds.values()) / workers
    result = {}
    for name, task in tasks.items():
        parts = min(workers, math.ceil(seconds[name] / share)) if share else 1
        if settings.divide != "always":
            texts = settings.repeats * prior(task, limit_of(task, settings))
            parts = min(parts, int(texts // _LEAST_PART))
        if parts > 1:
            result[name] = parts
    return result


def earlier(runs: Path, settings: Settings) -> dict[str, float]:
    """Return seconds for each task that the latest runs of this model over this data measured.

    `runs` is the folder of run folders. What cannot be read counts for nothing.
    """
    files = sorted(runs.glob("*/result.json"), key=lambda path: path.name and path.stat().st_mtime)
    measured: dict[str, float] = {}
    for path in reversed(files[-_LATEST:]):
        with suppress(GeneralBenchError):
            result = read_result(path)
            same_data = result.settings.get("data", settings.data) == settings.data
            if result.settings.get("model") == settings.model and same_data:
                measured = {**_seconds(result, settings), **measured}
    return measured


def _seconds(result: RunResult, settings: Settings) -> dict[str, float]:
    """Return the tasks' times in an earlier run, as they would be with the limits and repeats now."""
    before = result.setting("repeats")
    shipped = {task.id: task for task in load_tasks()}
    times = result.run.get("tasks")
    measured = {}
    for entry in result.tasks:
        seconds = times.get(entry.id) if isinstance(times, Mapping) else None
        count = sum(entry.result.states.values())
        if count and isinstance(seconds, int | float) and seconds > 0:
            limit = limit_of(shipped[entry.id], settings) if entry.id in shipped else settings.limit
            part = 1.0 if limit is None else min(1.0, limit * before / count)
            measured[entry.id] = float(seconds) * part * settings.repeats / before
    return measured


def estimates(tasks: Mapping[str, Task], settings: Settings, runs: Path) -> dict[str, float]:
    """Return seconds by task id; estimates of tasks never run are scaled to the measured ones."""
    measured = earlier(runs, settings)
    guessed = {name: prior(task, limit_of(task, settings)) for name, task in tasks.items()}
    both = [name for name in guessed if name in measured]
    # The ratio of the sums is dominated by the long tasks, and those are the ones that matter.
    scale = sum(measured[name] for name in both) / sum(guessed[name] for name in both) if both else 1.0
    return {name: measured.get(name, scale * guess) for name, guess in guessed.items()}
