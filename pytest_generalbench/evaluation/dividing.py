"""Division of long tasks: into how many items each is divided, so that workers end at about the same time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.evaluation.schedule import Work, bound, simulate
from pytest_generalbench.models.base import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.durations import Estimate

_LEAST_PART: Final = 50.0
"""Texts answered that are worth an item of their own."""

_PIECES: Final = (1, 2, 4, 8, 12, 16, 24, 32)
"""Pieces of a worker's share that are tried."""

_NEAR: Final = 1.02
"""A makespan is good enough that is so near to the bound, or to the best one."""


def divides(settings: Settings) -> bool:
    """Return whether a session divides long tasks, where the user chose no way to distribute."""
    # The probe compares what one process answered.
    wanted = settings.divide == "always" or (settings.divide == "auto" and settings.data != "demo")
    return wanted and not settings.probe


def work_of(task: Task, estimate: Estimate, settings: Settings) -> Work:
    """Return what a task takes: time, batches, and the items that it may be divided into.

    The size of a batch is that of the settings, else what models have by default: 8, and 1 where the answer
    is no text. Unless tasks are to be divided always, an item must be worth what it costs: the data read once
    more, and the model loaded by a worker that has not.
    """
    size = settings.batch_size or (Model.batch_size if task.output_medium == "text" else 1)
    each = math.ceil(estimate.instances / settings.repeats)
    batches = max(1, settings.repeats * math.ceil(each / size))
    if not divides(settings):
        return Work(estimate.seconds, batches)
    # A model that says nothing of batches until it is loaded may have smaller ones.
    most = batches if settings.batch_size else estimate.instances
    if settings.divide != "always":
        most = min(most, int(prior(task, 1) * estimate.instances // _LEAST_PART))
    return Work(estimate.seconds, batches, max(1, most))


def divisions(work: Mapping[str, Work], workers: int) -> dict[str, int]:
    """Return the number of items of each task that is divided.

    A task is divided that takes longer than a piece of a worker's equal share of all. Pieces are the whole
    share where workers so end together, else smaller: the largest with which the simulated end is within 2 %
    of the bound, or of the best that was found.

    Args:
        work: What is run, by task id, in the order of collection; only ratios of the seconds matter.
        workers: How many share it.
    """
    share = sum(one.seconds for one in work.values()) / workers
    if workers < 2 or not share:
        return {}
    least, tried = bound(work, workers), []
    for pieces in _PIECES:
        counts = {
            name: min(one.most, workers, math.ceil(pieces * one.seconds / share))
            for name, one in work.items()
        }
        parts = {name: count for name, count in counts.items() if count > 1}
        tried.append((simulate(work, parts, workers).makespan, parts))
        if tried[-1][0] <= _NEAR * least:
            break
    best = min(makespan for makespan, _ in tried)
    return next(parts for makespan, parts in tried if makespan <= _NEAR * best)
