"""A run is followed from its folder while it goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.cli import main
from pytest_generalbench.evaluation.progress import RunWatch, progress_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = """
import time
from pathlib import Path
from pytest_generalbench import Model

class Slow(Model):
    batch_size = 2

    def generate(self, requests):
        while not Path("go").exists() and Path("asked").exists():
            time.sleep(0.05)
        Path("asked").touch()
        return ["A"] * len(requests)

def make():
    return Slow()
"""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    """Return the place of a run that has answered one batch and waits in the second."""
    (tmp_path / "slow.py").write_text(MODEL, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--generalbench-model=python:slow.py:make",
        "--generalbench-run=run",
    ]
    command += ["-k", "nlp/causal-reasoning or nlp/ethical-reasoning", "-q", "-p", "no:cacheprovider"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, env=dict(os.environ))
    while not ((tmp_path / "run" / "run.json").exists() and _answered(tmp_path / "run") >= 2):
        assert process.poll() is None
        time.sleep(0.05)
    yield tmp_path
    (tmp_path / "go").touch()
    process.wait()


def _answered(run: Path) -> int:
    return progress_of(run).answered


def test_a_run_is_followed_while_it_goes_on(running: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = running / "run"
    watch = RunWatch(run)
    progress = watch.look()
    assert (progress.state, progress.tasks, progress.finished, progress.answered) == ("running", 2, 0, 2)
    (worker,) = progress.workers
    assert (worker.task, worker.answered, worker.in_flight) == ("nlp/causal-reasoning", 2, 2)
    assert not worker.is_stalled
    path = next(run.glob("ledger-*.jsonl"))
    os.utime(path, (time.time() - 3600, time.time() - 3600))
    assert main(["watch", str(run), "--once"]) == 1
    assert "STALLED" in capsys.readouterr().out
    (running / "go").touch()
    while (progress := watch.look()).state == "running":
        time.sleep(0.05)
    assert (progress.state, progress.finished, progress.answered) == ("complete", 2, 16)
    assert progress.states == {"ok": 16}
    assert [(one.task, one.answered, one.is_done) for one in progress.workers] == [(None, 16, True)]
    assert (progress_of(run).states, progress_of(run).tasks) == (progress.states, progress.tasks)
    figures = running / "out.prom"
    assert main(["watch", str(run), "--json", "--prometheus", str(figures)]) == 0
    assert json.loads(capsys.readouterr().out)["answered"] == 16
    assert "generalbench_instances_answered 16" in figures.read_text(encoding="utf-8")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    assert main(["watch", str(tmp_path), "--once"]) == 2
