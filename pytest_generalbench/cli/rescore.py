"""`generalbench rescore`: every score and the levels from a run's ledger, without the model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

_SHOWN = 20


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "rescore",
        help="scores and levels of a run from its ledger, without the model",
        description="Scores every answer of a run again, with this version's metrics, from its ledger and "
        "the data; no model is loaded and nothing is asked. Scores that were measured with pretrained models "
        "are taken over and named. Says which scores moved and why, and what else differs from the run's "
        "result.json. Exit status: 0 the same, 1 something differs.",
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="the run folder")
    parser.add_argument("--out", metavar="FILE", type=Path, help="write the result there")
    parser.add_argument(
        "--write",
        action="store_true",
        help="replace the run's result.json, its instance table and its manifest",
    )
    parser.add_argument(
        "--like",
        metavar="OTHER",
        type=Path,
        help="with --into: score over the instances of this run alone, as a full baseline over a subset's",
    )
    parser.add_argument(
        "--into",
        metavar="DIR",
        type=Path,
        help="with --like: the new run folder; it must be empty or not exist",
    )
    parser.add_argument("--explain", action="store_true", help="say how every figure comes about")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Rescore the run and print what changed; a run that cannot be read is a GeneralBenchError."""
    if (options.like is None) != (options.into is None) or (options.like and (options.write or options.out)):
        raise gb.GeneralBenchError("--like=OTHER and --into=DIR go together, and without --write and --out")
    if options.like is not None:
        rescored = gb.rescore_like(options.run, options.like, options.into)
    else:
        rescored = gb.rescore(options.run, write=options.write)
    lines = list(_levels(rescored))
    if options.like is not None:
        lines.append(f"the run over the instances of {options.like}: {options.into}")
    else:
        lines += _changes(rescored)
    lines += gb.explain_level(rescored.level) if options.explain else ()
    put_lines(lines)
    if options.out:
        rescored.save(options.out)
    return 1 if rescored.differences else 0


def _levels(rescored: gb.Rescored) -> Iterator[str]:
    """Yield the tasks by state, and the levels."""
    level = rescored.level
    counts = ", ".join(f"{count} {state}" for state, count in rescored.result.counts.items())
    yield f"{len(rescored.result.tasks)} tasks: {counts}"
    levels = [(name, getattr(level, name)) for name in ("S2", "S3", "S4", "S5")]
    yield "  ".join(f"{name} {value:.2f}" for name, value in levels if value is not None)
    yield from (f"  {line}" for line in level.interval_lines)
    yield f"General-Level: {level.tier_line}"
    if level.wins_text:
        yield f"  {level.wins_text}"


def _changes(rescored: gb.Rescored) -> Iterator[str]:
    """Yield what was not scored again, which scores moved, and what differs from the result."""
    for why, tasks in rescored.kept.items():
        yield f"not scored again, {why}: {len(tasks)} tasks, {', '.join(tasks[:3])}"
    yield from _moved(rescored.moved)
    yield "differs from result.json:" if rescored.differences else "the same as result.json, byte for byte"
    yield from (f"  {line}" for line in rescored.differences[:_SHOWN])
    if len(rescored.differences) > _SHOWN:
        yield f"  and {len(rescored.differences) - _SHOWN} more"


def _moved(scores: Sequence[gb.MovedScore]) -> Iterator[str]:
    """Yield the scores that changed, grouped by the reason."""
    by_reason: dict[tuple[str, ...], list[gb.MovedScore]] = {}
    for score in scores:
        by_reason.setdefault(score.reasons, []).append(score)
    for reasons, group in by_reason.items():
        why = "; ".join(reasons) or "for no change of a metric or protocol that the run tells"
        yield f"scores that moved, {why}:"
        for score in group[:_SHOWN]:
            yield f"  {score}"
        if len(group) > _SHOWN:
            yield f"  and {len(group) - _SHOWN} more"
