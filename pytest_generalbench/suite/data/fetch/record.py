"""What a folder remembers of its downloads: the commit, the listings, and the files of each task."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.file_locks import exclusive, is_free
from pytest_generalbench.core.new_files import atomic_write
from pytest_generalbench.core.plain_types import MISFIT, check_types
from pytest_generalbench.suite.data.fetch.transfer import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

STATE: Final = ".generalbench"
"""Folder in the target of a download where this lies."""


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """What was brought for a task."""

    folders: tuple[str, ...]
    """Its folders below the target; none where the hub has none for the task."""
    commit: str | None = None
    """The repository's commit; None of versions that did not note it."""
    files: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Size and digest of each file that came, by its path below the target."""
    unpacked: Mapping[str, str] = field(default_factory=dict)
    """The folder that each archive was unpacked into."""
    limit: int | None = None
    """The number of instances whose media came; None: all."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as it is written."""
        return {
            "folders": self.folders, "commit": self.commit, "limit": self.limit,
            "files": self.files, "unpacked": self.unpacked,
        }  # fmt: skip


class Record:
    """The record of one split in the target of a download; every way of writing makes its folder first."""

    def __init__(self, target: Path, split: str) -> None:
        """Take the target; nothing is written by that."""
        self.target = target
        self.folder = target / STATE / split
        self.parts = self.folder / "parts"
        self._scratch = self.folder / "scratch"
        self.annotations = self.folder / "annotations"
        """Annotations that were looked at to see whose they are, at their places in the repository."""

    def commit(self) -> str | None:
        """Return the commit that downloads into this folder take, None before the first."""
        value = _read(self.folder / "revision.json").get("commit")
        return value if isinstance(value, str) else None

    def revision(self) -> str | None:
        """Return the branch, tag or commit that was asked for, None before the first download."""
        value = _read(self.folder / "revision.json").get("revision")
        return value if isinstance(value, str) else None

    def pin(self, repository: str, revision: str, commit: str) -> None:
        """Note the commit; listings of another are removed. Raises OSError."""
        if commit != self.commit():
            with suppress(FileNotFoundError):
                shutil.rmtree(self.folder / "listings")
        content = {"repository": repository, "revision": revision, "commit": commit}
        self._write(self.folder / "revision.json", content)

    def listing(self, commit: str, name: str) -> Any:
        """Return a listing that was kept, None where there is none."""
        return _read(self._listing(commit, name)).get("entries")

    def keep_listing(self, commit: str, name: str, entries: Any) -> None:
        """Keep a listing. Raises OSError."""
        self._write(self._listing(commit, name), {"entries": entries})

    def _listing(self, commit: str, name: str) -> Path:
        return self.folder / "listings" / commit[:12] / f"{name}.json"

    def task(self, task_id: str) -> TaskRecord | None:
        """Return what was brought for a task, None where that is unknown or its folders are gone."""
        record = self._task_record(self._marker(task_id))
        try:
            is_there = record is not None and all((self.target / one).is_dir() for one in record.folders)
        except OSError:
            return None
        return record if is_there else None

    def begun(self, task_id: str) -> TaskRecord | None:
        """Return what is to be brought for a task whose download began and has not ended; else None."""
        return self._task_record(self._beginning(task_id))

    def common_commit(self, task_ids: Iterable[str]) -> str | None:
        """Return the commit that these tasks were downloaded at, None where that is not one."""
        if not self.folder.is_dir():
            return None
        known = (self.task(name) for name in task_ids)
        commits = {one.commit for one in known if one is not None and one.folders}
        return commits.pop() if len(commits) == 1 else None

    def _task_record(self, path: Path) -> TaskRecord | None:
        content = _read(path)
        try:
            record = TaskRecord(
                tuple(content["folders"]),
                content.get("commit"),
                {path: (int(size), str(digest)) for path, (size, digest) in content.get("files", {}).items()},
                dict(content.get("unpacked", {})),
                content.get("limit"),
            )
            check_types(record)
            for name in (*record.folders, *record.files, *record.unpacked, *record.unpacked.values()):
                place_of(self.target, name)  # what it names may be removed one day
        except (DataError, *MISFIT):
            return None
        return record

    def begin(self, task_id: str, record: TaskRecord) -> None:
        """Note what is going to be brought for a task. Raises OSError."""
        self._write(self._beginning(task_id), record.to_dict())

    def note(self, task_id: str, record: TaskRecord) -> None:
        """Note that a task is complete. Raises OSError."""
        self._write(self._marker(task_id), record.to_dict())
        self._beginning(task_id).unlink(missing_ok=True)

    def forget(self, task_id: str) -> None:
        """Remove what is noted of a task. Raises OSError."""
        self._marker(task_id).unlink(missing_ok=True)
        self._beginning(task_id).unlink(missing_ok=True)

    def is_busy(self, task_id: str) -> bool:
        """Return whether a download holds the task, on this host or one that shares its locks."""
        try:
            return not is_free(self._lock(task_id))
        except OSError:
            return False

    @contextmanager
    def locked(self, task_id: str) -> Iterator[None]:
        """Hold a task while the block runs; other downloads into the folder wait, on other hosts too.

        Raises:
            OSError: the folder cannot be written.
        """
        lock = self._lock(task_id)
        lock.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(lock):
            yield

    def _lock(self, task_id: str) -> Path:
        return self.folder / "locks" / f"{_plain(task_id)}.lock"

    def _beginning(self, task_id: str) -> Path:
        return self.folder / "begun" / f"{_plain(task_id)}.json"

    def _marker(self, task_id: str) -> Path:
        return self.folder / f"{_plain(task_id)}.json"

    def _write(self, path: Path, content: Any) -> None:
        for folder in (path.parent, self._scratch):
            folder.mkdir(parents=True, exist_ok=True)
        atomic_write(path, json.dumps(content).encode(), self._scratch)

    def clean(self) -> None:
        """Remove notes that a process was writing when it died. Raises OSError."""
        for path in self._scratch.glob("*.tmp"):
            with suppress(FileNotFoundError):  # at its place since
                if is_free(path):
                    path.unlink()


def _plain(task_id: str) -> str:
    return task_id.replace("/", "--")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
