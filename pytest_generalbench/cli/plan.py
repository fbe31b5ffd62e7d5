"""`generalbench plan`: how long a run takes on how many workers, before it is started."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_json, put_lines
from pytest_generalbench.cli.run import add_run_options, pytest_arguments

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "plan",
        help="how long a run takes on how many workers, before it is started",
        description="Takes the options of 'generalbench run', loads no model and reads no data: hours by "
        "number of workers, tasks that are divided, what a subset saves. Example: generalbench plan --gpus 8 "
        "--model hf:Qwen/Qwen2.5-0.5B-Instruct -k nlp",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--gpus", metavar="N", type=int, help="GPUs that workers share; without it workers are those of -n"
    )
    parser.add_argument(
        "--runs", metavar="DIR", type=Path,
        help="the folder of earlier runs, or one run (default: generalbench-runs)",
    )  # fmt: skip
    parser.add_argument(
        "--seconds-per-answer", metavar="S", type=float,
        help="what a text answer of up to 256 tokens takes in a batch (the time of the batch by its size), "
        "where no earlier run tells",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print a JSON object")
    add_run_options(parser)
    parser.set_defaults(func=run, takes_rest=True)


def run(options: argparse.Namespace) -> int:
    """Print the plan."""
    plan = gb.plan_run(
        pytest_arguments(options, options.rest),
        gpus=options.gpus,
        runs=options.runs,
        seconds_per_answer=options.seconds_per_answer,
    )
    put_json(plan.to_dict(), 1) if options.json else put_lines(plan.lines())
    return 0
