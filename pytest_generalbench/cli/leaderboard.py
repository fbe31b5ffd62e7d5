"""`generalbench leaderboard`: runs beside the models that the paper prints."""

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
        "leaderboard",
        help="runs beside the models that the paper prints, with intervals and ties",
        description="Shows finished runs in a table for each board, scoring and selection, with 95 % "
        "intervals; runs that cannot be told apart share a range of places. The published models stand "
        "beside full boards.",
    )
    parser.add_argument("folders", nargs="+", metavar="DIR", help="run folders, or folders of them")
    form = parser.add_mutually_exclusive_group()
    for name, words in (
        ("markdown", "Markdown"),
        ("csv", "one CSV table"),
        ("html", "a page that needs no other file"),
        ("json", "a JSON object"),
    ):
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=f"print {words}")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there instead of printing it")
    parser.add_argument("--no-published", action="store_true", help="leave the published models out")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print or write the leaderboard."""
    board = gb.leaderboard(options.folders, published=not options.no_published)
    forms = {"markdown": board.markdown, "csv": board.csv, "html": board.html}
    if options.form == "json":
        text = json.dumps(board.to_dict()) + "\n"
    else:
        text = forms.get(options.form, board.text)()
    put_text(text, options.out)
    return 0
