"""`generalbench diff`: the instances that two runs answered differently."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_json, put_line

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "diff",
        help="the instances whose answers or states differ between two runs",
        description="Compares two runs answer by answer. Exit status: 0 no difference, 1 some.",
    )
    parser.add_argument("first", metavar="RUN", type=Path, help="a run folder")
    parser.add_argument("second", metavar="RUN", type=Path, help="another one")
    parser.add_argument("--json", action="store_true", help="print a JSON object a line")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print a line for every instance that differs, and their number."""
    count = 0
    for result in gb.diff_runs(options.first, options.second):
        count += 1
        if options.json:
            put_json(result.to_dict())
        else:
            which = f" (repeat {result.repeat + 1})" if result.repeat else ""
            line = f"{result.task} {result.instance}{which}: {_shown(result.first)} | {_shown(result.second)}"
            put_line(line)
    if not options.json:
        put_line(f"{count} instances differ" if count != 1 else "1 instance differs")
    return 1 if count else 0


def _shown(side: gb.Side | None) -> str:
    if side is None:
        return "not there"
    text = "" if side.answer is None else f" {side.answer!r:.60}"
    return f"{side.state}{text}"
