"""Commands that write, and what must hold after one of them was interrupted and given again."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest_generalbench as gb
from pytest_generalbench.runs.result_file import comparable, read_result
from tests.commands import CONSOLE
from tests.faults.injection import scratch_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BATCH: Final = 2
WORKERS: Final = 2

MODEL = f"""
import hashlib, os


class Even:
    batch_size = {BATCH}
    deterministic = True

    def identity(self):
        return {{"name": "even", "revision": "1"}}

    def generate(self, requests):
        lines = "".join(f"{{one.task_id}} {{one.instance_id}}\\n" for one in requests)
        file = os.open(os.environ["ASKED"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, lines.encode())
        os.close(file)
        return ["ABCD"[hashlib.sha256(one.instance_id.encode()).digest()[0] % 4] for one in requests]
"""

PYTEST: Final = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
GENERALBENCH: Final = [sys.executable, "-c", CONSOLE]
SOME: Final = ["-k", "reasoning and nlp"]
ONE: Final = ["-k", "/causal-reasoning]"]


@dataclass(frozen=True)
class Scenario:
    """A command in a prepared folder."""

    name: str
    command: Callable[[Path], list[str]]
    """Returns the command, the first time and, after an interruption, again."""
    content: Callable[[Path], object]
    """Returns what must be the same as after an undisturbed command."""
    needs: tuple[str, ...] = ()
    """Folders that are prepared."""
    asks: bool = False


def prepare(folder: Path, call: Callable[[list[str], Path], None]) -> None:
    """Make the runs that commands are given: a whole one, and two shards of it."""
    folder.mkdir()
    (folder / "even.py").write_text(MODEL, encoding="utf-8")
    call(_session("whole", SOME), folder)
    for number in (1, 2):
        shard = [*SOME, f"--generalbench-shard={number}/2"]
        call(_session(f"shard{number}", shard, workers=0), folder)


def fresh(scenario: Scenario, prepared: Path, folder: Path) -> None:
    """Make a folder for one command."""
    folder.mkdir()
    for name in ("even.py", *scenario.needs):
        source = prepared / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy2(source, folder / name)


def _session(run: str, more: list[str], workers: int = WORKERS) -> list[str]:
    return [
        *PYTEST, "-n", str(workers), "--generalbench-model=python:even.py:Even",
        f"--generalbench-run={run}", *more,
    ]  # fmt: skip


def _run(more: list[str]) -> Callable[[Path], list[str]]:
    def command(folder: Path) -> list[str]:
        resumed = ["--generalbench-resume"] if (folder / "run" / "run.json").is_file() else []
        return _session("run", [*more, *resumed])

    return command


def _cli(*words: str) -> Callable[[Path], list[str]]:
    return lambda folder: [*GENERALBENCH, *words]


def result_of(folder: Path) -> bytes:
    """Return what is the same for equal runs; the run is as its manifest says."""
    assert gb.verify_run(folder).changes == ()
    return comparable(read_result(folder))


def digest(path: Path) -> str:
    """Return the digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _files(name: str) -> Callable[[Path], object]:
    def content(folder: Path) -> object:
        return {
            # A workbook says when it was written.
            str(path.relative_to(folder)): "" if path.suffix == ".xlsx" else digest(path)
            for path in sorted((folder / name).rglob("*"))
            if path.is_file()
        }

    return content


def asked_twice(folder: Path) -> int:
    """Return how many instances the model was asked more than once."""
    path = folder.with_name(f"{folder.name}.asked")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return sum(count - 1 for count in Counter(lines).values())


def leftovers(folder: Path) -> list[str]:
    """Return files that only a process that writes has."""
    found = [path for path in folder.rglob("*") if path.name.endswith((".tmp", ".unfinished"))]
    found += [path for path in scratch_of(folder).iterdir() if not _is_foreign(path)]
    return [str(path.relative_to(folder.parent)) for path in found]


def _is_foreign(path: Path) -> bool:
    """Whether pytest made it, or Python when it tried whether files can be written there."""
    return path.name.startswith("pytest-of-") or (path.is_file() and path.read_bytes() in (b"", b"blat"))


SCENARIOS: Final = (
    Scenario("run", _run(SOME), lambda folder: result_of(folder / "run"), asks=True),
    Scenario("divided task", _run(ONE), lambda folder: result_of(folder / "run"), asks=True),
    Scenario(
        "cached run",
        _run([*SOME, "--generalbench-cache=cache"]),
        lambda folder: result_of(folder / "run"),
        asks=True,
    ),
    Scenario(
        "rescore", _cli("rescore", "whole", "--write"), lambda folder: result_of(folder / "whole"), ("whole",)
    ),
    Scenario(
        "merge",
        _cli("merge", "shard1", "shard2", "--into", "merged"),
        lambda folder: result_of(folder / "merged"),
        ("shard1", "shard2"),
    ),
    Scenario(
        "export csv", _cli("export", "whole", "--format=csv", "--out", "out"), _files("out"), ("whole",)
    ),
    Scenario("export", _cli("export", "whole", "--out", "out"), _files("out"), ("whole",)),
    Scenario("report", _cli("report", "whole", "--out", "page"), _files("page"), ("whole",)),
)
