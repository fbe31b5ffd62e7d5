"""Reading a CSV of scores: a header with `task` and `score`, one task a line."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.regular_files import read_regular_text
from pytest_generalbench.suite.level.tables.names import TaskNames

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_generalbench.core.task import Task

NO_SCORE: Final = frozenset({"", "∞", "inf", "nan", "none", "null", "-", "–", "—", "n/a", "unsupported"})
"""How an unsupported task is written."""


class ScoreFileError(GeneralBenchError):
    """A file of scores cannot be read; the message names the file and the place in it."""


def _number(text: str, where: str) -> float | None:
    if text.strip().lower() in NO_SCORE:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ScoreFileError(f"{where}: {text.strip()!r} is not a number; leave it empty for no score")
    return value


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    try:
        reader = csv.reader(io.StringIO(read_regular_text(path, "utf-8-sig"), newline=""))
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ScoreFileError(f"{path}: cannot be read as CSV ({reason})") from error


def _columns(path: Path, header: Sequence[str]) -> tuple[int, int]:
    names = [cell.strip().lower() for cell in header]
    for wanted in ("task", "score"):
        if names.count(wanted) != 1:
            there = ", ".join(repr(cell) for cell in header)
            raise ScoreFileError(f"{path}: the first line must name the columns task,score; it has {there}")
    return names.index("task"), names.index("score")


def read_csv(tasks: Sequence[Task], path: Path) -> dict[str, float | None]:
    """Return the scores by task id, in the tasks' own units; None for a task without a score.

    A task goes by its id, official name or name. An unknown one, one that comes twice and
    a score that is no number are ScoreFileErrors that name the line.
    """
    lines = _lines(path)
    if not lines:
        raise ScoreFileError(f"{path}: the file is empty; its first line must be task,score")
    task_column, score_column = _columns(path, lines[0][1])
    names = TaskNames(tasks)
    scores: dict[str, float | None] = {}
    seen: dict[str, int] = {}
    for number, row in lines[1:]:
        where = f"{path}, line {number}"
        if len(row) <= max(task_column, score_column):
            raise ScoreFileError(f"{where}: {len(row)} cells, fewer than the header has")
        task = names.find(row[task_column])
        if task is None:
            raise ScoreFileError(f"{where}: {names.unknown(row[task_column].strip())}")
        if task.id in seen:
            raise ScoreFileError(f"{where}: task {task.id!r} is there twice, first in line {seen[task.id]}")
        seen[task.id] = number
        scores[task.id] = _number(row[score_column], where)
    return scores
