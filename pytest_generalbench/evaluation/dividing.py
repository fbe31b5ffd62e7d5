"""Division of long tasks: into how many items each is divided, so that workers end at about the same time."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Final

from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.evaluation.schedule import HELD, Division, Work, bound, simulate
from pytest_generalbench.models.base import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.durations import Estimate
    from pytest_generalbench.models import ModelKind

_LEAST_PART: Final = 50.0
"""Texts answered that are worth an item of their own."""

_PIECES: Final = (1, 2, 4, 8, 16, 32)
"""Pieces of a worker's share that are tried."""

_NEAR: Final = 1.02
"""A makespan so near to the bound is good enough."""

_WORTH: Final = 1.03
"""More items must end the run sooner by more than that."""


def divides(settings: Settings) -> bool:
    """Return whether a session divides long tasks, where the user chose no way to distribute."""
    # The probe compares what one process answered.
    wanted = settings.divide == "always" or (settings.divide == "auto" and settings.data != "demo")
    return wanted and not settings.probe


def work_of(task: Task, estimate: Estimate, settings: Settings, kind: ModelKind | None) -> Work:
    """Return what a task takes: time, batches, and the items that it may be divided into.

    The size of a batch is that of the settings, else that of the kind of model, else what models have by
    default: 8, and 1 where the answer is no text. Unless tasks are to be divided always, an item must be
    worth what it costs: the data read once more, and the model loaded by a worker that has not.

    Args:
        task: The task.
        estimate: What it is expected to take.
        settings: Those of the run.
        kind: Of the model; None where it is not known.
    """
    given = settings.batch_size or (kind.batch_size if kind else None)
    size = given or (Model.batch_size if task.output_medium == "text" else 1)
    each = math.ceil(estimate.instances / settings.repeats)
    batches = max(1, settings.repeats * math.ceil(each / size))
    if not divides(settings):
        return Work(estimate.seconds, batches)
    # A model that says nothing of batches until it is loaded may have smaller ones.
    most = batches if given else estimate.instances
    if settings.divide != "always":
        most = min(most, int(prior(task, 1) * estimate.instances // _LEAST_PART))
    return Work(estimate.seconds, batches, max(1, most))


def divided(work: Mapping[str, Work], workers: int) -> Division:
    """Return how tasks are divided.

    A task is divided that takes longer than a piece of a worker's equal share of all. Pieces are the whole
    share where workers so end together, else smaller, down to where the simulated end is within 2 % of the
    bound; of these the largest that is within 3 % of the best. The items of divided tasks come late where
    that ends sooner.

    Args:
        work: What is run, by task id, in the order of collection; only ratios of the seconds matter.
        workers: How many share it.
    """
    if workers < 2 or not any(one.seconds for one in work.values()):
        return Division({})
    least, tried = bound(work, workers), []
    for pieces, is_late in product(_PIECES, (False, True)):
        division = _in_pieces(work, workers, pieces, is_late)
        tried.append((simulate(work, division, workers).makespan, division))
        if tried[-1][0] <= _NEAR * least:
            break
    best = min(makespan for makespan, _ in tried)
    return next(division for makespan, division in tried if makespan <= _WORTH * best)


def _in_pieces(work: Mapping[str, Work], workers: int, pieces: int, is_late: bool) -> Division:
    """Return the division into items of at most so many pieces of a worker's share."""
    share = sum(one.seconds for one in work.values()) / workers
    # A worker holds one item more than it runs: for all to take part late there must be two for each.
    times = HELD if is_late else 1
    counts = {
        name: min(one.most, times * workers, math.ceil(times * pieces * one.seconds / share))
        for name, one in work.items()
    }
    return Division({name: count for name, count in counts.items() if count > 1}, is_late)
