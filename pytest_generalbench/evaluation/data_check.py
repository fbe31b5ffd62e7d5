"""Checks a data folder: reads it as a run will, and reports errors and suspicious references."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_generalbench import protocols
from pytest_generalbench.core.errors import DataError, GeneralBenchError, MissingDependencyError
from pytest_generalbench.core.reading import from_file
from pytest_generalbench.evaluation.media_check import open_medium
from pytest_generalbench.evaluation.preparation import refusal_of
from pytest_generalbench.protocols.guard import context_of, one_instance
from pytest_generalbench.protocols.reading import with_reading
from pytest_generalbench.suite.data.locate.layout import DataFolder
from pytest_generalbench.suite.data.read.annotation import load
from pytest_generalbench.suite.data.source import limit_of_download
from pytest_generalbench.suite.selection import limited
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.data import TaskData


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of problem in a task's data."""

    what: str
    """The first of its kind, in one line."""
    count: int = 1
    """How many instances have it."""
    is_error: bool = True
    """Whether it stops instances, or the task, from being scored; else it is a warning."""


@dataclass(frozen=True, slots=True)
class TaskCheck:
    """The findings about one task."""

    id: str
    state: str
    """`ok`, `warnings`, `problems`, `unreadable` (as a whole), `packed` or `not found`."""
    annotation: str | None = None
    """Path of the annotation file below the root."""
    instances: int = 0
    references: int = 0
    missing_media: int = 0
    errors: int = 0
    """Instances that cannot be asked or scored for another reason."""
    media: int = 0
    """Media that were opened."""
    findings: tuple[Finding, ...] = ()
    prompt: str | None = None
    """What a model is told of the first instance that can be asked."""
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class StrayFolder:
    """A folder that matches no task."""

    path: str
    inside: str | None
    """The task name that its annotation file gives."""


