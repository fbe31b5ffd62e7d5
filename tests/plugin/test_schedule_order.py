"""Two workers of a real session are given the items that the simulation of the session gives them."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING

from pytest_generalbench.evaluation.dividing import divided
from pytest_generalbench.evaluation.schedule import Division, Timetable, Work, simulate
from pytest_generalbench.suite.tasks import load_tasks
from tests.launch.test_run_plan import finished_run

if TYPE_CHECKING:
    import pytest

SECONDS = (31.0, 7.0, 90.0, 11.0, 3.0, 55.0, 13.0, 2.0, 41.0, 5.0)
"""What an earlier run took for each of ten tasks: some long, most short, no two alike."""

LONG = (100.0, 1.0, 300.0, 2.0, 3.0, 1.5, 2.5, 1.2, 2.2, 0.5)
"""The same with one task that is longer than a worker's half of all."""

MODEL = """
import json
import os
import time
from pathlib import Path

class Model:
    def generate(self, requests):
        task = requests[0].task_id
        with open("begun.log", "a") as log:
            log.write(f"{os.environ['PYTEST_XDIST_WORKER']} {task}\\n")
        # Tasks end in the order of the simulation, whatever they take; for a shared one both wait.
        order = json.loads(Path("ends.json").read_text())
        for _ in range(3000):
            if task in order:
                is_time = set(order[: order.index(task)]) <= set(Path("done.log").read_text().split())
            else:
                is_time = {f"gw0 {task}", f"gw1 {task}"} <= set(Path("begun.log").read_text().splitlines())
            if is_time:
                break
            time.sleep(0.01)
        return ["A"] * len(requests)
"""

CONFTEST = """
from pytest_generalbench.core.node_ids import task_id_of
from pytest_generalbench.plugin.xdist.scheduler import LongestFirstScheduling

mark = LongestFirstScheduling.mark_test_complete

def marked(self, node, item_index, duration=0):
    mark(self, node, item_index, duration)
    with open("done.log", "a") as log:
        log.write(f"{task_id_of(self.collection[item_index])}\\n")

LongestFirstScheduling.mark_test_complete = marked
"""


def session(pytester: pytest.Pytester, seconds: tuple[float, ...], *more: str) -> tuple[Timetable, Division]:
    """Run ten tasks that took so long in an earlier run; return the simulation, and how tasks are divided."""
    ids = [task.id for task in load_tasks() if "reasoning" in task.id and task.modality == "nlp"]
    spec = "python:ordered.py:Model"
    earlier = pytester.path / "generalbench-runs" / "earlier"
    finished_run(earlier, dict(zip(ids, seconds, strict=True)), 8, 0, 300.0, model=spec, data="demo")
    work = {name: Work(value, 8, 8 if more else 1) for name, value in zip(ids, seconds, strict=True)}
    division = divided(work, 2)
    table = simulate(work, division, 2)
    pytester.makeconftest(CONFTEST)
    (pytester.path / "ordered.py").write_text(MODEL, encoding="utf-8")
    ends = [name for _, name, _ in table.ended if name not in division.parts]
    (pytester.path / "ends.json").write_text(json.dumps(ends), encoding="utf-8")
    (pytester.path / "done.log").touch()
    result = pytester.runpytest_subprocess(
        f"--generalbench-model={spec}", "-n", "2", "-k", "nlp and reasoning", "-p", "no:cacheprovider", *more
    )
    assert result.ret == 0
    return table, division


def begun(pytester: pytest.Pytester, table: Timetable) -> tuple[list[list[str]], list[list[str]]]:
    """Return the tasks that each worker asked in their order, and those of the simulation."""
    workers: dict[str, list[str]] = {}
    for line in (pytester.path / "begun.log").read_text(encoding="utf-8").splitlines():
        worker, task = line.split()
        workers.setdefault(worker, []).append(task)
    expected = [[name for worker, name, _ in table.begun if worker == number] for number in range(2)]
    return (
        sorted([name for name, _ in groupby(names)] for names in workers.values()),
        sorted([name for name, _ in groupby(names)] for names in expected),
    )


def test_items_go_to_the_workers_that_the_simulation_gives_them_to(pytester: pytest.Pytester) -> None:
    table, division = session(pytester, SECONDS)
    assert division == Division({})
    asked, expected = begun(pytester, table)
    assert asked == expected
    done = (pytester.path / "done.log").read_text(encoding="utf-8").split()
    assert done == [name for _, name, _ in table.ended]
    (folder,) = (pytester.path / "generalbench-runs").glob("*/run.json")
    run = json.loads((folder.parent / "result.json").read_text(encoding="utf-8"))["run"]
    assert run["asking"]
    assert all(run["asking"][name] <= run["tasks"][name] + 0.01 for name in run["asking"])


def test_a_long_task_is_shared_by_workers_that_are_done_with_all_others(pytester: pytest.Pytester) -> None:
    """Begun at once by both, it would leave one worker alone with the task that takes a third of its time."""
    table, division = session(pytester, LONG, "--generalbench-divide=always", "--generalbench-batch-size=1")
    assert division.is_late
    (long,) = division.parts
    asked, expected = begun(pytester, table)
    assert asked == expected
    assert [names[-1] for names in asked] == [long, long]
