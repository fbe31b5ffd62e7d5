"""Runs the jobs of a launch until every shard has its result, and merges them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import DataError, GeneralBenchError
from pytest_generalbench.core.new_files import folder_in_the_making, private_folder
from pytest_generalbench.evaluation.progress_text import duration
from pytest_generalbench.launch.engine import open_engine
from pytest_generalbench.launch.failures import LastingFailures
from pytest_generalbench.launch.mirrors import check_place, refresh, take_place
from pytest_generalbench.launch.plan import LaunchPlan
from pytest_generalbench.launch.record import LAUNCH_FILE, MERGED_FOLDER, read_launch
from pytest_generalbench.launch.shards import (
    NOTHING_COLLECTED,
    STORE_FAILED,
    SUPERSEDED,
    ended_in_order,
    shard_state,
)
from pytest_generalbench.launch.status import launch_status
from pytest_generalbench.runs.ledger.index import LEDGER_GLOB
from pytest_generalbench.runs.lock import RunLock, is_held, is_held_elsewhere
from pytest_generalbench.runs.merge import merge_runs
from pytest_generalbench.runs.object_store import StoreError
from pytest_generalbench.runs.published_run import publish_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_generalbench.launch.engine import Engine, JobState
    from pytest_generalbench.launch.record import JobRecord, LaunchRecord
    from pytest_generalbench.runs.merge import MergedRun

CANCEL_FILE: Final = "cancel"
"""There when the launch is to end: whoever supervises it ends the jobs."""

SILENT_S: Final = 3600.0
"""Seconds without a new line in the ledgers of a shard after which it counts as hung."""

STORE_CODES: Final = {
    STORE_FAILED: "its store could not be read or written",
    SUPERSEDED: "a later attempt at it has begun elsewhere",
}
"""What exit codes mean that pytest does not have."""

_POLL_S: Final = 0.2
_LAST_WRITES_S: Final = 60.0
"""Seconds that a session may go on to write whose job has ended."""
_PROGRESS_S: Final = 60.0
_LOST_NODES: Final = 10
"""Jobs of a shard that may end with their node; these do not count as attempts."""


@dataclass(frozen=True, slots=True)
class LaunchOutcome:
    """How a launch ended."""

    merged: MergedRun | None
    """The run of all shards; None where a shard has no result."""
    missing: tuple[tuple[int, Path], ...] = ()
    """Shards without a result after all their attempts, each with its log."""
    is_complete: bool = False
    """Whether every task of every shard has a result and every instance an answer."""
    is_cancelled: bool = False

    @property
    def exit_code(self) -> int:
        """0: complete; 1: a task is incomplete or failed, or it was cancelled; 3: a shard is missing."""
        return 3 if self.missing else 0 if self.is_complete else 1


@dataclass(slots=True)
class _Session:
    """One session that supervises a launch."""

    record: LaunchRecord
    engine: Engine
    report: Callable[[str], None]
    silent_s: float
    retries_errors: bool
    active: dict[int, float] = field(default_factory=dict)
    """Shards with a job, and when that was seen to run first; 0.0 before."""
    tries: dict[int, int] = field(default_factory=dict)
    exit_codes: dict[int, int | None] = field(default_factory=dict)
    """Those of the latest jobs that have ended."""
    failures: LastingFailures = field(default_factory=LastingFailures)
    waits: dict[int, float] = field(default_factory=dict)
    """Shards into which a session wrote that is of no job, and since when it is waited for."""
    is_cancelled: bool = False

    def run(self) -> None:
        """Run the jobs until no shard is left that needs one."""
        self._refresh([job.shard for job in self.record.jobs])
        queue = [job.shard for job in self.record.jobs if self._is_wanted(job)]
        self._take_over()
        queue = [shard for shard in queue if shard not in self.active]
        noted = time.monotonic()
        while queue or self.active:
            if (self.record.folder / CANCEL_FILE).exists():
                self.cancel()
                return
            room = self.record.parallel - len(self.active) if self.record.parallel else len(queue)
            ready = [shard for shard in queue if not self._is_still_written(shard)][: max(0, room)]
            if ready:
                self._submit(ready)
                queue = [shard for shard in queue if shard not in ready]
            time.sleep(_POLL_S)
            for shard in list(self.active):
                if self._has_ended(shard) and self._is_to_repeat(shard):
                    queue.append(shard)
            if time.monotonic() - noted > _PROGRESS_S:
                noted = time.monotonic()
                self._report_progress()

    def _is_still_written(self, shard: int) -> bool:
        """Whether a session writes into the run of a shard without a job; it is waited for a while."""
        folder = self.record.shard_job(shard).folder
        if not is_held(folder) or is_held_elsewhere(folder):
            return False
        if shard not in self.waits:
            self.waits[shard] = time.monotonic()
            self.report(f"shard {shard}/{self.record.shards}: a session still writes into {folder}")
        return time.monotonic() - self.waits[shard] < _LAST_WRITES_S

    def _report_progress(self) -> None:
        try:
            self.report(launch_status(self.record.folder).line())
        except StoreError as error:
            self.report(f"how far it is cannot be seen now: {error}")

    def _refresh(self, shards: list[int]) -> None:
        """Bring what is stored of shards into the folder of the launch; a failure is reported."""
        try:
            refresh(self.record, shards)
        except (StoreError, DataError, OSError) as error:
            self.report(f"what is stored cannot be read now: {error}")

    def cancel(self) -> None:
        """End all jobs."""
        self.is_cancelled = True
        jobs = [self._job_id(shard) for shard in self.active]
        with ThreadPoolExecutor(max(1, len(jobs))) as pool:  # each may take its time to end in order
            list(pool.map(self.engine.cancel, jobs))

    def _is_wanted(self, job: JobRecord) -> bool:
        state = shard_state(self.record.shard_job(job.shard).folder)
        return self.record.needs_work(job.shard) or (self.retries_errors and state == "incomplete")

    def _take_over(self) -> None:
        """Take over the jobs that an earlier session of the launch has left running."""
        for job in self.record.jobs:
            if job.job is not None and self.engine.state(job.job).phase != "ended":
                self.active[job.shard] = 0.0
                self.report(f"shard {job.shard}/{self.record.shards} still has its job {job.job}")

    def _job_id(self, shard: int) -> str:
        return self.record.jobs[shard - 1].job or ""

    def _submit(self, shards: list[int]) -> None:
        jobs = [self.record.shard_job(shard, retries_errors=self.retries_errors) for shard in shards]
        for shard, job_id in zip(shards, self.engine.submit(jobs), strict=True):
            job = self.record.jobs[shard - 1]
            job.job = job_id
            job.attempts += 1
            self.tries[shard] = self.tries.get(shard, 0) + 1
            self.active[shard] = 0.0
            self.report(f"shard {shard}/{self.record.shards} started as job {job.job}")
        self.record.save()

    def _has_ended(self, shard: int) -> bool:
        """Return whether the job of a shard has ended, by itself or because it hung."""
        state = self.engine.state(self._job_id(shard))
        if state.phase == "running":
            self.active[shard] = self.active[shard] or time.time()
            silent = time.time() - max(self.active[shard], _latest_line(self.record.shard_job(shard).folder))
            if silent <= self.silent_s:
                return False
            self.report(
                f"shard {shard}/{self.record.shards} wrote nothing for {duration(silent)}: it is ended"
            )
            self.engine.cancel(self._job_id(shard))
            state = self.engine.state(self._job_id(shard))
        elif state.phase == "waiting":
            return False
        del self.active[shard]
        self._refresh([shard])
        self._note_end(self.record.jobs[shard - 1], state)
        return True

    def _note_end(self, job: JobRecord, state: JobState) -> None:
        folder = self.record.shard_job(job.shard).folder
        job.is_empty = state.exit_code == NOTHING_COLLECTED and shard_state(folder) == "waiting"
        if state.lost_node:
            job.lost_nodes += 1
            self.tries[job.shard] -= job.lost_nodes <= _LOST_NODES
        self.exit_codes[job.shard] = state.exit_code
        self.record.save()
        how = "no task fell to it" if job.is_empty else shard_state(folder)
        code = "" if state.exit_code in (None, 0, 1) else f", exit code {state.exit_code}"
        node = ", its node was lost" if state.lost_node else ""
        self.report(f"shard {job.shard}/{self.record.shards} ended: {how}{code}{node}")
        if state.exit_code in STORE_CODES:
            self.report(f"  {STORE_CODES[state.exit_code]}: see {self.record.shard_job(job.shard).job_log}")

    def _is_to_repeat(self, shard: int) -> bool:
        if not self.record.needs_work(shard):
            return False
        job, code = self.record.shard_job(shard), self.exit_codes.get(shard)
        lasting = "another attempt runs it" if code == SUPERSEDED else self.failures.reason(job, code)
        if lasting is None and self.tries.get(shard, 0) <= self.record.retries:
            return True
        why = f": {lasting}" if lasting else ""
        self.report(f"shard {shard}/{self.record.shards} is given up{why}; see {job.log}")
        return False


def run_launch(
    launch: LaunchPlan | str | Path,
    report: Callable[[str], None] = lambda line: None,
    *,
    silent_s: float = SILENT_S,
) -> LaunchOutcome:
    """Start a launch, or go on with one, and wait for its end.

    Args:
        launch: A plan; or the folder of a launch, whose unfinished shards are started again, and where
            all have ended, those in which instances have no answer.
        report: Is given a line for each thing that happens.
        silent_s: Seconds without a new line in the ledgers of a shard after which it is ended and repeated.

    Returns:
        How it ended; `exit_code` is that of the command.

    Raises:
        GeneralBenchError: the folder is no launch, or another process supervises it; the store of the runs
            does not answer, or its place belongs to another launch.
        KeyboardInterrupt: jobs of this machine and of Ray have been ended in order, those of SLURM go on.
    """
    record, is_new = (launch.record, True) if isinstance(launch, LaunchPlan) else (read_launch(launch), False)
    if is_new:
        private_folder(record.folder)
        if (record.folder / LAUNCH_FILE).exists():
            raise GeneralBenchError(f"{record.folder} has a launch already")
    every_s = record.storage.every_s if record.storage else 0.0
    if silent_s <= 2.0 * every_s:
        raise GeneralBenchError(
            f"a shard would count as hung after {duration(silent_s)}, and writes a checkpoint every "
            f"{duration(every_s)} only: let it be silent for more than twice that"
        )
    lock = RunLock(record.folder)
    try:
        if record.storage is not None:
            take_place(record.storage) if is_new else check_place(record.storage)
        if is_new:
            record.save()
        (record.folder / CANCEL_FILE).unlink(missing_ok=True)
        engine = open_engine(record)
        session = _Session(record, engine, report, silent_s, not is_new)
        try:
            session.run()
        except KeyboardInterrupt:
            if record.engine in ("local", "ray"):
                session.cancel()
            raise
        finally:
            engine.close()
        return _outcome(session)
    finally:
        lock.release()


def _latest_line(folder: Path) -> float:
    """Return when a ledger of the shard was written last; 0.0 where there is none."""
    return max((path.stat().st_mtime for path in folder.glob(LEDGER_GLOB)), default=0.0)


def _outcome(session: _Session) -> LaunchOutcome:
    record = session.record
    jobs = [record.shard_job(job.shard) for job in record.jobs if not job.is_empty]
    missing = tuple((job.number, job.log) for job in jobs if not ended_in_order(job.folder))
    if session.is_cancelled:
        return LaunchOutcome(None, is_cancelled=True)
    if missing or not jobs:
        return LaunchOutcome(None, missing)
    refresh(record, [job.number for job in jobs], with_media=True)
    merged = _merge([job.folder for job in jobs], record.folder / MERGED_FOLDER)
    if record.storage is not None:
        publish_run(merged.folder, f"{record.storage.address}/{MERGED_FOLDER}")
    return LaunchOutcome(merged, is_complete=all(shard_state(job.folder) == "complete" for job in jobs))


def _merge(shards: list[Path], into: Path) -> MergedRun:
    """Merge the shards into a folder of its own; what an earlier session merged is replaced."""
    with folder_in_the_making(into) as half:
        merged = merge_runs(shards, half / "new")
        if into.exists():
            into.rename(half / "old")
        (half / "new").rename(into)
    return replace(merged, folder=into)


def cancel_launch(folder: str | Path) -> list[int]:
    """End the jobs of a launch and return the shards whose jobs were ended; answers stay, `--retry` goes on.

    Raises:
        GeneralBenchError: the folder is no launch.
    """
    record = read_launch(folder)
    (record.folder / CANCEL_FILE).touch()
    engine = open_engine(record)
    ended = []
    try:
        for job in record.jobs:
            if job.job is not None and engine.state(job.job).phase != "ended":
                engine.cancel(job.job)
                ended.append(job.shard)
    finally:
        engine.close()
    return ended
