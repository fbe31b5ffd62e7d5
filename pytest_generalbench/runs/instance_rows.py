"""The instance table of a run: one row for every instance of every task that was scored.

The table is a folder, `instances/`, with a CSV file for each task, so that one task is read without the
others and a worker writes its task without waiting for anyone. The bytes of a file depend on nothing but
what was scored: not on the number of workers, the order of tasks, or how often the run was resumed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.new_files import atomic_write
from pytest_generalbench.core.regular_files import read_regular
from pytest_generalbench.core.result import InstanceRow
from pytest_generalbench.runs.manifest import check_unchanged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

ROWS_FOLDER: Final = "instances"


def rows_path(folder: Path, task: str) -> Path:
    """Return the file that holds a task's rows, in a run folder."""
    return folder / ROWS_FOLDER / f"{task}.csv"


def encode_rows(rows: Iterable[InstanceRow]) -> bytes:
    """Return the bytes of a task's file: sorted by instance, floats so that reading gives the same number."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(InstanceRow._fields)
    for row in sorted(rows, key=lambda row: row.instance):
        score = "" if row.score is None or math.isnan(row.score) else repr(float(row.score))
        group = "" if row.group is None else str(row.group)
        writer.writerow((row.instance, row.state, score, group, row.cluster, row.prediction))
    return text.getvalue().encode("utf-8", "backslashreplace")


def write_rows(folder: Path, task: str, rows: Iterable[InstanceRow]) -> None:
    """Write the rows of one task in one step, in place of any there were.

    Raises:
        GeneralBenchError: the file cannot be written.
    """
    path = rows_path(folder, task)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, encode_rows(rows))
    except OSError as error:
        raise GeneralBenchError(f"{path} cannot be written: {error.strerror or error}") from error


def rows_digest(folder: Path, task: str) -> str:
    """Return 16 hex digits over the bytes of a task's file; empty when it has none, or it cannot be read."""
    try:
        return hashlib.sha256(rows_path(folder, task).read_bytes()).hexdigest()[:16]
    except OSError:
        return ""


def read_rows(folder: Path, task: str) -> list[InstanceRow]:
    """Return the rows of one task, sorted by instance; none when it has no file.

    Raises:
        GeneralBenchError: the file is not what a run writes.
        ChangedFileError: the run has ended, and the file is not as it was then.
    """
    path = rows_path(folder, task)
    try:
        raw = read_regular(path)
        check_unchanged(folder, path.relative_to(folder).as_posix(), raw)
        return list(_parsed(csv.reader(io.StringIO(raw.decode("utf-8"), newline=""))))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, csv.Error) as error:
        raise GeneralBenchError(f"{path} is no table of instances: {error}") from error


def _parsed(lines: Iterator[Sequence[str]]) -> Iterator[InstanceRow]:
    if tuple(next(lines, ())) != InstanceRow._fields:
        raise ValueError(f"its first line is not {','.join(InstanceRow._fields)}")
    for instance, state, score, group, cluster, prediction in lines:
        yield InstanceRow(
            instance,
            state,
            float(score) if score else None,
            int(group) if group else None,
            cluster,
            prediction,
        )


def tasks_with_rows(folder: Path) -> tuple[str, ...]:
    """Return the ids of the tasks that have rows in a run folder, sorted."""
    top = folder / ROWS_FOLDER
    return tuple(sorted(path.relative_to(top).as_posix().removesuffix(".csv") for path in top.rglob("*.csv")))
