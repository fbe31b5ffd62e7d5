"""`released` scoring beside the tool's own rules, over workbooks filled at random."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pytest

from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.level import read_workbook, released_workbook, sota_table, write_workbook
from pytest_generalbench.suite.level.tables.sota import printed_value
from pytest_generalbench.suite.level.tables.workbook import sheet_order
from tests.suite.level import released_tool

TASKS = registry.load_tasks()


@pytest.fixture(scope="module")
def sota_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sota") / "sota.xlsx"
    values = sota_table(TASKS, "released").values
    write_workbook(path, TASKS, {task.id: printed_value(task, values[task.id]) for task in TASKS}, "x")
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        sheet["E1"] = "SoTA Performance"
    book.save(path)
    return path


def filled(path: Path, seed: int, swapped: bool) -> Path:
    """Write a workbook with values around the specialists'; some cells stay empty."""
    rng = np.random.default_rng(seed)
    values = sota_table(TASKS, "released").values
    scores = {
        task.id: None
        if rng.random() < 0.2
        else round(abs(values[task.id] or 50.0) * rng.uniform(0.5, 1.6), 4)
        for task in TASKS
    }
    write_workbook(path, TASKS, scores, "model")
    if swapped:
        book = openpyxl.load_workbook(path)
        sheet = book["Image-Generation"]
        one, other = (row for row in range(2, sheet.max_row + 1) if sheet.cell(row, 1).value == 44)
        for column in range(1, 6):
            first, second = sheet.cell(one, column), sheet.cell(other, column)
            first.value, second.value = second.value, first.value
        book.save(path)
    return path


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("with_file", [False, True])
def test_levels_equal_those_of_the_tool(
    tmp_path: Path, sota_file: Path, seed: int, swapped: bool, with_file: bool
) -> None:
    path = filled(tmp_path / "model.xlsx", seed, swapped)
    table = sota_table(TASKS, sota_file if with_file else "released")
    ours = released_workbook(TASKS, read_workbook(TASKS, path), table)
    expected = released_tool.levels(sota_file, path)
    assert pytest.approx(expected, abs=1e-9) == (ours.S2, ours.S3, ours.S4, ours.S5)
    assert bool(ours.notes) == swapped


def test_the_order_of_rows_is_the_tasks_place_in_the_authors_sheet() -> None:
    for sheet in {task.sheet for task in TASKS}:
        rows = [task.row for task in sheet_order(TASKS, sheet)]
        assert rows == list(range(1, len(rows) + 1))
    image = [task.name for task in sheet_order(TASKS, "Image-Generation")]
    assert image[:2] == ["Edge-to-Image Generation", "EEG-based Image Generation"]


def test_an_exported_workbook_keeps_scores_and_order(tmp_path: Path) -> None:
    path = filled(tmp_path / "model.xlsx", 7, swapped=False)
    workbook = read_workbook(TASKS, path)
    write_workbook(tmp_path / "again.xlsx", TASKS, workbook.scores, "model")
    again = read_workbook(TASKS, tmp_path / "again.xlsx")
    assert again.scores == workbook.scores
    assert again.rows == workbook.rows
