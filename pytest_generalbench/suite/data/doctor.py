"""Looks a data folder over: what is there, what is missing, what is wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.suite.data.read.annotation import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.data.locate.layout import DataFolder


@dataclass(frozen=True, slots=True)
class TaskReport:
    """What was found of one task."""

    id: str
    state: str
    """`ok`, `problems`, `unreadable` (the file as a whole), `packed` or `not found`."""
    annotation: str | None = None
    """Path of the annotation file below the root."""
    instances: int = 0
    references: int = 0
    missing_media: int = 0
    errors: int = 0
    """Instances that cannot be asked for another reason."""
    problems: int = 0
    """Everything that is wrong, with the file and with its instances."""
    first_problem: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class StrayFolder:
    """A folder that is no task's."""

    path: str
    inside: str | None
    """The task name that its annotation file gives."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a data folder."""

    root: str
    split: str
    tasks: tuple[TaskReport, ...]
    strays: tuple[StrayFolder, ...]
    doubts: tuple[str, ...]
    """A line for each folder that could be several tasks', or is a second one of a task."""

    def count(self, state: str) -> int:
        """Return how many tasks are in `state`."""
        return sum(task.state == state for task in self.tasks)

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong with what is there (tasks that are absent are no fault)."""
        return not self.doubts and not any(task.state in ("problems", "unreadable") for task in self.tasks)

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins."""
        return asdict(self)


def examine(folder: DataFolder, tasks: Iterable[Task]) -> Report:
    """Read everything `folder` has of `tasks` and report; no fault in the data raises."""
    return Report(
        root=str(folder.root),
        split=folder.split,
        tasks=tuple(_examine_task(folder, task) for task in tasks),
        strays=tuple(
            StrayFolder(path.relative_to(folder.root).as_posix(), folder.inside_name(path))
            for path in folder.unmatched()
        ),
        doubts=tuple(folder.doubts()),
    )


def _examine_task(folder: DataFolder, task: Task) -> TaskReport:
    try:
        files = folder.find(task)
        if files is None:
            return _absent(folder, task)
        data = load(files, task, folder.root)
    except DataError as error:
        return TaskReport(task.id, "unreadable", problems=1, first_problem=str(error))
    states = [instance.problem.state for instance in data.instances if instance.problem]
    return TaskReport(
        id=task.id,
        state="problems" if data.problems else "ok",
        annotation=files.annotation.relative_to(folder.root).as_posix(),
        instances=len(data.instances),
        references=data.references,
        missing_media=states.count("missing_media"),
        errors=states.count("error"),
        problems=len(data.problems),
        first_problem=data.problems[0] if data.problems else None,
        fingerprint=data.fingerprint,
    )


def _absent(folder: DataFolder, task: Task) -> TaskReport:
    archive = folder.packed(task)
    if archive is None:
        return TaskReport(task.id, "not found")
    way_out = f"{archive.name}: packed; unpack it with `generalbench download --offline {folder.root}`"
    return TaskReport(task.id, "packed", first_problem=way_out)
