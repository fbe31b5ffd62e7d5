"""`generalbench runs`: the runs in a folder, and how to go on with each."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_json, put_line, put_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "runs",
        help="list runs: state, model, tier, and the command that goes on",
        description="Lists the runs in a folder, the newest last, and for each that is not complete the "
        "command that goes on with it.",
    )
    parser.add_argument(
        "folder", nargs="?", default="generalbench-runs", metavar="DIR", help="default: generalbench-runs"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON object a line")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print the runs."""
    entries = gb.list_runs(options.folder)
    for entry in entries:
        if options.json:
            put_json(dataclasses.asdict(entry))
        else:
            put_lines(lines(entry))
    if not entries and not options.json:
        put_line(f"no runs in {options.folder}")
    return 0


def lines(entry: gb.RunEntry) -> Iterator[str]:
    """Yield the lines of one run."""
    yield (
        f"{entry.folder.name:<28} {entry.state:<11} {entry.scored:>4}/{entry.tasks:<4} scored  "
        f"{entry.tier or '-':<10}  {entry.model} on {entry.data}, {entry.started}"
    )
    if entry.command:
        yield f"    {entry.command}"
