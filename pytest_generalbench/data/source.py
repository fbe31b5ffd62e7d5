"""Where a run's data comes from: a folder, the hub, or the demo set."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_generalbench.data.annotation import TaskData, load
from pytest_generalbench.data.layout import DataFolder

if TYPE_CHECKING:
    from pytest_generalbench.task import Task


@dataclass(frozen=True, slots=True)
class DataSource:
    """The data of one run."""

    name: str
    """`demo`, `hub` or `folder`."""
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
        """Whether the scores say nothing about a model."""
        return self.name == "demo"

    def load(self, task: Task) -> TaskData | None:
        """Return the task's data, or None when it is not there.

        Raises DataError when it is there and cannot be read as a whole.
        """
        files = self.folder.find(task)
        return None if files is None else load(files, task, self.root)


def default_cache() -> Path:
    """Return the folder for what is made or fetched: GENERALBENCH_CACHE, else the user's cache."""
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
    wanted: Sequence[Task] | None = None,
) -> DataSource:
    """Open `source`: `demo`, `hub`, or a folder.

    `tasks` are all tasks there are: they decide which folder is whose, and what the demo
    set consists of. `wanted` are those to fetch from the hub (default: all). Called again
    with the same arguments, as every worker does, it only looks that all is there.
    Raises DataError for a folder that is not there or holds no General-Bench data.
    """
    cache = cache or default_cache()
    if str(source) == "demo":
        from pytest_generalbench.data import demo

        return DataSource("demo", DataFolder(demo.ensure(cache, tasks), tasks, split))
    if str(source) == "hub":
        from pytest_generalbench.data import hub

        target = cache / "hub" / split
        hub.download(split, tasks, target, offline, wanted=wanted)
        return DataSource("hub", DataFolder(target, tasks, split))
    return DataSource("folder", DataFolder(Path(source).expanduser(), tasks, split))
