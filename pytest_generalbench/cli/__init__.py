"""`generalbench …`: the commands for everything but running the benchmark."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_error

if TYPE_CHECKING:
    from collections.abc import Sequence


def make_parser() -> argparse.ArgumentParser:
    """Return the parser with every subcommand."""
    from pytest_generalbench.cli import (
        badge,
        cache,
        check_model,
        ci,
        compare,
        completion,
        data,
        diff,
        doctor,
        download,
        export,
        init,
        launch,
        leaderboard,
        level,
        merge,
        next,
        plan,
        report,
        rescore,
        run,
        runs,
        schema,
        summary,
        tasks,
        verify,
        watch,
        weights,
    )

    parser = argparse.ArgumentParser(
        prog="generalbench",
        description="General-Bench on the command line. To run it: pytest --generalbench-model=SPEC, or "
        "generalbench run --model SPEC.",
    )
    parser.add_argument("--version", action="version", version=f"pytest-generalbench {gb.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (
        run, plan, launch, tasks, doctor, download, data, weights, check_model, level, next, runs, watch,
        report, leaderboard, summary, badge, rescore, verify, compare, diff, export, merge, ci, init, cache,
        schema, completion,
    ):  # fmt: skip
        module.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; a user's mistake is one line on stderr and exit code 2."""
    parser = make_parser()
    options, rest = parser.parse_known_args(arguments)
    options.rest = rest
    if rest and not getattr(options, "takes_rest", False):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        code: int = options.func(options)
    except gb.GeneralBenchError as error:
        put_error(error)
        return 2
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        return 0
    return code
