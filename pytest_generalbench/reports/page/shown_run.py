"""One run as its page needs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.reports.next_tasks import NextSteps, NextTask, next_steps
from pytest_generalbench.statistics.distributions import normal_sf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.core.answered import Answers
    from pytest_generalbench.reports.run_data import Run, TaskRow


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run, its answers where they can be read, and what its next level needs."""

    name: str
    """What the page calls it: the model, with the folder where two runs have the same."""
    run: Run
    answers: Answers | None
    tasks: Mapping[str, TaskRow]
    steps: NextSteps | None
    """None where nothing is scored."""
    seen: Mapping[str, NextTask] = field(default_factory=dict)
    """By task: the step of `steps` that is about it."""
    why: str | None = None
    """Why its answers cannot be read, where that was tried."""

    def chance(self, task: str) -> float | None:
        """Return the probability that the true score reaches the specialist's, None where it is not known."""
        step = self.seen.get(task)
        return None if step is None or step.distance is None else 1 - normal_sf(step.distance)


def shown_run(name: str, run: Run, answers: Answers | None, why: str | None = None) -> ShownRun:
    """Return the run as its page needs it."""
    try:
        steps = next_steps(run.folder)
    except GeneralBenchError:
        steps = None
    tasks = {row.task: row for row in run.tasks()}
    seen = {step.task: step for step in steps.tasks} if steps else {}
    return ShownRun(name, run, answers, tasks, steps, seen, why)
