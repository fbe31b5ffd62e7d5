"""The options of a model as console commands take them: as pytest does, with and without the prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest_generalbench as gb

if TYPE_CHECKING:
    import argparse


def add_model_options(parser: argparse.ArgumentParser, *, short: bool = True) -> None:
    """Add `--generalbench-dtype` and its kind, with `short` each as `--dtype` too."""
    for option in gb.MODEL_OPTIONS:
        is_switch = option.metavar is None
        how: dict[str, Any] = {"action": "store_true"} if is_switch else {"metavar": option.metavar}
        text = option.help.replace("%", "%%")
        names = [f"--generalbench-{option.name}", *([f"--{option.name}"] if short else ())]
        parser.add_argument(*names, dest=option.dest, help=text, **how)


def model_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return the options that were given, as `open_model` takes them."""
    given = vars(args)
    return {option.setting: given[option.dest] for option in gb.MODEL_OPTIONS}
