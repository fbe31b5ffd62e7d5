"""Launches over ten small tasks, whose model can be told to die, fail or hang."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest_generalbench as gb
from pytest_generalbench.launch.record import read_launch
from pytest_generalbench.launch.selection import Selection, select
from pytest_generalbench.runs.result_file import comparable, read_result
from tests.plugin.runs import FEW, MODEL, SPEC

if TYPE_CHECKING:
    from collections.abc import Callable

ARGUMENTS = (SPEC, "-p", "no:cacheprovider", "-q", *FEW)
INSTANCES = 80
BATCH = 2


HANGING = MODEL.replace(
    "        self.batches += 1\n",
    "        self.batches += 1\n"
    "        while self.batches == 4 and os.path.exists('hang'): time.sleep(0.05)\n",
)
"""A model that hangs in its fourth batch while there is a file `hang`."""


def whole(folder: Path, model: str = MODEL) -> bytes:
    """Put the model into a folder, and return the comparable bytes of the result of one session."""
    (folder / "mortal.py").write_text(model, encoding="utf-8")
    return _whole(model)


@cache
def _whole(model: str) -> bytes:
    """Return the comparable bytes of the result of one session, which is run once for each model."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mortal.py").write_text(model, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", *ARGUMENTS, "--generalbench-run=whole"]
        clean = {key: value for key, value in os.environ.items() if key not in ("SLOW", "PYTEST_ADDOPTS")}
        done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return comparable(read_result(folder / "whole"))


def planned(folder: Path, engine: str = "local", **more: object) -> gb.LaunchPlan:
    """Return the plan of a launch into `folder/out`; the model lies in `folder`.

    What the arguments select is the same in every folder: pytest collects it once.
    """
    with patch("pytest_generalbench.launch.plan.select", lambda arguments, place: _selected(folder)):
        return _planned(folder, engine, **more)


_selections: list[Selection] = []


def _selected(folder: Path) -> Selection:
    if not _selections:
        _selections.append(select(ARGUMENTS, folder))
    return _selections[0]


def _planned(folder: Path, engine: str, **more: object) -> gb.LaunchPlan:
    return gb.plan_launch(engine, ARGUMENTS, folder / "out", directory=folder, **more)  # type: ignore[arg-type]


def asked_again(folder: Path) -> int:
    """Return how often an instance was asked beside its first time; every one must have been asked."""
    asked = Counter((folder / "asked.log").read_text(encoding="utf-8").split())
    assert len(asked) == INSTANCES
    return sum(asked.values()) - INSTANCES


def when_answering(
    launch: Path, shard: int, act: Callable[[str], object], lines: int = 8, node: Path | None = None
) -> threading.Thread:
    """Start a thread that acts once on a shard's job, when its ledger, on a node, has some lines."""

    def answers() -> bool:
        pattern = f"shard-{shard}-of-*/ledger-*.jsonl"
        ledgers = list(node.rglob(pattern) if node else launch.glob(pattern))
        with suppress(FileNotFoundError):
            return sum(path.read_bytes().count(b"\n") for path in ledgers) >= lines
        return False

    return when(answers, launch, shard, act)


def when(
    condition: Callable[[], bool], launch: Path, shard: int, act: Callable[[str], object]
) -> threading.Thread:
    """Start a thread that acts once on a shard's job, when a condition holds."""

    def watch() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if condition():
                act(read_launch(launch).jobs[shard - 1].job or "")
                return
            time.sleep(0.03)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def kill(job_id: str) -> None:
    """Kill pytest of a local job, as the system does when memory runs out."""
    os.kill(int(job_id.partition(":")[0]), signal.SIGKILL)
