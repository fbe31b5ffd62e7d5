"""What lies in a data folder, by task, and how room is made in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.suite.data.fetch.plan import counted, size_text
from pytest_generalbench.suite.data.fetch.record import Record
from pytest_generalbench.suite.data.fetch.repository import RemoteFile
from pytest_generalbench.suite.data.fetch.transfer import part_of, place_of
from pytest_generalbench.suite.data.locate.layout import DataFolder
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.data.fetch.record import TaskRecord


@dataclass(frozen=True, slots=True)
class TaskInventory:
    """What lies in a data folder for one task."""

    task_id: str
    folders: tuple[str, ...]
    """Its folders and archives, below the data folder."""
    files: int
    bytes: int
    state: str
    """`complete`: all files that the repository has; `limited`: those of `limit` instances; `partial`: some
    are missing; `packed`: an archive, not unpacked; `own`: of no download, so nothing is known of it."""
    revision: str | None = None
    """The repository's commit, where a download brought it."""
    limit: int | None = None

    @property
    def is_downloaded(self) -> bool:
        """Whether a download brought it."""
        return self.revision is not None

    def line(self) -> str:
        """Return it in a line."""
        text = f"{self.task_id:<72} {self.state:<9} {self.files:>7} files {size_text(self.bytes):>10}"
        commit = f"  {self.revision[:12]}" if self.revision else ""
        return f"{text}{commit}  {', '.join(self.folders)}"


