"""`generalbench badge`: the tier of a run as a badge for a README."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_text

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "badge",
        help="the tier of a run as a badge for a README",
        description="Prints the JSON that https://shields.io/badges/endpoint-badge draws: put it on the web "
        "and show https://img.shields.io/endpoint?url=ITS_ADDRESS. A tier of demo data, of a part of the "
        "board or with a limit is grey and says so.",
    )
    parser.add_argument("run", metavar="RUN", help="the run folder")
    parser.add_argument("--out", metavar="FILE", type=Path, help="write it there instead of printing it")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print or write the badge."""
    put_text(json.dumps(gb.badge(options.run), ensure_ascii=False) + "\n", options.out)
    return 0
