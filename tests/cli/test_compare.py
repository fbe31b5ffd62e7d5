"""`generalbench compare`: its forms and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_generalbench.cli import main
from tests.reports.made_runs import CAUSAL, made_run, scored_rows

RIGHT = [100.0] * 30 + [0.0] * 10
LOST = [0.0] * 12 + [100.0] * 18 + [0.0] * 10


@pytest.fixture
def runs(tmp_path: Path) -> tuple[str, str]:
    one = made_run(tmp_path / "one", {CAUSAL: scored_rows(RIGHT)})
    two = made_run(tmp_path / "two", {CAUSAL: scored_rows(LOST)})
    return str(one), str(two)


def test_a_table_json_and_markdown(runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *runs]) == 0
    assert "tasks compared: 1, better: 0, worse: 1" in capsys.readouterr().out
    assert main(["compare", *runs, "--json", "--gate"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["gate"]["verdict"] == "regression"
    assert json.loads(line)["tasks"][0]["verdict"] == "worse"
    assert main(["compare", *runs, "--markdown", "--explain"]) == 0
    shown = capsys.readouterr().out
    assert f"| {CAUSAL} | 75 | 45 |" in shown
    assert "exact McNemar: " in shown


def test_several_runs_are_each_compared_with_the_first(
    runs: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", runs[0], runs[0], runs[1], "--json", "--gate"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["gate"]["exit_code"] for line in lines] == [0, 1]


def test_the_gate_has_four_exit_codes(
    runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = runs
    assert main(["compare", "--gate", two, one]) == 0
    assert main(["compare", "--gate", one, two]) == 1
    other = made_run(tmp_path / "other", {CAUSAL: scored_rows(RIGHT)}, entries={CAUSAL: {"data": "e" * 16}})
    assert main(["compare", "--gate", one, str(other)]) == 2
    none = str(tmp_path / "none")
    assert main(["compare", "--gate", none, one]) == 3
    assert "the baseline is missing" in capsys.readouterr().err
    assert main(["compare", "--gate", "--baseline-optional", none, one]) == 0
    assert "the baseline is missing" in capsys.readouterr().err
    assert main(["compare", "--gate", "--baseline-optional", one, none]) == 2
    assert main(["compare", "--non-inferior", "S2:0.5", one, two]) == 2
    assert main(["compare", "--gate", "--non-inferior", "S3:0.5", one, two]) == 2
