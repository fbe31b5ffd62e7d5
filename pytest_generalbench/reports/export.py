"""A run in another form: the authors' files, tables, timings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.new_files import whole_folder
from pytest_generalbench.reports import model_card, official, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WRITERS: Final[Mapping[str, Callable[[official.ExportedRun, Path], list[str]]]] = {
    "official": official.export_official,
    "csv": tables.export_csv,
    "parquet": tables.export_parquet,
    "pytest-benchmark": tables.export_benchmark,
    "hf": model_card.export_model_card,
}

EXPORT_FORMATS: Final = tuple(_WRITERS)
"""What `export_run` writes."""


def export_run(run: str | Path, out: str | Path, form: str = "official") -> list[str]:
    """Write a run in another form.

    Args:
        run: The run folder.
        out: An empty or new folder.
        form: `official` (the authors' prediction files, submission objects and workbook), `csv` or
            `parquet` (answers and scores as tables), `pytest-benchmark` (seconds per answer), `hf` (for a
            model card and the Hub's evaluation results).

    Returns:
        A line for each kind of file that was written.

    Raises:
        UnknownWordError: there is no such form.
        GeneralBenchError: the folder is no run, or `out` is not empty or cannot be written.
    """
    if form not in _WRITERS:
        raise UnknownWordError("export format", form, EXPORT_FORMATS)
    opened, target = official.open_run(Path(run)), Path(out)
    with whole_folder(target):
        return _WRITERS[form](opened, target)
