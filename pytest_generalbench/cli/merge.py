"""`generalbench merge`: the runs of several sessions, such as shards of one benchmark, as one run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.runs.folder import run_files
from pytest_generalbench.runs.manifest import write_manifest
from pytest_generalbench.runs.merge import (
    check_agreement,
    keep_files,
    merge_results,
    merged_level,
    merged_manifest,
    missing_shards,
)
from pytest_generalbench.runs.result_file import read_result, write_result
from pytest_generalbench.runs.run_manifest import read_run, write_run

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
    parser.add_argument("runs", metavar="RUN", nargs="+", help="run folders with a result.json")
    parser.add_argument(
        "--into", required=True, metavar="DIR", help="the new run folder; it must be empty or not exist"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Merge the runs and print the result; runs that do not fit together are a GeneralBenchError."""
    from pytest_generalbench.suite.level import tier_words, wins_words

    folders, into = [Path(name) for name in args.runs], Path(args.into)
    results = [read_result(folder) for folder in folders]
    check_agreement(folders, results)
    merged = merge_results(results)
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise GeneralBenchError(f"{into} is not empty: name a new folder")
    into.mkdir(parents=True, exist_ok=True)
    ledgers = keep_files(folders, results, merged.tasks, into)
    write_run(into, merged_manifest([read_run(folder) for folder in folders]))
    write_result(into, merged)
    write_manifest(into, run_files(into))
    counts = ", ".join(f"{count} {state}" for state, count in merged.counts.items())
    level = merged_level(results, merged.tasks)
    lines = [f"{len(folders)} runs, {ledgers} ledgers, {len(merged.tasks)} tasks: {counts}"]
    lines += [f"General-Level: {tier_words(level)}", f"the merged run: {into}"]
    if wins_words(level):
        lines.insert(2, f"  {wins_words(level)}")
    missing = missing_shards(results)
    if missing:
        lines.insert(1, f"shards that are not among the runs: {', '.join(missing)}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
