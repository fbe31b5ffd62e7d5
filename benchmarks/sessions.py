"""Benchmark sessions in processes of their own, and the data that they are asked about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
CAUSAL = "nlp/causal-reasoning"


class Ended(NamedTuple):
    """A process that ended as it should."""

    wall: float
    """Seconds."""
    out: str
    err: str


def write_questions(folder: Path, count: int) -> Path:
    """Write a data folder with one task of `count` instances, and return it."""
    entries = [
        {
            "id": f"q{number}",
            "input": {
                "question": f"Which is {number}?" + " Why?" * (number % 7),
                "options": ["one", "two", "six"],
            },
            "output": {"answer": "ABC"[number % 3]},
        }
        for number in range(count)
    ]
    path = folder / "nlp" / "Causal-Reasoning" / "annotation.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"data": entries}), encoding="utf-8")
    return folder


def run_module(folder: Path, *command: str, ends: tuple[int, ...] = (0,), **environment: str) -> Ended:
    """Run `python -m` in `folder`.

    Raises AssertionError with the output when it ends with another code than `ends`.
    """
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in ends, done.stdout + done.stderr
    return Ended(time.perf_counter() - started, done.stdout, done.stderr)


def run_session(
    folder: Path, name: str, *args: str, ends: tuple[int, ...] = (0,), **environment: str
) -> tuple[float, dict[str, Any]]:
    """Run a benchmark session whose run folder is `name`; return its wall time in seconds and its result."""
    command = (*pytest_command(), f"--generalbench-run={name}", *args)
    ended = run_module(folder, *command, ends=ends, **environment)
    result: dict[str, Any] = json.loads((folder / name / "result.json").read_text(encoding="utf-8"))
    return ended.wall, result


def pytest_command() -> tuple[str, ...]:
    """Return how pytest is called with the plugin, be it installed or found by the path of the checkout."""
    plugin = () if _is_installed() else ("-p", "pytest_generalbench.plugin")
    return ("pytest", "-q", "-p", "no:cacheprovider", *plugin)


def _is_installed() -> bool:
    from importlib.metadata import entry_points

    return any(entry.value == "pytest_generalbench.plugin" for entry in entry_points(group="pytest11"))
