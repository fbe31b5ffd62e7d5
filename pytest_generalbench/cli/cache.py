"""`generalbench cache`: why an answer was not found in the answer cache."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_lines

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "cache", help="explain cache misses", description="Looks into the answer cache of a run."
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    value = actions.add_parser(
        "explain",
        help="say why an instance was not answered from the cache",
        description="Says whether an instance of a run was answered from the cache, and otherwise which part "
        "of the key (model, request, generation, protocol) the nearest answer in the cache differs in.",
    )
    value.add_argument("run", metavar="RUN", type=Path, help="the run folder")
    value.add_argument("instance", metavar="INSTANCE", help="an instance's id, or TASK:ID")
    value.add_argument("--cache", metavar="DIR", type=Path, help="default: the cache that the run was given")
    value.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print why answers were not found in the cache."""
    put_lines(gb.explain_cache_miss(options.run, options.instance, options.cache))
    return 0
