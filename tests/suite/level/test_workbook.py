from __future__ import annotations

import contextlib
import math
import os
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pytest

from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.level import (
    ScoreFileError,
    compute_level,
    read_workbook,
    released_workbook,
    sota_table,
    write_workbook,
)
from pytest_generalbench.suite.level.tables.workbook import SHEETS, cell_value, sheet_order

if TYPE_CHECKING:
    from pathlib import Path

TASKS = registry.load_tasks()
RELEASED = sota_table(TASKS, "released")
PRINTED: dict[str, float | None] = {task.id: task.sota.released for task in TASKS}

Change = Callable[[Any], None]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "expert.xlsx"
    write_workbook(path, TASKS, PRINTED, "Expert-7B")
    return path


def changed(path: Path, change: Change) -> Path:
    content = openpyxl.load_workbook(path)
    change(content)
    content.save(path)
    return path


def test_the_written_layout(book: Path) -> None:
    content = openpyxl.load_workbook(book)
    assert tuple(content.sheetnames) == SHEETS
    assert [cell.value for cell in content["NLP"][1]] == [
        "No", "Task Name", "Task Short Name", "Metrics", "Expert-7B",
    ]  # fmt: skip
    assert [cell.value for cell in content["NLP"][2]][:2] == [1, "Commonsense Reasoning"]
    numbers = [row[0].value for row in content["Audio-Generation"].iter_rows(min_row=2)]
    assert numbers == [*range(1, 15), *range(17, 21), 15, 16]


def test_what_is_written_reads_back(book: Path) -> None:
    found = read_workbook(TASKS, book)
    assert found.column == "Expert-7B"
    assert found.scores == PRINTED
    assert found.notes == ()
    assert sum(len(rows) for rows in found.rows.values()) == 699


def test_a_task_without_a_score_is_an_empty_cell(tmp_path: Path) -> None:
    path = tmp_path / "one.xlsx"
    write_workbook(path, TASKS, {"nlp/causal-reasoning": 1.5}, "=1+1")
    found = read_workbook(TASKS, path)
    assert found.column == "=1+1"
    assert {key: value for key, value in found.scores.items() if value is not None} == {
        "nlp/causal-reasoning": 1.5
    }
    assert len(found.scores) == 699


@pytest.mark.parametrize("name", ["No", "metrics", "SoTA Performance", " "])
def test_a_model_cannot_be_called_as_another_column(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScoreFileError, match="choose another"):
        write_workbook(tmp_path / "x.xlsx", TASKS, {}, name)


def test_pairing_by_position_gives_the_same_as_pairing_by_task(book: Path) -> None:
    by_position = released_workbook(TASKS, read_workbook(TASKS, book), RELEASED)
    by_task = compute_level(TASKS, RELEASED.values, scoring="released", sota=RELEASED)
    assert pytest.approx(by_task.S4, abs=1e-9) == by_position.S4
    assert by_position.notes == ()


def sort_rows(content: Any, sheet: str, key: Callable[[tuple[Any, ...]], Any]) -> None:
    rows = [tuple(cell.value for cell in row) for row in content[sheet].iter_rows(min_row=2)]
    for place, row in enumerate(sorted(rows, key=key), start=2):
        for column, value in enumerate(row, start=1):
            content[sheet].cell(place, column).value = value


def test_rows_in_another_order_pair_by_position_with_a_note(book: Path) -> None:
    changed(book, lambda content: sort_rows(content, "Image-Comprehension", lambda row: row[1]))
    workbook = read_workbook(TASKS, book)
    found = released_workbook(TASKS, workbook, RELEASED)
    assert "Image-Comprehension: rows pair by position" in found.notes[0]
    assert found.modalities[0].wins < 316
    assert workbook.scores == PRINTED  # `paper` goes by name


def test_rows_in_the_order_of_their_number_are_told_of(book: Path) -> None:
    changed(book, lambda content: sort_rows(content, "Audio-Generation", lambda row: row[0]))
    found = released_workbook(TASKS, read_workbook(TASKS, book), RELEASED)
    assert "6 of them stand beside another task's specialist" in found.notes[0]


