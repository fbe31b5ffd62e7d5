"""Laying the specialists' rows beside a model's, as `released` scoring needs them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from pytest_generalbench.core.task import Task
from pytest_generalbench.suite.level.scorings.released import ReleasedRow
from pytest_generalbench.suite.level.tables.sota import SotaTable, printed_value
from pytest_generalbench.suite.level.tables.workbook import SHEETS, SheetRow, Workbook, sheet_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Pairing(NamedTuple):
    """Rows in sheet order, with what is to be known of how they were paired."""

    rows: tuple[ReleasedRow, ...]
    notes: tuple[str, ...]


class _Specialist(NamedTuple):
    task: Task
    metric: str
    value: float | None


def pair_scores(
    tasks: Sequence[Task], scores: Mapping[str, float | None], sota: SotaTable
) -> tuple[ReleasedRow, ...]:
    """Pair scores by task: they have no rows of their own that could be in another order."""
    return tuple(
        ReleasedRow(
            sheet=sheet,
            metric=task.metric.official,
            sota=printed_value(task, sota.values.get(task.id)),
            model=printed_value(task, scores.get(task.id)),
            task=task.id,
        )
        for sheet in SHEETS
        for task in sheet_order(tasks, sheet)
    )


def _specialists(tasks: Sequence[Task], sheet: str, sota: SotaTable) -> list[_Specialist]:
    """Return the specialists' rows: those of a SoTA workbook, or of the table in the authors' order."""
    if sota.rows is not None:
        return [_Specialist(row.task, row.metric, row.value) for row in sota.rows.get(sheet, ())]
    return [
        _Specialist(task, task.metric.official, printed_value(task, sota.values.get(task.id)))
        for task in sheet_order(tasks, sheet)
    ]


def _pair_sheet(sheet: str, specialists: Sequence[_Specialist], given: Sequence[SheetRow]) -> Pairing:
    rows = []
    for index, specialist in enumerate(specialists):
        there = given[index] if index < len(given) else None
        model = None if there is None else printed_value(there.task, there.value)
        empty = model is None or (math.isinf(model) and model > 0)
        rows.append(
            ReleasedRow(
                sheet=sheet,
                metric=specialist.metric,
                sota=specialist.value,
                model=None if empty else model,
                task=specialist.task.id,
                listed=there is not None,
            )
        )
    notes = []
    pairs = zip(specialists, given, strict=False)
    apart = sum(specialist.task.id != row.task.id for specialist, row in pairs)
    if apart:
        notes.append(
            f"{sheet}: rows pair by position, as in the released tool, and {apart} of them stand beside "
            "another task's specialist; `generalbench export` writes the authors' order"
        )
    if len(given) != len(specialists):
        notes.append(f"{sheet}: {len(given)} rows beside {len(specialists)} of the specialists")
    return Pairing(tuple(rows), tuple(notes))


def pair_workbook(tasks: Sequence[Task], workbook: Workbook, sota: SotaTable) -> Pairing:
    """Pair a workbook's rows by position, sheet by sheet, as the released tool does."""
    rows: list[ReleasedRow] = []
    notes: list[str] = []
    for sheet, given in workbook.rows.items():
        paired = _pair_sheet(sheet, _specialists(tasks, sheet, sota), given)
        rows += paired.rows
        notes += paired.notes
    return Pairing(tuple(rows), tuple(notes))
