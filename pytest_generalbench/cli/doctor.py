"""`generalbench doctor`: what is in a data folder, and what is wrong with it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.suite.data.doctor import Report, TaskReport, examine
from pytest_generalbench.suite.data.locate.layout import SPLITS, DataFolder

if TYPE_CHECKING:
    import argparse
    from argparse import _SubParsersAction
    from collections.abc import Iterator


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "doctor",
        help="look a data folder over: what is found, missing, broken",
        description="Reads every task's data in a General-Bench folder. "
        "Exit status: 0 all that is there is well, 1 something is wrong with it, 2 no such data folder.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="a General-Bench folder")
    parser.add_argument(
        "--split", choices=SPLITS, default="open", help="the set to read it as (default: open)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    parser.add_argument("-k", metavar="SUBSTRING", default="", help="only tasks whose id contains it")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Examine the folder, print the report, and return the exit status."""
    from pytest_generalbench.suite import tasks as registry

    tasks = registry.load_tasks()
    try:
        folder = DataFolder(args.folder, tasks, args.split)
        report = examine(folder, [task for task in tasks if args.k in task.id])
    except GeneralBenchError as error:
        sys.stderr.write(f"generalbench: {error}\n")
        return 2
    if args.json:
        sys.stdout.write(json.dumps(report.to_dict(), indent=1, ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines(report))
    return 0 if report.healthy else 1


def lines(report: Report) -> Iterator[str]:
    """Yield the report line by line: tasks, folders that are no task's, totals."""
    width = max((len(task.id) for task in report.tasks), default=0)
    for task in report.tasks:
        yield f"{task.id:<{width}}  {_told(task)}"
    if report.strays:
        yield ""
        yield "Folders that match no task (with the task name inside):"
        yield from (f"  {stray.path}  ({stray.inside or 'none'})" for stray in report.strays)
    if report.doubts:
        yield ""
        yield "Folders in doubt:"
        yield from (f"  {doubt}" for doubt in report.doubts)
    yield ""
    yield _totals(report)


def _told(task: TaskReport) -> str:
    if task.state in ("not found", "unreadable", "packed"):
        return f"{task.state}: {task.first_problem}" if task.first_problem else task.state
    counts = f"{task.instances} instances, {task.references} references"
    if task.state == "ok":
        return f"ok  {counts}"
    missing = f", {task.missing_media} without their media" if task.missing_media else ""
    errors = f", {task.errors} unusable" if task.errors else ""
    return f"problems  {counts}{missing}{errors}; first: {task.first_problem}"


def _totals(report: Report) -> str:
    parts = [f"{report.count('ok')} ok", f"{report.count('problems')} with problems"]
    parts += [f"{report.count(state)} {state}" for state in ("unreadable", "packed", "not found")]
    instances = sum(task.instances for task in report.tasks)
    return (
        f"{len(report.tasks)} tasks: {', '.join(parts)}; {instances} instances; "
        f"{len(report.strays)} folders match no task  ({report.split} set, {report.root})"
    )
