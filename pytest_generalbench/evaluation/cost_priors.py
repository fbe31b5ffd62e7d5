"""What a task costs that was never run, from its media and number of instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_generalbench.core.task import Task

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


def prior(task: Task, limit: int | None = None) -> float:
    """Return the estimated cost of a task that was never run, in units of one text answer.

    Instances as stated, times the dearest medium read, times what is written; a longer answer costs more.
    """
    count = task.instances if limit is None else min(limit, task.instances)
    writing = _WRITING[task.output_medium]
    if task.output_medium == "text":
        writing *= (task.max_new_tokens or _TOKENS) / _TOKENS
    return count * max(_READING[medium] for medium in task.input_media) * writing
