"""`generalbench ci`: the steps of a CI job, the same on GitHub, GitLab and in a shell."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest_generalbench as gb

if TYPE_CHECKING:
    import argparse

STEPS: Final = {"run": "benchmark.sh", "baseline": "fetch_baseline.sh", "comment": "comment.sh"}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "ci",
        help="the steps of a CI job: run and compare, fetch the baseline, write the comment",
        description="run: runs the benchmark, compares it with a baseline, writes summary, page and badge; "
        "exit code 0 no regression, 1 regression or incomplete, 2 not comparable. baseline NAME DIR: gets "
        "the newest artifact of the default branch with gh. comment NUMBER FILE: writes the comment of a "
        "pull request with gh. Each is a bash script, set by environment variables; --show prints it.",
    )
    parser.add_argument("step", choices=tuple(STEPS))
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="arguments of baseline and comment")
    parser.add_argument("--show", action="store_true", help="print the script and run nothing")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Become the step's script; the exit code is its own."""
    script = resources.files("pytest_generalbench.cli").joinpath("recipes", STEPS[options.step])
    if options.show:
        sys.stdout.write(script.read_text("utf-8"))
        return 0
    shell = shutil.which("bash")
    if shell is None:
        raise gb.GeneralBenchError("the steps of CI are bash scripts, and there is no bash")
    with resources.as_file(script) as path:
        sys.stdout.flush()
        # The commands of the script are those of this environment, whatever PATH says.
        path_list = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        os.execve(shell, [shell, str(path), *options.arguments], {**os.environ, "PATH": path_list})  # noqa: S606
