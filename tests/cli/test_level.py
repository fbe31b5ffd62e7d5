from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from pytest_generalbench.cli import main
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.level import sota_table, write_workbook

if TYPE_CHECKING:
    from pathlib import Path

TASKS = registry.load_tasks()
PRINTED: dict[str, float | None] = {task.id: task.sota.released for task in TASKS}
RAW = sota_table(TASKS, "released").values

Command = Callable[..., str]


@pytest.fixture
def level(capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs the command and gives its standard output."""

    def run(*arguments: object) -> str:
        assert main(["level", *map(str, arguments)]) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def error(capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs the command, expects exit code 2, and gives its one line."""

    def run(*arguments: object) -> str:
        assert main(["level", *map(str, arguments)]) == 2
        value = capsys.readouterr()
        assert value.out == ""
        assert value.err.count("\n") == 1
        return value.err

    return run


def as_workbook(folder: Path, scores: Mapping[str, float | None]) -> Path:
    path = folder / "scores.xlsx"
    write_workbook(path, TASKS, scores, "Expert")
    return path


def as_csv(folder: Path, scores: Mapping[str, float | None]) -> Path:
    path = folder / "scores.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["task", "score"])
        writer.writerows(scores.items())
    return path


def both(text: str) -> dict[str, dict[str, Any]]:
    return {item["scoring"]: item for item in json.loads(text)}


def four(item: Mapping[str, Any]) -> list[float]:
    return [item["overall"][name] for name in ("S2", "S3", "S4", "S5")]


@pytest.mark.parametrize("scores", [PRINTED, RAW], ids=["as printed", "in task units"])
@pytest.mark.parametrize("write", [as_workbook, as_csv])
def test_the_specialists_own_values(
    tmp_path: Path, level: Command, write: Callable[..., Path], scores: Mapping[str, float | None]
) -> None:
    result = both(level(write(tmp_path, scores), "--json"))
    assert list(result) == ["paper", "released"]
    assert [round(value, 3) for value in four(result["paper"])] == [63.004, 63.004, 61.611, 38.982]
    expected = (112.20786464365304, 112.20786464365304, 156.21245112919934, 98.83674852003352)
    assert four(result["released"]) == pytest.approx(expected, abs=1e-9)
    for item in result.values():
        assert item["tier"] == 5
        assert item["qualified"] is None
        assert [modality["wins"] for modality in item["modalities"]] == [316, 172, 44, 52]


def test_a_model_without_any_result(tmp_path: Path, level: Command) -> None:
    result = both(level(as_workbook(tmp_path, {}), "--json"))
    assert four(result["paper"]) == [0, 0, 0, 0]
    assert result["paper"]["tier"] == 1
    assert result["paper"]["missing"] == 699
    assert [modality["wins"] for modality in result["released"]["modalities"]] == [0, 0, 5, 0]


def test_the_table_for_people(tmp_path: Path, level: Command) -> None:
    lines = level(as_csv(tmp_path, RAW)).splitlines()
    assert lines[0] == "scores.csv, specialists: released"
    overall = [line.split() for line in lines if line.startswith("  overall")]
    assert overall == [
        ["overall", "63.00", "63.00", "61.61", "38.98", "699", "699", "699"],
        ["overall", "112.21", "112.21", "156.21", "98.84", "699", "699", "699"],
    ]
    assert lines.count("  tier: Level-5") == 2
    assert max(map(len, lines)) <= 80


def test_tasks_that_a_csv_does_not_list_count_as_zero_and_qualify_the_tier(
    tmp_path: Path, level: Command
) -> None:
    path = as_csv(tmp_path, {"nlp/causal-reasoning": 99.0, "image/comprehension/bird-detection": 98.0})
    text = level(path)
    assert "tier: Level-3   [partial: 2 of 699 tasks]" in text
    assert "no score: 697 tasks, each counts as 0: 3d/comprehension/" in text
    result = both(level(path, "--json"))["paper"]
    assert result["overall"]["S2"] == pytest.approx(98.0 / 271 / 2 / 4)
    assert len(result["missing_tasks"]) == 697


def test_the_other_table_of_specialists(tmp_path: Path, level: Command) -> None:
    result = both(level(as_csv(tmp_path, RAW), "--json", "--sota", "paper"))["paper"]
    assert result["sota"] == "paper"
    assert result["language"]["wins"] < 115


def test_a_table_of_specialists_from_a_file(tmp_path: Path, level: Command) -> None:
    own = tmp_path / "own.csv"
    own.write_text("task,score\nnlp/causal-reasoning,1\n", encoding="utf-8")
    result = both(level(as_csv(tmp_path, RAW), "--json", f"--sota={own}"))["paper"]
    assert result["sota"] == "own.csv"
    assert result["language"]["wins"] == 1
    assert result["tier"] == 2


def test_a_scoring_that_is_not_computable_is_told_beside_the_other(tmp_path: Path, level: Command) -> None:
    path = as_workbook(tmp_path, {**PRINTED, "audio/generation/song-gen": -1.0})
    result = both(level(path, "--json"))
    assert result["released"]["overall"] == {"S2": None, "S3": None, "S4": None, "S5": None}
    assert "audio/generation/song-gen" in result["released"]["reason"]
    assert result["paper"]["tier"] == 5
    assert result["paper"]["missing_tasks"] == ["audio/generation/song-gen"]
    text = level(path)
    assert "not computable: audio/generation/song-gen: the released tool stops at a negative FAD (-1)" in text
    assert "note: audio/generation/song-gen: -1 is negative" in text


def test_one_model_of_several(tmp_path: Path, level: Command, error: Command) -> None:
    path = as_workbook(tmp_path, PRINTED)
    content = openpyxl.load_workbook(path)
    for sheet in content.worksheets:
        sheet["F1"] = "Empty"
    content.save(path)
    assert "'Expert', 'Empty'; name it with --model" in error(path)
    assert both(level(path, "--json", "--model", "EMPTY"))["paper"]["tier"] == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.csv", None, "absent.csv: no such file"),
        ("bad.csv", "task,score\nBird Detektion,1\n", "bad.csv, line 2: unknown task 'Bird Detektion'"),
        ("bad.xlsx", "no workbook", "bad.xlsx: cannot be read as an .xlsx workbook"),
        ("bad.txt", "nothing", "the first line must name the columns task,score"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(
    tmp_path: Path, error: Command, name: str, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert message in error(tmp_path / name)


def test_a_missing_sheet_is_one_line(tmp_path: Path, error: Command) -> None:
    path = as_workbook(tmp_path, PRINTED)
    content = openpyxl.load_workbook(path)
    del content["Audio-Generation"]
    content.save(path)
    assert "sheet missing or empty: Audio-Generation" in error(path)


def test_an_unknown_table_and_a_needless_model_are_one_line(tmp_path: Path, error: Command) -> None:
    path = as_csv(tmp_path, {})
    assert "unknown SoTA table 'peper' (did you mean 'paper'?)" in error(path, "--sota=peper")
    assert "a CSV has one model only" in error(path, "--model=x")


@pytest.mark.parametrize("write", [as_workbook, as_csv])
def test_percentages_that_are_fractions_are_told_and_can_be_read(
    write: Callable[[Path, Mapping[str, float | None]], Path], tmp_path: Path, level: Command, error: Command
) -> None:
    percent = {task.id for task in TASKS if task.metric.unit == "percent"}
    fractions = {key: value / 100 if key in percent and value else value for key, value in RAW.items()}
    path = write(tmp_path, fractions)
    plain = both(level(path, "--json"))
    assert all("WARNING: all " in item["notes"][0] for item in plain.values())
    converted = both(level(path, "--json", "--fractions"))
    assert "WARNING" not in level(path, "--fractions")
    assert converted == both(level(write(tmp_path, RAW), "--json"))
    assert "which is no fraction" in error(write(tmp_path, RAW), "--fractions")
