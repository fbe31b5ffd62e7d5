"""The subset of instances that a run asks (`--generalbench-subset`): the same on every machine."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.measured_tasks import measured_tasks
from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.statistics.subset import LEAST, Stratum, allocate
from pytest_generalbench.suite.demo import COUNT
from pytest_generalbench.suite.level import points, points_slope
from pytest_generalbench.suite.level.mapping import impossible
from pytest_generalbench.suite.level.tables.sota import raw_value
from pytest_generalbench.suite.selection import board_tasks
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.core.measured_tasks import MeasuredTask
    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task

PRESETS: Final = {"smoke": "1min", "nightly": "5%"}
"""Subsets with a name."""

_RIGHT_OR_WRONG: Final = frozenset({"accuracy", "exact_match", "macro_accuracy"})
"""Metrics whose instances score 0 or 1; others spread half as far around the same mean."""

_SECONDS_A_TEXT: Final = 0.25
"""What one text answer is taken to cost where a subset is given in minutes."""


_OF_SPLIT: Final = {"open": 0.4, "close": 0.6}
"""Share of the stated instances that are in a split."""


def limit_of(task: Task, settings: Settings) -> int | None:
    """Return how many instances of a task are asked at most; None: all. 0: the subset is without the task."""
    if settings.subset is None:
        return settings.limit
    allocated = _allocation(
        settings.subset, settings.board, settings.split, settings.repeats, settings.subset_from
    ).get(task.id, settings.limit)
    given = [one for one in (allocated, settings.limit) if one is not None]
    return min(given, default=None)


def stated_instances(task: Task, settings: Settings) -> int:
    """Return how many instances a task is stated to have in a run, each repeat counted."""
    limit = limit_of(task, settings)
    return settings.repeats * (task.instances if limit is None else min(limit, task.instances))


def expected_instances(task: Task, settings: Settings) -> int:
    """Return how many instances a run is expected to ask of data that were never read, each repeat counted.

    The stated instances are those of both splits together; a run has the share of its own split. Every task
    of the demo set has the same number.
    """
    limit = limit_of(task, settings)
    count = COUNT if settings.data == "demo" else _of_split(task, settings.split)
    return settings.repeats * (count if limit is None else min(limit, count))


def _of_split(task: Task, split: str) -> int:
    return max(round(_OF_SPLIT[split] * task.instances), LEAST)


def subset_line(subset: str, settings: Settings) -> str:
    """Return the line of the header that says what a subset is made by.

    Args:
        subset: The subset.
        settings: Those of the run.
    """
    tasks = board_tasks(load_tasks(), settings.board)
    if settings.subset_from is None:
        return f"subset {subset}: by the spreads and costs that are expected of the tasks"
    measured = measured_tasks(settings.subset_from)
    known = [measured.tasks[task.id] for task in tasks if task.id in measured.tasks]
    timed = sum(one.seconds > 0 for one in known)
    return (
        f"subset {subset}: spreads of {len(known)} and seconds of {timed} of {len(tasks)} tasks "
        f"from a run of {measured.model}, the others as expected"
    )


@lru_cache(maxsize=8)
def _allocation(subset: str, board: str, split: str, repeats: int, measured: str | None) -> Mapping[str, int]:
    """Return the instances of each task of a board, from what is known of the tasks without their data."""
    tasks = board_tasks(load_tasks(), board)
    strata, second = _strata(tasks, split), 1.0 / _SECONDS_A_TEXT
    if measured is not None:
        strata, second = _as_measured(tasks, strata, measured_tasks(measured).tasks)
    wanted = PRESETS.get(subset, subset)
    if wanted.endswith("%"):
        return allocate(strata, float(wanted[:-1]) / 100 * sum(one.size for one in strata.values()))
    if wanted.endswith("min"):
        return allocate(strata, 60.0 * float(wanted[:-3]) * second / repeats, by_cost=True)
    return allocate(strata, float(wanted))


_LIKE: Final = 10
"""As many instances the expected spread counts as, beside the measured one of n instances."""


def _as_measured(
    tasks: tuple[Task, ...], strata: Mapping[str, Stratum], measured: Mapping[str, MeasuredTask]
) -> tuple[dict[str, Stratum], float]:
    """Return the tasks with measured spreads and costs, and what a second costs in the unit of the costs.

    A measured variance counts by its instances, the expected one as ten more, so that a task of few instances
    that were all right is not taken to have no spread. Costs are seconds; those of tasks without any are
    expected costs at the rate of the others. Without any seconds costs stay as expected.
    """
    timed = [task.id for task in tasks if task.id in measured and measured[task.id].seconds > 0]
    rate = (
        math.fsum(measured[name].seconds for name in timed) / math.fsum(strata[name].cost for name in timed)
        if timed
        else None
    )
    result = {}
    for task in tasks:
        one, known = strata[task.id], measured.get(task.id)
        if known is not None and impossible(task.metric.mapping, known.score) is None:
            own = (points_slope(task.metric.mapping, known.score) * known.sigma) ** 2
            variance = (known.n * own + _LIKE * one.sigma**2) / (known.n + _LIKE)
            one = replace(one, sigma=math.sqrt(variance))
        if rate is not None:
            cost = known.seconds if known is not None and known.seconds > 0 else rate * one.cost
            one = replace(one, cost=cost)
        result[task.id] = one
    return result, 1.0 / _SECONDS_A_TEXT if rate is None else 1.0


def _strata(tasks: tuple[Task, ...], split: str) -> dict[str, Stratum]:
    sides = Counter((task.modality, task.paradigm) for task in tasks)
    strata = {}
    for task in tasks:
        share = min(0.95, max(0.05, _expected(task)))
        spread = math.sqrt(share * (1.0 - share))
        strata[task.id] = Stratum(
            # The language tasks have no weight in S2; they are asked as if they were one more side.
            weight=1.0 / (8 * sides[task.modality, task.paradigm]),
            sigma=100.0 * (spread if task.metric.name in _RIGHT_OR_WRONG else spread / 2.0),
            cost=prior(task, 1),
            size=_of_split(task, split),
            side=f"{task.modality} {task.paradigm}",
        )
    return strata


def _expected(task: Task) -> float:
    """Return the share of the points that a strong model has, taken to be the specialist's."""
    score = raw_value(task, task.sota.released)
    return 0.5 if score is None else points(task, score) / 100.0