@dataclass(slots=True)
class FolderCheck:
    """The findings about a data folder."""

    root: str
    split: str
    tasks: list[TaskCheck] = field(default_factory=list)
    strays: tuple[StrayFolder, ...] = ()
    doubts: tuple[str, ...] = ()
    """A line for each folder that could be several tasks', or is a second one of a task."""

    def count(self, state: str) -> int:
        """Return how many tasks are in `state`."""
        return sum(task.state == state for task in self.tasks)

    @property
    def has_errors(self) -> bool:
        """Return whether a task that is there has an error; absent tasks are no error."""
        return bool(self.doubts) or any(task.state in ("problems", "unreadable") for task in self.tasks)

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins."""
        return asdict(self)


def check_data(
    root: str | Path,
    *,
    split: str = "open",
    only: Callable[[Task], bool] = lambda task: True,
    sample: int | None = None,
    reading: str | Path | None = None,
    each: Callable[[TaskCheck], None] = lambda check: None,
) -> FolderCheck:
    """Read everything that a run would read of a data folder, and look for what cannot be right.

    Args:
        root: A General-Bench folder.
        split: `open` or `close`.
        only: Which tasks are looked at.
        sample: Media of so many instances of each task are opened; None opens all, 0 none.
        reading: A file that says how references are read (`--generalbench-reading`).
        each: Is given what was found of each task, as soon as it was looked at; tasks that are there first.

    Returns:
        All findings.

    Raises:
        DataError: `root` is no folder or holds no part of General-Bench.
        GeneralBenchError: `reading` cannot be read.
    """
    tasks = load_tasks()
    folder = DataFolder(Path(root), tasks, split)
    given = from_file(Path(reading)) if reading else {}
    report = FolderCheck(str(folder.root), folder.split)
    for check in check_tasks(folder, _found_first(folder, filter(only, tasks)), given, sample):
        report.tasks.append(check)
        each(check)
    report.strays, report.doubts = strays_of(folder), tuple(folder.doubts())
    return report


def _found_first(folder: DataFolder, tasks: Iterable[Task]) -> list[Task]:
    def is_absent(task: Task) -> bool:
        try:
            return folder.find(task) is None and folder.packed(task) is None
        except GeneralBenchError:
            return False  # it becomes a finding when the task is checked

    return sorted(tasks, key=lambda task: (is_absent(task), task.id))


def strays_of(folder: DataFolder) -> tuple[StrayFolder, ...]:
    """Return the folders that match no task."""
    return tuple(
        StrayFolder(path.relative_to(folder.root).as_posix(), folder.inside_name(path))
        for path in folder.unmatched()
    )


def check_tasks(
    folder: DataFolder,
    tasks: Iterable[Task],
    reading: Mapping[str, Mapping[str, str]],
    sample: int | None = None,
) -> Iterator[TaskCheck]:
    """Read everything that a run would read of `tasks`; faults in the data are findings, none raises.

    Args:
        folder: The data.
        tasks: The tasks that are looked at.
        reading: How references are read, by task (`--generalbench-reading`).
        sample: Media of so many instances of each task are opened; None opens all. 0 opens none.

    Yields:
        What was found of each task, in order, as soon as it was looked at.
    """
    for task in tasks:
        try:
            yield _check_task(folder, task, reading, sample)
        except GeneralBenchError as error:
            yield TaskCheck(task.id, "unreadable", findings=(Finding(str(error)),))


def _check_task(
    folder: DataFolder, task: Task, reading: Mapping[str, Mapping[str, str]], sample: int | None
) -> TaskCheck:
    files = folder.find(task)
    if files is None:
        return _absent(folder, task)
    data = load(files, task, folder.root)
    looked = _LookedOver(task, data, folder.split)
    findings = [*_limited(folder, task), *looked.findings(reading)]
    media = 0
    for instance in () if sample == 0 else limited(data.instances, sample):
        media += looked.open_media(instance)
    findings += looked.media_findings()
    is_wrong = any(finding.is_error for finding in findings)
    return TaskCheck(
        id=task.id,
        state="problems" if is_wrong else "warnings" if findings else "ok",
        annotation=files.annotation.relative_to(folder.root).as_posix(),
        instances=len(data.instances),
        references=data.references,
        missing_media=looked.states["missing_media"],
        errors=looked.states["error"],
        media=media,
        findings=tuple(findings),
        prompt=looked.prompt,
        fingerprint=data.fingerprint,
    )


def _limited(folder: DataFolder, task: Task) -> Iterator[Finding]:
    limit = limit_of_download(folder, task)
    if limit is not None:
        yield Finding(
            f"downloaded for {limit} instances: media of the others are missing; `generalbench download "
            f"{folder.root} -k {task.id}` brings them, a run with --generalbench-limit={limit} needs none",
            is_error=False,
        )


def _absent(folder: DataFolder, task: Task) -> TaskCheck:
    archive = folder.packed(task)
    if archive is None:
        return TaskCheck(task.id, "not found")
    way_out = f"{archive.name}: packed; unpack it with `generalbench download --offline {folder.root}`"
    return TaskCheck(task.id, "packed", findings=(Finding(way_out),))


class _LookedOver:
    """The check of one task's data."""

    def __init__(self, task: Task, data: TaskData, split: str) -> None:
        self.states: Counter[str] = Counter()
        self.prompt: str | None = None
        self._task = task
        self._data = data
        self._split = split
        self._media_errors: list[tuple[str, str]] = []
        self._missing_library: str | None = None

    def findings(self, reading: Mapping[str, Mapping[str, str]]) -> list[Finding]:
        """Read every reference through the task's protocol, and render the first instance's prompt."""
        protocol = protocols.get(self._task.protocol)
        task = with_reading(self._task, protocol, reading)
        context = context_of(protocol, task, self._data.header, self._data.instances)
        check = protocol.reference_check(context)
        wrong: list[tuple[str, str]] = []
        for instance in self._data.instances:
            refusal = refusal_of(instance, protocol, context, self._split, check)
            if refusal is None and self.prompt is None:
                try:
                    with one_instance(instance):
                        self.prompt = protocol.request(instance, context).text
                except DataError as error:
                    wrong.append((instance.id, str(error)))
            elif refusal is not None:
                self.states[refusal.state] += 1
                wrong.append((instance.id, refusal.message))
        remarks = [Finding(remark, is_error=False) for remark in self._data.remarks]
        warnings = [Finding(warning, is_error=False) for warning in check.warnings()]
        return [*remarks, *_by_kind(wrong), *warnings]

    def open_media(self, instance: Instance) -> int:
        """Open the media of an instance, and return their number."""
        if instance.problem is not None:
            return 0
        for medium in instance.media:
            try:
                open_medium(medium)
            except MissingDependencyError as error:
                self._missing_library = str(error)
            except GeneralBenchError as error:
                self._media_errors.append((instance.id, f"{instance.id}: {error}"))
        return len(instance.media)

    def media_findings(self) -> list[Finding]:
        """Return what opening the media found."""
        lacking = [Finding(f"media not opened: {self._missing_library}", is_error=False)]
        return [*_by_kind(self._media_errors), *(lacking if self._missing_library else ())]


def _by_kind(wrong: Sequence[tuple[str, str]]) -> list[Finding]:
    """Return one finding for all messages that differ in names and numbers alone."""
    first: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for instance, message in wrong:
        kind = _kind(message.replace(repr(instance), "").replace(instance, ""))
        first.setdefault(kind, message)
        counts[kind] += 1
    return [Finding(first[kind], count) for kind, count in counts.items()]


def _kind(message: str) -> str:
    words = (word for word in message.split() if not any(mark in word for mark in "'\"/.0123456789"))
    return " ".join(words)
