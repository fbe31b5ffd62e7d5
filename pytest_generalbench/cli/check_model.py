"""`generalbench check-model`: whether a model does what it declares, on one tiny request of each medium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.model_options import add_model_options, model_options
from pytest_generalbench.cli.output import put_line

if TYPE_CHECKING:
    import argparse
    from argparse import _SubParsersAction


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`; it takes what pytest takes for models."""
    parser = subparsers.add_parser(
        "check-model",
        help="check a model: every medium it declares, order, count and repeatability of answers",
        description="Loads a model and asks it tiny requests of the demo set, for each medium that it takes "
        "and gives. Exit status: 0 all it declares works, 1 something does not, 2 it cannot be made.",
    )
    parser.add_argument("spec", metavar="SPEC", help="as for pytest --generalbench-model")
    parser.add_argument(
        "--generalbench-max-new-tokens",
        "--max-new-tokens",
        dest="max_new_tokens",
        metavar="N",
        type=int,
        default=16,
        help="length of an answer at most (default 16)",
    )
    add_model_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Check the model, print a line for each check as it is done, and return the exit status."""
    failed = worked = 0
    with gb.open_model(args.spec, **model_options(args)) as model:
        for check in gb.check_model(model, args.max_new_tokens):
            failed += check.ok is False
            worked += check.ok is True
            put_line(line(check))
    text = "all it declares works" if worked else "nothing could be tried"
    put_line(f"{args.spec}: {f'{failed} failed' if failed else text}")
    return 0 if worked and not failed else 1


def line(check: gb.Check) -> str:
    """Return a check as it is printed."""
    word = {True: "ok", False: "FAILED", None: "-"}[check.ok]
    seconds = f"{check.seconds:7.2f} s" if check.seconds else " " * 9
    return f"{check.name:<20} {word:<7}{seconds}  {' '.join(check.message.split())}"
