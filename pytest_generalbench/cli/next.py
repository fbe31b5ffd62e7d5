"""`generalbench next`: the tasks that the next level of a run needs, the nearest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_json, put_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

_HEAD = ("task", "state", "score", "95 % interval", "SoTA", "distance", "gain", "instances", "")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "next",
        help="what to fix next: the tasks that the next level needs",
        description="Lists the tasks of a run by their distance to the specialist in standard errors, or by "
        "what they add to the next level, with the side that is missing for it and the instances to ask.",
    )
    parser.add_argument("run", metavar="RUN", help="the run folder")
    parser.add_argument(
        "--by", choices=gb.NEXT_ORDERS, default="distance", help="the order of the tasks (distance)"
    )
    parser.add_argument("--rows", type=int, default=20, metavar="N", help="tasks shown (20)")
    parser.add_argument("--json", action="store_true", help="print a JSON object with every task")
    parser.add_argument("--explain", action="store_true", help="say how every figure comes about")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print the steps; a folder that is no finished run is a GeneralBenchError."""
    steps = gb.next_steps(options.run, options.by)
    if options.json:
        plain = steps.to_dict()
        if options.explain:
            plain["explanation"] = gb.explain_next(steps)
        put_json(plain, 1)
        return 0
    put_lines(_lines(steps, max(0, options.rows)))
    put_lines(gb.explain_next(steps) if options.explain else ())
    return 0


def _lines(steps: gb.NextSteps, rows: int) -> Iterator[str]:
    sure = "" if steps.certified_tier is None else f", at 95 % at least Level-{steps.certified_tier}"
    yield f"Level-{steps.tier}{sure}; gains are for S{steps.level}"
    yield from steps.missing
    yield ""
    cells = [_HEAD, *(_cells(item) for item in steps.tasks[:rows])]
    widths = [max(len(row[place]) for row in cells) for place in range(len(_HEAD))]
    for row in cells:
        yield _row(row, widths)
    if len(steps.tasks) > rows:
        yield f"and {len(steps.tasks) - rows} more tasks (--rows, or --json for all)"
    yield from _price(steps, rows)
    yield from steps.notes


def _price(steps: gb.NextSteps, rows: int) -> Iterator[str]:
    """Say what asking the tasks that are shown again takes."""
    shown = [item for item in steps.tasks[:rows] if not item.reached]
    if not shown:
        return
    count = sum(item.instances for item in shown)
    times = f", each {steps.repeats} times" if steps.repeats > 1 else ""
    tasks = (
        "the task above that is no win"
        if len(shown) == 1
        else f"the {len(shown)} tasks above that are no wins"
    )
    yield f"price of asking {tasks}: {count} instances{times}"


def _row(row: Sequence[str], widths: Sequence[int]) -> str:
    left = 2  # names and states begin at the left, figures end at the right
    cells = [
        cell.ljust(width) if place < left or place == len(row) - 1 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _cells(item: gb.NextTask) -> tuple[str, ...]:
    bounds = "-" if item.low is None or item.high is None else f"{item.low:.4g} to {item.high:.4g}"
    words = [
        "win" if item.reached else "",
        "certified" if item.certified else "",
        "the tier hangs on it" if item.hangs else "",
    ]
    return (
        item.task,
        item.state,
        "-" if item.score is None else f"{item.score:.4g}",
        bounds,
        f"{item.sota:.4g}",
        "-" if item.distance is None else f"{item.distance:+.1f} SE",
        f"{item.gain:.3f}" if item.gain else "-",
        str(item.instances),
        ", ".join(filter(None, words)),
    )
