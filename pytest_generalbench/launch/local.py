"""The engine of one machine: each job is a process group of this host."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.processes import stat_fields
from pytest_generalbench.launch.engine import JobState
from pytest_generalbench.launch.shards import end_shard, signal_group, start_shard

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.launch.shards import ShardJob

_STARTED: Final = 19
"""Place of the time of its start in the fields of /proc/PID/stat that follow the name."""


class LocalEngine:
    """Runs as many jobs at a time as it has slots, each with the slot's environment."""

    def __init__(self, slots: Sequence[Mapping[str, str]], grace_s: float) -> None:
        """Keep what jobs get.

        Args:
            slots: The environment variables of each slot, such as the GPUs that its jobs may use.
            grace_s: Seconds that a job gets to write what it has when it is to end.
        """
        self._grace_s = grace_s
        self._slots = [dict(slot) for slot in slots]
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._taken: dict[str, int] = {}

    def submit(self, jobs: Sequence[ShardJob]) -> list[str]:
        """Start each job in a free slot. Raises GeneralBenchError where pytest cannot be started."""
        return [self._start(job) for job in jobs]

    def _start(self, job: ShardJob) -> str:
        free = next(at for at in range(len(self._slots)) if at not in self._taken.values())
        process = start_shard(job, self._slots[free])
        job_id = f"{process.pid}:{_start_of(process.pid)}"
        self._processes[job_id], self._taken[job_id] = process, free
        return job_id

    def state(self, job_id: str) -> JobState:
        """Return whether a job runs; the exit code is known of those that this process started."""
        process = self._processes.get(job_id)
        if process is None:
            return JobState("running" if _pid_of(job_id) is not None else "ended")
        code = process.poll()
        if code is None:
            return JobState("running")
        signal_group(process.pid, signal.SIGKILL)  # workers whose controller was killed
        self._taken.pop(job_id, None)
        return JobState("ended", code)

    def cancel(self, job_id: str) -> None:
        """Interrupt pytest, which writes what it has; kill what is left after the grace."""
        process = self._processes.get(job_id)
        if process is not None:
            end_shard(process, self._grace_s)
            process.wait()
            self._taken.pop(job_id, None)
            return
        pid = _pid_of(job_id)
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + self._grace_s
        while _pid_of(job_id) is not None and time.monotonic() < deadline:
            time.sleep(0.1)
        if _pid_of(job_id) is not None:
            signal_group(pid, signal.SIGKILL)

    def close(self) -> None:
        """Do nothing: jobs are processes of their own and go on."""


def _start_of(pid: int) -> str:
    """Return when a process was started, in the kernel's unit; empty where it is gone or not known."""
    with suppress(OSError, IndexError):
        fields = stat_fields(pid)
        return "" if fields[0] in "ZX" else fields[_STARTED]
    return ""


def _pid_of(job_id: str) -> int | None:
    """Return the process of a job; None where it has ended, also when another has its number now."""
    pid, _, started = job_id.partition(":")
    return int(pid) if started and _start_of(int(pid)) == started else None
