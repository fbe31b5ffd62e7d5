"""Names, answers and messages that try to act are shown escaped, by every command and in every file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

EVIL = "\x1b]0;owned\x07\x1b[31m\r\u202e\u2028\x9b2J"
ACTING = "\x1b\x07\r\u202e\u2028\x9b\x00"
"""Characters that no shown text may hold."""

MODEL = f"""
import pytest_generalbench as gb

EVIL = {EVIL!r}

class Wild(gb.Model):
    def __init__(self, side):
        self.side = side

    def identity(self):
        return {{"name": "wild" + EVIL, "note": EVIL}}

    @property
    def notes(self):
        return ("a note " + EVIL,)

    def generate(self, requests):
        bad = gb.Failed("no answer " + EVIL + "\\nsecond line")
        return [bad if "q3" in one.instance_id else "ABCD"[self.side] + EVIL for one in requests]

def one():
    return Wild(0)

def other():
    return Wild(1)
"""


@pytest.fixture
def place(pytester: pytest.Pytester) -> Path:
    """Return a folder with data and two runs, whose output is kept beside them."""
    entries = [
        {"id": f"q{number}{EVIL}", "input": {"question": f"Which? {EVIL}", "options": ["x", "y" + EVIL]},
         "output": {"answer": "A"}}
        for number in range(6)
    ]  # fmt: skip
    annotation = pytester.path / "data" / "nlp" / "Causal-Reasoning" / "annotation.json"
    annotation.parent.mkdir(parents=True)
    annotation.write_text(json.dumps({"data": entries}), encoding="utf-8")
    (pytester.path / "data" / "nlp" / f"Stray{EVIL.replace('/', '')}").mkdir()
    (pytester.path / "wild.py").write_text(MODEL, encoding="utf-8")
    for name, workers in (("one", "0"), ("other", "2")):
        command = [
            sys.executable, "-m", "pytest", f"--generalbench-model=python:wild.py:{name}", "-n", workers,
            f"--generalbench-run={name}", "--generalbench-data=data", "-k", "/causal-reasoning]", "-v", "-ra",
            f"--junitxml={name}.xml",
        ]  # fmt: skip
        with (pytester.path / f"{name}.log").open("wb") as log:
            done = subprocess.run(command, stdout=log, stderr=log, cwd=pytester.path, check=False)
        assert done.returncode == pytest.ExitCode.TESTS_FAILED
    return pytester.path


def commands(place: Path) -> Iterator[list[str]]:
    one, other, out = str(place / "one"), str(place / "other"), place / "out"
    yield ["runs", str(place)]
    yield ["watch", "--once", one]
    yield ["compare", one, other]
    yield ["compare", "--markdown", one, other]
    yield ["compare", "--json", one, other]
    yield ["diff", one, other]
    yield ["diff", "--json", one, other]
    yield ["next", one, "--explain"]
    yield ["leaderboard", str(place)]
    yield ["leaderboard", str(place), "--markdown"]
    yield ["leaderboard", str(place), "--csv"]
    yield ["leaderboard", str(place), "--html", "--out", str(out / "board.html")]
    yield ["summary", other, "--baseline", one]
    yield ["badge", one]
    yield ["rescore", one]
    yield ["verify", one]
    yield ["export", one, "--out", str(out / "csv"), "--format=csv"]
    yield ["export", one, "--out", str(out / "hf"), "--format=hf"]
    yield ["report", one, other, "--out", str(out / "page")]
    yield ["doctor", str(place / "data"), "--all"]
    yield ["cache", "explain", one, f"q1{EVIL}"]
    yield ["merge", one, other, "--into", str(out / "merged")]
    yield ["report", str(place / f"gone{EVIL}")]


def test_no_command_lets_a_text_act(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "out").mkdir()
    silent = []
    for command in commands(place):
        code = main(command)
        shown = capsys.readouterr()
        text = shown.out + shown.err
        harmless = "\r" if "--csv" in command else ""  # CSV ends its lines with CR LF
        assert not set(ACTING) - set(harmless) & set(text), (command, code, text)
        if not text:
            silent.append(command[0])
    assert silent in ([], ["leaderboard"])
    written = [
        path for path in place.rglob("*") if path.suffix in (".csv", ".html", ".log", ".md", ".xml", ".js")
    ]
    kept = {path for path in written if "instances" in path.parts}  # read back by programs, exactly
    assert {path.suffix for path in written} >= {".csv", ".html", ".log", ".xml"}
    for path in set(written) - kept:
        acting = set(ACTING) & set(path.read_bytes().decode())
        assert acting <= ({"\r"} if path.suffix == ".csv" else set()), path
    for name in ("one", "other"):
        log = (place / f"{name}.log").read_text(encoding="utf-8")
        assert r"\x1b[31m" in log
        assert "\nsecond line" not in log
