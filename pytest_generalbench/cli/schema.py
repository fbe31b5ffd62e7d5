"""`generalbench schema`: the JSON Schema of result files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_text

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "schema",
        help="print the JSON Schema of result.json",
        description="Prints the JSON Schema that every result.json of this version is valid under.",
    )
    parser.add_argument("--path", action="store_true", help="print the schema file's path instead")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print the schema or its path."""
    path = gb.result_schema()
    put_text(f"{path}\n" if options.path else path.read_text(encoding="utf-8"), None)
    return 0
