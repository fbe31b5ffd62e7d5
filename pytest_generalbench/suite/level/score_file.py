"""The levels of a file of scores: a workbook in the authors' layout, or a CSV."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_generalbench.suite.level.aggregation import qualifier
from pytest_generalbench.suite.level.compute import compute_level, released_workbook
from pytest_generalbench.suite.level.tables.fractions import (
    fraction_notes,
    from_fractions,
    workbook_from_fractions,
)
from pytest_generalbench.suite.level.tables.score_csv import ScoreFileError, read_csv
from pytest_generalbench.suite.level.tables.sota import in_task_units, sota_table
from pytest_generalbench.suite.level.tables.workbook import is_workbook, read_workbook
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.level.result import LevelResult
    from pytest_generalbench.suite.level.tables.workbook import Workbook


@dataclass(frozen=True, slots=True)
class _ScoreFile:
    """The content of a file: raw scores by task id, and the sheets when it is a workbook."""

    scores: Mapping[str, float | None]
    notes: tuple[str, ...]
    workbook: Workbook | None
    warnings: tuple[str, ...] = ()
    """What both scorings are to be read with."""


def _read(tasks: Sequence[Task], path: Path, model: str | None, fractions: bool) -> _ScoreFile:
    if not path.is_file():
        raise ScoreFileError(f"{path}: no such file; give an .xlsx workbook or a CSV with task,score")
    if is_workbook(path):
        workbook = read_workbook(tasks, path, model=model)
        if fractions:
            workbook = workbook_from_fractions(tasks, workbook)
        scores, notes = in_task_units(tasks, workbook.scores)
        return _ScoreFile(scores, (*workbook.notes, *notes), workbook, fraction_notes(tasks, scores))
    if model is not None:
        raise ScoreFileError(f"{path}: a model names a workbook's column; a CSV has one model only")
    given = read_csv(tasks, path)
    scores, notes = in_task_units(tasks, from_fractions(tasks, given) if fractions else given)
    return _ScoreFile(scores, notes, None, fraction_notes(tasks, scores))


def level_of_file(
    path: str | Path, sota: str | Path = "released", *, model: str | None = None, fractions: bool = False
) -> tuple[LevelResult, LevelResult]:
    """Compute General-Level from a file of raw scores, under both scorings.

    Args:
        path: An .xlsx workbook in the authors' layout, or a CSV with the columns `task,score`. A task that
            it does not list counts as 0, and the tiers are then qualified.
        sota: The table of specialists: `released`, `paper`, or a CSV file or workbook.
        model: The model's column, where a workbook has several.
        fractions: Whether the file's percentages are fractions, 0.745 for 74.5 %.

    Returns:
        The levels under `paper` and under `released` scoring.

    Raises:
        ScoreFileError: a file that cannot be read.
        UnknownWordError: a table of specialists that does not exist.
    """
    tasks = load_tasks()
    given = _read(tasks, Path(path), model, fractions)
    table = sota_table(tasks, sota)
    paper = compute_level(tasks, given.scores, scoring="paper", sota=table)
    if given.workbook is None:
        released = compute_level(tasks, given.scores, scoring="released", sota=table)
    else:
        released = released_workbook(tasks, given.workbook, table)
    qualified = qualifier(len(tasks), len(given.scores), limit=None, demo=False)
    return (
        dataclasses.replace(paper, qualified=qualified, notes=(*given.warnings, *given.notes, *paper.notes)),
        dataclasses.replace(released, qualified=qualified, notes=(*given.warnings, *released.notes)),
    )
