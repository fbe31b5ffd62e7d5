"""The engine of Ray: shards are tasks of a cluster, which gives each its GPUs."""

from __future__ import annotations

import os
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError, MissingDependencyError
from pytest_generalbench.launch.engine import JobState
from pytest_generalbench.launch.shards import run_shard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.launch.shards import ShardJob

_PASSED: Final = (
    "GENERALBENCH_", "HF_", "AWS_", "FSSPEC_", "GOOGLE_APPLICATION_CREDENTIALS", "PYTEST_ADDOPTS",
    "PYTHONPATH", "OMP_NUM_THREADS",
)  # fmt: skip
"""Variables of this process that jobs get beside those of their node, by how their names begin."""


class RayEngine:
    """Runs shards as tasks. They end with this process: it stays until they have ended."""

    def __init__(self, options: Mapping[str, Any], grace_s: float) -> None:
        """Connect to the cluster.

        Args:
            options: `address` of the cluster (default: the one that Ray finds, else it starts one here),
                `gpus_per_node`: GPUs of each shard, `cpus_per_task`: processors of each shard (default 1).
            grace_s: Seconds that a job gets to write what it has when it is to end.

        Raises:
            GeneralBenchError: Ray is not installed, or the cluster cannot be reached.
        """
        try:
            import ray
        except ImportError as error:
            raise MissingDependencyError("ray", "ray", "generalbench launch --on ray") from error
        self._ray: Any = ray
        self._grace_s = grace_s
        self._was_connected = bool(ray.is_initialized())
        if not self._was_connected:
            try:
                ray.init(address=options.get("address"), log_to_driver=False, logging_level="error")
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise GeneralBenchError(f"Ray cannot be reached: {error}") from error
        self._task: Any = ray.remote(
            num_gpus=options.get("gpus_per_node") or 0,
            num_cpus=options.get("cpus_per_task") or 1,
            max_retries=0,  # a launch starts shards again itself, and counts lost nodes apart
        )(run_shard)
        self._numbers = count(1)
        self._jobs: dict[str, tuple[Any, frozenset[str]]] = {}
        self._ended: dict[str, JobState] = {}

    def submit(self, jobs: Sequence[ShardJob]) -> list[str]:
        """Give the jobs to the cluster, which starts each when it has room."""
        environment = {name: value for name, value in os.environ.items() if name.startswith(_PASSED)}
        ids = []
        for job in jobs:
            job_id = f"{self._ray.get_runtime_context().get_job_id()}-{next(self._numbers)}"
            self._jobs[job_id] = self._task.remote(job, environment), self._nodes()
            ids.append(job_id)
        return ids

    def state(self, job_id: str) -> JobState:
        """Return what Ray knows of a job; those of another process ended with it."""
        if job_id not in self._jobs:
            return JobState("ended")
        if job_id not in self._ended:
            reference, nodes = self._jobs[job_id]
            ready, _ = self._ray.wait([reference], timeout=0)
            if not ready:
                return JobState("running")
            self._ended[job_id] = self._end(reference, nodes)
        return self._ended[job_id]

    def _end(self, reference: Any, nodes: frozenset[str]) -> JobState:
        exceptions = self._ray.exceptions
        try:
            return JobState("ended", int(self._ray.get(reference)))
        except (exceptions.NodeDiedError, exceptions.LocalRayletDiedError, exceptions.ObjectLostError):
            return JobState("ended", lost_node=True)
        except exceptions.WorkerCrashedError:
            # Which worker it was is not told: with its node gone, that is why.
            return JobState("ended", lost_node=not nodes <= self._nodes())
        except exceptions.RayError:
            return JobState("ended")

    def _nodes(self) -> frozenset[str]:
        return frozenset(node["NodeID"] for node in self._ray.nodes() if node["Alive"])

    def cancel(self, job_id: str) -> None:
        """Interrupt a job, which writes what it has; kill what is left after the grace."""
        if job_id in self._jobs:
            reference, _ = self._jobs[job_id]
            self._ray.cancel(reference, force=False)
            ready, _ = self._ray.wait([reference], timeout=self._grace_s)
            if not ready:
                self._ray.cancel(reference, force=True)
                self._ray.wait([reference], timeout=60)

    def close(self) -> None:
        """Leave the cluster; what still runs ends with it."""
        if not self._was_connected:
            self._ray.shutdown()
