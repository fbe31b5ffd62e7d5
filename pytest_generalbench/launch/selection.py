"""What a launch would run: the selected tasks and their expected costs, as pytest collects them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.remaining import Remaining, TaskCost, remaining
from pytest_generalbench.launch.selection_probe import VARIABLE
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
    tasks: Mapping[str, TaskCost]
    """By task id; `answered` and `seconds` are of earlier runs, 0 where none measured the task."""
    uses_gpu: bool
    """Whether the model's kind uses GPUs."""
    workers: int
    """Worker processes of a shard, by `-n`; 1 without it."""

    def duration(self, workers: int) -> Remaining | None:
        """Return how long the tasks are expected to take; None where earlier runs measured too few of them.

        Args:
            workers: Worker processes that share the tasks, of all shards that run at a time.

        Returns:
            Instances, and the bounds of the seconds of an interval of about 95 %, from the latest runs of
            the same model over the same data in `generalbench-runs`.
        """
        measured = [cost._replace(is_ended=True) for cost in self.tasks.values() if cost.seconds > 0.0]
        to_ask = [cost._replace(answered=0, seconds=0.0) for cost in self.tasks.values()]
        return remaining([*measured, *to_ask], workers)


def select(arguments: Sequence[str], directory: Path) -> Selection:
    """Return what pytest collects with these arguments.

    Args:
        arguments: Those of pytest.
        directory: Where pytest is started.

    Raises:
        GeneralBenchError: pytest refuses the arguments, they select nothing, or cannot be those of a shard.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "selection.json"
        command = [sys.executable, "-m", "pytest", *arguments, "--collect-only", "-q"]
        command += ["-p", "pytest_generalbench.launch.selection_probe", "-p", "no:cacheprovider"]
        done = subprocess.run(  # noqa: S603 - pytest itself
            command, cwd=directory, env={**os.environ, VARIABLE: str(file)}, capture_output=True, text=True
        )
        if done.returncode not in (0, NOTHING_COLLECTED):
            raise GeneralBenchError(_refusal(done))
        if not file.is_file():
            raise GeneralBenchError("no benchmark is selected: give --generalbench-model=SPEC after --")
        content = json.loads(file.read_text(encoding="utf-8"))
    settings = Settings.from_dict(content["settings"])
    for name, reason in _REFUSED.items():
        if getattr(settings, name):
            raise GeneralBenchError(
                f"--generalbench-{name.replace('_', '-')} cannot be given to a launch: {reason}"
            )
    seconds = content["seconds"]
    tasks = {
        name: TaskCost(
            one["kind"], one["unit"], one["stated"], one["stated"] if name in seconds else 0,
            seconds.get(name, 0.0), is_ended=False,
        )
        for name, one in content["tasks"].items()
    }  # fmt: skip
    if not tasks:
        raise GeneralBenchError("the arguments of pytest select no task of the benchmark")
    return Selection(settings, tasks, content["uses_gpu"], content["workers"])


def _refusal(done: subprocess.CompletedProcess[str]) -> str:
    """Return what pytest said against its arguments, in a line."""
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR: " in line or "error: " in line.lower()]
    return f"pytest --collect-only ended with exit code {done.returncode}: {(errors or lines or ['?'])[-1]}"
