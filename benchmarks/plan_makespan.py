"""The plan of a run beside the run: the simulated end of eight workers and the measured one.

`python -m benchmarks.plan_makespan`: first the simulated makespan of all 699 tasks over the bound, on 8 to
512 workers; then for each selection a session with a limit, the plan that follows from it, and the whole
session, with a model that sleeps; at last what dividing gains. `python -m benchmarks.plan_makespan long` and
the like measure one alone; each worker sleeps 80 seconds, or as many as the variable SLEEP says.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest_generalbench as gb
from benchmarks.sessions import run_session
from pytest_generalbench.core.node_ids import MODULE_NODEID
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.evaluation.dividing import divided, work_of
from pytest_generalbench.evaluation.durations import Estimate
from pytest_generalbench.evaluation.schedule import Division, Work, bound, simulate
from pytest_generalbench.suite.data import open_data
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Mapping

WORKERS: Final = 8
SLEEP_S: Final = WORKERS * float(os.environ.get("SLEEP", "80"))
"""Of all answers of a session together."""

_QUICK: Final = ("accuracy", "micro_f1", "token_f1")
"""Metrics that take little time beside the answers."""

MODEL: Final = """
import hashlib
import time

class Model:
    batch_size = 8

    def generate(self, requests):
        began = time.time()
        time.sleep({answer_s} * sum(self.length(request) for request in requests))
        with open("times.log", "a") as log:
            log.write(f"{{began}} {{time.time()}}\\n")
        return ["A"] * len(requests)

    def length(self, request):
        # Some answers take twice as long as others, the same in every run.
        digest = hashlib.sha256((request.task_id + request.instance_id).encode()).digest()
        return 0.67 + digest[0] / 384.0
"""


def counts(selection: str) -> list[int]:
    """Return the instances of each task of a selection, from a fixed seed."""
    draw = random.Random(f"plan {selection}")  # noqa: S311 - a benchmark
    if selection == "long":
        return [1600, *(draw.randint(30, 90) for _ in range(12))]
    if selection == "short":
        return [draw.randint(20, 60) for _ in range(48)]
    return [round(20 * 30 ** draw.random()) for _ in range(24)]


def write_data(folder: Path, sizes: list[int]) -> list[str]:
    """Write language tasks of these sizes in the form of the demo set, and return their ids."""
    shipped = load_tasks()
    source = open_data("demo", "open", shipped)
    ids: list[str] = []
    for task in sorted(shipped, key=lambda task: task.metric.name):
        files = source.files(task) if task.modality == "nlp" and task.metric.name in _QUICK else None
        content = json.loads(files.annotation.read_bytes()) if files else None
        if files is None or len(ids) == len(sizes) or not isinstance(content, dict):
            continue
        entries = content.get("data")
        if not isinstance(entries, list) or not all("id" in entry for entry in entries):
            continue
        copies = [{**entries[n % len(entries)], "id": f"q{n}"} for n in range(sizes[len(ids)])]
        path = folder / files.annotation.relative_to(source.root)
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({**content, "data": copies}), encoding="utf-8")
        ids.append(task.id)
    assert len(ids) == len(sizes)
    return ids


class Prepared(NamedTuple):
    """A folder with the data of a selection and a model that sleeps."""

    folder: Path
    arguments: list[str]
    """Those of pytest."""

    def run(self, name: str, *more: str) -> tuple[float, float, dict[str, Any]]:
        """Run a session; return its wall time, the time of asking, both in seconds, and its result."""
        log = self.folder / "times.log"
        log.unlink(missing_ok=True)
        wall, result = run_session(self.folder, f"generalbench-runs/{name}", *self.arguments, *more)
        tasks = {entry["id"]: entry["state"] for entry in result["tasks"]}
        assert set(tasks.values()) == {"scored"}, tasks
        times = [line.split() for line in log.read_text(encoding="utf-8").splitlines()]
        return wall, max(float(end) for _, end in times) - min(float(begin) for begin, _ in times), result


def prepared(folder: Path, sizes: list[int]) -> Prepared:
    """Write data and model into a folder."""
    ids = write_data(folder / "data", sizes)
    (folder / "model.py").write_text(MODEL.format(answer_s=SLEEP_S / sum(sizes)), encoding="utf-8")
    items = [f"{MODULE_NODEID}::test_task[{task}]" for task in ids]
    settings = ["--generalbench-model=python:model.py:Model", "--generalbench-data=data"]
    return Prepared(folder, [*settings, "-n", str(WORKERS), *items])


def measure(selection: str) -> None:
    """Print plan and measurement of a selection."""
    sizes = counts(selection)
    with tempfile.TemporaryDirectory() as name:
        sessions = prepared(Path(name), sizes)
        learned, _, _ = sessions.run("limited", "--generalbench-limit=16")
        plan = gb.plan_run(sessions.arguments, directory=name)
        wall, asking, result = sessions.run("whole")
    _print_measured(selection, sizes, plan, asking, result)
    print(f"  wall clock: {learned:.1f} s with a limit, {wall:.1f} s whole")  # noqa: T201 - see above


def twelve() -> None:
    """Print what dividing gains over twelve equal tasks, none longer than a worker's share."""
    with tempfile.TemporaryDirectory() as name:
        sessions = prepared(Path(name), [160] * 12)
        _, whole, one = sessions.run("undivided", "--generalbench-divide=never")
        _, shared, other = sessions.run("divided")
    assert {**one, "run": None} == {**other, "run": None}
    print(  # noqa: T201 - the figure is what this is for
        f"twelve equal tasks on {WORKERS} workers: {whole:.1f} s undivided, {shared:.1f} s divided, ratio "
        f"{shared / whole:.2f}; the results are equal"
    )


