"""A planned download carried out: files of several tasks at a time, each task under a lock of its own."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.suite.data.fetch.archive import unpack
from pytest_generalbench.suite.data.fetch.plan import counted, is_complete, size_text, unpacked_name
from pytest_generalbench.suite.data.fetch.record import TaskRecord
from pytest_generalbench.suite.data.fetch.repository import HubError
from pytest_generalbench.suite.data.fetch.transfer import DiskError, StoppedError, place_of

if TYPE_CHECKING:
    from pytest_generalbench.suite.data.fetch.plan import DownloadPlan, TaskPlan
    from pytest_generalbench.suite.data.fetch.record import Record
    from pytest_generalbench.suite.data.fetch.repository import RemoteFile
    from pytest_generalbench.suite.data.fetch.transfer import Transfer

Say = Callable[[str], None]
"""Takes one line about the progress."""

_FINAL: tuple[type[Exception], ...] = (HubError, DiskError, StoppedError)
"""After these no other file can be had either."""


def begin(record: Record, plan: TaskPlan, commit: str) -> None:
    """Note what is going to be brought for a task. Raises DiskError."""
    files = {one.path: (one.size, one.digest) for one in plan.files}
    try:
        record.begin(plan.task_id, TaskRecord(plan.entries, commit, files))
    except OSError as error:
        raise disk_error(record, error) from error


def remove_unpacked(record: Record, task_ids: Iterable[str]) -> None:
    """Remove the archives of complete tasks that lie there unpacked. Raises DiskError."""
    try:
        for task_id in task_ids:
            known = record.task(task_id)
            for path, folder in known.unpacked.items() if known else ():
                if place_of(record.target, folder).is_dir():
                    place_of(record.target, path).unlink(missing_ok=True)
    except OSError as error:
        raise disk_error(record, error) from error


def disk_error(record: Record, error: OSError) -> DiskError:
    """Return the error for a folder that cannot be written."""
    return DiskError(f"{record.folder}: cannot be written ({error.strerror or error})")


class _Job:
    """One task on its way; its lock is held from the first file to the last."""

    def __init__(self, plan: TaskPlan) -> None:
        self.plan = plan
        self.left = len(plan.missing)
        self.error: DataError | None = None
        self.lock = ExitStack()


class Session:
    """Carries out a plan."""

    def __init__(self, plan: DownloadPlan, record: Record, transfer: Transfer, say: Say) -> None:
        """Take the plan, where it is noted what came, and who brings the files."""
        self._plan = plan
        self._record = record
        self._transfer = transfer
        self._say = say
        self._jobs: list[_Job] = []
        self._mutex, self._counting = threading.Lock(), threading.Lock()
        self._work = self._files()

    def run(self, jobs: int) -> None:
        """Bring everything with `jobs` connections.

        Raises:
            DataError: what could not be had, and that the same command goes on.
        """
        try:
            with ThreadPoolExecutor(jobs, "generalbench-download") as pool:
                threads = [pool.submit(self._bring) for _ in range(jobs)]
                try:
                    wait(threads)
                except BaseException:
                    self._transfer.stop()
                    raise
        finally:
            for job in self._jobs:
                job.lock.close()
        errors = [error for thread in threads if (error := thread.exception()) is not None]
        for error in sorted(errors, key=lambda one: isinstance(one, StoppedError))[:1]:
            raise error
        failed = [job for job in self._jobs if job.error is not None]
        if failed:
            raise DataError(
                f"{len(failed)} of {len(self._plan.tasks)} tasks are not complete: {failed[0].error}; all "
                "else is there, and the same command asks again for what is missing"
            )

    def _bring(self) -> None:
        """Bring files until none is left."""
        try:
            while True:
                with self._mutex:
                    item = next(self._work, None)
                if item is None:
                    return
                job, file = item
                try:
                    self._transfer.fetch(file)
                except _FINAL:
                    raise
                except DataError as error:
                    job.error = job.error or error
                with self._counting:
                    job.left -= 1
                    is_last = job.left == 0
                if is_last:
                    self._end(job)
        except BaseException:
            self._transfer.stop()
            raise

    def _files(self) -> Iterator[tuple[_Job, RemoteFile]]:
        """Yield the files of one task after the other; runs under the mutex.

        Tasks are locked in the order of the plan, the same in every process, so that none waits for another
        that waits for it.
        """
        for number, plan in enumerate(self._plan.tasks, 1):
            if plan.is_complete:
                continue
            job = _Job(plan)
            self._jobs.append(job)
            answer = ", ".join(plan.entries) or "no folder of that name on the hub"
            if plan.whole:
                answer += f" ({plan.whole})"
            if plan.limit:
                answer += f" (media of {counted(plan.limit, 'instance')})"
            if plan.to_bring:
                answer += f", {counted(len(plan.missing), 'file')}, {size_text(plan.to_bring)}"
            self._say(f"{number}/{len(self._plan.tasks)} {plan.task_id}: {answer}")
            if self._record.is_busy(plan.task_id):
                self._say(f"{plan.task_id}: another process brings it; waiting for its end")
            try:
                job.lock.enter_context(self._record.locked(plan.task_id))
            except OSError as error:
                raise disk_error(self._record, error) from error
            if self._is_done(plan):
                job.lock.close()  # another process was faster
                continue
            if not plan.missing:
                self._end(job)
                continue
            begin(self._record, plan, self._plan.commit)
            for file in plan.missing:
                yield job, file

    def _is_done(self, plan: TaskPlan) -> bool:
        """Return whether another process has brought since all that the plan of a task wants."""
        now = self._record.task(plan.task_id)
        return now != plan.known and is_complete(now, self._plan.commit, plan.limit)

    def _end(self, job: _Job) -> None:
        """Unpack what came, and note the task."""
        try:
            if job.error is None:
                self._note(job.plan)
        except OSError as error:
            raise disk_error(self._record, error) from error
        except _FINAL:
            raise
        except DataError as error:
            job.error = error
        finally:
            job.lock.close()

    def _note(self, plan: TaskPlan) -> None:
        old = self._record.task(plan.task_id) or TaskRecord(())
        files = {one.path: (one.size, one.digest) for one in plan.files}
        if plan.limit is None:
            self._remove_stale(old, files)
        unpacked: dict[str, str] = {}
        for path in files:
            folder = unpacked_name(path, plan.entries)
            if folder is not None:
                is_new = old.files.get(path) != files[path] and path in old.unpacked
                unpacked[path] = self._unpacked(path, folder, is_new=is_new)
        folders = tuple(unpacked.get(entry, entry) for entry in plan.entries)
        record = TaskRecord(folders, self._plan.commit, files, unpacked, plan.limit)
        self._record.note(plan.task_id, record)

    def _unpacked(self, path: str, name: str, *, is_new: bool) -> str:
        """Return the folder that an archive is unpacked into; with `is_new` an older content is replaced."""
        archive, folder = (place_of(self._record.target, one) for one in (path, name))
        if is_new:
            shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            unpack(archive, folder)
        if self._plan.removes_archives:
            archive.unlink(missing_ok=True)
        return name

    def _remove_stale(self, old: TaskRecord, files: dict[str, tuple[int, str]]) -> None:
        """Remove what an earlier download brought and the commit has no more."""
        for path in old.files.keys() - files.keys():
            with suppress(OSError):
                place_of(self._record.target, path).unlink()
