"""`generalbench data`: what lies in a data folder, and how room is made in it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_error, put_json, put_line, put_lines
from pytest_generalbench.cli.tasks import matches

if TYPE_CHECKING:
    import argparse
    from argparse import _SubParsersAction


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "data",
        help="show what lies in a data folder, or make room in it",
        description="Shows by task which folders, files and bytes lie in DIR, whether they are complete, and "
        "of which commit of the repository. With --free the data of the tasks of -k are removed.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="the data folder")
    parser.add_argument("--split", choices=("open", "close"), default="open", help="open or close set")
    parser.add_argument(
        "-k", dest="expression", metavar="EXPR", help="as pytest's -k, matched on the task id"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--free", action="store_true", help="remove what was downloaded for the tasks of -k")
    parser.add_argument(
        "--yes", action="store_true", help="with --free: do not ask, and remove files of no download as well"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the inventory, or remove; return 1 where nothing may be or can be removed."""
    if args.free and not args.expression:
        put_error("--free needs -k EXPR; for all tasks, remove the folder")
        return 2

    def chosen(task: gb.Task) -> bool:
        return matches(task.id, args.expression)

    there = gb.data_inventory(args.folder, split=args.split, only=chosen)
    if args.json:
        put_json(there.to_dict(), indent=1)
    else:
        put_lines(there.lines())
    if not args.free:
        return 0
    kept = [task for task in there.tasks if not task.is_downloaded and not args.yes]
    for task in kept:
        put_line(f"{task.task_id}: of no download, kept; --yes removes it too")
    if len(kept) == len(there.tasks):
        put_error("nothing to remove")
        return 1
    if not args.yes and not _agreed():
        put_error("nothing was removed; --yes removes without asking")
        return 1
    freed = gb.free_data(args.folder, split=args.split, only=chosen, own=args.yes)
    put_line(f"{freed:,} bytes removed")
    return 0


def _agreed() -> bool:
    """Ask, where somebody can answer."""
    if not sys.stdin.isatty():
        return False
    put_line("remove these? [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")
