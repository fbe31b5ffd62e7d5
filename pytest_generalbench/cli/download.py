"""`generalbench download`: fetch the data of some or all tasks, and unpack it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest_generalbench as gb
from pytest_generalbench.cli.model_options import add_model_options, model_options
from pytest_generalbench.cli.output import put_error, put_line
from pytest_generalbench.cli.tasks import matches

if TYPE_CHECKING:
    import argparse
    from argparse import _SubParsersAction
    from collections.abc import Callable


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "download",
        help="download General-Bench data from the hub and unpack them",
        description="Fetches the folders of the chosen tasks, says before how many bytes that is, and goes "
        "on where an earlier download stopped. The whole open set is 206 GB, so choose with -k, --board or "
        "--model. Needs the extra 'hub'.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="where to put it")
    parser.add_argument(
        "--split", choices=("open", "close"), default="open", help="open (with answers) or close set"
    )
    parser.add_argument(
        "-k", dest="expression", metavar="EXPR", help="as pytest's -k, matched on the task id"
    )
    parser.add_argument("--board", default="A", metavar="NAME", help="as for pytest --generalbench-board")
    parser.add_argument(
        "--model", metavar="SPEC", help="as for pytest --generalbench-model: only tasks that it can answer"
    )
    parser.add_argument(
        "--limit",
        type=_positive,
        metavar="N",
        help="only the media of N instances of each task, as pytest --generalbench-limit draws them; of "
        "tasks that are answered in text and not packed, of others all",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would come, and fetch nothing")
    parser.add_argument("--jobs", type=_positive, default=8, metavar="N", help="files at a time (default 8)")
    parser.add_argument(
        "--revision",
        metavar="REV",
        help="branch, tag or commit of the repository; default: that of DIR, else main",
    )
    parser.add_argument(
        "--refresh",
        action="store_true",
        help="look the revision up again, and compare every file with its listing",
    )
    parser.add_argument(
        "--remove-archives", action="store_true", help="remove each archive when it is unpacked"
    )
    parser.add_argument(
        "--offline", action="store_true", help="download nothing, only unpack the archives in DIR"
    )
    add_model_options(parser, short=False)
    parser.set_defaults(func=run)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def run(args: argparse.Namespace) -> int:
    """Download and unpack; return 0, 1 when the hub or the disk failed, 2 when no task is selected."""
    chosen = _chosen(args)
    if not any(map(chosen, gb.load_tasks())):
        put_error(f"no task matches {args.expression!r}; see `generalbench tasks`")
        return 2
    wanted: dict[str, Any] = {
        "split": args.split, "only": chosen, "board": args.board, "limit": args.limit,
        "revision": args.revision, "refresh": args.refresh, "remove_archives": args.remove_archives,
    }  # fmt: skip
    try:
        if args.dry_run:
            plan = gb.plan_download(args.folder, **wanted)
            for line in plan.lines():
                put_line(line)
            plan.check_room()
            return 0
        gb.download_data(args.folder, offline=args.offline, progress=put_line, jobs=args.jobs, **wanted)
    except gb.DataError as error:
        put_error(error)
        return 1
    put_line(f"done; look it over with `generalbench doctor {args.folder}`")
    return 0


def _chosen(args: argparse.Namespace) -> Callable[[gb.Task], bool]:
    """Return which tasks are wanted, by `-k` and by what the model can answer."""
    chosen = {task.id for task in gb.load_tasks() if matches(task.id, args.expression)}
    if args.model is not None:
        with gb.open_model(args.model, **model_options(args)) as model:
            chosen -= {task.id for task in gb.load_tasks() if model.unsupported(task)}
    return lambda task: task.id in chosen
