"""`generalbench completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest_generalbench as gb

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "completion",
        help="what a shell needs to complete commands and options",
        description="Prints a script for the shell. bash: generalbench completion bash "
        "> ~/.local/share/bash-completion/completions/generalbench. zsh: generalbench completion zsh "
        "> a folder of $fpath, as _generalbench. Needs shtab: pip install 'pytest-generalbench[completion]'.",
    )
    parser.add_argument("shell", choices=("bash", "zsh"))
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print the script of the shell."""
    from pytest_generalbench.cli import make_parser

    try:
        import shtab
    except ImportError as error:
        raise gb.MissingDependencyError("shtab", "completion", "generalbench completion") from error
    sys.stdout.write(shtab.complete(make_parser(), shell=options.shell))
    return 0
