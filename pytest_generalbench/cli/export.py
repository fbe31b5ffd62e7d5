"""`generalbench export`: a run in the authors' forms, as tables, or as timings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from pytest_generalbench.cli.output import put_lines

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "export",
        help="a run as prediction files and workbook, as tables, or as timings",
        description="official: prediction.json and submission.json in a folder for each task, and "
        "MODEL_result.xlsx, the nine sheets that the authors' scorer and 'generalbench level' read; "
        "predictions:DIR replays them. csv, parquet: answers and scores as tables. pytest-benchmark: seconds "
        "per answer for 'pytest-benchmark compare'. hf: the metadata of a model card and the Hub's "
        "evaluation results; nothing is sent without --push.",
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="the run folder")
    parser.add_argument(
        "--format",
        choices=gb.EXPORT_FORMATS,
        default="official",
        help="default: official",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="an empty or new folder")
    parser.add_argument(
        "--push",
        metavar="USER/MODEL",
        help="with --format hf: open a pull request there",
    )
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Write the files and print their names."""
    if options.push and options.format != "hf":
        raise gb.GeneralBenchError("--push sends the results of --format hf, and nothing else")
    lines = gb.export_run(options.run, options.out, options.format)
    if options.push:
        lines.append(gb.push_model_card(options.out, options.push))
    put_lines(lines)
    return 0
