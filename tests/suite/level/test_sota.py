from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.level import ScoreFileError, compute_level, sota_table, write_workbook
from pytest_generalbench.suite.level.tables.sota import in_task_units, printed_value, raw_value

if TYPE_CHECKING:
    from pathlib import Path

TASKS = registry.load_tasks()
FLOWS = {
    "video/comprehension/optical-flow-in-simple-synthetic-scene": 49.2,
    "video/comprehension/optical-flow-in-complex-scene-estimation": 39.4,
    "video/comprehension/panoramic-optical-flow-estimation": 23.0,
}
BY_ID = {task.id: task for task in TASKS}


@pytest.mark.parametrize("name", ["released", "paper"])
def test_the_published_tables_are_whole_and_in_task_units(name: str) -> None:
    table = sota_table(TASKS, name)
    assert table.name == name
    assert len(table.values) == 699
    for task in TASKS:
        if task.id in FLOWS:
            assert table.values[task.id] == pytest.approx(
                {49.2: 0.928, 39.4: 1.2, 23.0: 2.135}[FLOWS[task.id]], abs=1e-3
            )
        else:
            assert table.values[task.id] == task.sota_value(name)


def test_the_tables_differ_on_63_language_tasks_and_on_odometry() -> None:
    released, paper = sota_table(TASKS, "released").values, sota_table(TASKS, "paper").values
    apart = [key for key in released if released[key] != paper[key]]
    assert sum(key.startswith("nlp/") for key in apart) == 63
    assert [key for key in apart if not key.startswith("nlp/")] == ["3d/comprehension/3d-odometry"]


def test_the_choice_of_the_table_changes_the_levels() -> None:
    scores = dict(sota_table(TASKS, "released").values)
    found = compute_level(TASKS, scores, scoring="paper", sota=sota_table(TASKS, "paper"))
    assert found.sota == "paper"
    assert found.language is not None
    assert found.language.half.wins < 115


@pytest.mark.parametrize(("key", "printed"), FLOWS.items())
def test_a_printed_figure_becomes_pixels_and_prints_again(key: str, printed: float) -> None:
    task = BY_ID[key]
    assert printed_value(task, raw_value(task, printed)) == printed
    assert printed_value(task, 0.5) == 0.5
    assert printed_value(task, None) is None


def test_any_other_task_is_printed_raw() -> None:
    task = BY_ID["nlp/causal-reasoning"]
    assert raw_value(task, 65.0) == printed_value(task, 65.0) == 65.0


def test_a_file_with_printed_flow_figures_is_read_as_points_with_a_note() -> None:
    values, notes = in_task_units(TASKS, dict(FLOWS))
    assert [round(value or 0, 2) for value in values.values()] == [0.93, 1.2, 2.14]
    assert len(notes) == 3
    assert "points" in notes[0]


def test_a_file_with_one_other_flow_value_is_in_pixels_throughout() -> None:
    given = {**FLOWS, next(iter(FLOWS)): 3.5}
    assert in_task_units(TASKS, given) == (given, ())


def test_a_table_from_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("task,score\nnlp/causal-reasoning,90\nBird Detection,12.5\n", encoding="utf-8")
    table = sota_table(TASKS, path)
    assert table.name == "mine.csv"
    assert table.values == {"nlp/causal-reasoning": 90.0, "image/comprehension/bird-detection": 12.5}
    scores: dict[str, float | None] = {
        "nlp/causal-reasoning": 89.0,
        "image/comprehension/bird-detection": 13.0,
    }
    found = compute_level(TASKS, scores, scoring="paper", sota=table)
    assert found.modalities[0].wins == 1
    assert found.language is not None
    assert found.language.half.wins == 0


def test_an_unknown_task_in_a_csv_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("task,score\nnlp/causal-reasoning,90\nBird Detektion,1\n", encoding="utf-8")
    with pytest.raises(
        ScoreFileError, match=r"mine\.csv, line 3: unknown task 'Bird Detektion'.*bird-detection"
    ):
        sota_table(TASKS, path)


def test_an_unknown_table_lists_the_good_ones() -> None:
    with pytest.raises(UnknownWordError, match="released"):
        sota_table(TASKS, "relased")


def test_a_workbook_without_a_sota_column_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "model.xlsx"
    write_workbook(path, TASKS, {}, "Mine")
    with pytest.raises(ScoreFileError, match=r"no single SoTA column; it has 'No', 'Task Name'"):
        sota_table(TASKS, path)


def test_wins_that_the_other_table_is_far_from_are_named() -> None:
    code, causal = "nlp/code-gen", "nlp/causal-reasoning"
    scores = {code: 20.0, causal: 96.0, "nlp/mathematical-word-problem-solving": 5.0}
    released = compute_level(TASKS, scores, scoring="paper", sota=sota_table(TASKS, "released"))
    assert {code, causal} <= set(released.wins)
    (note,) = [note for note in released.notes if "paper table" in note]
    assert note.endswith(f"20 points or more better: {code} (15.06, there 75.06)")
    other = compute_level(TASKS, scores, scoring="paper", sota=sota_table(TASKS, "paper"))
    assert not any("table" in note for note in other.notes)
