"""Finished batches are scored while the model goes on, by a process that may die without harm."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.plugin.runs import result

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")

# A metric that writes down where each instance was scored; tasks are scored beside at once, or never.
CONFTEST = """
import os
from pathlib import Path

from pytest_generalbench import metrics
from pytest_generalbench.evaluation.scoring import background_scorer as scorer

scorer.WORTH_S = float(os.environ.get("WORTH", "0"))
make = metrics.make

class Noting:
    def __init__(self, inner):
        self.inner = inner
    def add(self, prediction, reference):
        with open("scored.log", "a") as log:
            log.write(f"{os.getpid()}\\n")
        self.inner.add(prediction, reference)
    def result(self, instances=()):
        return self.inner.result(instances)

metrics.make = lambda *args: Noting(make(*args))
"""
MODEL = """
import os
import signal
import time
from pathlib import Path

class Model:
    input_media = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
    batch_size = 2
    def __init__(self):
        self.asked = 0
    def generate(self, requests):
        if self.asked == 6 and not os.environ.get("WORTH"):
            for _ in range(600):
                scored = Path("scored.log").read_text().split() if Path("scored.log").exists() else []
                if len(scored) >= 4:
                    break
                time.sleep(0.05)
            else:
                raise RuntimeError("nothing is scored before the last batch is asked")
            if os.environ.get("KILL") == "scorer":
                os.kill(int(scored[0]), signal.SIGKILL)
            if os.environ.get("KILL") == "worker":
                os.kill(os.getpid(), signal.SIGKILL)
        self.asked += len(requests)
        return ["A"] * len(requests)
"""
TASK = ("-k", "document-level-causal-reasoning and nlp", "-p", "no:cacheprovider")


def run(pytester: pytest.Pytester, name: str, *args: str) -> pytest.RunResult:
    pytester.makeconftest(CONFTEST)
    (pytester.path / "model.py").write_text(MODEL, encoding="utf-8")
    spec = ("--generalbench-model=python:model.py:Model", f"--generalbench-run={name}")
    return pytester.runpytest_subprocess(*spec, *TASK, *args)


def scorers(pytester: pytest.Pytester) -> list[int]:
    """Return the processes that scored an instance, one for each, and forget them."""
    path = pytester.path / "scored.log"
    matched = [int(line) for line in path.read_text(encoding="utf-8").split()]
    path.unlink()
    return matched


def test_the_last_batch_is_asked_after_the_first_were_scored(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for workers in ("0", "1"):
        matched = run(pytester, workers, "-n", workers)
        assert matched.ret == 0
        matched.stdout.no_fnmatch_line("*warning*")
        pids = scorers(pytester)
        assert len(pids) == 8
        assert len(set(pids)) == 1
    monkeypatch.setenv("WORTH", "1000")
    assert run(pytester, "after").ret == 0
    one, two, three = ({**result(pytester, name), "run": 0} for name in ("0", "1", "after"))
    assert one == two == three


def test_a_killed_scorer_costs_its_work_and_a_warning(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KILL", "scorer")
    matched = run(pytester, "run")
    assert matched.ret == 0
    matched.stdout.fnmatch_lines(["*1 scored*"])
    assert "the process that scores beside the model is gone" in matched.stdout.str()
    first, *_, last = scorers(pytester)
    assert first != last


def test_a_killed_worker_takes_its_scorer_along_and_is_noticed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KILL", "worker")
    matched = run(pytester, "run", "-n", "1")
    assert matched.ret == pytest.ExitCode.TESTS_FAILED
    matched.stdout.fnmatch_lines(["*crashed while running*"])
    pid = scorers(pytester)[0]
    for _ in range(1200):
        if not Path(f"/proc/{pid}").exists():
            break
        time.sleep(0.05)
    else:
        raise AssertionError("the scorer outlived its worker")
