"""How far a launch is, over all its shards, from its folder alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_generalbench.evaluation.progress_text import interval
from pytest_generalbench.launch.mirrors import is_written, refresh
from pytest_generalbench.launch.record import LAUNCH_FILE, MERGED_FOLDER, read_launch
from pytest_generalbench.launch.shard_progress import ShardsProgress
from pytest_generalbench.launch.shards import ended_in_order, shard_state
from pytest_generalbench.runs.lock import is_held

if TYPE_CHECKING:
    from pytest_generalbench.evaluation.progress import RunProgress
    from pytest_generalbench.launch.record import JobRecord, LaunchRecord
    from pytest_generalbench.launch.shards import ShardState
    from pytest_generalbench.runs.stored_run import Checkpoint


@dataclass(frozen=True, slots=True)
class ShardStatus:
    """How far one shard is."""

    shard: int
    """From 1."""
    state: ShardState
    job: str | None
    """The engine's id of its latest job."""
    attempts: int
    """Jobs that were started for it."""
    log: Path
    """What pytest printed, of all attempts."""
    progress: RunProgress | None
    """None before its run has begun."""


@dataclass(frozen=True, slots=True)
class LaunchStatus:
    """How far a launch is."""

    folder: Path
    engine: str
    shards: tuple[ShardStatus, ...]
    merged: Path | None
    """The run of all shards, where it was made."""
    is_supervised: bool = False
    """Whether a process starts jobs of it, and merges them at the end."""

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more by itself."""
        return not self.is_supervised and not any(one.state == "running" for one in self.shards)

    @property
    def is_stalled(self) -> bool:
        """Whether the session of a running shard, or one of its workers, gives no sign."""
        running = [one.progress for one in self.shards if one.progress and one.state == "running"]
        return any(
            progress.is_stalled or any(worker.is_stalled for worker in progress.workers)
            for progress in running
        )

    @property
    def remaining_s(self) -> tuple[float, float] | None:
        """What is left, as bounds of an interval of about 95 %; None unless every open shard tells it."""
        open_shards = [one for one in self.shards if one.state in ("waiting", "running", "unfinished")]
        left = [one.progress.remaining_s for one in open_shards if one.progress is not None]
        bounds = [one for one in left if one is not None]
        if not open_shards or len(bounds) < len(open_shards):
            return None
        return max(low for low, _ in bounds), max(high for _, high in bounds)

    def line(self) -> str:
        """Return how far it is in a line."""
        known = [one.progress for one in self.shards if one.progress is not None]
        states = [one.state for one in self.shards]
        counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
        failures = sum(one.failures for one in known)
        parts = [
            f"{len(self.shards)} shards: {counts}",
            f"{sum(one.answered for one in known)} instances answered",
            f"{sum(one.finished for one in known)} tasks finished",
        ]
        parts += [f"{failures} failed"] if failures else []
        parts += [f"left {interval(self.remaining_s)}"] if self.remaining_s else []
        return ", ".join(parts)

    def text(self) -> str:
        """Return the line, and one for each shard; one that lacks results is named with its log."""
        lines = [self.line()]
        for one in self.shards:
            far = one.progress.line() if one.progress else "no run yet"
            log = f"  log: {one.log}" if one.state in ("waiting", "unfinished") and one.attempts else ""
            lines.append(
                f"  shard {one.shard}: {one.state}, job {one.job or '-'}, attempt {one.attempts}, {far}{log}"
            )
        lines += [f"  merged: {self.merged}"] if self.merged else []
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins."""
        return asdict(self) | {"remaining_s": self.remaining_s}


def launch_status(folder: str | Path) -> LaunchStatus:
    """Return how far a launch is; nothing is asked of its engine.

    It costs what has changed since it was asked last: of shards that run, their heartbeats are read.
    Where its runs are kept in a store, what is new there is fetched first.

    Raises:
        GeneralBenchError: the folder is no launch, or its store does not answer.
    """
    record = read_launch(folder)
    merged = record.folder / MERGED_FOLDER
    jobs = [job for job in record.jobs if not job.is_empty]
    stored = refresh(record, [job.shard for job in jobs])
    known = ShardsProgress(record.folder)
    shards = tuple(_status(record, job, stored.get(job.shard), known) for job in jobs)
    known.keep()
    return LaunchStatus(
        record.folder,
        record.engine,
        shards,
        merged if ended_in_order(merged) else None,
        is_held(record.folder),
    )


def is_launch(folder: str | Path) -> bool:
    """Whether a folder is that of a launch."""
    return (Path(folder) / LAUNCH_FILE).is_file()


def _status(
    record: LaunchRecord, job: JobRecord, stored: Checkpoint | None, known: ShardsProgress
) -> ShardStatus:
    shard = record.shard_job(job.shard)
    state = shard_state(shard.folder)
    if stored is not None and record.storage is not None and is_written(stored, record.storage.every_s):
        state = "running"
    progress = known.of(shard.folder, is_running=state == "running")
    return ShardStatus(job.shard, state, job.job, job.attempts, shard.log, progress)
