"""Single bits of a finished run are flipped: `python -m tests.faults.flips [--flips 5000] [--resumes 20]`.

After each, `verify` must find it; rescore and export must give the scores of the undisturbed run, name what
is lost, or refuse the run by one line. Every so many flips the run is resumed as well, and must come to the
same result or be refused by name.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest_generalbench as gb
from pytest_generalbench.core.node_ids import MODULE_NODEID
from pytest_generalbench.runs.result_file import comparable, read_result
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Scored = tuple[object, ...]

TASKS: Final = 60
_IMAGES: Final = ("image/generation/", "image/comprehension/")
_MODEL: Final = "--generalbench-model=baseline:oracle"


def make_run(place: Path, tasks: int = TASKS) -> Path:
    """Run tasks of every kind of answer over the demo set: texts, and files beside the ledger."""
    known = [task.id for task in load_tasks() if task.id.startswith(("nlp/", "audio/comprehension/"))]
    known += [task.id for task in load_tasks() if task.id.startswith(_IMAGES) and not task.answers_in_text][
        :8
    ]
    chosen = known[:: max(1, len(known) // tasks)][:tasks]
    assert _session(place, "run", [f"{MODULE_NODEID}::test_task[{task}]" for task in chosen]) in (0, 1)
    return place / "run"


def _session(place: Path, run: str, more: Sequence[str]) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", _MODEL]
    command += [f"--generalbench-run={run}", *more]
    done = subprocess.run(command, cwd=place, check=False, capture_output=True, text=True)
    (place / "session.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    return done.returncode


class Flips:
    """A run, and what its commands give undisturbed."""

    def __init__(self, run: Path) -> None:
        """Rescore and export the run as it is."""
        self.run = run
        self.place = run.parent
        self.files = sorted(path.relative_to(run) for path in run.rglob("*") if path.is_file())
        self.files.remove(Path(".gitignore"))  # no part of the run
        sizes = [(run / path).stat().st_size for path in self.files]
        # By size, but no file less than a two-hundredth: the small ones say what the large ones mean.
        self.weights = [max(size, sum(sizes) / 200) for size in sizes]
        self.scores = self._rescored(run)
        self.tables = self._exported(run)
        self.bytes = comparable(read_result(run))
        self.counts: Counter[str] = Counter()
        self.bad: list[str] = []

    def _rescored(self, run: Path) -> dict[str, tuple[float | None, str]]:
        return {one.id: (one.result.score, one.result.state) for one in gb.rescore(run).result.tasks}

    def _exported(self, run: Path) -> dict[str, dict[str, str]]:
        out = self.place / "out"
        shutil.rmtree(out, ignore_errors=True)
        gb.export_run(run, out, "csv")
        with (out / "tasks.csv").open(encoding="utf-8", newline="") as file:
            return {row["id"]: row for row in csv.DictReader(file)}

    def one(self, dice: random.Random, *, resume: bool = False) -> None:
        """Flip one bit of a copy, and note what the commands make of it."""
        file = dice.choices(self.files, self.weights)[0]
        copy = self.place / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.run, copy, copy_function=os.link)
        content = bytearray((copy / file).read_bytes())
        bit = dice.randrange(8 * len(content))
        content[bit // 8] ^= 1 << bit % 8
        (copy / file).unlink()
        (copy / file).write_bytes(content)
        name = f"{file}, bit {bit}"
        self._note("verify", name, "found" if gb.verify_run(copy).changes else "MISSED")
        self._note("rescore", name, self._outcome(copy, self._rescore_of))
        self._note("export", name, self._outcome(copy, self._export_of))
        if resume:
            self._note("resume", name, self._resume_of(copy))

    def _note(self, command: str, name: str, outcome: str) -> None:
        self.counts[f"{command}: {outcome}"] += 1
        if outcome.isupper() or outcome.startswith("TRACEBACK"):
            self.bad.append(f"{command}: {outcome}: {name}")

    def _outcome(self, run: Path, command: Callable[[Path], str]) -> str:
        try:
            return command(run)
        except gb.GeneralBenchError:
            return "refused"
        except Exception:  # noqa: BLE001 - the fault that is looked for
            return f"TRACEBACK {traceback.format_exc(limit=-3)}"

    def _rescore_of(self, run: Path) -> str:
        return _compared(self.scores, self._rescored(run))

    def _export_of(self, run: Path) -> str:
        now = self._exported(run)
        columns = ("score", "state")
        before = {name: tuple(row[key] for key in columns) for name, row in self.tables.items()}
        return _compared(before, {name: tuple(row[key] for key in columns) for name, row in now.items()})

    def _resume_of(self, run: Path) -> str:
        status = _session(self.place, run.name, ["--generalbench-resume"])
        log = (self.place / "session.log").read_text(encoding="utf-8")
        if "Traceback" in log or "INTERNALERROR" in log:
            return f"TRACEBACK {log[-1500:]}"
        if status == 4:
            return "refused"
        return "equal" if comparable(read_result(run)) == self.bytes else "ANOTHER RESULT"


def _compared(before: Mapping[str, Scored], now: Mapping[str, Scored]) -> str:
    if before == now:
        return "equal"
    other = {name for name in before if now.get(name) != before[name]}
    named = {name for name in other if name in now and now[name][1] not in ("scored", before[name][1])}
    return "named loss" if other == named else "ANOTHER SCORE"


def main() -> int:
    """Flip bits, print what came of it, and return 1 when anything is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.flips", description=__doc__)
    parser.add_argument("--flips", type=int, default=5000)
    parser.add_argument(
        "--resumes", type=int, default=20, help="flips after which the run is resumed as well"
    )
    parser.add_argument("--seconds", type=float, default=3600.0, help="no new flip after so long")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flips-") as place:
        flips = Flips(make_run(Path(place)))
        every = max(1, options.flips // max(1, options.resumes))
        until = time.monotonic() + options.seconds
        for number in range(options.flips):
            if time.monotonic() > until:
                break
            dice = random.Random(f"{options.seed} {number}")  # noqa: S311
            flips.one(dice, resume=bool(options.resumes) and number % every == 0)
            if number % 250 == 249:
                sys.stderr.write(f"{number + 1} of {options.flips}, {len(flips.bad)} bad\n")
    for name, count in sorted(flips.counts.items()):
        sys.stdout.write(f"{name:32.160} {count}\n")
    for line in flips.bad[:40]:
        sys.stdout.write(f"{line}\n")
    return 1 if flips.bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
