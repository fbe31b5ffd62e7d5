from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.evaluation.durations import estimates, task_estimates
from tests.builders import make_task

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = Settings(model="hf:x", data="folder")
TASKS = {
    task.id: task
    for task in (
        make_task(id="nlp/short", instances=10),
        make_task(id="nlp/long", instances=100),
        make_task(id="nlp/written", instances=100, max_new_tokens=1024),
    )
}


def earlier(
    folder: Path, name: str, seconds: dict[str, float], model: str = "hf:x", count: int = 10, **settings: Any
) -> None:
    (folder / name).mkdir()
    tasks = [{"id": key, "state": "scored", "score": 1.0, "states": {"ok": count}} for key in seconds]
    content: dict[str, Any] = {
        "schema": "2.1",
        "model": {"spec": model},
        "data": {"name": "demo"},
        "run": {"tasks": seconds},
    }
    content |= {"settings": {"model": model, "data": "folder", **settings}, "tasks": tasks}
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
    # The run asked all ten; of the others the open split has 40 of 100.
    assert result == {"nlp/short": 5.0, "nlp/long": 20.0, "nlp/written": 80.0}


def test_another_models_runs_and_torn_files_count_for_nothing(tmp_path: Path) -> None:
    earlier(tmp_path, "other", {"nlp/short": 500.0}, model="hf:y")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "result.json").write_text('{"settings": {"mod', encoding="utf-8")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "result.json").write_text("[1]", encoding="utf-8")
    result = estimates(TASKS, SETTINGS, tmp_path)
    assert result["nlp/short"] == prior(TASKS["nlp/short"], 4)


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
    result = estimates(TASKS, Settings(model="hf:x", data="folder", limit=limit), tmp_path)
    assert result["nlp/short"] == (6.0 if limit is None else 3.0)


@pytest.mark.parametrize(("limit", "seconds"), [(None, 300.0), (10, 5.0), (20, 10.0)])
def test_a_run_with_a_limit_tells_of_a_longer_one(tmp_path: Path, limit: int | None, seconds: float) -> None:
    """Of the data only ten were asked: the open split has 40 % of the stated instances."""
    tasks = {"nlp/one": make_task(id="nlp/one", instances=1500)}
    earlier(tmp_path, "one", {"nlp/one": 5.0}, limit=10)
    settings = Settings("hf:x", data="folder", limit=limit)
    assert estimates(tasks, settings, tmp_path) == {"nlp/one": pytest.approx(seconds)}


def test_a_limit_that_left_nothing_out_tells_how_large_the_data_are(tmp_path: Path) -> None:
    earlier(tmp_path, "one", {"nlp/long": 5.0}, limit=20)
    one = task_estimates(TASKS, SETTINGS, tmp_path)["nlp/long"]
    assert (one.instances, one.seconds) == (10, 5.0)
    assert (
        task_estimates(TASKS, Settings("hf:x", data="folder", repeats=3), tmp_path)["nlp/long"].seconds
        == 15.0
    )


def test_kinds_that_the_model_did_not_take_need_no_time(tmp_path: Path) -> None:
    tasks = {
        "nlp/one": make_task(id="nlp/one", instances=100),
        "nlp/other": make_task(id="nlp/other", instances=100),
        "video/one": make_task(id="video/one", output="video"),
        "video/other": make_task(id="video/other", output="video", instances=9000),
    }
    earlier(tmp_path, "one", {"nlp/one": 5.0, "video/one": 0.0})
    path = tmp_path / "one" / "result.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["tasks"][1] |= {"state": "unsupported", "score": None, "states": {}}
    path.write_text(json.dumps(content), encoding="utf-8")
    assert estimates(tasks, SETTINGS, tmp_path) == {
        "nlp/one": 5.0, "nlp/other": 20.0, "video/one": 0.0, "video/other": 0.0
    }  # fmt: skip
    seeing = Settings("hf:x", data="folder", input_media=("text",))
    assert estimates(tasks, seeing, tmp_path)["video/other"] > 0.0


def test_the_demo_set_has_eight_instances_of_each_task(tmp_path: Path) -> None:
    assert {one.instances for one in task_estimates(TASKS, Settings("hf:x"), tmp_path).values()} == {8}


def test_a_run_with_a_limit_tells_how_large_the_data_are(tmp_path: Path) -> None:
    earlier(tmp_path, "one", {"nlp/long": 5.0}, limit=10)
    path = tmp_path / "one" / "result.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["run"] |= {"sizes": {"nlp/long": 60}, "asking": {"nlp/long": 3.0}}
    path.write_text(json.dumps(content), encoding="utf-8")
    one = task_estimates(TASKS, SETTINGS, tmp_path)["nlp/long"]
    # Six times the answers; what reading and scoring take, 2 s, stays.
    assert (one.instances, one.seconds) == (60, 20.0)
