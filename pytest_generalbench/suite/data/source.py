"""Data sources of a run: a folder, the hub, or the demo set."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from pytest_generalbench.suite.data.locate.layout import DataFolder
from pytest_generalbench.suite.data.read.annotation import TaskData, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.data.locate.layout import TaskFiles


_PATIENCE: Final = 3
"""Tasks in a row for which the hub may fail; each has waited half a minute by then."""

_JOBS: Final = 4
"""Files that a process of a run brings at a time; there may be several."""


class DataSource(Protocol):
    """The data of one run."""

    @property
    def name(self) -> str:
        """`demo`, `hub` or `folder`."""

    @property
    def root(self) -> Path:
        """The top of the General-Bench tree."""

    @property
    def split(self) -> str:
        """`open` or `close`."""

    @property
    def is_demo(self) -> bool:
        """Whether this is the demo set, whose scores say nothing about a model."""

    def load(self, task: Task) -> TaskData | None:
        """Return the task's data, or None when it is not there.

        Raises DataError when it is there and cannot be read as a whole.
        """

    def strays(self) -> list[str]:
        """Return the folders that match no task, as paths below the root."""

    def lacks(self, task: Task) -> bool:
        """Return whether the task's data are known to be absent, without opening or downloading anything."""

    def files(self, task: Task) -> TaskFiles | None:
        """Return the paths of the task's data, None when absent; nothing is read or downloaded."""


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Data in a folder; also used for the demo set."""

    name: str
    folder: DataFolder

    @property
    def root(self) -> Path:
        """The top of the General-Bench tree."""
        return self.folder.root

    @property
    def split(self) -> str:
        """`open` or `close`."""
        return self.folder.split

    @property
    def is_demo(self) -> bool:
        """Whether this is the demo set, whose scores say nothing about a model."""
        return self.name == "demo"

    def load(self, task: Task) -> TaskData | None:
        """Return the task's data, or None when it is not there."""
        files = self.files(task)
        return None if files is None else load(files, task, self.root)

    def strays(self) -> list[str]:
        """Return the folders that match no task; the demo set has none."""
        if self.is_demo:
            return []
        return [path.relative_to(self.root).as_posix() for path in self.folder.unmatched()]

    def lacks(self, task: Task) -> bool:
        """Whether the folder has none for the task."""
        return self.files(task) is None

    def files(self, task: Task) -> TaskFiles | None:
        """Return the paths of the task's data, or None."""
        return self.folder.find(task)


@dataclass(frozen=True, slots=True)
class HubSource:
    """Data of the hub: a task's folder is fetched when the task is first loaded, and kept.

    The whole open set is 206 GB; so a run downloads what it selects and no more.
    """

    root: Path
    split: str
    tasks: Sequence[Task]
    """All tasks there are: they decide which folder is whose."""
    offline: bool = False
    limit: int | None = None
    """The number of instances of a task whose media are needed; None: all."""
    name: str = "hub"
    is_demo: bool = False
    refusals: list[Exception] = field(default_factory=list, compare=False, repr=False)
    """How the last tasks ended that the hub refused, or could not be reached for; none where it answers."""

    def load(self, task: Task) -> TaskData | None:
        """Fetch the task's folder unless it is there, and return its data."""
        from pytest_generalbench.suite.data.fetch import hub

        self._fetch(task)
        if not hub.has_data(self.root):
            return None
        # What was listed before the download does not know the new folder.
        fresh = DataFolder(self.root, self.tasks, self.split)
        return FolderSource(self.name, fresh).load(task)

    def _fetch(self, task: Task) -> None:
        """Fetch the task's folder unless it is there; a hub that refuses again and again is asked no more."""
        from pytest_generalbench.suite.data.fetch import hub
        from pytest_generalbench.suite.data.fetch.repository import HubError

        needs_hub = not (self.offline or hub.are_complete(self.root, self.split, [task], self.limit))
        if needs_hub and len(self.refusals) >= _PATIENCE:
            raise self.refusals[-1]
        try:
            hub.download(
                self.split, self.tasks, self.root, self.offline, wanted=[task], limit=self.limit, jobs=_JOBS
            )
        except HubError as error:
            self.refusals.append(error)
            raise
        if needs_hub:
            self.refusals.clear()

    def strays(self) -> list[str]:
        """Return none: only folders that match a task are fetched."""
        return []

    def lacks(self, task: Task) -> bool:
        """Return False: what the hub has is known once it was fetched."""
        return False

    def files(self, task: Task) -> TaskFiles | None:
        """Return the paths of the task's data, None when they were not downloaded."""
        from pytest_generalbench.suite.data.fetch import hub

        return DataFolder(self.root, self.tasks, self.split).find(task) if hub.has_data(self.root) else None


def revision_of(data: DataSource, task_ids: Iterable[str]) -> str | None:
    """Return the commit of the hub's repository that the data of these tasks were downloaded at.

    None where that is not one and the same, or no download brought them.
    """
    if data.is_demo:
        return None
    from pytest_generalbench.suite.data.fetch.record import Record

    return Record(data.root, data.split).common_commit(task_ids)


def limit_of_download(folder: DataFolder, task: Task) -> int | None:
    """Return the number of instances whose media a download brought; None: all, or no download did."""
    from pytest_generalbench.suite.data.fetch.record import Record

    record = Record(folder.root, folder.split)
    known = record.task(task.id) if record.folder.is_dir() else None
    return None if known is None else known.limit


def default_cache() -> Path:
    """Return the folder of generated and downloaded data: GENERALBENCH_CACHE, else the user's cache."""
    own = os.environ.get("GENERALBENCH_CACHE")
    if own:
        return Path(own).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path("~/.cache")).expanduser() / "pytest-generalbench"


def open_data(
    source: str | Path,
    split: str,
    tasks: Sequence[Task],
    *,
    cache: Path | None = None,
    offline: bool = False,
    limit: int | None = None,
) -> DataSource:
    """Open `source`: `demo`, `hub`, or a folder.

    `tasks` are all tasks there are: they decide which folder is whose, and what the demo
    set consists of; `limit` is how many instances of a task are asked for at most. Called again with the
    same arguments, as every worker does, it only looks that all is there.
    Raises DataError for a folder that is not there or holds no General-Bench data.
    """
    cache = cache or default_cache()
    if str(source) == "demo":
        from pytest_generalbench.suite import demo

        return FolderSource("demo", DataFolder(demo.ensure(cache, tasks), tasks, split))
    if str(source) == "hub":
        return HubSource(cache / "hub" / split, split, tasks, offline, limit)
    return FolderSource("folder", DataFolder(Path(source).expanduser(), tasks, split))