def _print_measured(
    selection: str, sizes: list[int], plan: gb.RunPlan, asking: float, result: Mapping[str, Any]
) -> None:
    seconds, beside, end = result["run"]["seconds"], plan.overhead_s or 0.0, plan.end
    work = end.makespan - beside
    lines = [
        f"{selection}: {len(sizes)} tasks, {sum(sizes)} instances, {len(end.divided)} divided, -n {WORKERS}",
        f"session: planned {end.makespan:.1f} s ({end.low or 0:.1f} to {end.high or 0:.1f}), "
        f"measured {seconds:.1f} s: {100.0 * (end.makespan / seconds - 1.0):+.1f} %",
        f"from the first question to the last answer: planned {work:.1f} s, measured {asking:.1f} s: "
        f"{100.0 * (work / asking - 1.0):+.1f} %; bound {end.bound - beside:.1f} s",
        f"beside it: planned {beside:.1f} s, measured {seconds - asking:.1f} s",
    ]
    print("\n  ".join(lines), flush=True)  # noqa: T201 - the figures are what this is for


def all_tasks() -> None:
    """Print the simulated makespan of all tasks over the bound, undivided and divided."""
    tasks = {task.id: task for task in load_tasks()}
    for batch_size in (None, 8):
        settings = Settings("hf:x", data="folder", batch_size=batch_size)
        work = {
            name: work_of(task, Estimate(prior(task), task.instances, None), settings, None)
            for name, task in tasks.items()
        }
        for workers in (8, 64, 512):
            print(_ratios(work, workers, batch_size), flush=True)  # noqa: T201 - the figures are what this is for


def _ratios(work: Mapping[str, Work], workers: int, batch_size: int | None) -> str:
    least, division = bound(work, workers), divided(work, workers)
    share = sum(one.seconds for one in work.values()) / workers
    whole = {
        name: min(one.most, workers, -int(-one.seconds // share))
        for name, one in work.items()
        if one.seconds > share and one.most > 1
    }
    ways = (Division({}), Division(whole), division)
    ratios = [simulate(work, way, workers).makespan / least for way in ways]
    return (
        f"699 tasks, batches of {batch_size or '8 texts, 1 of other media'}, {workers} workers: undivided "
        f"{ratios[0]:.3f}, by whole shares {ratios[1]:.3f}, divided {ratios[2]:.3f} of the bound "
        f"({len(division.parts)} tasks into {sum(division.parts.values())} items)"
    )


if __name__ == "__main__":
    chosen = sys.argv[1:]
    if not chosen:
        all_tasks()
    for one in chosen or ("long", "short", "mixed", "twelve"):
        twelve() if one == "twelve" else measure(one)
