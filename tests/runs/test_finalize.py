from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_generalbench.core.result import TaskResult
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.scoring.backbones.demo_weights import DemoWeights
from pytest_generalbench.runs.finalize import Setting, level_of, open_instances, task_facets, within
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.level import sota_table


@pytest.mark.parametrize(
    ("allowed", "missed", "is_within"),
    [
        (None, 0, True), (None, 1, False), ("0", 0, True), ("0", 1, False), ("2", 2, True), ("2", 3, False),
        ("2%", 2, True), ("2%", 3, False), ("2.5%", 2, True), ("0%", 1, False), ("100%", 100, True),
    ],
)  # fmt: skip
def test_so_many_of_a_hundred_may_fail(allowed: str | None, missed: int, is_within: bool) -> None:
    assert within(allowed, missed, 100) is is_within


def test_what_has_no_answer_or_no_verdict_is_counted() -> None:
    states = {"ok": 5, "unparsable": 1, "refused": 1, "error": 1, "timeout": 1, "oom": 1, "missing_media": 1}
    results = [TaskResult("nlp/a", "incomplete", "m", "u", states={**states, "unjudged": 2})]
    assert open_instances(results) == (6, 13)


def test_a_task_without_a_readable_answer_has_no_points() -> None:
    tasks = registry.load_tasks()
    by_id = {task.id: task for task in tasks}
    song, count = "audio/generation/song-gen", "image/comprehension/crowd-counting"
    given = Setting(Settings("m"), tasks, by_id, sota_table(tasks, "released"), None)
    results = [
        TaskResult(song, "scored", "fad", "distance", 4.0, n=8, states={"unparsable": 8}),
        TaskResult(count, "scored", "mae", "count", 1.0, n=8, states={"ok": 8}),
    ]
    level = level_of(given, results, set(by_id), is_demo=False)
    assert level.wins == (count,)
    assert song in level.missing
    assert level.notes == (f"no points, not one answer could be read: {song}",)
    silent = task_facets(by_id[song], results[0], 3.87)
    assert (silent.points, silent.reached) == (0.0, False)
    assert silent.no_win == "no win: 8 of 8 answers unreadable, refused or missing, more than 5 %"
    read = replace(results[0], score=3.0, states={"ok": 95, "refused": 5})
    fine = task_facets(by_id[song], read, 3.87)
    assert (fine.reached, fine.no_win) == (True, None)


@pytest.mark.parametrize("measured", [True, False])
def test_a_task_measured_with_random_networks_of_the_demo_set_is_no_win(measured: bool) -> None:
    tasks = registry.load_tasks()
    by_id = {task.id: task for task in tasks}
    song, count = "audio/generation/song-gen", "image/comprehension/crowd-counting"
    given = Setting(Settings("m"), tasks, by_id, sota_table(tasks, "released"), None)
    networks = {"clap": DemoWeights().identity("clap") if measured else "laion/clap abc123"}
    best = TaskResult(song, "scored", "fad", "distance", 0.0, n=8, states={"ok": 8}, backbones=networks)
    results = [best, TaskResult(count, "scored", "mae", "count", 0.0, n=8, states={"ok": 8})]
    level = level_of(given, results, set(by_id), is_demo=measured)
    facets = task_facets(by_id[song], best, 3.87)
    assert facets.points == 100.0
    assert (song in level.wins) is (facets.reached is True) is not measured
    assert level.tier_text.endswith("   [demo data; partial: 2 of 699 tasks]") is measured
    if measured:
        assert facets.no_win == "no win: measured with random networks of the demo set (clap)"
        assert level.notes == (f"no win though the specialist is reached: {song} ({facets.no_win})",)
        assert sum(half.generation.wins for half in level.modalities if half.generation) == 0
