"""Percent scores that a file gives as fractions: 0.745 for 74.5."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_generalbench.suite.level.tables.score_csv import ScoreFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.level.tables.workbook import Workbook


def _percents(tasks: Sequence[Task], scores: Mapping[str, float | None]) -> dict[str, float]:
    """Return the scores that are percentages, by task id."""
    percent = {task.id for task in tasks if task.metric.unit == "percent"}
    return {key: value for key, value in scores.items() if key in percent and value is not None}


def fraction_notes(tasks: Sequence[Task], scores: Mapping[str, float | None]) -> tuple[str, ...]:
    """Return a warning where every percentage of a file is at most 1 and one is above 0, else ()."""
    values = _percents(tasks, scores)
    if not values or not 0 < max(values.values()) <= 1:
        return ()
    first = max(values, key=lambda key: values[key])
    return (
        f"WARNING: all {len(values)} percentages of the file are at most 1 ({first}: {values[first]:g}), so "
        "they look like fractions; they are read as they stand, as percent; give --fractions to read 0.745 "
        "as 74.5 %",
    )


def from_fractions(tasks: Sequence[Task], scores: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return the scores with every percentage times 100; scores in other units stay.

    Raises:
        ScoreFileError: a percentage is above 1, so that the file does not hold fractions.
    """
    values = _percents(tasks, scores)
    for key, value in values.items():
        if value > 1:
            raise ScoreFileError(
                f"--fractions: {key} is {value:g}, which is no fraction; leave the option out"
            )
    return {**scores, **{key: _times_100(value) for key, value in values.items()}}


def workbook_from_fractions(tasks: Sequence[Task], workbook: Workbook) -> Workbook:
    """Return the workbook with every percentage times 100, in its rows as in its scores.

    Raises:
        ScoreFileError: a percentage is above 1.
    """
    rows = {
        sheet: tuple(
            replace(row, value=_times_100(row.value)) if row.task.metric.unit == "percent" else row
            for row in given
        )
        for sheet, given in workbook.rows.items()
    }
    return replace(workbook, rows=rows, scores=from_fractions(tasks, workbook.scores))


def _times_100(value: float) -> float:
    return float(f"{100 * value:.15g}")  # 0.29 is 29, not 28.999999999999996
