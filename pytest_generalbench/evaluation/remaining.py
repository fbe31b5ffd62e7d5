"""Estimates of what is left of a run, from the tasks that have ended in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_generalbench.statistics.distributions import student_quantile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LEAST_ENDED: Final = 3
"""Tasks with answers that must have ended before the rest is estimated."""

_POWERS: Final = (1.0, 0.75, 0.5, 0.25, 0.0)
_LEAST_SPREAD: Final = 0.02
"""Relative; tasks that happen to agree exactly do not make an estimate certain."""


class TaskCost(NamedTuple):
    """What is known of one task of a run."""

    kind: str
    """Tasks of one kind take and give the same media: a model supports all of them, or none."""
    unit: float
    """What one instance is expected to cost, in any unit that all tasks share (`cost_priors.prior`)."""
    stated: int
    """Instances that the task should have, each repeat counted."""
    answered: int
    """Instances that have an answer or a failure."""
    seconds: float
    """Seconds that workers have spent on them together."""
    is_ended: bool
    workers: int = 0
    """Workers that ask it now."""


class Remaining(NamedTuple):
    """What is left of a run."""

    instances: int
    """Instances that are still to be asked, estimated."""
    low_s: float
    """Lower bound of the seconds until the last task ends, of an interval of about 95 %."""
    high_s: float


class _Power(NamedTuple):
    """The relation y = factor · x ** power over tasks."""

    factor: float
    power: float
    spread: float
    """Standard deviation of y about it, relative to it."""
    concentration: float
    """The sum of the squares of the tasks' shares in all y: 1/n for n tasks that are alike."""

    def at(self, x: float) -> float:
        return float(self.factor * x**self.power)


def _fitted(pairs: Sequence[tuple[float, float, float]]) -> _Power:
    """Return the relation with a small spread over tasks, given as (x, sum of y, weight of the sum).

    Powers are from 0 (x says nothing) to 1 (y grows with x); of about equal ones the largest is taken.
    """
    fits = []
    for power in _POWERS:
        factor = sum(y for _, y, _ in pairs) / sum(weight * x**power for x, _, weight in pairs)
        expected = [factor * weight * x**power for x, _, weight in pairs]
        # Tasks count by their size: those with few instances vary most and matter least.
        squares = sum((y - e) ** 2 / e for (_, y, _), e in zip(pairs, expected, strict=True))
        concentration = sum(e**2 for e in expected) / sum(expected) ** 2
        fits.append(_Power(factor, power, math.sqrt(squares / sum(expected)), concentration))
    best = min(fit.spread for fit in fits)
    # What was expected holds until the measured spread clearly speaks against it.
    margin = 1.0 + 1.0 / math.sqrt(len(pairs))
    chosen = next(fit for fit in fits if fit.spread <= best * margin)
    scale = math.sqrt(1.0 / max(1.0 - chosen.concentration, 1.0 / len(pairs)))
    return chosen._replace(spread=max(chosen.spread * scale, _LEAST_SPREAD))


def remaining(tasks: Iterable[TaskCost], workers: int) -> Remaining | None:
    """Estimate what is left; None before `LEAST_ENDED` tasks with answers have ended.

    How many instances a task has, and how long one takes, are each fitted over the tasks that have ended as
    a power of what was expected before the run, so that a wrong expectation is given less weight than what
    was measured. Tasks of a kind that the model has left unanswered so far are expected to be left so.

    Args:
        tasks: Every task of the run.
        workers: Processes that share what is left.

    Returns:
        Instances, and the bounds of the seconds of an interval of about 95 %.
    """
    tasks = list(tasks)
    ended = [task for task in tasks if task.is_ended and task.answered and task.stated and task.seconds > 0.0]
    if len(ended) < LEAST_ENDED:
        return None
    size = _fitted([(float(task.stated), float(task.answered), 1.0) for task in ended])
    pace = _fitted([(task.unit, task.seconds, float(task.answered)) for task in ended])
    supported = _supported(tasks)
    instances, seconds, longest = 0.0, [], 0.0
    for task in tasks:
        if task.is_ended or not task.stated:
            continue
        count = min(size.at(task.stated), task.stated) - task.answered
        share = 1.0 if task.answered else supported.get(task.kind, supported[""])
        count = share * max(count, 1.0 if task.answered else 0.0)
        instances += count
        seconds.append(count * pace.at(task.unit))
        if task.workers:
            longest = max(longest, seconds[-1] / task.workers)
    total = sum(seconds)
    if not total:
        return Remaining(0, 0.0, 0.0)
    own = sum(one**2 for one in seconds) / total**2
    error = math.sqrt(sum(fit.spread**2 * (fit.concentration + own) for fit in (size, pace)))
    degrees = max(1.0, 1.0 / max(size.concentration, pace.concentration) - 1.0)
    half = student_quantile(0.975, degrees) * error
    middle = max(total / max(1, workers), longest)
    return Remaining(round(instances), max(0.0, middle * (1.0 - half)), middle * (1.0 + half))


def _supported(tasks: Iterable[TaskCost]) -> dict[str, float]:
    """Return the share of ended tasks that have answers, by kind, and over all under the empty name."""
    counts: dict[str, list[int]] = {"": [0, 0]}
    for task in tasks:
        if task.is_ended:
            for name in (task.kind, ""):
                pair = counts.setdefault(name, [0, 0])
                pair[0] += task.answered > 0
                pair[1] += 1
    return {name: done / count if count else 1.0 for name, (done, count) in counts.items()}
