"""A run is killed at a random moment and resumed with another -n: the result is the same, every time.

GENERALBENCH_KILLS says how often (default 5); GENERALBENCH_KILL_SEED makes a series repeatable.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pytest_generalbench.core.node_ids import MODULE_NODEID
from pytest_generalbench.runs.result_file import comparable, read_result
from pytest_generalbench.suite.tasks import load_tasks

KILLS = int(os.environ.get("GENERALBENCH_KILLS", "5"))
SEED = int(os.environ.get("GENERALBENCH_KILL_SEED", "7"))
WORKERS = (0, 1, 2, 3)
TASKS = 40

MODEL = """
import hashlib
import time

from pytest_generalbench.core.vocabulary import MEDIA


class Slow:
    input_media = set(MEDIA)
    batch_size = 2
    output_media = {"text"}

    def generate(self, requests):
        time.sleep(0.02)
        return [self.one(request) for request in requests]

    def one(self, request):
        digest = hashlib.sha256(f"{request.task_id} {request.instance_id}".encode()).digest()
        return "ABCD"[digest[0] % 4] + (" because" if digest[1] % 2 else "")
"""


def chosen() -> list[str]:
    tasks = [task.id for task in load_tasks() if task.answers_in_text]
    step = len(tasks) // TASKS
    return [f"{MODULE_NODEID}::test_task[{task}]" for task in tasks[::step][:TASKS]]


def start(folder: Path, run: str, workers: int, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(workers)]
    command += ["--generalbench-model=python:slow.py:Slow", f"--generalbench-run={run}", *more]
    with (folder / f"{run}.log").open("ab") as log:
        return subprocess.Popen([*command, *chosen()], cwd=folder, stdout=log, stderr=log)


def children(pid: int) -> list[int]:
    value = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in value.split()]


def kill_somebody(process: subprocess.Popen[bytes], dice: random.Random) -> str:
    """Kill the controller or one of its workers; a worker's death is waited out."""
    workers = children(process.pid) if process.poll() is None else []
    if workers and dice.random() < 0.5:
        os.kill(dice.choice(workers), signal.SIGKILL)
        process.wait(timeout=120)
        return "worker"
    process.kill()
    process.wait(timeout=120)
    return "controller"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the workers in /proc")
def test_a_killed_run_is_resumed_to_the_same_result(tmp_path: Path) -> None:
    dice = random.Random(SEED)  # noqa: S311 - no secret
    (tmp_path / "slow.py").write_text(MODEL, encoding="utf-8")
    began = time.monotonic()
    assert start(tmp_path, "whole", 2).wait(timeout=300) == 0
    length = time.monotonic() - began
    expected = comparable(read_result(tmp_path / "whole"))
    assert read_result(tmp_path / "whole").counts == {"scored": TASKS}
    parts: list[tuple[str, float]] = []
    number = 0
    while len(parts) < KILLS:
        number += 1
        run, first = f"run{number}", dice.choice(WORKERS)
        process = start(tmp_path, run, first)
        # Not before the run folder is there: until then there is nothing to resume.
        while not (tmp_path / run / "run.json").is_file() and process.poll() is None:
            time.sleep(0.01)
        moment = dice.uniform(0, length)
        try:
            process.wait(timeout=moment)
            length *= 0.9  # it was over sooner than the whole run was: aim earlier
        except subprocess.TimeoutExpired:
            parts.append((kill_somebody(process, dice), round(moment, 2)))
        second = dice.choice([workers for workers in WORKERS if workers != first])
        done = start(tmp_path, run, second, "--generalbench-resume").wait(timeout=300)
        log = (tmp_path / f"{run}.log").read_text(encoding="utf-8")
        assert done == 0, log
        assert comparable(read_result(tmp_path / run)) == expected, log
    sys.stderr.write(f"killed: {parts}\n")
