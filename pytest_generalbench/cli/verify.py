"""`generalbench verify`: check that a run folder is as it was when the run ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_line, put_lines

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "verify",
        help="list what changed in a run folder since the run ended",
        description="Compares every file of a run folder, ledger, media and result, with the digests that "
        "were written when the run ended, and names the byte ranges that changed. That a score follows from "
        "the answers is what 'generalbench rescore' tells. Exit status: 0 nothing changed, 1 something did.",
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="the run folder")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Compare the folder with its manifest and print changes; without one it is a GeneralBenchError."""
    verified = gb.verify_run(options.run)
    put_lines(verified.changes)
    if not verified.changes:
        put_line(f"{verified.files} files, nothing changed")
    return 1 if verified.changes else 0
