"""`generalbench export`: a run in the authors' forms, as tables, or as timings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

FORMATS: Final = ("official", "csv", "parquet", "pytest-benchmark")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `generalbench`."""
    parser = subparsers.add_parser(
        "export",
        help="a run as prediction files and workbook, as tables, or as timings",
        description="official: prediction.json and submission.json in a folder for each task, and "
        "MODEL_result.xlsx, the nine sheets that the authors' scorer and 'generalbench level' read; "
        "predictions:DIR replays them. csv, parquet: answers and scores as tables. pytest-benchmark: seconds "
        "per answer for 'pytest-benchmark compare'.",
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="the run folder")
    parser.add_argument("--format", choices=FORMATS, default="official", help="default: official")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="an empty or new folder")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Write the files and print their names."""
    from pytest_generalbench.core.errors import GeneralBenchError
    from pytest_generalbench.reports import official as exchange
    from pytest_generalbench.reports import tables

    writers: Mapping[str, Callable[[exchange.ExportedRun, Path], list[str]]] = {
        "official": exchange.export_official,
        "csv": tables.export_csv,
        "parquet": tables.export_parquet,
        "pytest-benchmark": tables.export_benchmark,
    }
    opened = exchange.open_run(options.run)
    out: Path = options.out
    if out.is_dir() and any(out.iterdir()):
        raise GeneralBenchError(f"{out} is not empty: name a new folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
        lines = writers[options.format](opened, out)
    except OSError as error:
        raise GeneralBenchError(f"{out} cannot be written: {error.strerror or error}") from error
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0
