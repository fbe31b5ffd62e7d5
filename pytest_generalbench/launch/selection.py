"""What pytest would run: the selected tasks and what each is expected to take, as pytest collects them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.durations import Estimate, Measured
from pytest_generalbench.evaluation.run_times import ExpectedTask, bounds, shards_makespan
from pytest_generalbench.evaluation.schedule import Work
from pytest_generalbench.launch.selection_probe import RUNS_VARIABLE, SUBSETS, VARIABLE
from pytest_generalbench.launch.shards import NOTHING_COLLECTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_REFUSED: Final = {
    "run": "each shard has a run folder of its own below --into",
    "shard": "launch divides into shards itself; say how many with --shards",
    "resume": "a shard is resumed by itself; `generalbench launch --retry DIR` goes on with a launch",
    "retry_errors": "`generalbench launch --retry DIR` asks again what failed",
    "require": "it judges a whole run and would be applied to each shard: look at the merged run",
    "max_errors": "it judges a whole run and would be applied to each shard: look at the merged run",
    "baseline": "compare the merged run: `generalbench compare BASELINE DIR/merged`",
    "gate": "compare the merged run: `generalbench compare BASELINE DIR/merged --gate`",
}
"""Settings that a shard cannot have, and why."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The tasks that pytest's arguments select."""

    settings: Settings
    tasks: Mapping[str, ExpectedTask]
    """By task id, in the order of collection."""
    subsets: Mapping[str, Mapping[str, tuple[int, float, Work]]]
    """By subset, how many instances of each task are in it, their share of all, and what they take."""
    uses_gpu: bool
    """Whether the model's kind uses GPUs."""
    workers: int
    """Worker processes of a session, by `-n`; 1 without it."""
    overhead_s: float | None
    """Seconds of a session beside its tasks, by an earlier run; None where there is none."""

    def shards_seconds(self, shards: int, at_a_time: int) -> tuple[float, float] | None:
        """Return the bounds of the seconds that shards take; None where earlier runs measured too few tasks.

        Args:
            shards: Into how many the tasks are divided.
            at_a_time: How many run at a time.
        """
        relative = bounds(self.tasks.values())
        if relative is None:
            return None
        work = {name: one.work for name, one in self.tasks.items()}
        costs = {name: one.cost for name, one in self.tasks.items()}
        rounds = -(-shards // at_a_time)
        seconds = shards_makespan(work, costs, shards, at_a_time, self.workers)
        start = rounds * (self.overhead_s or 0.0)
        return start + seconds * relative[0], start + seconds * relative[1]


def select(arguments: Sequence[str], directory: Path, runs: str | Path | None = None) -> Selection:
    """Return what pytest collects with these arguments.

    Args:
        arguments: Those of pytest.
        directory: Where pytest is started.
        runs: The folder of earlier run folders, or one run folder; None: `generalbench-runs`.

    Raises:
        GeneralBenchError: pytest refuses the arguments, or they select nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "selection.json"
        command = [sys.executable, "-m", "pytest", *arguments, "--collect-only", "-q"]
        command += ["-p", "pytest_generalbench.launch.selection_probe", "-p", "no:cacheprovider"]
        environment = {**os.environ, VARIABLE: str(file)}
        if runs is not None:
            environment[RUNS_VARIABLE] = str(Path(runs).absolute())
        done = subprocess.run(  # noqa: S603 - pytest itself
            command, cwd=directory, env=environment, capture_output=True, text=True
        )
        if done.returncode not in (0, NOTHING_COLLECTED):
            raise GeneralBenchError(_refusal(done))
        if not file.is_file():
            raise GeneralBenchError("no benchmark is selected: give --generalbench-model=SPEC to pytest")
        content = json.loads(file.read_text(encoding="utf-8"))
    if not content["tasks"]:
        raise GeneralBenchError("the arguments of pytest select no task of the benchmark")
    return Selection(
        Settings.from_dict(content["settings"]),
        {name: _expected(one) for name, one in content["tasks"].items()},
        {
            subset: {name: _part(*one["subsets"][place]) for name, one in content["tasks"].items()}
            for place, subset in enumerate(SUBSETS)
        },
        content["uses_gpu"], content["workers"], content["overhead"],
    )  # fmt: skip


def _expected(plain: Mapping[str, Any]) -> ExpectedTask:
    seconds, instances, measured = plain["estimate"]
    estimate = Estimate(seconds, instances, None if measured is None else Measured(*measured))
    return ExpectedTask(plain["kind"], plain["unit"], plain["cost"], estimate, Work(*plain["work"]))


def _part(count: int, share: float, work: Sequence[Any]) -> tuple[int, float, Work]:
    return count, share, Work(*work)


def refuse_shard_settings(settings: Settings) -> None:
    """Raise GeneralBenchError where a setting cannot be that of a shard."""
    for name, reason in _REFUSED.items():
        if getattr(settings, name):
            raise GeneralBenchError(
                f"--generalbench-{name.replace('_', '-')} cannot be given to a launch: {reason}"
            )


def _refusal(done: subprocess.CompletedProcess[str]) -> str:
    """Return what pytest said against its arguments, in a line."""
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR: " in line or "error: " in line.lower()]
    return f"pytest --collect-only ended with exit code {done.returncode}: {(errors or lines or ['?'])[-1]}"
