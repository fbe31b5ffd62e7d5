"""Progress of a session in a pseudo-terminal, in a pipe, and where it is not wanted."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pytest_generalbench.cli import main

pty = pytest.importorskip("pty")

MODEL = """
import time

class Slow:
    batch_size = 2

    def generate(self, requests):
        time.sleep(0.9)
        if requests[0].task_id == FAILING:
            raise RuntimeError("no luck")
        return ["A"] * len(requests)

FAILING = "{failing}"
"""
LINE = re.compile(r"generalbench: (loading|preparing|asking|scoring|done): ")
ANSWERED = re.compile(r"asking: (\d+)(?: of ~\d+)? instances, \d of 3 tasks")
TASKS = "nlp/causal-reasoning or nlp/ethical-reasoning or nlp/code-gen"


def command(folder: Path, *given: str, failing: str = "none") -> list[str]:
    (folder / "slow.py").write_text(MODEL.format(failing=failing), encoding="utf-8")
    own = ["--generalbench-model=python:slow.py:Slow", "--generalbench-run=run", "-k", TASKS]
    return [
        sys.executable,
        "-m",
        "pytest",
        *own,
        "--generalbench-limit=4",
        "-p",
        "no:hypothesispytest",
        "-p",
        "no:cacheprovider",
        *given,
    ]


def in_a_terminal(folder: Path, *given: str) -> str:
    """Return what the session writes to a pseudo-terminal of its own."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "130"}
    environment.pop("CI", None)
    process = subprocess.Popen(
        command(folder, *given), cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    content = b""
    with contextlib.suppress(OSError):  # how a pseudo-terminal ends
        while part := os.read(ours, 1 << 16):
            content += part
    os.close(ours)
    assert process.wait() == 0, content.decode()
    return content.decode()


def in_a_pipe(folder: Path, *given: str, failing: str = "none") -> list[str]:
    """Return the lines of progress that the session writes to a pipe."""
    done = subprocess.run(
        command(folder, *given, failing=failing), cwd=folder, capture_output=True, text=True, check=False
    )
    assert "\r" not in done.stdout
    assert "\x1b" not in done.stdout
    assert "General-Bench" in done.stdout
    return [line for line in done.stdout.splitlines() if LINE.match(line)]


@pytest.mark.parametrize("more", [("-n", "2"), ("-n", "0", "-v")], ids=["workers", "one process"])
def test_a_terminal_has_a_status_line(tmp_path: Path, more: tuple[str, ...]) -> None:
    content = in_a_terminal(tmp_path, *more)
    counts = [int(count) for count in ANSWERED.findall(content)]
    assert len(set(counts)) >= 2
    assert counts == sorted(counts)
    last = content.rindex("asking:")
    assert "\x1b[J" in content[last:]
    assert "3 scored" in content[last:]
    assert not (tmp_path / "run" / "heartbeat.json").exists()
    assert main(["verify", str(tmp_path / "run")]) == 0


@pytest.mark.parametrize("more", [("-q", "-q"), ("--generalbench-progress=off",)])
def test_a_terminal_is_left_alone_where_nothing_is_wanted(tmp_path: Path, more: tuple[str, ...]) -> None:
    assert "instances," not in in_a_terminal(tmp_path, *more)


def test_what_a_model_prints_is_not_overwritten(tmp_path: Path) -> None:
    content = in_a_terminal(tmp_path, "-s")
    assert "generalbench: asking" in content
    assert "\x1b[1A" not in content


@pytest.mark.parametrize("more", [("-n", "2"), ("--generalbench-progress=line",)])
def test_a_pipe_has_plain_lines_where_something_changes(tmp_path: Path, more: tuple[str, ...]) -> None:
    lines = in_a_pipe(tmp_path, *more)
    assert 1 <= len(lines) <= 2  # while the model is loaded, and once it answers
    assert "asking" in lines[-1]


def test_a_first_failure_has_a_plain_line_of_its_own(tmp_path: Path) -> None:
    lines = in_a_pipe(tmp_path, failing="nlp/ethical-reasoning")
    assert 2 <= len(lines) <= 3
    assert "failed" not in lines[0]
    assert re.search(r", \d+ failed", lines[-1])


def test_a_run_is_watched_by_its_heartbeat(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    process = subprocess.Popen(command(tmp_path), cwd=tmp_path, stdout=subprocess.DEVNULL)
    while not (run / "heartbeat.json").exists():
        assert process.poll() is None
        time.sleep(0.02)
    beat = json.loads((run / "heartbeat.json").read_text(encoding="utf-8"))
    assert beat["pid"] == process.pid
    assert beat["workers"][0]["worker"] == "main"
    assert beat["phase"] in ("loading", "preparing", "asking", "scoring")
    assert main(["watch", str(run), "--once", "--json"]) == 0
    progress = json.loads(capsys.readouterr().out)
    assert progress["heartbeat_s"] < 60.0
    assert not progress["is_stalled"]
    assert process.wait() == 0
