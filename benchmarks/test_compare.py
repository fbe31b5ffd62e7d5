"""Comparing two runs of all tasks with 130,000 rows each: seconds and memory.

`pytest benchmarks/test_compare.py -s` prints the figures.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.reports.made_runs import TASKS, made_run, scored_rows

INSTANCES = 130_000
SECONDS, MEMORY_MIB = 20.0, 300.0
PROGRAM = """
import resource, sys, time
from pytest_generalbench.cli import main
started = time.perf_counter()
code = main(["compare", sys.argv[1], sys.argv[2], "--gate"])
print(code, time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def write_run(folder: Path, seed: int) -> Path:
    """Write a run over all tasks whose sizes are in proportion to the real ones, with 130,000 rows."""
    rng = np.random.default_rng(seed)
    share = INSTANCES / sum(task.instances for task in TASKS.values())
    tasks = {}
    for task in TASKS.values():
        n = max(2, round(share * task.instances))
        scores = 100.0 * (rng.random(n) < 0.6) if task.metric.name == "accuracy" else rng.uniform(1, 9, n)
        rows = scored_rows([float(score) for score in scores], prediction="the answer that was read " * 3)
        tasks[task.id] = rows
    return made_run(folder, tasks)


def test_two_whole_runs_are_compared_in_seconds(tmp_path: Path) -> None:
    one, two = (write_run(tmp_path / name, seed) for seed, name in enumerate(("one", "two")))
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM, str(one), str(two)], capture_output=True, text=True, check=True
    )
    code, seconds, memory = map(float, done.stdout.splitlines()[-1].split())
    rows = sum(path.read_bytes().count(b"\n") - 1 for path in (one / "instances").rglob("*.csv"))
    sys.stdout.write(
        f"\n{rows} rows a run, {len(TASKS)} tasks: {seconds:.1f} s, {memory:.0f} MiB, exit {code:.0f}\n"
    )
    assert seconds <= SECONDS
    assert memory <= MEMORY_MIB
