"""A subset that is made by what an earlier run measured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.measured_tasks import measured_tasks, measured_text
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.subset import limit_of, subset_line
from pytest_generalbench.suite.tasks import load_tasks
from tests.reports.made_runs import made_run, scored_rows

if TYPE_CHECKING:
    from pathlib import Path

TASKS = load_tasks()
SIDE = [
    task
    for task in TASKS
    if task.id.startswith("image/comprehension") and task.metric.name == "accuracy" and task.instances > 600
][:2]
QUIET, LOUD = (task.id for task in SIDE)


def measured(folder: Path, seconds: dict[str, float] | None = None) -> str:
    """Return what a run measured in which one task hardly spreads and the other does as far as it can."""
    rows = {QUIET: scored_rows([49.0, 51.0] * 150), LOUD: scored_rows([0.0, 100.0] * 150)}
    made_run(folder, rows, run={"tasks": seconds or {}})
    return measured_text(folder)


def limits(subset: str, text: str | None, **changes: object) -> dict[str, int | None]:
    settings = Settings("m", subset=subset, subset_from=text, **changes)  # type: ignore[arg-type]
    return {task.id: limit_of(task, settings) for task in TASKS}


def test_more_instances_go_where_they_spread_more(tmp_path: Path) -> None:
    expected, learned = limits("5%", None), limits("5%", measured(tmp_path / "run"))
    for task, other in ((QUIET, LOUD), (LOUD, QUIET)):
        assert expected[task]
        assert learned[other]
    assert (learned[QUIET] or 0) < 0.4 * (expected[QUIET] or 0)
    assert (learned[LOUD] or 0) > (learned[QUIET] or 0) * 3
    assert sum(learned.values()) == pytest.approx(sum(expected.values()), rel=0.01)  # type: ignore[arg-type]


def test_fewer_instances_go_where_they_cost_more(tmp_path: Path) -> None:
    rows = {name: scored_rows([0.0, 100.0] * 150) for name in (QUIET, LOUD)}
    made_run(tmp_path / "run", rows, run={"tasks": {QUIET: 300.0, LOUD: 4800.0}})
    learned = limits("5%", measured_text(tmp_path / "run"))
    sizes = [learned[name] for name in (QUIET, LOUD)]
    assert (sizes[0] or 0) / (sizes[1] or 1) == pytest.approx(4.0, rel=0.2)  # the root of 16


def test_minutes_are_those_of_the_run(tmp_path: Path) -> None:
    made_run(tmp_path / "run", {LOUD: scored_rows([0.0, 100.0] * 150)}, run={"tasks": {LOUD: 30.0}})
    quick = sum(value or 0 for value in limits("20min", measured_text(tmp_path / "run")).values())
    made_run(tmp_path / "slow", {LOUD: scored_rows([0.0, 100.0] * 150)}, run={"tasks": {LOUD: 120.0}})
    slow = sum(value or 0 for value in limits("20min", measured_text(tmp_path / "slow")).values())
    assert slow < 0.6 * quick
    often = limits("20min", measured_text(tmp_path / "run"), repeats=4)
    assert often == limits("20min", measured_text(tmp_path / "slow"))  # four times as long, either way


def test_larger_subsets_contain_smaller_ones(tmp_path: Path) -> None:
    text = measured(tmp_path / "run", {QUIET: 10.0, LOUD: 20.0})
    small, large = limits("2%", text), limits("10%", text)
    assert all((small[name] or 0) <= (large[name] or 0) for name in small)


def test_a_task_of_few_instances_keeps_much_of_what_is_expected(tmp_path: Path) -> None:
    made_run(tmp_path / "run", {QUIET: scored_rows([100.0] * 4)})
    learned, expected = limits("5%", measured_text(tmp_path / "run")), limits("5%", None)
    assert (learned[QUIET] or 0) > 0.7 * (expected[QUIET] or 0)


def test_the_text_is_the_same_wherever_the_run_lies(tmp_path: Path) -> None:
    made_run(tmp_path / "one", {LOUD: scored_rows([0.0, 100.0] * 9)}, run={"tasks": {LOUD: 9.0}})
    (tmp_path / "elsewhere").mkdir()
    copied = tmp_path / "elsewhere" / "result.json"
    copied.write_bytes((tmp_path / "one" / "result.json").read_bytes())
    assert measured_text(copied) == measured_text(tmp_path / "one")
    task = measured_tasks(measured_text(copied)).tasks[LOUD]
    assert (task.score, task.n, task.seconds) == (50.0, 18, 0.5)
    assert task.sigma == pytest.approx(51.45, abs=0.01)


def test_the_header_says_what_was_used(tmp_path: Path) -> None:
    settings = Settings("m", subset="5%", subset_from=measured(tmp_path / "run", {LOUD: 20.0}))
    assert subset_line("5%", settings) == (
        "subset 5%: spreads of 2 and seconds of 1 of 699 tasks from a run of baseline:oracle, the others as "
        "expected"
    )
    assert "expected of the tasks" in subset_line("5%", Settings("m", subset="5%"))


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GeneralBenchError, match="is no result of a run"):
        measured_text(tmp_path)
    (tmp_path / "result.json").write_text(json.dumps({"tasks": 3}), encoding="utf-8")
    with pytest.raises(GeneralBenchError, match="is no result of a run"):
        measured_text(tmp_path)
    made_run(tmp_path / "run", {LOUD: "failed"}, run={"tasks": {}})
    with pytest.raises(GeneralBenchError, match="no task with a standard error"):
        measured_text(tmp_path / "run")
