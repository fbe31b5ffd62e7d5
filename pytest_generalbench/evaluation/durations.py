"""Estimates of a task's duration, from earlier runs if any, else from its media and number of instances.

Only the order and the ratios matter: they decide which task a worker starts first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.runs.result_file import read_result

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.runs.result_file import RunResult

_READING: Final[dict[str, float]] = {
    "text": 1.0, "image": 1.5, "audio": 1.5, "pointcloud": 1.5, "mesh": 1.5, "motion": 1.0, "signal": 1.0,
    "map": 1.0, "video": 4.0,
}  # fmt: skip
"""What reading one instance costs, by the dearest medium in it; text is the measure."""

_WRITING: Final[dict[str, float]] = {
    "text": 1.0, "map": 1.5, "image": 8.0, "audio": 10.0, "pointcloud": 15.0, "mesh": 15.0, "motion": 8.0,
    "video": 60.0,
}  # fmt: skip
"""What making one answer costs beside a text of 256 tokens."""

_TOKENS: Final = 256
_LEAST_PART: Final = 50.0
"""Texts answered that are worth a part of their own."""
_LATEST: Final = 3
"""Earlier runs that are looked at, the latest first."""


def prior(task: Task, limit: int | None = None) -> float:
    """Return the estimated cost of a task that was never run, in units of one text answer.

    Instances as stated, times the dearest medium read, times what is written; a longer answer costs more.
    """
    count = task.instances if limit is None else min(limit, task.instances)
    writing = _WRITING[task.output_medium]
    if task.output_medium == "text":
        writing *= (task.max_new_tokens or _TOKENS) / _TOKENS
    return count * max(_READING[medium] for medium in task.input_media) * writing


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
            parts = min(parts, int(prior(task, settings.limit) // _LEAST_PART))
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
                measured = {**_seconds(result, settings.limit), **measured}
    return measured


def _seconds(result: RunResult, limit: int | None) -> dict[str, float]:
    """Return the tasks' times in an earlier run, as they would be with this limit."""
    times = result.run.get("tasks")
    measured = {}
    for entry in result.tasks:
        seconds = times.get(entry.id) if isinstance(times, Mapping) else None
        count = sum(entry.result.states.values())
        if count and isinstance(seconds, int | float) and seconds > 0:
            measured[entry.id] = float(seconds) * (1.0 if limit is None else min(1.0, limit / count))
    return measured


def estimates(tasks: Mapping[str, Task], settings: Settings, runs: Path) -> dict[str, float]:
    """Return seconds by task id; estimates of tasks never run are scaled to the measured ones."""
    measured = earlier(runs, settings)
    guessed = {name: prior(task, settings.limit) for name, task in tasks.items()}
    both = [name for name in guessed if name in measured]
    # The ratio of the sums is dominated by the long tasks, and those are the ones that matter.
    scale = sum(measured[name] for name in both) / sum(guessed[name] for name in both) if both else 1.0
    return {name: measured.get(name, scale * guess) for name, guess in guessed.items()}
