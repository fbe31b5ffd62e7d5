"""The authors' workbook: nine sheets, a row per task, a column per model.

A sheet has `Task Name` and `Metrics`, mostly `No`, `Task Short Name` and
`SoTA Performance`, and the model's column, which is the one that is none of these.
"""

from __future__ import annotations

import io
import math
import struct
import tempfile
import warnings
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import ParseError

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.limits import Limit
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.core.regular_files import read_regular
from pytest_generalbench.core.zip_directory import directory_size
from pytest_generalbench.suite.level.tables.names import TaskNames, normalised
from pytest_generalbench.suite.level.tables.score_csv import NO_SCORE, ScoreFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.core.task import Task

SHEETS: Final = (
    "Image-Comprehension", "Image-Generation", "Video-Comprehension", "Video-Generation",
    "Audio-Comprehension", "Audio-Generation", "3D-Comprehension", "3D-Generation", "NLP",
)  # fmt: skip

_NOT_A_SHEET: Final = "level-scores"
_DESCRIBING: Final = frozenset(
    {"no", "no.", "number", "task", "task name", "task short name", "metrics", "metric", "skill"}
)
_MAX_COLUMNS: Final = 1_000
_UNPACKED: Final = Limit(64 << 20, "bytes when unpacked")
"""The authors' workbooks have less than 1 MB."""

_DIRECTORY: Final = Limit(1 << 20, "bytes of a list of parts")
_PARTS: Final = Limit(1_000, "parts of a workbook")

_MAX_ROWS: Final = 10_000
"""A sheet longer than this is no list of tasks; a small file can unpack to millions of rows."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of a sheet."""

    place: int
    """Row number as a spreadsheet shows it."""
    task: Task
    metric: str
    """As the row spells it."""
    value: float
    """The cell as the released tool reads it: infinity for anything that is no number."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """One column of values of a workbook."""

    column: str
    """The column's title: the model's name."""
    rows: Mapping[str, tuple[SheetRow, ...]]
    """By sheet, in the order they are written in."""
    scores: Mapping[str, float | None]
    """By task id; None where the cell holds no number."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    header: tuple[str, ...]
    body: tuple[tuple[int, tuple[Any, ...]], ...]

    def index(self, title: str) -> int | None:
        """Return the column of this title in any case, or None."""
        titles = [normalised(cell) for cell in self.header]
        return titles.index(normalised(title)) if normalised(title) in titles else None


def is_workbook(path: Path) -> bool:
    """Whether the file's ending is that of a workbook."""
    return path.suffix.lower() in {".xlsx", ".xlsm"}


def cell_value(cell: Any) -> float:
    """Read a cell as the released tool does: infinity for empty, `∞` and anything but a number."""
    if cell is None or (isinstance(cell, str) and cell.strip().lower() in {"", "∞", "inf"}):
        return math.inf
    try:
        return float(cell)
    except (TypeError, ValueError):
        return math.inf


def sheet_order(tasks: Sequence[Task], sheet: str) -> tuple[Task, ...]:
    """Return the tasks of a sheet in the order of the rows in the authors' workbooks.

    The released tool pairs the rows of two workbooks by position, so the order is part of the format. It is
    not the order of `No`. Tasks that the authors' workbooks lack come last, by `No`.
    """
    return tuple(
        sorted(
            (task for task in tasks if task.sheet == sheet),
            key=lambda task: (task.row is None, task.row or task.number, task.id),
        )
    )


_ARCHIVE: Final = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError)
_DAMAGED: Final = (ParseError, *_ARCHIVE, *MISFIT)
"""What reading a damaged workbook raises: its XML, its archive, or a value that is none."""


def _open(path: Path) -> Any:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        content = read_regular(path, _UNPACKED)
        listed = _DIRECTORY.excess(directory_size(io.BytesIO(content)))
        if listed:
            raise ScoreFileError(f"{path}: {listed}")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = [member.file_size for member in archive.infolist()]
        why = _UNPACKED.excess(sum(sizes)) or _PARTS.excess(len(sizes))
        if why:
            raise ScoreFileError(f"{path}: {why}")
        return openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (InvalidFileException, OSError, *_DAMAGED) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise ScoreFileError(f"{path}: cannot be read as an .xlsx workbook ({reason})") from error


