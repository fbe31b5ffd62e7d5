"""What a launch is going to do, before it does it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.evaluation.gpu_leases import leases, visible_devices
from pytest_generalbench.evaluation.progress_text import duration, interval
from pytest_generalbench.launch.engine import ENGINES
from pytest_generalbench.launch.record import LAUNCH_FILE, JobRecord, LaunchRecord
from pytest_generalbench.launch.selection import Selection, refuse_shard_settings, select
from pytest_generalbench.runs.provenance import without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.launch.shards import Storage

PER_NODE: Final = 4
"""Shards for each node of a cluster, unless the user says how many."""

PARALLEL: Final = 2
"""Shards that run at a time on a machine without GPUs, unless the user says how many."""


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """A launch that can be started."""

    record: LaunchRecord
    tasks: int
    """Selected tasks."""
    instances: int
    """Instances that the tasks are expected to have, each repeat counted."""
    workers: int
    """Worker processes of each shard; each loads the model."""
    gpus: int
    """GPUs of this machine that are handed out; 0 where the engine hands them out, or the model uses none."""
    expected: tuple[float, float] | None
    """Bounds of the seconds that it is expected to take; None where earlier runs do not tell."""

    def lines(self) -> list[str]:
        """Return what is going to happen, for people."""
        record = self.record
        at_a_time = f", {record.parallel} at a time" if record.parallel else ""
        lines = [
            f"{self.tasks} tasks, about {self.instances} instances: {record.shards} shards on "
            f"{record.engine}{at_a_time}, into {record.folder}"
        ]
        if record.engine == "local":
            lines.append(f"GPUs: {self.gpus or 'none handed out'}")
        loads = record.shards * self.workers
        lines.append(
            f"the model is loaded {loads} times: once a shard, in each of its {self.workers} workers"
        )
        if self.expected is None:
            lines.append(
                "hours: not known, no earlier run of this model in generalbench-runs; "
                f"`generalbench launch --status {shlex.quote(str(record.folder))}` estimates them on the way"
            )
        else:
            lines.append(f"expected: {interval(self.expected)}, by earlier runs of this model")
        if record.storage is None:
            lines.append(
                "a shard that is lost is started again and goes on with its own answers: it loads the model "
                "again and repeats at most one batch a worker"
            )
        else:
            lines.append(
                f"checkpoints go to {record.storage.address} every {duration(record.storage.every_s)}: "
                "a shard whose node is lost goes on from its last one, and repeats what it answered since"
            )
        return lines

    def commands(self) -> list[str]:
        """Return the command line of each shard; for SLURM the lines of the script of a job.

        Raises:
            GeneralBenchError: submitit is not installed, or an option is none.
        """
        shards = range(1, self.record.shards + 1)
        if self.record.engine == "slurm" and self.record.options.get("cluster") != "local":
            from pytest_generalbench.launch.slurm import script

            return script(self.record.folder, self.record.shards, self.record.options).splitlines()
        return [shlex.join(self.record.shard_job(number).command()) for number in shards]


def plan_launch(
    engine: str,
    arguments: Sequence[str],
    into: str | Path,
    *,
    shards: int | None = None,
    parallel: int | None = None,
    retries: int = 2,
    options: Mapping[str, Any] | None = None,
    directory: str | Path = ".",
    storage: Storage | None = None,
) -> LaunchPlan:
    """Return what a launch would do; nothing is written and no job is started.

    Args:
        engine: `local`, `slurm` or `ray`.
        arguments: Those of pytest, `--generalbench-model=…` among them.
        into: The folder of the launch; it must be empty or not exist.
        shards: Into how many parts the benchmark is divided; None: what fits the engine.
        parallel: How many run at a time; None: what fits the engine.
        retries: How often a shard is started again that did not end in order.
        options: Those of the engine.
        directory: Where pytest is started; relative paths of its arguments are meant from here.
        storage: Where the runs of shards are kept whose nodes share no folder; None: in `into`.

    Raises:
        GeneralBenchError: the arguments are none of pytest, select nothing, or cannot be those of a launch.
    """
    if engine not in ENGINES:
        raise UnknownWordError("engine", engine, ENGINES)
    place, folder = Path(directory).absolute(), Path(into).absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        way = (
            f": `generalbench launch --retry {into}` goes on with it"
            if (folder / LAUNCH_FILE).is_file()
            else ""
        )
        raise GeneralBenchError(f"{into} is not empty{way or ': name a new folder'}")
    if list(without_secrets(arguments)) != list(arguments):
        raise GeneralBenchError(
            "the arguments of pytest hold a key, token or password, and launch.json would keep it: "
            "give it by its environment variable"
        )
    selection = select(arguments, place)
    refuse_shard_settings(selection.settings)
    slots = _slots(selection, parallel, shards) if engine == "local" else []
    wanted = shards or (len(slots) if engine == "local" else PER_NODE * int((options or {}).get("nodes", 1)))
    count = min(wanted, len(selection.tasks))
    slots = slots[:count]
    at_a_time = len(slots) if engine == "local" else min(parallel or 0, count)
    if engine == "slurm":
        options, at_a_time = {**(options or {}), "array_parallelism": parallel}, 0
    record = LaunchRecord(
        folder, engine, count, at_a_time, place, tuple(arguments), retries, slots, dict(options or {}),
        [JobRecord(number) for number in range(1, count + 1)], storage,
    )  # fmt: skip
    masks = {name for slot in slots for mask in slot.values() for name in mask.split(",")}
    return LaunchPlan(
        record, len(selection.tasks), sum(task.estimate.instances for task in selection.tasks.values()),
        selection.workers, len(masks), selection.shards_seconds(count, at_a_time or count),
    )  # fmt: skip


def _slots(selection: Selection, parallel: int | None, shards: int | None) -> list[dict[str, str]]:
    """Return the environment of each job that runs at a time on this machine: its part of the GPUs.

    Raises GeneralBenchError where there are fewer groups of GPUs than jobs.
    """
    per_worker = selection.settings.gpus_per_worker
    devices = visible_devices()
    if not selection.uses_gpu or per_worker == 0 or not devices.names or selection.settings.share_gpus:
        return [{} for _ in range(parallel or min(PARALLEL, shards or PARALLEL))]
    groups = leases(devices, per_worker)
    count = parallel or min(len(groups), shards or len(groups))
    if count > len(groups) or not groups:
        raise GeneralBenchError(
            f"--parallel {count}, but visible GPUs: {len(devices.names)}, workers with {per_worker} each: at "
            f"most {len(groups)} shards at a time; let workers share GPUs with --generalbench-share-gpus, or "
            "give them none with --generalbench-gpus-per-worker=0"
        )
    parts = [groups[at::count] for at in range(count)]
    return [{devices.variable: ",".join(name for group in part for name in group)} for part in parts]
