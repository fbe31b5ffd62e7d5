from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.evaluation.durations import divisions, estimates
from tests.builders import make_task

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = Settings(model="hf:x")
TASKS = {
    task.id: task
    for task in (
        make_task(id="nlp/short", instances=10),
        make_task(id="nlp/long", instances=100),
        make_task(id="nlp/written", instances=100, max_new_tokens=1024),
    )
}


def earlier(folder: Path, name: str, seconds: dict[str, float], model: str = "hf:x", count: int = 10) -> None:
    (folder / name).mkdir()
    tasks = [{"id": key, "state": "scored", "score": 1.0, "states": {"ok": count}} for key in seconds]
    content: dict[str, Any] = {
        "schema": "2.1",
        "model": {"spec": model},
        "data": {"name": "demo"},
        "run": {"tasks": seconds},
    }
    content |= {"settings": {"model": model, "data": "demo"}, "tasks": tasks}
    (folder / name / "result.json").write_text(json.dumps(content), encoding="utf-8")


def test_more_instances_longer_answers_and_dearer_media_take_longer() -> None:
    text = prior(TASKS["nlp/long"])
    assert prior(TASKS["nlp/short"]) < text < prior(TASKS["nlp/written"])
    assert (
        prior(make_task(instances=100, inputs="video"))
        > prior(make_task(instances=100, inputs="image"))
        > text
    )
    assert (
        prior(make_task(instances=100, output="video"))
        > prior(make_task(instances=100, output="image"))
        > text
    )


def test_a_limit_cuts_long_tasks_down() -> None:
    assert prior(TASKS["nlp/long"], 10) == prior(TASKS["nlp/short"])


def test_what_was_measured_counts_and_scales_the_rest(tmp_path: Path) -> None:
    earlier(tmp_path, "one", {"nlp/short": 5.0})
    result = estimates(TASKS, SETTINGS, tmp_path)
    assert result == {"nlp/short": 5.0, "nlp/long": 50.0, "nlp/written": 200.0}


def test_another_models_runs_and_torn_files_count_for_nothing(tmp_path: Path) -> None:
    earlier(tmp_path, "other", {"nlp/short": 500.0}, model="hf:y")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "result.json").write_text('{"settings": {"mod', encoding="utf-8")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "result.json").write_text("[1]", encoding="utf-8")
    result = estimates(TASKS, SETTINGS, tmp_path)
    assert result["nlp/short"] == prior(TASKS["nlp/short"])


def test_times_of_the_first_schema_count_as_well(tmp_path: Path) -> None:
    earlier(tmp_path, "one", {"nlp/short": 0.0})
    path = tmp_path / "one" / "result.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    (task,) = content["tasks"]
    content |= {"schema": "1.0", "tasks": [{**task, "seconds": 7.0}]}
    path.write_text(json.dumps(content), encoding="utf-8")
    assert estimates(TASKS, SETTINGS, tmp_path)["nlp/short"] == 7.0


@pytest.mark.parametrize("limit", [None, 5])
def test_a_limit_shortens_what_was_measured_without_one(tmp_path: Path, limit: int | None) -> None:
    earlier(tmp_path, "one", {"nlp/short": 6.0})
    result = estimates(TASKS, Settings(model="hf:x", limit=limit), tmp_path)
    assert result["nlp/short"] == (6.0 if limit is None else 3.0)


def test_tasks_longer_than_a_workers_share_are_divided_into_shares() -> None:
    seconds = {"nlp/short": 10.0, "nlp/long": 50.0, "nlp/written": 40.0}
    always = Settings(model="hf:x", divide="always")
    assert divisions(TASKS, seconds, 2, always) == {}
    assert divisions(TASKS, seconds, 4, always) == {"nlp/long": 2, "nlp/written": 2}
    assert divisions(TASKS, seconds, 10, always) == {"nlp/long": 5, "nlp/written": 4}
    # Unless it must be: 100 short answers are worth two parts, 100 long ones eight.
    assert divisions(TASKS, seconds, 10, SETTINGS) == {"nlp/long": 2, "nlp/written": 4}
    one = {"nlp/written": TASKS["nlp/written"]}
    assert divisions(one, {"nlp/written": 1.0}, 32, SETTINGS) == {"nlp/written": 8}
    assert divisions(one, {"nlp/written": 0.0}, 32, always) == {}
