"""The subset of instances that a run asks (`--generalbench-subset`): the same on every machine."""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.statistics.subset import LEAST, Stratum, allocate
from pytest_generalbench.suite.level import points
from pytest_generalbench.suite.level.tables.sota import raw_value
from pytest_generalbench.suite.selection import board_tasks
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    allocated = _allocation(settings.subset, settings.board, settings.split, settings.repeats).get(
        task.id, settings.limit
    )
    given = [one for one in (allocated, settings.limit) if one is not None]
    return min(given, default=None)


@lru_cache(maxsize=8)
def _allocation(subset: str, board: str, split: str, repeats: int = 1) -> Mapping[str, int]:
    """Return the instances of each task of a board, from what is known of the tasks without their data."""
    tasks = board_tasks(load_tasks(), board)
    strata = _strata(tasks, _OF_SPLIT[split])
    wanted = PRESETS.get(subset, subset)
    if wanted.endswith("%"):
        return allocate(strata, float(wanted[:-1]) / 100 * sum(one.size for one in strata.values()))
    if wanted.endswith("min"):
        texts = 60.0 * float(wanted[:-3]) / _SECONDS_A_TEXT / repeats
        return allocate(strata, texts, by_cost=True)
    return allocate(strata, float(wanted))


def _strata(tasks: tuple[Task, ...], part: float) -> dict[str, Stratum]:
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
            size=max(round(part * task.instances), LEAST),
            side=f"{task.modality} {task.paradigm}",
        )
    return strata


def _expected(task: Task) -> float:
    """Return the share of the points that a strong model has, taken to be the specialist's."""
    score = raw_value(task, task.sota.released)
    return 0.5 if score is None else points(task, score) / 100.0
