"""`generalbench check-model`: whether a model does what it declares, on one tiny request of each medium."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from argparse import _SubParsersAction

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.evaluation.conformance import Check


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`; it takes what pytest takes for models."""
    from pytest_generalbench.core.options import MODEL_OPTIONS, PREFIX

    parser = subparsers.add_parser(
        "check-model",
        help="check a model: every medium it declares, order, count and repeatability of answers",
        description="Loads a model and asks it tiny requests of the demo set, for each medium that it takes "
        "and gives. Exit status: 0 all it declares works, 1 something does not, 2 it cannot be made.",
    )
    parser.add_argument("spec", metavar="SPEC", help="as for pytest --generalbench-model")
    parser.add_argument(
        f"{PREFIX}max-new-tokens",
        "--max-new-tokens",
        dest="max_new_tokens",
        metavar="N",
        type=int,
        default=16,
        help="length of an answer at most (default 16)",
    )
    for option in MODEL_OPTIONS:
        is_switch = option.metavar is None
        how: dict[str, Any] = {"action": "store_true"} if is_switch else {"metavar": option.metavar}
        text = option.help.replace("%", "%%")
        parser.add_argument(PREFIX + option.name, f"--{option.name}", dest=option.dest, help=text, **how)
    parser.set_defaults(func=run)


def _settings(args: argparse.Namespace) -> Settings:
    from pytest_generalbench.core.options import MODEL_OPTIONS, settings_of
    from pytest_generalbench.core.settings import Settings

    given = vars(args)
    return Settings(
        model=args.spec, **settings_of(MODEL_OPTIONS, lambda option: given[option.dest], Path.cwd())
    )


def run(args: argparse.Namespace) -> int:
    """Check the model, print a line for each check as it is done, and return the exit status."""
    from pytest_generalbench.evaluation.conformance import check_model
    from pytest_generalbench.models import check_spec, make_model
    from pytest_generalbench.models.base import model_errors

    settings = _settings(args)
    folder = Path.cwd()
    check_spec(settings.model, folder)
    with model_errors(settings.model):
        model = make_model(settings, folder)
    failed = worked = 0
    try:
        for check in check_model(model, args.max_new_tokens):
            failed += check.ok is False
            worked += check.ok is True
            sys.stdout.write(f"{line(check)}\n")
            sys.stdout.flush()
    finally:
        with model_errors("close"):
            model.close()
    text = "all it declares works" if worked else "nothing could be tried"
    sys.stdout.write(f"{settings.model}: {f'{failed} failed' if failed else text}\n")
    return 0 if worked and not failed else 1


def line(check: Check) -> str:
    """Return a check as it is printed."""
    word = {True: "ok", False: "FAILED", None: "-"}[check.ok]
    seconds = f"{check.seconds:7.2f} s" if check.seconds else " " * 9
    return f"{check.name:<20} {word:<7}{seconds}  {' '.join(check.message.split())}"
