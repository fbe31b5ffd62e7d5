"""`generalbench run`: the benchmark for people who do not think in pytest; the same options, the same run."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest_generalbench as gb

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "run",
        help="run the benchmark: 'pytest --generalbench-model=SPEC' in other words",
        description="Starts pytest with the options below, which are those of 'pytest --help' without the "
        "prefix 'generalbench-'. What is none of them goes to pytest as it is: -k 'image and not "
        "generation', -n 8, -v, -x. Example: generalbench run --model hf:Qwen/Qwen2.5-0.5B-Instruct -k nlp",
        allow_abbrev=False,
    )
    add_run_options(parser)
    parser.set_defaults(func=run, takes_rest=True)


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run."""
    for option in gb.RUN_OPTIONS:
        how: dict[str, Any] = {"metavar": option.metavar} if option.metavar else {"action": "store_true"}
        text = option.help.replace("%", "%%")
        names = (f"--{option.name}", f"--generalbench-{option.name}")
        required = option.name == "model"
        parser.add_argument(*names, dest=option.dest, help=text, required=required, **how)


def run(options: argparse.Namespace) -> int:
    """Become pytest; the exit code is its own."""
    command = [sys.executable, "-m", "pytest", *pytest_arguments(options, options.rest)]
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606 - pytest itself


def pytest_arguments(options: argparse.Namespace, rest: Sequence[str]) -> list[str]:
    """Return the arguments of pytest for what was given."""

    def given() -> Iterator[str]:
        for option in gb.RUN_OPTIONS:
            value = getattr(options, option.dest)
            if value is True:
                yield f"--generalbench-{option.name}"
            elif value not in (None, False):
                yield f"--generalbench-{option.name}={value}"

    return [*given(), *rest]