def test_a_sheet_with_fewer_rows_is_scored_and_told(book: Path) -> None:
    changed(book, lambda content: content["NLP"].delete_rows(116))
    workbook = read_workbook(TASKS, book)
    found = released_workbook(TASKS, workbook, RELEASED)
    assert len(workbook.scores) == 698
    assert "114 rows beside 115" in found.notes[0]


def test_names_differ_in_width_case_and_blanks(book: Path) -> None:
    def respell(content: Any) -> None:
        for row in content["Audio-Generation"].iter_rows(min_row=2):
            row[1].value = f" {row[1].value.upper().replace('（', '(').replace('）', ')')} "
        content["NLP"].title = "other"
        content["other"].title = "nlp "

    assert read_workbook(TASKS, changed(book, respell)).scores == PRINTED


def test_level_scores_and_empty_rows_are_passed_over(book: Path) -> None:
    def add(content: Any) -> None:
        content.create_sheet("Level-Scores").append(["anything"])
        content["NLP"].append([None, None, None, "  "])

    assert read_workbook(TASKS, changed(book, add)).scores == PRINTED


def test_an_empty_sheet_of_any_name_is_passed_over(book: Path) -> None:
    assert (
        read_workbook(TASKS, changed(book, lambda content: content.create_sheet("Sheet"))).scores == PRINTED
    )


def test_the_model_column_is_the_one_that_is_no_other(book: Path) -> None:
    def add(content: Any) -> None:
        for sheet in content.worksheets:
            sheet.insert_cols(5)
            sheet.cell(1, 5).value = "SoTA Performance"
        content["NLP"].cell(1, 7).value = "remark"

    assert read_workbook(TASKS, changed(book, add)).column == "Expert-7B"


def test_of_several_model_columns_one_is_named_in_any_case(book: Path) -> None:
    def add(content: Any) -> None:
        for sheet in content.worksheets:
            sheet.cell(1, 6).value = "Other"
            sheet.cell(2, 6).value = 5.0

    changed(book, add)
    with pytest.raises(
        ScoreFileError, match=r"several columns could be the model's: 'Expert-7B', 'Other'.*--model"
    ):
        read_workbook(TASKS, book)
    assert read_workbook(TASKS, book, model="other").scores["nlp/commonsense-reasoning"] == 5.0
    with pytest.raises(ScoreFileError, match=r"unknown model column 'Othre'.*'Other'"):
        read_workbook(TASKS, book, model="Othre")
    with pytest.raises(ScoreFileError, match="unknown model column 'No'"):
        read_workbook(TASKS, book, model="No")


def test_text_in_a_cell_is_no_score(book: Path) -> None:
    def write(content: Any) -> None:
        content["NLP"]["E2"] = "∞"
        content["NLP"]["E3"] = "80%"
        content["NLP"]["E4"] = "12.5"

    found = read_workbook(TASKS, changed(book, write))
    values = [row.value for row in found.rows["NLP"][:3]]
    assert values == [math.inf, math.inf, 12.5]
    assert found.scores["nlp/causal-reasoning"] is None
    assert found.notes == ("NLP, row 3: '80%' is not a number, read as no score",)


@pytest.mark.parametrize(
    ("cell", "value"),
    [(None, math.inf), ("", math.inf), (" ∞ ", math.inf), ("Inf", math.inf), ("1,234", math.inf), (True, 1.0),
     ("75", 75.0), (7, 7.0), ("-inf", -math.inf)],
)  # fmt: skip
def test_cells_are_read_as_the_released_tool_reads_them(cell: object, value: float) -> None:
    assert cell_value(cell) == value


def drop_sheet(content: Any) -> None:
    del content["3D-Generation"]


def add_sheet(content: Any) -> None:
    content.create_sheet("Image-Comprehensions").append(["No"])


def rename_task(content: Any) -> None:
    content["NLP"]["B4"] = "Causal Reasonings"


