"""The engine of SLURM, through submitit: a job that meets its time limit or is preempted is queued again."""

from __future__ import annotations

import shlex
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError, MissingDependencyError
from pytest_generalbench.launch.engine import JobState
from pytest_generalbench.launch.shards import end_running_shard, run_shard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.launch.shards import ShardJob

_FOLDER: Final = "submitit"
"""What submitit writes of the jobs, in the folder of the launch."""
_REQUEUES: Final = 1000
"""How often a job may be queued again at its time limit: each time it goes on with what it has."""
_SQUEUE_S: Final = 60
_PASSED: Final = ("partition", "account", "constraint", "qos", "mem", "cpus_per_task", "gpus_per_node")
"""Options that are passed to sbatch as they are."""


class ShardTask:
    """What a job runs: one shard; submitit pickles it."""

    def __init__(self, job: ShardJob) -> None:
        """Keep the shard."""
        self.job = job

    def __call__(self) -> int:
        """Run the shard and return the exit code of pytest."""
        return run_shard(self.job, forwards_signals=False)  # submitit has handlers of its own

    def checkpoint(self) -> Any:
        """End the shard before the job is killed; return what goes on with it when the job runs again."""
        import submitit

        # The job has the rest of signal_delay_s, 90 s by default, until it is killed.
        end_running_shard()
        return submitit.helpers.DelayedSubmission(ShardTask(self.job))


class SlurmEngine:
    """Submits shards as one array."""

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        """Open submitit's executor.

        Args:
            folder: That of the launch.
            options: `partition`, `account`, `constraint`, `qos`, `mem`, `cpus_per_task`, `gpus_per_node`,
                `minutes`, `array_parallelism`; `cluster`: `slurm`, or `local` for submitit's executor on
                this machine.

        Raises:
            GeneralBenchError: submitit is not installed, there is no SLURM here, or an option is none.
        """
        try:
            import submitit
        except ImportError as error:
            raise MissingDependencyError("submitit", "slurm", "generalbench launch --on slurm") from error
        self._is_local = options.get("cluster") == "local"
        self._jobs: dict[str, Any] = {}
        place = folder / _FOLDER
        try:
            if self._is_local:
                self._executor: Any = submitit.LocalExecutor(place, max_num_timeout=_REQUEUES)
                self._executor.update_parameters(timeout_min=options.get("minutes", 60.0), signal_delay_s=5)
            else:
                self._executor = submitit.SlurmExecutor(place, max_num_timeout=_REQUEUES)
                self._executor.update_parameters(**slurm_parameters(options))
        except (RuntimeError, ValueError) as error:
            raise GeneralBenchError(f"SLURM: {error}") from error

    def submit(self, jobs: Sequence[ShardJob]) -> list[str]:
        """Submit the jobs as an array. Raises GeneralBenchError where SLURM refuses them."""
        import submitit

        try:
            with self._executor.batch():
                submitted = [self._executor.submit(ShardTask(job)) for job in jobs]
        except (submitit.core.utils.FailedJobError, submitit.core.utils.FailedSubmissionError) as error:
            raise GeneralBenchError(f"SLURM refuses the jobs: {error}") from error
        ids = [str(job.job_id) for job in submitted]
        self._jobs.update(zip(ids, submitted, strict=True))
        return ids

    def state(self, job_id: str) -> JobState:
        """Return what submitit and SLURM's queue know of a job."""
        job = self._job(job_id)
        if job.paths.result_pickle.exists():
            with suppress(Exception):  # an error of the job: what it did is in the folder of its shard
                return JobState("ended", int(job.result()))
            return JobState("ended")
        if self._is_local:
            return JobState("running" if job.state == "RUNNING" else "ended")
        queued = _squeue(job_id)
        if queued in ("", "COMPLETED", "CANCELLED", "FAILED", "TIMEOUT", "OUT_OF_MEMORY", "DEADLINE"):
            return JobState("ended")
        if queued in ("NODE_FAIL", "BOOT_FAIL"):
            return JobState("ended", lost_node=True)
        return JobState("running" if queued in ("RUNNING", "COMPLETING") else "waiting")

    def cancel(self, job_id: str) -> None:
        """End a job."""
        self._job(job_id).cancel(check=False)
        if self._is_local:
            process = self._job(job_id)._process
            if process is not None:
                process.wait()

    def close(self) -> None:
        """Do nothing: jobs are SLURM's."""

    def _job(self, job_id: str) -> Any:
        if job_id not in self._jobs:
            import submitit

            kind = submitit.LocalJob if self._is_local else submitit.SlurmJob
            self._jobs[job_id] = kind(self._executor.folder, job_id)
        return self._jobs[job_id]


def script(folder: Path, shards: int, options: Mapping[str, Any]) -> str:
    """Return the script that SLURM is given for the shards, also where there is no SLURM.

    Raises:
        GeneralBenchError: submitit is not installed, or an option is none.
    """
    try:
        from submitit.slurm.slurm import _make_sbatch_string
    except ImportError as error:
        raise MissingDependencyError("submitit", "slurm", "generalbench launch --on slurm") from error
    place = folder / _FOLDER
    command = f"{shlex.quote(sys.executable)} -u -m submitit.core._submit {shlex.quote(str(place))}"
    array = {"map_count": shards} if shards > 1 else {}
    return str(_make_sbatch_string(command, place, **slurm_parameters(options), **array))


def slurm_parameters(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options as submitit's executor takes them."""
    named = {name: options[name] for name in _PASSED if options.get(name) is not None}
    given = {"job_name": "generalbench", "time": int(options.get("minutes") or 60), **named}
    if options.get("array_parallelism"):
        given["array_parallelism"] = options["array_parallelism"]
    return given


def _squeue(job_id: str) -> str:
    """Return the state of a job in SLURM's queue; empty where it is not there any more.

    The queue, not the accounting: that needs a database which not every cluster has. Raises
    GeneralBenchError when SLURM does not answer.
    """
    command = ["squeue", "--noheader", "--states=all", "--format=%T", f"--jobs={job_id}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SQUEUE_S)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return "UNKNOWN"  # SLURM is restarted now and then: the job goes on meanwhile
    if done.returncode != 0:
        return "" if "Invalid job id" in done.stderr else "UNKNOWN"
    return done.stdout.strip().splitlines()[0] if done.stdout.strip() else ""
