"""`generalbench doctor`: what is in a data folder, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_json, put_lines

if TYPE_CHECKING:
    import argparse
    from argparse import _SubParsersAction
    from collections.abc import Iterator


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "doctor",
        help="check a data folder: what is found, missing, broken, or cannot be right",
        description="Reads what a run will read of a General-Bench folder: every reference through the "
        "task's protocol, every medium, the first prompt. Then it looks for references that cannot be right. "
        "Exit status: 0 no errors (warnings are none), 1 errors, 2 no such data folder. "
        "Example: generalbench doctor /data/General-Bench-Openset -k image --sample 20",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="a General-Bench folder")
    parser.add_argument(
        "--split", choices=("open", "close"), default="open", help="the set to read it as (default: open)"
    )
    parser.add_argument("-k", metavar="SUBSTRING", default="", help="only tasks whose id contains it")
    parser.add_argument(
        "--sample",
        metavar="N",
        type=int,
        help="open the media of N instances of each task (default: of all; 0: of none)",
    )
    parser.add_argument(
        "--reading",
        metavar="FILE",
        type=Path,
        help="how references are read, as for pytest --generalbench-reading",
    )
    parser.add_argument("--prompts", action="store_true", help="print the prompt of each first instance")
    parser.add_argument("--all", action="store_true", help="list absent tasks as well")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Check the folder, print the findings task by task, and return the exit status."""

    def show(task: gb.TaskCheck) -> None:
        if not args.json:
            put_lines(task_lines(task, args.all, args.prompts))

    report = gb.check_data(
        args.folder,
        split=args.split,
        only=lambda task: args.k in task.id,
        sample=args.sample,
        reading=args.reading,
        each=show,
    )
    if args.json:
        put_json(report.to_dict(), 1)
    else:
        put_lines(closing_lines(report, args.all))
    return 1 if report.has_errors else 0


def task_lines(task: gb.TaskCheck, with_absent: bool, with_prompt: bool) -> Iterator[str]:
    """Yield the lines of one task: what it has, then a line for every kind of problem."""
    if task.state == "not found":
        if with_absent:
            yield f"{task.id}: not found"
        return
    counts = f", {task.instances} instances, {task.references} references" if task.annotation else ""
    opened = f", {task.media} media opened" if task.media else ""
    yield f"{task.id}: {task.state}{counts}{opened}"
    yield from (f"    {_finding(finding, task.instances)}" for finding in task.findings)
    if with_prompt and task.prompt is not None:
        yield "    prompt of the first instance:"
        yield from (f"      {line}" for line in task.prompt.splitlines())


def _finding(finding: gb.Finding, instances: int) -> str:
    kind = "error" if finding.is_error else "warning"
    if finding.count == 1:
        return f"{kind}: {finding.what}"
    return f"{kind} in {finding.count} of {instances} instances; the first: {finding.what}"


def closing_lines(report: gb.FolderCheck, with_absent: bool) -> Iterator[str]:
    """Yield the lines about the whole folder: folders that match no task, doubts, totals."""
    if report.strays:
        yield ""
        yield "Folders that match no task (with the task name inside):"
        yield from (f"  {stray.path}  ({stray.inside or 'none'})" for stray in report.strays)
    if report.doubts:
        yield ""
        yield "Folders in doubt:"
        yield from (f"  {doubt}" for doubt in report.doubts)
    yield ""
    yield _totals(report, with_absent)


def _totals(report: gb.FolderCheck, with_absent: bool) -> str:
    parts = [f"{report.count('ok')} ok", f"{report.count('warnings')} with warnings"]
    parts += [f"{report.count('problems')} with problems"]
    parts += [f"{report.count(state)} {state}" for state in ("unreadable", "packed", "not found")]
    how = "" if with_absent or not report.count("not found") else " (--all lists those)"
    instances = sum(task.instances for task in report.tasks)
    return (
        f"{len(report.tasks)} tasks: {', '.join(parts)}{how}; {instances} instances; "
        f"{len(report.strays)} folders match no task  ({report.split} set, {report.root})"
    )
