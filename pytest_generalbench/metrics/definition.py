"""The definition of a score, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.metrics import registry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.task import Task

JUDGE_METRIC: Final = "judge_score"


def metric_definition(
    task: Task,
    judge: str | None = None,
    notes: Sequence[str] = (),
    backbones: Mapping[str, str] | None = None,
    metric: str | None = None,
) -> str:
    """Return the one line that says what the task's score is, with options, judge, backbones and notes.

    `metric` is the one that scored it, when another stood in for the task's own.
    """
    text = registry.get(metric or task.metric.name).definition
    if task.metric.options:
        text += f" [{', '.join(f'{key}={value}' for key, value in sorted(task.metric.options.items()))}]"
    extra = [*([f"judge: {judge}"] if judge else []), *notes]
    extra += [f"{role}: {identity}" for role, identity in sorted((backbones or {}).items())]
    return f"{text} [{'; '.join(extra)}]" if extra else text