@dataclass(frozen=True, slots=True)
class DataInventory:
    """What lies in a data folder."""

    folder: Path
    split: str
    tasks: tuple[TaskInventory, ...]
    """The tasks of which something is there."""
    free: int
    """Bytes that its disk has free."""

    @property
    def bytes(self) -> int:
        """Bytes of all tasks."""
        return sum(task.bytes for task in self.tasks)

    def lines(self) -> Iterator[str]:
        """Yield a line for each task, and the sum."""
        for task in self.tasks:
            yield task.line()
        states: dict[str, int] = {}
        for task in self.tasks:
            states[task.state] = states.get(task.state, 0) + 1
        summed = ", ".join(f"{number} {state}" for state, number in sorted(states.items())) or "none"
        files = counted(sum(task.files for task in self.tasks), "file")
        yield (
            f"{counted(len(self.tasks), 'task')} ({summed}), {files}, {size_text(self.bytes)}; "
            f"the disk has {size_text(self.free)} free"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        names = ("folders", "files", "bytes", "state", "revision", "limit")
        tasks = {task.task_id: {name: getattr(task, name) for name in names} for task in self.tasks}
        return {
            "folder": str(self.folder), "split": self.split, "bytes": self.bytes, "free": self.free,
            "tasks": tasks,
        }  # fmt: skip


def data_inventory(
    folder: str | Path, *, split: str = "open", only: Callable[[Task], bool] = lambda task: True
) -> DataInventory:
    """Return what lies in a data folder, by task. Nothing is opened but the download's own notes.

    Args:
        folder: A data folder, downloaded or not.
        split: `open` or `close`.
        only: Which tasks are looked at.

    Raises:
        UnknownWordError: there is no such split.
        DataError: it is no folder, or holds no part of General-Bench.
    """
    tasks, target = load_tasks(), Path(folder)
    record = Record(target, split)
    data = _data_folder(record, tasks, split)
    looked_at = (_inventory(task, record, data) for task in tasks if only(task))
    present = tuple(one for one in looked_at if one is not None)
    return DataInventory(target, split, present, shutil.disk_usage(target).free)


def _data_folder(record: Record, tasks: Sequence[Task], split: str) -> DataFolder | None:
    """Return the folder of data, None where a download has begun and no file of it is whole."""
    try:
        return DataFolder(record.target, tasks, split)
    except DataError:
        if record.folder.is_dir():
            return None
        raise


def _inventory(task: Task, record: Record, data: DataFolder | None) -> TaskInventory | None:
    begun = record.begun(task.id)
    known = begun or record.task(task.id)
    if known is not None and known.commit is not None:
        return _downloaded(task.id, known, record.target, is_begun=begun is not None)
    if data is None:
        return None
    archive = data.packed(task)
    try:
        files = data.find(task)
        place, state = (files.folder, "own") if files else (archive, "packed")
    except DataError:  # several folders, or no annotation: `doctor` says which
        return None
    if place is None:
        return None
    number, size = _measured([place])
    return TaskInventory(task.id, (place.relative_to(data.root).as_posix(),), number, size, state)


def _downloaded(task_id: str, known: TaskRecord, target: Path, *, is_begun: bool) -> TaskInventory | None:
    if not known.folders:
        return None
    paths = _paths(known, target)
    number, size = _measured(paths)
    if is_begun or not all(_is_there(path, known, target) for path in known.files):
        state = "partial"
    else:
        state = "complete" if known.limit is None else "limited"
    shown = tuple(path.relative_to(target).as_posix() for path in paths if path.exists())
    return TaskInventory(task_id, shown or known.folders, number, size, state, known.commit, known.limit)


def _paths(known: TaskRecord, target: Path) -> list[Path]:
    """Return the folders of a task and the archives beside them, none inside another."""
    paths = {place_of(target, name) for name in (*known.folders, *known.unpacked, *known.unpacked.values())}
    paths.update(place_of(target, path) for path in known.files)
    return sorted(path for path in paths if not paths.intersection(path.parents))


def _is_there(path: str, known: TaskRecord, target: Path) -> bool:
    try:
        return place_of(target, path).stat().st_size == known.files[path][0]
    except OSError:
        return path in known.unpacked and (target / known.unpacked[path]).is_dir()


def _measured(paths: Iterable[Path]) -> tuple[int, int]:
    """Return number and bytes of the files at and below some paths."""
    number = size = 0
    for path in paths:
        walked = os.walk(path) if path.is_dir() else [(str(path.parent), [], [path.name])]
        for folder, _, names in walked:
            for name in names:
                with suppress(OSError):
                    size += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - many files
                    number += 1
    return number, size


def free_data(
    folder: str | Path,
    *,
    only: Callable[[Task], bool],
    split: str = "open",
    own: bool = False,
) -> int:
    """Remove the data of some tasks from a folder, and return how many bytes they had.

    Args:
        folder: The data folder.
        only: Whose data are removed.
        split: `open` or `close`.
        own: Whether files go that no download brought: tasks of state `own` and `packed`, and files that
            were added to the folder of a task.

    Raises:
        DataError: it holds no part of General-Bench, a download of one of the tasks is under way (nothing is
            removed then), or a file cannot be removed.
    """
    record = Record(Path(folder), split)
    there = data_inventory(folder, split=split, only=only)
    for task in there.tasks:
        if record.is_busy(task.task_id):
            raise DataError(f"{task.task_id} is being downloaded into {folder}: wait for its end, or stop it")
    freed = 0
    try:
        for task in there.tasks:
            if task.is_downloaded:
                with record.locked(task.task_id):
                    freed += _free(task, record, own=own)
            elif own:
                root = DataFolder(record.target, load_tasks(), split).root
                freed += _remove(root.joinpath(name) for name in task.folders)
    except OSError as error:
        raise DataError(
            f"{error.filename or folder}: cannot be removed ({error.strerror or error})"
        ) from error
    return freed


def _free(task: TaskInventory, record: Record, *, own: bool) -> int:
    """Remove one downloaded task; return its bytes. Raises OSError."""
    target, freed = record.target, 0
    for known in filter(None, (record.begun(task.task_id), record.task(task.task_id))):
        if own:
            freed += _remove(_paths(known, target))
        freed += _remove(place_of(target, path) for path in known.files)
        freed += _remove(place_of(target, name) for name in known.unpacked.values())
        freed += _remove(
            part_of(record.parts, RemoteFile(path, size, digest, None))
            for path, (size, digest) in known.files.items()
        )
        for name in known.folders:
            _prune(place_of(target, name), target)
    record.forget(task.task_id)
    return freed


def _remove(paths: Iterable[Path]) -> int:
    """Remove files and folders; return their bytes. Raises OSError."""
    removed = 0
    for path in paths:
        removed += _measured([path])[1]
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return removed


def _prune(folder: Path, target: Path) -> None:
    """Remove the empty folders in a folder, itself, and above it up to the target, which stays."""
    for place, _, _ in sorted(os.walk(folder), reverse=True):
        with suppress(OSError):
            Path(place).rmdir()
    for above in folder.parents:
        if above == target or not above.is_relative_to(target):
            return
        with suppress(OSError):
            above.rmdir()
