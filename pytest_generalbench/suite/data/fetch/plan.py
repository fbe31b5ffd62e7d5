"""Plan of a download: which files of which tasks, how many bytes, and whether the disk has room for them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.suite.data.fetch.limit import may_be_limited
from pytest_generalbench.suite.data.fetch.places import Inside, nothing_inside, places
from pytest_generalbench.suite.data.fetch.transfer import FileError, part_of, place_of
from pytest_generalbench.suite.data.locate.layout import archive_stem

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterator, Sequence
    from pathlib import Path

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.data.fetch.listing import Child, Listing
    from pytest_generalbench.suite.data.fetch.record import Record, TaskRecord
    from pytest_generalbench.suite.data.fetch.repository import RemoteFile

_AT_A_TIME: Final = 8
"""Archives that lie there packed at a time, where each is removed when it is unpacked."""

_UNITS: Final = ("kB", "MB", "GB", "TB")


def size_text(size: int) -> str:
    """Return a number of bytes in powers of a thousand, as disks and the hub count.

    >>> size_text(999), size_text(1_234_567), size_text(206_000_000_000)
    ('999 bytes', '1.2 MB', '206 GB')
    """
    if size < 1000:
        return counted(size, "byte")
    power = 0 if size < 999_500 else 1 if size < 999_500_000 else 2 if size < 999_500_000_000 else 3
    value = size / 1000 ** (power + 1)
    return f"{value:.1f} {_UNITS[power]}" if value < 99.95 else f"{value:.0f} {_UNITS[power]}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "file"), counted(2, "file")
    ('1 file', '2 files')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _load(files: int, size: int) -> str:
    return f"{counted(files, 'file')}, {size_text(size)}"


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """What is to be brought for one task."""

    task_id: str
    entries: tuple[str, ...]
    """Its folders and archives in the repository; none where the hub has none for it."""
    files: tuple[RemoteFile, ...]
    """All files of it."""
    missing: tuple[RemoteFile, ...]
    """Those that are not known to be there as they should be."""
    to_bring: int
    """Bytes that are missing."""
    to_unpack: int
    """Bytes of the archives that are not unpacked yet."""
    limit: int | None
    """The number of instances whose media come, where the files of the task allow that; None: all."""
    known: TaskRecord | None
    """What an earlier download noted."""
    is_checked: bool = False
    """Whether the files that are there are compared by their digests."""
    whole: str = ""
    """Why all comes though a limit was asked for; empty where it does not."""
    is_complete: bool = False
    """Whether it is there as the commit has it; no listing was looked at then."""


@dataclass(frozen=True, slots=True)
class DownloadPlan:
    """What a download would bring, before anything is brought."""

    repository: str
    commit: str
    target: Path
    tasks: tuple[TaskPlan, ...]
    """Every task that is wanted."""
    removes_archives: bool = False
    """Whether each archive is removed when it is unpacked."""
    is_exact: bool = False
    """Whether the files that a limit leaves out are left out already."""

    @property
    def files(self) -> int:
        """The number of files that are missing."""
        return sum(len(task.missing) for task in self.tasks)

    @property
    def to_bring(self) -> int:
        """Bytes that are missing."""
        return sum(task.to_bring for task in self.tasks)

    @property
    def to_unpack(self) -> int:
        """Bytes of archives that are not unpacked yet; unpacked they take about as much again."""
        return sum(task.to_unpack for task in self.tasks)

    @property
    def is_bound(self) -> bool:
        """Whether fewer files may come: which media a limit needs is known when the annotations are there."""
        return not self.is_exact and any(task.limit and task.missing for task in self.tasks)

    @property
    def needed(self) -> int:
        """Bytes of disk that it takes, by the sizes of the listing and as much for unpacking as is packed."""
        packed = [task.to_unpack for task in self.tasks]
        return self.to_bring + sum(nlargest(_AT_A_TIME, packed) if self.removes_archives else packed)

    @property
    def free(self) -> int:
        """Bytes that the disk of the target has free."""
        place = self.target
        while not place.exists():
            place = place.parent
        return shutil.disk_usage(place).free

    @property
    def absent(self) -> tuple[str, ...]:
        """The tasks for which the hub has no folder of their name."""
        return tuple(task.task_id for task in self.tasks if not task.entries and not task.is_complete)

    @property
    def summary(self) -> str:
        """What it brings and takes, in a line."""
        complete = sum(task.is_complete or not task.missing for task in self.tasks) - len(self.absent)
        load = ("at most " if self.is_bound else "") + _load(self.files, self.to_bring)
        text = f"{counted(len(self.tasks), 'task')} ({complete} complete): {load}"
        if self.to_unpack:
            text += f"; archives of {size_text(self.to_unpack)}, and about as much again unpacked"
        return f"{text}; {self.target} has {size_text(self.free)} free"

    def lines(self) -> Iterator[str]:
        """Yield a line for each task that is not complete, and the summary."""
        for task in self.tasks:
            if task.entries and task.missing:
                packed = " packed" if task.to_unpack else ""
                few = f", less what {counted(task.limit, 'instance')} can do without" if task.limit else ""
                few = few or (task.whole and f", {task.whole}")
                yield f"{task.task_id}: {_load(len(task.missing), task.to_bring)}{packed}{few}"
            elif not task.entries and not task.is_complete:
                yield f"{task.task_id}: no folder of that name on the hub"
        yield f"{self.repository} at {self.commit[:12]}"
        yield self.summary

    def check_room(self) -> None:
        """Raise DataError where the disk has less room than it takes."""
        if self.needed > (free := self.free):
            unpacked = f", with {size_text(self.to_unpack)} of it for unpacking" if self.to_unpack else ""
            raise DataError(
                f"{self.target}: the download takes {size_text(self.needed)}{unpacked}, and the disk has "
                f"{size_text(free)} free: choose fewer tasks (-k, --board), remove unpacked archives "
                "(--remove-archives), make room (`generalbench data DIR --free -k …`), or name a folder on "
                "another disk"
            )


def unpacked_name(path: str, entries: Collection[str]) -> str | None:
    """Return the folder that an archive is unpacked into, None for other files.

    Archives are a task's own, or lie at the top of its folder; further down they are a medium like others.
    """
    folder, _, name = path.rpartition("/")
    stem = archive_stem(name)
    return f"{folder}/{stem}" if stem and (path in entries or folder in entries) else None


def is_complete(record: TaskRecord | None, commit: str, limit: int | None) -> bool:
    """Return whether a task is there as a commit has it, with the media of at least `limit` instances."""
    if record is None or record.commit != commit:
        return False
    return record.limit is None or (limit is not None and limit <= record.limit)


def make_plan(
    listing: Listing,
    record: Record,
    repository: str,
    tasks: Sequence[Task],
    wanted: Sequence[Task],
    *,
    limit: int | None = None,
    refresh: bool = False,
    remove_archives: bool = False,
    inside: Inside = nothing_inside,
) -> DownloadPlan:
    """Return the plan of a download; the folder is looked at, nothing is written but listings."""
    known = {task.id: record.task(task.id) for task in wanted}
    open_tasks = [t for t in wanted if refresh or not is_complete(known[t.id], listing.commit, limit)]
    entries = places(listing, tasks, open_tasks, inside) if open_tasks else {}
    plans = []
    for task in wanted:
        if task.id in entries:
            plans.append(_task_plan(task, entries[task.id], listing, record, known[task.id], limit, refresh))
        else:
            plans.append(TaskPlan(task.id, (), (), (), 0, 0, None, known[task.id], is_complete=True))
    return DownloadPlan(repository, listing.commit, record.target, tuple(plans), remove_archives)


def _task_plan(
    task: Task,
    entries: tuple[Child, ...],
    listing: Listing,
    record: Record,
    known: TaskRecord | None,
    limit: int | None,
    is_checked: bool,
) -> TaskPlan:
    files: list[RemoteFile] = []
    for path, archive in entries:
        files += listing.files(path) if archive is None else [archive]
    whole = ""
    if limit is not None and len(files) > 1 and not may_be_limited(task):
        whole = "all media, which decide how the references are read"
    elif limit is not None and any(archive is not None for _, archive in entries):
        whole = "all media, since they are packed"
    named = tuple(path for path, _ in entries)
    some = limit if may_be_limited(task) and len(entries) == 1 and entries[0][1] is None else None
    return replace(_of_files(task.id, named, files, record, known, some, is_checked), whole=whole)


def _of_files(
    task_id: str,
    entries: tuple[str, ...],
    files: Sequence[RemoteFile],
    record: Record,
    known: TaskRecord | None,
    limit: int | None,
    is_checked: bool,
) -> TaskPlan:
    missing = tuple(one for one in files if not _is_known(one, record, known, is_checked))
    is_new = not any((record.target / entry).exists() for entry in entries)
    begun = {path.name for path in record.parts.glob("*")}
    packed = [one for one in missing if unpacked_name(one.path, entries) is not None]
    return TaskPlan(
        task_id,
        entries,
        tuple(files),
        missing,
        sum(one.size if is_new and not begun else _absent_bytes(one, record) for one in missing),
        sum(one.size for one in packed),
        limit,
        known,
        is_checked,
    )


def without(plan: TaskPlan, left_out: Container[str], record: Record) -> TaskPlan:
    """Return the plan of a task without some files; without none it is that of the whole task."""
    files = [one for one in plan.files if one.path not in left_out]
    limit = plan.limit if len(files) < len(plan.files) else None
    return _of_files(plan.task_id, plan.entries, files, record, plan.known, limit, plan.is_checked)


def _is_known(file: RemoteFile, record: Record, known: TaskRecord | None, is_checked: bool) -> bool:
    """Return whether an earlier download brought this very file, and it, or what was unpacked, is there.

    With `is_checked` no file counts as known by its size alone.
    """
    if known is None or known.files.get(file.path) != (file.size, file.digest):
        return False
    folder = known.unpacked.get(file.path)
    is_unpacked = folder is not None and (record.target / folder).is_dir()
    return is_unpacked or (not is_checked and _size_of(file, record) == file.size)


def _size_of(file: RemoteFile, record: Record) -> int | None:
    """Return the size of the file that lies in a file's place, None where there is none."""
    try:
        return place_of(record.target, file.path).stat().st_size
    except (OSError, FileError):  # of a name that is refused it is said when it is brought
        return None


def _absent_bytes(file: RemoteFile, record: Record) -> int:
    """Return how many bytes of a file are still to be brought, by the sizes on disk."""
    if _size_of(file, record) == file.size:
        return 0
    try:
        return max(0, file.size - part_of(record.parts, file).stat().st_size)
    except OSError:
        return file.size
