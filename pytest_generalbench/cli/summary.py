"""`generalbench summary`: a run in Markdown for a CI job or a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_text

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "summary",
        help="a run in Markdown, for the summary of a CI job or a comment",
        description="Prints level and intervals, the gate against a baseline, regressions, flips, then "
        "every task: at most 900 kB, as a comment at most 60,000 characters. What does not fit is cut from "
        "the end, and a line says what.",
    )
    parser.add_argument("run", metavar="RUN", help="the run folder")
    parser.add_argument("--baseline", metavar="RUN", help="the run that it is compared with")
    parser.add_argument("--comment", action="store_true", help="stay within 60,000 characters")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print the summary."""
    put_text(gb.summary_markdown(options.run, options.baseline, comment=options.comment), None)
    return 0
