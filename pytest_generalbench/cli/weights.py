"""`generalbench weights`: the pretrained models that generation tasks are scored with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_line, put_lines

if TYPE_CHECKING:
    import argparse
    from argparse import _SubParsersAction
    from collections.abc import Iterator


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "weights",
        help="list the pretrained models that generation tasks are scored with, and what was found",
        description="Metrics such as FID or a CLIP score measure with pretrained models, one for each role. "
        "They are looked for in DIR (an entry for each role: DIR/clip/ is the folder of a saved transformers "
        "model, DIR/inception.pt a TorchScript or torch.export module), then in the Hugging Face cache. "
        "Exit status: 0 all there, 1 some are missing.",
    )
    parser.add_argument("folder", nargs="?", metavar="DIR", type=Path, help="as --generalbench-weights=DIR")
    parser.add_argument(
        "--download", action="store_true", help="fetch those that have a public repository into the cache"
    )
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print the roles; with `--download`, download their weights first."""
    if options.download:
        for line in gb.download_weights(options.folder):
            put_line(line)
    listed = gb.list_weights(options.folder)
    for weights in listed:
        put_lines(role_lines(weights, options.folder is not None))
    return 0 if all(weights.identity for weights in listed) else 1


def role_lines(weights: gb.RoleWeights, has_folder: bool) -> Iterator[str]:
    """Yield how many tasks need a role, what it is, and where its weights are or what to do."""
    count = f"{weights.tasks} tasks" if weights.tasks != 1 else "1 task"
    yield f"{weights.role:<16}{count:>9}  {weights.what}"
    if weights.identity:
        yield f"{'':<27}found: {weights.identity}"
        return
    yield f"{'':<27}missing: {' or '.join(weights.ways)}"
    if weights.module and not has_folder:
        yield f"{'':<27}module: {weights.module}"
