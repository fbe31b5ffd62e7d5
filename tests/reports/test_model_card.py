"""The results of a run for the Hub, read back by its own library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import parse_eval_result_entries
from huggingface_hub.repocard_data import model_index_to_eval_results

import pytest_generalbench as gb
from pytest_generalbench.cli import main
from pytest_generalbench.reports.model_card import write_model_card
from tests.reports.made_runs import CAUSAL, made_run, scored_rows

SIDES: list[dict[str, Any]] = [
    {
        "modality": "image",
        "comprehension": {"S2": 40.0, "S3": 1.0, "tasks": 271, "scored": 271, "wins": 3},
        "generation": {"S2": 0.0, "S3": 0.0, "tasks": 45, "scored": 0, "wins": 0},
    }
]
LEVEL: dict[str, Any] = {
    "scoring": "paper", "sota": "released", "board": "A", "tier": 3, "certified_tier": 2, "S2": 41.17634,
    "S3": 8.1, "S4": None, "S5": None, "intervals": {"S2": [39.8, 42.5]}, "modalities": SIDES,
    "language": {"S_L": 12.5, "tasks": 115, "scored": 115, "wins": 4},
    "qualified": "partial: 386 of 699 tasks",
}  # fmt: skip
DATA = {"name": "folder", "split": "open", "is_demo": False}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    rows = {CAUSAL: scored_rows([1.0, 0.0])}
    return made_run(tmp_path / "run", rows, level=LEVEL, data=DATA, model={"spec": "hf:me/model"})


def test_the_hubs_library_reads_both_files(run: Path, tmp_path: Path) -> None:
    write_model_card(gb.load_run(run).result, tmp_path / "out")
    card = yaml.safe_load((tmp_path / "out" / "model-index.yml").read_text(encoding="utf-8"))
    name, results = model_index_to_eval_results(card["model-index"])
    assert name == "hf:me/model"
    figures = {result.metric_type: result.metric_value for result in results}
    assert figures == {
        "tier": 3.0, "s2": 41.1763, "s3": 8.1, "image_comprehension": 40.0, "language": 12.5,
    }  # fmt: skip
    assert {result.dataset_type for result in results} == {"General-Level/General-Bench-Openset"}
    text = (tmp_path / "out" / ".eval_results" / "general-bench.yaml").read_text(encoding="utf-8")
    entries = {entry.task_id: entry for entry in parse_eval_result_entries(yaml.safe_load(text))}
    assert {name: entry.value for name, entry in entries.items()} == figures
    notes = str(entries["s2"].notes)
    assert notes.startswith("95 % interval 39.80 to 42.50; partial: 386 of 699 tasks; paper scoring")


def test_demo_data_and_runs_without_a_level_are_refused(tmp_path: Path) -> None:
    rows = {CAUSAL: scored_rows([1.0, 0.0])}
    demo = made_run(tmp_path / "demo", rows, level=LEVEL, data={**DATA, "is_demo": True})
    with pytest.raises(gb.GeneralBenchError, match="demo data, which say nothing about the model"):
        write_model_card(gb.load_run(demo).result, tmp_path / "one")
    none = made_run(tmp_path / "none", rows, level={"tier": None}, data=DATA)
    with pytest.raises(gb.GeneralBenchError, match="the run has no level"):
        write_model_card(gb.load_run(none).result, tmp_path / "two")


def test_nothing_is_pushed_but_results_of_hf(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["export", str(run), "--out", str(tmp_path / "out"), "--push", "me/model"]
    assert main([*given, "--format", "csv"]) == 2
    assert "--push sends the results of --format hf" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
