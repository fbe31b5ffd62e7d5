"""`generalbench merge`: the runs of several sessions, such as shards of one benchmark, as one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_lines

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "merge",
        help="merge several runs, such as shards, into one",
        description="Makes one run folder of several: every ledger, every kept file, one result.json with "
        "the level over all tasks. Where two runs have the same task, a scored result counts.",
    )
    parser.add_argument(
        "runs", metavar="RUN", nargs="+",
        help="run folders with a result.json, or addresses of stored runs, such as s3://bucket/prefix/shard-*",
    )  # fmt: skip
    parser.add_argument(
        "--into", required=True, metavar="DIR", help="the new run folder; it must be empty or not exist"
    )
    parser.add_argument("--explain", action="store_true", help="say how every figure comes about")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Merge the runs and print the result; runs that do not fit together are a GeneralBenchError."""
    with gb.local_runs(args.runs) as folders:
        merged = gb.merge_runs(folders, args.into)
    counts = ", ".join(f"{count} {state}" for state, count in merged.result.counts.items())
    lines = [f"{len(folders)} runs, {merged.ledgers} ledgers, {len(merged.result.tasks)} tasks: {counts}"]
    if merged.missing_shards:
        lines.append(f"shards that are not among the runs: {', '.join(merged.missing_shards)}")
    lines.append(f"General-Level: {merged.level.tier_text}")
    if merged.level.wins_text:
        lines.append(f"  {merged.level.wins_text}")
    lines.append(f"the merged run: {merged.folder}")
    lines += gb.explain_level(merged.level) if args.explain else ()
    put_lines(lines)
    return 0
