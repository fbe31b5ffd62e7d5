"""`generalbench download`: fetch the data of some or all tasks, and unpack it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_error, put_line

if TYPE_CHECKING:
    import argparse
    from argparse import _SubParsersAction

    from pytest_generalbench.suite.data.fetch.hub import HubApi


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "download",
        help="download General-Bench data from the hub and unpack them",
        description="Fetches the folders of the chosen tasks; goes on where an earlier download stopped. "
        "The whole open set is 206 GB, so choose with -k. Needs the extra 'hub'.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="where to put it")
    parser.add_argument(
        "--split", choices=("open", "close"), default="open", help="open (with answers) or close set"
    )
    parser.add_argument("-k", metavar="SUBSTRING", default="", help="only tasks whose id contains it")
    parser.add_argument(
        "--offline", action="store_true", help="download nothing, only unpack the archives in DIR"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace, api: HubApi | None = None) -> int:
    """Download and unpack; return 0, 1 when the hub or the disk failed, 2 when no task is selected."""
    if not any(args.k in task.id for task in gb.load_tasks()):
        put_error(f"no task's id contains {args.k!r}; see `generalbench tasks`")
        return 2
    try:
        gb.download_data(
            args.folder,
            split=args.split,
            only=lambda task: args.k in task.id,
            offline=args.offline,
            progress=put_line,
            api=api,
        )
    except gb.GeneralBenchError as error:
        put_error(error)
        return 1
    put_line(f"done; look it over with `generalbench doctor {args.folder}`")
    return 0