def _filled(path: Path, worksheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    worksheet.reset_dimensions()  # some writers state a wrong extent
    for place, row in enumerate(worksheet.iter_rows(values_only=True), start=1):
        if place > _MAX_ROWS:
            raise ScoreFileError(f"{path}, sheet {worksheet.title!r}: more than {_MAX_ROWS} rows")
        if len(row) > _MAX_COLUMNS:
            place_of_row = f"{path}, sheet {worksheet.title!r}, row {place}"
            raise ScoreFileError(f"{place_of_row}: more than {_MAX_COLUMNS} columns")
        if any(cell is not None and str(cell).strip() for cell in row):
            yield place, row


def _read_sheets(path: Path) -> dict[str, _Sheet]:
    known = {normalised(name): name for name in SHEETS}
    found: dict[str, _Sheet] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # openpyxl on styles it does not know
        book = _open(path)
        try:
            for worksheet in book.worksheets:
                if normalised(worksheet.title) == _NOT_A_SHEET:
                    continue
                name = known.get(normalised(worksheet.title))
                rows = tuple(_filled(path, worksheet))
                if not rows:
                    continue
                if name is None:
                    word = UnknownWordError("sheet", worksheet.title, SHEETS)
                    raise ScoreFileError(
                        f"{path}: {word}; only `level-scores` and empty ones may stand beside"
                    )
                header = tuple("" if cell is None else str(cell).strip() for cell in rows[0][1])
                found[name] = _Sheet(name, header, rows[1:])
        except _DAMAGED as error:
            raise ScoreFileError(f"{path}: a sheet cannot be read ({error})") from error
        finally:
            book.close()
    return found


def _complete(path: Path, tasks: Sequence[Task], found: Mapping[str, _Sheet]) -> list[_Sheet]:
    needed = {task.sheet for task in tasks}
    sheets = [name for name in SHEETS if name in needed]
    lacking = [name for name in sheets if name not in found]
    if lacking:
        raise ScoreFileError(
            f"{path}: sheet missing or empty: {', '.join(lacking)}; a workbook has {', '.join(sheets)}"
        )
    return [found[name] for name in sheets]


def _is_sota(title: str) -> bool:
    return normalised(title).startswith("sota")


def _candidates(sheet: _Sheet, sota: bool) -> list[str]:
    titles = [title for title in sheet.header if title and normalised(title) not in _DESCRIBING]
    return [title for title in titles if _is_sota(title) == sota]


def _sota_column(path: Path, sheet: _Sheet) -> str:
    found = _candidates(sheet, sota=True)
    exact = [title for title in found if normalised(title) in {"sota performance", "sota"}]
    if len(exact or found) != 1:
        there = ", ".join(repr(title) for title in sheet.header if title)
        raise ScoreFileError(f"{path}, sheet {sheet.name!r}: no single SoTA column; it has {there}")
    return (exact or found)[0]


def _model_column(path: Path, sheets: Sequence[_Sheet], model: str | None) -> str:
    """Return the model's column: the named one, or the only one that all sheets can mean."""
    if model is not None:
        for sheet in sheets:
            if sheet.index(model) is None or normalised(model) in _DESCRIBING:
                titles = _candidates(sheet, sota=False)
                raise ScoreFileError(
                    f"{path}, sheet {sheet.name!r}: {UnknownWordError('model column', model, titles)}"
                )
        return model
    first = _candidates(sheets[0], sota=False)
    shared = [title for title in first if all(sheet.index(title) is not None for sheet in sheets)]
    if len(shared) != 1:
        what = "several columns could be the model's" if shared else "no model column that all sheets have"
        there = ", ".join(repr(title) for title in shared or sheets[0].header if title)
        raise ScoreFileError(f"{path}: {what}: {there}; name it with --model")
    return shared[0]


def _rows(path: Path, sheet: _Sheet, column: str, names: TaskNames) -> Iterator[tuple[SheetRow, Any]]:
    where = f"{path}, sheet {sheet.name!r}"
    name_column, metric_column, value_column = (
        sheet.index(title) for title in ("Task Name", "Metrics", column)
    )
    if name_column is None or value_column is None:
        there = ", ".join(repr(title) for title in sheet.header if title)
        lacking = "Task Name" if name_column is None else column
        raise ScoreFileError(f"{where}: no column {lacking!r}; it has {there}")
    seen: dict[str, int] = {}
    for place, cells in sheet.body:
        # Rows are as long as their last filled cell.
        padded = (*cells, *[None] * (len(sheet.header) - len(cells)))
        spelling = str(padded[name_column]) if padded[name_column] is not None else ""
        task = names.find(spelling)
        if task is None:
            raise ScoreFileError(f"{where}, row {place}: {names.unknown(spelling)}")
        if task.id in seen:
            twice = f"task {task.official_name!r} is there twice, first in row {seen[task.id]}"
            raise ScoreFileError(f"{where}, row {place}: {twice}")
        seen[task.id] = place
        given = padded[metric_column] if metric_column is not None else None
        metric = task.metric.official if given is None else str(given)
        value = padded[value_column]
        yield SheetRow(place, task, metric, cell_value(value)), value


def read_workbook(
    tasks: Sequence[Task], path: Path, *, model: str | None = None, sota: bool = False
) -> Workbook:
    """Read the model's column (with `sota`: the specialists') of a workbook.

    Rows are recognised by the task's name on its sheet. A missing sheet, an unknown or
    repeated task and a model column that cannot be told are ScoreFileErrors; text in a
    cell means no score, with a note unless it is a usual word for it.
    """
    sheets = _complete(path, tasks, _read_sheets(path))
    column = "" if sota else _model_column(path, sheets, model)
    rows: dict[str, tuple[SheetRow, ...]] = {}
    scores: dict[str, float | None] = {}
    notes = []
    for sheet in sheets:
        names = TaskNames(task for task in tasks if task.sheet == sheet.name)
        read = list(_rows(path, sheet, _sota_column(path, sheet) if sota else column, names))
        rows[sheet.name] = tuple(row for row, _ in read)
        for row, cell in read:
            scores[row.task.id] = row.value if math.isfinite(row.value) else None
            if isinstance(cell, str) and math.isinf(row.value) and cell.strip().lower() not in NO_SCORE:
                notes.append(f"{sheet.name}, row {row.place}: {cell!r} is not a number, read as no score")
    return Workbook(column, rows, scores, tuple(notes))


def write_workbook(
    path: Path, tasks: Sequence[Task], scores: Mapping[str, float | None], model_name: str
) -> None:
    """Write `scores` in the authors' layout and row order; a task without a score has an empty cell."""
    import openpyxl

    if normalised(model_name) in _DESCRIBING or _is_sota(model_name) or not model_name.strip():
        raise ScoreFileError(f"{path}: {model_name!r} cannot name a model's column; choose another")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in SHEETS:
        ordered = sheet_order(tasks, sheet)
        if not ordered:
            continue
        worksheet = book.create_sheet(sheet)
        worksheet.append(["No", "Task Name", "Task Short Name", "Metrics", model_name])
        worksheet.cell(1, 5).data_type = "s"  # a name that starts with = is no formula
        for task in ordered:
            names = [task.number, task.official_name, task.short_name, task.metric.official]
            worksheet.append([*names, scores.get(task.id)])
    try:
        with _temporary_files_beside(path):
            book.save(path)
    except Exception as error:
        # lxml, where it is installed, has errors of its own for a disk that fails.
        if isinstance(error, OSError) or type(error).__module__.startswith("lxml"):
            reason = getattr(error, "strerror", None) or error
            raise ScoreFileError(f"{path}: cannot be written ({reason})") from error
        raise


@contextmanager
def _temporary_files_beside(path: Path) -> Iterator[None]:
    """Have openpyxl write its temporary files beside the workbook, where a repeated command removes them."""
    before, tempfile.tempdir = tempfile.tempdir, str(path.parent)
    try:
        yield
    finally:
        tempfile.tempdir = before
