from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.plugin.kept import answers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import ReadResult

TELLING = """
import fcntl, json, os, pathlib, signal, time

def make():
    {top}
    def generate(requests):
        {body}
        told = {{name: os.environ.get(name) for name in (
            "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "PYTEST_XDIST_WORKER")}}
        return [json.dumps({{**told, "pid": os.getpid()}})] * len(requests)
    return generate
"""
ALONE = """
    lock = pathlib.Path(__file__).with_name("gpu" + os.environ["CUDA_VISIBLE_DEVICES"]).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises when another live worker has this GPU
    make.lock = lock"""
REPLACED = """
    here = pathlib.Path(__file__).parent
    if os.environ["PYTEST_XDIST_WORKER"] not in ("gw0", "gw1"):
        (here / "replaced").touch()"""
KILL = """
        if not (here / "replaced").exists():
            try:
                (here / "killed").mkdir()
            except FileExistsError:  # the other worker died, and something is left for the one in its place
                for _ in range(3000):
                    if (here / "replaced").exists():
                        break
                    time.sleep(0.02)
            else:
                os.kill(os.getpid(), signal.SIGKILL)"""
TASKS = "nlp and reasoning"


def model(pytester: pytest.Pytester, body: str = "", top: str = "") -> str:
    (pytester.path / "telling.py").write_text(TELLING.format(body=body, top=top), encoding="utf-8")
    return "--generalbench-model=python:telling.py:make"


def told(folder: Path) -> dict[str, set[str | None]]:
    """Return the GPUs that each worker said it sees."""
    result: dict[str, set[str | None]] = defaultdict(set)
    for record in answers(folder):
        answer = json.loads(record["output"]["text"])
        gpus = answer["CUDA_VISIBLE_DEVICES"] or answer["HIP_VISIBLE_DEVICES"]
        result[answer["PYTEST_XDIST_WORKER"]].add(gpus)
    return dict(result)


@pytest.mark.parametrize(
    ("variable", "mask", "workers", "per_worker", "leases"),
    [
        ("CUDA_VISIBLE_DEVICES", "0,1,GPU-aa,GPU-bb", "auto", 2, {"0,1", "GPU-aa,GPU-bb"}),
        ("CUDA_VISIBLE_DEVICES", "MIG-a,MIG-b", "auto", 1, {"MIG-a", "MIG-b"}),
        ("HIP_VISIBLE_DEVICES", "0,1,2", "2", 1, {"0", "1"}),
    ],
)
def test_each_worker_sees_its_own_gpus(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    mask: str,
    workers: str,
    per_worker: int,
    leases: set[str],
) -> None:
    monkeypatch.setenv(variable, mask)
    args = [model(pytester), "-n", workers, f"--generalbench-gpus-per-worker={per_worker}", "-k", TASKS]
    assert pytester.runpytest_subprocess(*args, "--generalbench-run=run").ret == 0
    result = told(pytester.path / "run")
    assert len(result) == 2
    assert all(len(seen) == 1 for seen in result.values())
    assert {gpus for seen in result.values() for gpus in seen} == leases


def test_a_worker_that_replaces_a_killed_one_has_its_gpus(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, read_result: ReadResult
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    args = [model(pytester, KILL, ALONE + REPLACED), "-n", "2", "-k", TASKS, "-v"]
    result = pytester.runpytest_subprocess(*args, "--generalbench-run=run")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    states = {task["id"]: task["state"] for task in read_result("run")["tasks"]}
    assert sorted(states.values()) == ["failed", *["scored"] * 9]
    matched = told(pytester.path / "run")
    assert all(len(seen) == 1 for seen in matched.values())
    assert {gpus for seen in matched.values() for gpus in seen} == {"0", "1"}


def test_more_workers_than_gpus_are_refused_and_leave_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    result = pytester.runpytest_subprocess(model(pytester), "-n", "3", "-k", TASKS)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: -n 3, but visible GPUs: 2, *at most 2;*share-gpus*"])
    assert not (pytester.path / "generalbench-runs").exists()
    shared = ("--generalbench-share-gpus", "--generalbench-run=run")
    assert pytester.runpytest_subprocess(model(pytester), "-n", "3", "-k", TASKS, *shared).ret == 0
    assert {gpus for seen in told(pytester.path / "run").values() for gpus in seen} == {"0", "1"}


def test_a_baseline_needs_no_gpu(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    args = ["--generalbench-model=baseline:constant", "-n", "2", "-k", TASKS]
    assert pytester.runpytest_subprocess(*args).ret == 0


SPYING = """
def pytest_runtest_logreport(report):
    if report.when == "call":
        print("ITEM", report.nodeid)

def pytest_sessionfinish(session):
    dsession = session.config.pluginmanager.get_plugin("dsession")
    if dsession is not None:
        print("SCHEDULER", type(dsession.sched).__name__)
"""


@pytest.mark.parametrize(
    ("args", "scheduler"),
    [
        ((), "LongestFirstScheduling"),
        (("--dist", "load"), "LoadScheduling"),
    ],
)
def test_items_are_scheduled_longest_first_unless_the_user_chose(
    pytester: pytest.Pytester, args: tuple[str, ...], scheduler: str
) -> None:
    pytester.makeconftest(SPYING)
    chosen = ["--generalbench-model=baseline:constant", "-n", "2", "-s", "-k", TASKS, *args]
    result = pytester.runpytest_subprocess(*chosen)
    assert result.ret == 0
    assert f"SCHEDULER {scheduler}" in result.stdout.str()


WATCHING = """
import threading
from pytest_generalbench.evaluation.task_evaluator import TaskEvaluator

prepare = TaskEvaluator.prepare

def watched(self, loaded):
    print("PREPARED", loaded.task.id, threading.current_thread().name, flush=True)
    return prepare(self, loaded)

TaskEvaluator.prepare = watched
"""


CONSTANT = """
class Constant:
    def generate(self, requests):
        return ["A" for _ in requests]
"""


def test_the_next_tasks_data_are_read_while_this_one_is_asked(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(WATCHING)
    pytester.makepyfile(model=CONSTANT)

    def preparing(spec: str) -> list[str]:
        """Return the thread that prepared each task, in their order."""
        args = [f"--generalbench-model={spec}", "-k", TASKS, "-s", "-n", "0"]
        lines = [line.split() for line in pytester.runpytest_subprocess(*args).outlines]
        return [words[words.index("PREPARED") + 2] for words in lines if "PREPARED" in words]

    first, *others = preparing("python:model.py:Constant")
    assert first == "MainThread"
    assert set(others) == {"generalbench-next-task"}
    # A model that answers at once is not worth a thread.
    assert set(preparing("baseline:constant")) == {"MainThread"}