def repeat_task(content: Any) -> None:
    content["NLP"]["B4"] = "Causal Reasoning"


def drop_names(content: Any) -> None:
    content["NLP"]["B1"] = "Title"


def drop_model(content: Any) -> None:
    content["NLP"]["E1"] = None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop_sheet, "sheet missing or empty: 3D-Generation; a workbook has Image-Comprehension,"),
        (add_sheet, "unknown sheet 'Image-Comprehensions' .did you mean 'Image-Comprehension'"),
        (rename_task, "sheet 'NLP', row 4: unknown task 'Causal Reasonings'.*nlp/causal-reasoning"),
        (repeat_task, "sheet 'NLP', row 4: task 'Causal Reasoning' is there twice, first in row 3"),
        (drop_names, "sheet 'NLP': no column 'Task Name'; it has 'No', 'Title'"),
        (drop_model, "no model column that all sheets have"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_the_place(book: Path, change: Change, message: str) -> None:
    with pytest.raises(ScoreFileError, match=message) as caught:
        read_workbook(TASKS, changed(book, change))
    assert "\n" not in str(caught.value)


def test_what_is_no_workbook_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"PK no zip")
    with pytest.raises(ScoreFileError, match=r"cannot be read as an \.xlsx workbook"):
        read_workbook(TASKS, path)


def test_a_sheet_without_end_is_refused(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_generalbench.suite.level.tables.workbook._MAX_ROWS", 50)
    with pytest.raises(ScoreFileError, match="more than 50 rows"):
        read_workbook(TASKS, book)


def test_a_sota_workbook_gives_values_by_name_and_rows_by_position(book: Path, tmp_path: Path) -> None:
    def to_sota(content: Any) -> None:
        for sheet in content.worksheets:
            sheet["E1"] = "SoTA Performance"
        sort_rows(content, "Audio-Comprehension", lambda row: row[1])

    path = tmp_path / "sota.xlsx"
    path.write_bytes(book.read_bytes())
    table = sota_table(TASKS, changed(path, to_sota))
    assert table.name == "sota.xlsx"
    assert table.values == RELEASED.values
    found = released_workbook(TASKS, read_workbook(TASKS, book), table)
    assert any(note.startswith("Audio-Comprehension: rows pair by position") for note in found.notes)


def test_sheets_hold_every_task_once() -> None:
    ordered = [task.id for sheet in SHEETS for task in sheet_order(TASKS, sheet)]
    assert sorted(ordered) == [task.id for task in TASKS]


def test_a_workbook_that_unpacks_to_too_much(book: Path) -> None:
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", bytes(70 << 20))
    with pytest.raises(ScoreFileError, match=r"\d+ bytes when unpacked, more than the limit"):
        read_workbook(TASKS, book)


def test_a_workbook_of_many_parts_or_columns(book: Path) -> None:
    def widen(content: Any) -> None:
        content["NLP"].cell(3, 5000).value = 1

    with pytest.raises(ScoreFileError, match=r"'NLP', row 3: more than 1000 columns"):
        read_workbook(TASKS, changed(book, widen))
    with zipfile.ZipFile(book, "a") as archive:
        for number in range(1001):
            archive.writestr(f"x/{number}", b"")
    with pytest.raises(ScoreFileError, match="parts of a workbook"):
        read_workbook(TASKS, book)


def test_a_pipe_is_no_workbook(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xlsx")
    with pytest.raises(ScoreFileError, match="a named pipe, not a regular file"):
        read_workbook(TASKS, tmp_path / "pipe.xlsx")


def test_no_damage_to_a_workbook_is_a_traceback(book: Path) -> None:
    content = book.read_bytes()
    dice = np.random.default_rng(0)
    for _ in range(60):
        changed_bytes = bytearray(content)
        for place in dice.integers(0, len(content), 4):
            changed_bytes[place] ^= int(dice.integers(1, 256))
        book.write_bytes(changed_bytes)
        with contextlib.suppress(ScoreFileError):
            read_workbook(TASKS, book)
