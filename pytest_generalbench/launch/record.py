"""`launch.json`: what a launch runs and how far its jobs are, for whoever asks or goes on with it later."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.json_files import parse_json
from pytest_generalbench.core.new_files import atomic_write
from pytest_generalbench.core.plain_types import MISFIT, check_types
from pytest_generalbench.core.regular_files import read_regular_text
from pytest_generalbench.launch.shards import ShardJob, Storage, shard_state

LAUNCH_FILE: Final = "launch.json"
MERGED_FOLDER: Final = "merged"
"""The run of all shards, in the folder of the launch."""
_VERSION: Final = 1


@dataclass(slots=True)
class JobRecord:
    """One shard's job."""

    shard: int
    """From 1."""
    job: str | None = None
    """The engine's id of the latest job; None before the first."""
    attempts: int = 0
    """Jobs that were started for it, of all sessions of the launch."""
    lost_nodes: int = 0
    """Jobs that ended because their node did."""
    is_empty: bool = False
    """Whether no task fell to it."""


@dataclass(slots=True)
class LaunchRecord:
    """Content of `launch.json`."""

    folder: Path
    engine: str
    shards: int
    parallel: int
    """Jobs that run at a time; 0 leaves it to the engine."""
    directory: Path
    """Where pytest is started."""
    arguments: tuple[str, ...]
    """Those of pytest."""
    retries: int
    """Jobs that may be started for a shard beside its first, in one session of the launch."""
    slots: list[dict[str, str]] = field(default_factory=list)
    """What the local engine sets in the environment of jobs, for each that runs at a time."""
    options: dict[str, Any] = field(default_factory=dict)
    """Those of the engine."""
    jobs: list[JobRecord] = field(default_factory=list)
    storage: Storage | None = None
    """Where the runs of the shards are kept; None: in the folder of the launch."""

    def shard_job(self, number: int, *, retries_errors: bool = False) -> ShardJob:
        """Return the job of a shard."""
        return ShardJob(
            number, self.shards, self.folder, self.directory, self.arguments, retries_errors, self.storage
        )

    def needs_work(self, number: int) -> bool:
        """Return whether a shard without a job has tasks without a result.

        One in which a session still writes counts: it is that of a job which has just been killed.
        """
        if self.jobs[number - 1].is_empty:
            return False
        return shard_state(self.shard_job(number).folder) in ("waiting", "unfinished", "running")

    def content(self) -> bytes:
        """Return the content of the file."""
        plain = {"v": _VERSION, **asdict(self), "folder": str(self.folder), "directory": str(self.directory)}
        return (json.dumps(plain, indent=1) + "\n").encode()

    def save(self) -> None:
        """Write the file in one step."""
        atomic_write(self.folder / LAUNCH_FILE, self.content())


def read_launch(folder: str | Path) -> LaunchRecord:
    """Return the record of a launch. Raises GeneralBenchError where the folder is none."""
    path = Path(folder) / LAUNCH_FILE
    try:
        plain = parse_json(read_regular_text(path))
        version = plain.pop("v")
        if version != _VERSION:
            raise GeneralBenchError(f"{path} has version {version}, this program reads {_VERSION}")
        jobs = [JobRecord(**one) for one in plain.pop("jobs")]
        storage = plain.pop("storage", None)
        # The folder may have been moved as a whole, or be seen under another path from here.
        places = {"folder": Path(folder).absolute(), "directory": Path(plain.pop("directory"))}
        record = LaunchRecord(
            **{**plain, **places}, jobs=jobs, storage=Storage(**storage) if storage else None
        )
        record.arguments = tuple(record.arguments)
        check_types(record)
        if len(jobs) != record.shards or any(job.shard != place for place, job in enumerate(jobs, 1)):
            raise GeneralBenchError(f"{path} does not name each of its {record.shards} shards once")
    except (OSError, *MISFIT) as error:
        raise GeneralBenchError(f"{folder} is no folder of a launch: {error}") from error
    return record
