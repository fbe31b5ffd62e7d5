"""Two workers of a real session are given the items that the simulation of the session gives them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_generalbench.evaluation.schedule import Work, simulate
from pytest_generalbench.suite.tasks import load_tasks
from tests.launch.test_run_plan import finished_run

if TYPE_CHECKING:
    import pytest

SECONDS = (31.0, 7.0, 90.0, 11.0, 3.0, 55.0, 13.0, 2.0, 41.0, 5.0)
"""What an earlier run took for each of ten tasks: some long, most short, no two alike."""

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
        # Tasks end in the order of the simulation, whatever they take here.
        order = json.loads(Path("ends.json").read_text())
        before = set(order[: order.index(task)])
        for _ in range(3000):
            if before <= set(Path("done.log").read_text().split()):
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
        log.write(task_id_of(self.collection[item_index]) + "\\n")

LongestFirstScheduling.mark_test_complete = marked
"""


def test_items_go_to_the_workers_that_the_simulation_gives_them_to(pytester: pytest.Pytester) -> None:
    ids = [task.id for task in load_tasks() if "reasoning" in task.id and task.modality == "nlp"]
    spec = "python:ordered.py:Model"
    earlier = pytester.path / "generalbench-runs" / "earlier"
    finished_run(earlier, dict(zip(ids, SECONDS, strict=True)), 8, 0, 300.0, model=spec, data="demo")
    work = {name: Work(seconds) for name, seconds in zip(ids, SECONDS, strict=True)}
    table = simulate(work, {}, 2)
    pytester.makeconftest(CONFTEST)
    (pytester.path / "ordered.py").write_text(MODEL, encoding="utf-8")
    (pytester.path / "ends.json").write_text(json.dumps([name for _, name, _ in table.ended]))
    (pytester.path / "done.log").touch()
    result = pytester.runpytest_subprocess(
        f"--generalbench-model={spec}", "-n", "2", "-k", "nlp and reasoning", "-p", "no:cacheprovider"
    )
    assert result.ret == 0
    (folder,) = (path for path in earlier.parent.iterdir() if path != earlier)
    run = json.loads((folder / "result.json").read_text(encoding="utf-8"))["run"]
    assert run["asking"]
    assert all(run["asking"][name] <= run["tasks"][name] + 0.01 for name in run["asking"])
    begun: dict[str, list[str]] = {}
    for line in (pytester.path / "begun.log").read_text(encoding="utf-8").splitlines():
        worker, task = line.split()
        begun.setdefault(worker, []).append(task)
    expected = [[name for worker, name, _ in table.begun if worker == number] for number in range(2)]
    assert sorted(begun.values()) == sorted(expected)
    assert (pytester.path / "done.log").read_text(encoding="utf-8").split() == [
        name for _, name, _ in table.ended
    ]
