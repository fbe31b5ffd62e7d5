"""Which GPUs each worker got, by mask, number of workers and GPUs per worker, workers being killed at random.

`pytest benchmarks/test_leases.py -s` prints the table. Every worker holds an exclusive lock on each GPU of
its lease for as long as it lives: a GPU with two live workers would fail a task, and so would a worker
without one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.plugin.kept import answers

MODEL = """
import fcntl, json, os, pathlib, random, signal

HERE = pathlib.Path(__file__).parent
LEASE = os.environ.get("CUDA_VISIBLE_DEVICES", "")
if "PYTEST_XDIST_WORKER" in os.environ:
    assert LEASE, "a worker without a GPU"
    LOCKS = [(HERE / f"gpu-{name}").open("w") for name in LEASE.split(",")]
    for lock in LOCKS:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def make():
    def generate(requests):
        if random.random() < 0.04:
            (HERE / "killed").open("a").write("x")
            os.kill(os.getpid(), signal.SIGKILL)
        return [json.dumps([os.environ["PYTEST_XDIST_WORKER"], LEASE])] * len(requests)
    return generate
"""
CASES = [
    ("0,1,2,3", "auto", 1), ("0,1,2,3", "2", 1), ("0,1,2,3", "auto", 2), ("5,2,7", "3", 1),
    ("5,2,7", "auto", 2),
    ("GPU-aa,GPU-bb", "auto", 1), ("GPU-aa,GPU-bb,GPU-cc,GPU-dd", "auto", 2), ("MIG-a,MIG-b", "2", 1),
]  # fmt: skip


@pytest.mark.parametrize(("mask", "workers", "each"), CASES)
def test_no_gpu_has_two_live_workers_and_no_worker_none(
    tmp_path: Path, mask: str, workers: str, each: int
) -> None:
    (tmp_path / "telling.py").write_text(MODEL, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--generalbench-model=python:telling.py:make",
        "-k",
        "nlp",
    ]
    command += ["-n", workers, f"--generalbench-gpus-per-worker={each}", "--generalbench-run=run"]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": mask}
    done = subprocess.run(  # noqa: S603
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    leases: dict[str, set[str]] = defaultdict(set)
    for record in answers(tmp_path / "run"):
        worker, lease = json.loads(record["output"]["text"])
        leases[worker].add(lease)
    killed = len((tmp_path / "killed").read_text()) if (tmp_path / "killed").exists() else 0
    text = "; ".join(f"{worker}: {' '.join(sorted(leases[worker]))}" for worker in sorted(leases))
    print(f"\n{mask:<28} -n {workers:<5} k={each}  {killed} killed   {text}")  # noqa: T201
    tasks = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))["tasks"]
    lost = [task for task in tasks if task["state"] == "failed"]
    assert all("crashed while running" in task["reason"] for task in lost), done.stdout[-2000:]
    assert len(lost) == killed
    assert len(tasks) == 115
    assert all(len(lease.split(",")) == each for seen in leases.values() for lease in seen)
