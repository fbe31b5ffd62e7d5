"""A shard on a node that shares no folder with others: its run lies on the node, its checkpoints in a store.

`python -m pytest_generalbench.launch.stored_shards JOB` fetches the shard's last checkpoint, runs pytest, and
writes a checkpoint from time to time and one at the end. It takes the place of pytest in a job.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.file_locks import is_free, try_lock
from pytest_generalbench.core.new_files import APPEND, MODE, NEW, private_folder
from pytest_generalbench.launch.shards import (
    STORE_FAILED,
    SUPERSEDED,
    ShardJob,
    interrupt_running_shard,
    run_shard,
)
from pytest_generalbench.runs.lock import is_held
from pytest_generalbench.runs.object_store import PatientStore, StoreError, open_store
from pytest_generalbench.runs.stored_folder import FolderUploads, StoredFolder, download
from pytest_generalbench.runs.stored_run import (
    CheckpointSeries,
    SupersededError,
    claim,
    late_checkpoints,
    newest_checkpoint,
)

if TYPE_CHECKING:
    from pytest_generalbench.runs.stored_run import Attempt, Checkpoint

_START_S: Final = 120.0
"""Seconds in which the store may be asked again before a shard begins."""
_MEANWHILE_S: Final = 60.0
"""Seconds in which what failed of a checkpoint is tried again, at most until the next is due."""
_END_S: Final = 900.0
"""Seconds in which what failed of the last checkpoint is tried again."""
_INTERRUPTED: Final = 2
"""The exit code of pytest when it was interrupted: the node may be taken soon."""
_INTERRUPTED_S: Final = 40.0
_HELD: Final = ".held"


@dataclass(slots=True)
class _StoredShard:
    """One attempt at a shard."""

    job: ShardJob
    store: PatientStore
    attempt: Attempt
    place: StoredFolder
    fetched: Checkpoint | None
    uploads: FolderUploads
    is_superseded: bool = False
    _has_ended: threading.Event = field(default_factory=threading.Event)
    _reported: bool = False

    def run(self) -> int:
        """Run pytest, with checkpoints, and return its exit code once the last one was confirmed."""
        every_s = self.job.storage.every_s if self.job.storage else 0.0
        self.store.patience_s = min(_MEANWHILE_S, every_s)
        thread = threading.Thread(target=self._write_often, args=(every_s,), daemon=True)
        thread.start()
        # Whoever ends the job ends pytest with it; the last checkpoint is still written.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, frame: None)
        code = run_shard(replace(self.job, launch=self.place.folder.parent, storage=None))
        self._has_ended.set()
        self.store.patience_s = _INTERRUPTED_S if code == _INTERRUPTED else _END_S
        thread.join()
        if not self.is_superseded:
            self._write(is_last=True)
        if self.is_superseded:
            return SUPERSEDED
        if self.uploads.series.latest is None or not self.uploads.series.latest.is_last:
            return STORE_FAILED
        shutil.rmtree(self.place.folder.parent, ignore_errors=True)
        _hold_of(self.place).unlink(missing_ok=True)
        return code

    def _write_often(self, every_s: float) -> None:
        while not self._has_ended.wait(every_s):
            self._write(is_last=False)
            if self.is_superseded:
                interrupt_running_shard()
                return

    def _write(self, *, is_last: bool) -> None:
        """Write a checkpoint; a failure is noted, and the shard goes on."""
        try:
            self.uploads.write(is_last=is_last)
            late = [] if self._reported else late_checkpoints(self.store, self.attempt, self.fetched)
            if late:
                self._reported = True
                self.note(
                    f"an attempt that was taken for dead stored more after this one began: {', '.join(late)}"
                )
        except SupersededError as error:
            self.is_superseded = True
            self.note(str(error))
        except (StoreError, OSError) as error:
            after = (
                "the shard is not finished" if is_last else "the one before stays, the next is due in time"
            )
            self.note(f"a checkpoint failed, {after}: {error}")

    def note(self, line: str) -> None:
        """Write a line into the log of the shard, and to standard error."""
        text = f"generalbench: shard {self.job.number}/{self.job.count}: {line}\n"
        sys.stderr.write(text)
        sys.stderr.flush()
        with suppress(OSError), os.fdopen(os.open(self.place.log, APPEND, MODE), "ab") as log:
            log.write(text.encode("utf-8", "backslashreplace"))


def _node_folder(job: ShardJob) -> Path:
    """Return where this node keeps the attempts at a shard. Raises GeneralBenchError."""
    assert job.storage is not None  # noqa: S101
    scratch = Path(job.storage.scratch or tempfile.gettempdir())
    digest = hashlib.sha256(f"{job.storage.address}\n{job.storage.launch}".encode()).hexdigest()[:16]
    own = scratch / f"generalbench-{os.getuid()}"
    try:
        private_folder(own)
        if own.stat().st_uid != os.getuid():
            raise GeneralBenchError(f"{own} belongs to another user: give another folder with --scratch")
        folder = own / digest / job.folder.name
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GeneralBenchError(f"{scratch} cannot be written: {error.strerror or error}") from error
    return folder


def _hold_of(place: StoredFolder) -> Path:
    """Return the file that the process of an attempt holds as long as it runs."""
    return place.folder.parent.with_name(f"{place.folder.parent.name}{_HELD}")


def _is_in_use(place: StoredFolder) -> bool:
    try:
        return is_held(place.folder) or not is_free(_hold_of(place))
    except FileNotFoundError:
        return False


def _prepare(job: ShardJob, store: PatientStore, attempt: Attempt) -> tuple[StoredFolder, Checkpoint | None]:
    """Make this attempt's folder and return it, with the checkpoint that it goes on from.

    Where an attempt ended on this node and nothing newer is stored, its folder is used: it has all answers.
    The folder is held until this process ends.

    Raises:
        GeneralBenchError: the store does not answer, or no checkpoint is whole.
        OSError: the node's folder cannot be written.
    """
    node = _node_folder(job)
    newest = newest_checkpoint(store)
    hold = os.open(node / f"{attempt.name}{_HELD}", NEW, MODE)
    try_lock(hold)
    left = [StoredFolder(path / job.folder.name) for path in node.iterdir() if path.is_dir()]
    left = [place for place in left if not _is_in_use(place)]
    usable = [place for place in left if place.folder.is_dir() and place.latest() == newest]
    usable.sort(key=lambda place: place.folder.stat().st_mtime)
    target = node / attempt.name
    if usable:
        usable[-1].folder.parent.rename(target)
    for place in left:
        shutil.rmtree(place.folder.parent, ignore_errors=True)
        _hold_of(place).unlink(missing_ok=True)
    place = StoredFolder(target / job.folder.name)
    if usable:
        return place, newest
    place.folder.parent.mkdir()
    return place, download(store, place)


def run_stored_shard(job: ShardJob) -> int:
    """Run a shard whose run is kept in a store, and return the exit code of pytest.

    Returns:
        The exit code of pytest, `STORE_FAILED` or `SUPERSEDED`.

    Raises:
        GeneralBenchError: the store cannot be read or written, before pytest is started.
    """
    if job.storage is None:
        raise GeneralBenchError("the shard has no store")
    store = open_store(job.storage.address, _START_S).below(job.folder.name)
    attempt = claim(store)
    place, fetched = _prepare(job, store, attempt)
    series = CheckpointSeries(store, attempt, fetched)
    shard = _StoredShard(job, store, attempt, place, fetched, FolderUploads(series, place))
    begin = (
        "nothing is stored yet" if fetched is None else f"goes on from the checkpoint of {fetched.written}"
    )
    shard.note(f"attempt {attempt.number}: {begin}")
    return shard.run()


def main(arguments: list[str]) -> int:
    """Run the shard that the only argument describes, as JSON."""
    try:
        return run_stored_shard(ShardJob.from_plain(json.loads(arguments[0])))
    except (GeneralBenchError, OSError) as error:
        sys.stderr.write(f"generalbench: {error}\n")
        return STORE_FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
