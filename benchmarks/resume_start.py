"""How long a resumed run takes from the start of the process to its first new question.

    python benchmarks/full_tree.py make TREE
    python -m benchmarks.resume_start TREE [--beside CHECKOUT] [-- PYTEST_ARGS]

A session with a model that takes no time is killed once its ledgers hold half of the answers, and is
resumed: until the first question that was not asked before, and to its end. `--beside` resumes a copy of the
same run with another checkout. Memory is that of the largest process of each session.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
FIRST = "first-question"
MODEL = f"""
import time

class Null:
    input_media = frozenset(
        ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map"))
    batch_size = 8

    def __init__(self):
        self.has_begun = False

    def generate(self, requests):
        if not self.has_begun:
            self.has_begun = True
            with open("{FIRST}", "a") as file:
                file.write(str(time.time()) + "\\n")
        return ["A"] * len(requests)
"""
_MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=open("session.log", "w"), stderr=subprocess.STDOUT)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def _command(tree: Path, *arguments: str) -> list[str]:
    return [
        sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q",
        "--generalbench-model=python:null.py:Null", f"--generalbench-data={tree}",
        "--generalbench-run=run", *arguments,
    ]  # fmt: skip


def _answers(run: Path) -> int:
    return sum(path.read_bytes().count(b'"kind": "answer"') for path in run.glob("ledger-*.jsonl"))


def half(folder: Path, tree: Path, whole: int, arguments: list[str]) -> int:
    """Run until half of the answers are there, kill the session, and return how many there are."""
    process = subprocess.Popen(  # noqa: S603 - this project's own command
        _command(tree, *arguments),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and _answers(folder / "run") < whole / 2:
        time.sleep(0.5)
    if process.poll() is not None:
        raise SystemExit(f"the session ended with {process.returncode} before half of the answers were there")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return _answers(folder / "run")


def resume(folder: Path, tree: Path, checkout: Path, arguments: list[str]) -> float:
    """Resume the run, print what it took, and return seconds until the first new question."""
    (folder / FIRST).unlink(missing_ok=True)
    begun = time.time()
    done = subprocess.run(  # noqa: S603 - this project's own command
        [sys.executable, "-c", _MEASURE, *_command(tree, "--generalbench-resume", *arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=True,
    )
    ended = time.time()
    code, seconds, memory = done.stdout.split()[-3:]
    first = min(map(float, (folder / FIRST).read_text(encoding="utf-8").split())) - begun
    sys.stdout.write(
        f"{checkout}: first new question after {first:.1f} s, the whole session {ended - begun:.1f} s, "
        f"{float(seconds):.1f} s of processor time, {float(memory):.0f} MiB, exit code {code}, "
        f"{_answers(folder / 'run')} answers\n"
    )
    return first


def main() -> None:
    """Kill a run at its half, and resume it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tree", type=Path)
    parser.add_argument("--whole", type=int, default=325_544, help="answers of the whole run")
    parser.add_argument("--beside", type=Path, help="another checkout that resumes a copy")
    parser.add_argument("--keep", type=Path, help="folder of the half run: made there, or taken from there")
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    given, for_pytest = parser.parse_args(sys.argv[1:end]), sys.argv[end + 1 :] or ["-n", "2"]
    with tempfile.TemporaryDirectory() as temporary:
        made = given.keep or Path(temporary) / "made"
        if not (made / "run").is_dir():
            made.mkdir(parents=True, exist_ok=True)
            (made / "null.py").write_text(MODEL, encoding="utf-8")
            half(made, given.tree.resolve(), given.whole, for_pytest)
        sys.stdout.write(f"half: {_answers(made / 'run')} answers\n")
        checkouts = [ROOT, *([given.beside.resolve()] if given.beside else [])]
        for number, checkout in enumerate(checkouts):
            copy = Path(shutil.copytree(made, Path(temporary) / f"copy{number}"))
            resume(copy, given.tree.resolve(), checkout, for_pytest)


if __name__ == "__main__":
    main()
