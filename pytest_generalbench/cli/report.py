"""`generalbench report`: a page of runs that opens from disk in any browser."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_line

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "report",
        help="a page of one run or several, to look through and to send to others",
        description="Writes index.html with data and media beside it: level and intervals, the next level, a "
        "map of skills, all tasks, their instances with question, media, answer, reading and reference; with "
        "several runs how each differs from the first. It opens from disk, without network.",
    )
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run folders; the first is the baseline")
    parser.add_argument(
        "--out", default="generalbench-report", metavar="DIR", help="where to write it (generalbench-report)"
    )
    parser.add_argument("--one-file", action="store_true", help="put all into index.html, to be sent by mail")
    parser.add_argument(
        "--instances",
        type=int,
        default=24,
        metavar="N",
        help="instances of each task whose media are shown, the most telling first (24)",
    )
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Write the page; print where it lies."""
    path = gb.write_page(
        options.runs,
        options.out,
        answers=gb.answers_of,
        one_file=options.one_file,
        instances=max(0, options.instances),
        progress=_progress if sys.stderr.isatty() else None,
    )
    put_line(str(path))
    return 0


def _progress(done: int, total: int) -> None:
    end = "\n" if done == total else ""
    sys.stderr.write(f"\r{done} of {total} tasks{end}")
    sys.stderr.flush()
