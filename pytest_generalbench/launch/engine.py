"""What a launch needs of whatever runs its jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol

from pytest_generalbench.core.errors import UnknownWordError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.launch.record import LaunchRecord
    from pytest_generalbench.launch.shards import ShardJob

ENGINES: Final = ("local", "slurm", "ray")


@dataclass(frozen=True, slots=True)
class JobState:
    """What an engine knows of a job."""

    phase: Literal["waiting", "running", "ended"]
    exit_code: int | None = None
    """Of pytest, where the job has ended and the engine knows it; negative: the signal that killed it."""
    lost_node: bool = False
    """Whether it ended because its node did, which does not count as an attempt."""


class Engine(Protocol):
    """Runs jobs."""

    def submit(self, jobs: Sequence[ShardJob]) -> list[str]:
        """Start jobs, or queue them, and return their ids. Raises GeneralBenchError where it cannot be."""

    def state(self, job_id: str) -> JobState:
        """Return what is known of a job, also of one that another process submitted."""

    def cancel(self, job_id: str) -> None:
        """End a job; one that has ended stays as it is."""

    def close(self) -> None:
        """Release what the engine holds in this process; jobs go on."""


def open_engine(record: LaunchRecord) -> Engine:
    """Return the engine of a launch. Raises MissingDependencyError where its library is not installed."""
    if record.engine == "local":
        from pytest_generalbench.launch.local import LocalEngine

        return LocalEngine(record.slots, record.shard_job(1).grace_s)
    if record.engine == "slurm":
        from pytest_generalbench.launch.slurm import SlurmEngine

        return SlurmEngine(record.folder, record.options)
    if record.engine == "ray":
        from pytest_generalbench.launch.ray_jobs import RayEngine

        return RayEngine(record.options, record.shard_job(1).grace_s)
    raise UnknownWordError("engine", record.engine, ENGINES)
