"""A long task is answered by several workers together, and scored as if by one."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_generalbench.core.settings import Settings
from pytest_generalbench.plugin.context import WORK_INPUT, Benchmark
from pytest_generalbench.plugin.xdist.workers import Workers
from pytest_generalbench.runs.ledger.index import read_ledgers
from tests.builders import make_task
from tests.plugin.kept import answers
from tests.plugin.runs import result

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.plugin.controller import Controller

TASK = "nlp/document-level-causal-reasoning"
MODEL = """
import hashlib
import os
import signal
import time
from pathlib import Path

class Model:
    input_media = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
    batch_size = 2
    def generate(self, requests):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        with open("asked.log", "a") as log:
            log.write("".join(f"{worker}:{request.instance_id}\\n" for request in requests))
        names = [request.instance_id for request in requests]
        if os.environ.get("DEADLY") in names and not Path("died").exists():
            Path("died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        # Until the other worker has asked too, so that neither can be done with all before the other begins.
        for _ in range(200 if os.environ.get("BOTH") else 0):
            if {"gw0", "gw1"} <= {line.partition(":")[0] for line in Path("asked.log").read_text().split()}:
                break
            time.sleep(0.05)
        batch = "|".join(item.digest() for item in requests)
        return [hashlib.sha256(f"{batch}|{item.seed}".encode()).hexdigest() for item in requests]
"""
SPEC = ("--generalbench-model=python:fixed.py:Model", "-p", "no:cacheprovider")
CONSTANT = "--generalbench-model=baseline:constant"
TOGETHER = ("-k", "document-level-causal-reasoning and nlp", "-n", "2", "--generalbench-divide=always")


@pytest.fixture(autouse=True)
def both(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each worker wait for the other's first question."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.setenv("BOTH", "1")


def run(pytester: pytest.Pytester, name: str, *args: str) -> pytest.RunResult:
    (pytester.path / "fixed.py").write_text(MODEL, encoding="utf-8")
    return pytester.runpytest_subprocess(*SPEC, f"--generalbench-run={name}", *args)


def kept(folder: Path) -> list[dict[str, Any]]:
    """Return every answer without its time, sorted."""
    matched = [{**record, "seconds": 0} for record in answers(folder)]
    return sorted(matched, key=lambda record: str(record["instance"]))


def same(pytester: pytest.Pytester, name: str, other: str) -> bool:
    one, two = (result(pytester, folder) for folder in (name, other))
    return {**one, "run": 0} == {**two, "run": 0}


def asked(pytester: pytest.Pytester) -> list[str]:
    path = pytester.path / "asked.log"
    matched = path.read_text(encoding="utf-8").split()
    path.unlink()
    return matched


def test_two_workers_answer_one_task_as_one_does_and_one_resumes_what_two_began(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    matched = run(pytester, "both", *TOGETHER, "-v")
    assert matched.ret == 0
    matched.stdout.fnmatch_lines(["2 workers ?2 items?", "*PART ? instances answered*", "*1 scored*"])
    assert {line.partition(":")[0] for line in asked(pytester)} == {"gw0", "gw1"}
    monkeypatch.delenv("BOTH")
    assert run(pytester, "alone", *TOGETHER[:2]).ret == 0
    assert kept(pytester.path / "both") == kept(pytester.path / "alone")
    assert len(kept(pytester.path / "both")) == 8
    assert same(pytester, "both", "alone")
    assert not (pytester.path / "both" / "together").exists()
    # One worker's answers are lost, and what became of the task.
    first, second = sorted((pytester.path / "both").glob("ledger-*.jsonl"))
    lost = first if '"kind": "task"' in first.read_text(encoding="utf-8") else second
    count = lost.read_text(encoding="utf-8").count('"kind": "answer"')
    lost.unlink()
    record = pytester.path / "both" / "run.json"
    content = json.loads(record.read_text(encoding="utf-8")) | {"is_finished": False}
    record.write_text(json.dumps(content), encoding="utf-8")
    (pytester.path / "both" / "manifest.json").unlink()  # a session that died has left none
    asked(pytester)
    assert run(pytester, "both", *TOGETHER[:2], "--generalbench-resume").ret == 0
    assert len(asked(pytester)) == count
    assert same(pytester, "both", "alone")


def test_what_a_killed_helper_left_is_asked_by_the_task_itself(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEADLY", "dlcr0002")  # in the second batch, which the helper takes first
    matched = run(pytester, "run", *TOGETHER)
    assert matched.ret == pytest.ExitCode.TESTS_FAILED  # a worker died, though nothing is lost
    matched.stdout.fnmatch_lines(["*crashed while running*test_part?nlp*", "*1 failed, 1 scored*"])
    names = [line.partition(":")[2] for line in asked(pytester)]
    assert len(names) == 10  # the two that were in flight once more
    assert len(set(names)) == len(kept(pytester.path / "run")) == 8
    assert all(record["state"] == "ok" for record in kept(pytester.path / "run"))


def test_when_the_task_itself_is_killed_its_helpers_answers_are_kept(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEADLY", "dlcr0005")  # in the first batch
    matched = run(pytester, "run", *TOGETHER)
    assert matched.ret == pytest.ExitCode.TESTS_FAILED
    matched.stdout.fnmatch_lines(["*1 failed*"])
    assert len(kept(pytester.path / "run")) == 6
    asked(pytester)
    monkeypatch.delenv("BOTH")
    resumed = run(pytester, "run", *TOGETHER[:2], "--generalbench-resume")
    assert resumed.ret == 0
    assert len(asked(pytester)) == 2
    assert len(kept(pytester.path / "run")) == 8


@pytest.mark.parametrize(
    ("settings", "distribution", "is_told"),
    [
        (Settings("hf:x", data="folder"), "no", True),
        (Settings("hf:x"), "no", False),
        (Settings("hf:x", divide="always"), "no", True),
        (Settings("hf:x", data="folder", divide="never"), "no", False),
        (Settings("hf:x", divide="always", probe=2), "no", False),
        (Settings("hf:x", divide="always"), "worksteal", False),
    ],
)
def test_workers_are_told_to_divide_where_it_makes_sense(
    tmp_path: Path, settings: Settings, distribution: str, is_told: bool
) -> None:
    tasks = (make_task(instances=500),)
    benchmark = Benchmark(settings, tmp_path, tasks, tasks, tasks, tmp_path)
    workers = Workers(benchmark, cast("Controller", SimpleNamespace(finished=frozenset())))
    config = SimpleNamespace(known_args_namespace=SimpleNamespace(dist=distribution))
    node = SimpleNamespace(config=config, workerinput={})
    workers.pytest_configure_node(node)
    if is_told:
        ((name, (seconds, batches, most)),) = node.workerinput[WORK_INPUT].items()
        assert (name, seconds, batches) == (
            tasks[0].id,
            200.0 if settings.data == "folder" else 8.0,
            -(-seconds // 8),
        )
        assert most > 1
    assert is_told == bool(node.workerinput)


def test_what_is_finished_takes_no_time_any_more(tmp_path: Path) -> None:
    tasks = (make_task(instances=500), make_task(id="nlp/other", instances=300))
    benchmark = Benchmark(Settings("hf:x", data="folder"), tmp_path, tasks, tasks, tasks, tmp_path)
    controller = SimpleNamespace(finished=frozenset({"nlp/other", "nlp/of another board"}))
    work = Workers(benchmark, cast("Controller", controller)).work
    # Of the stated instances the open split has 40 %.
    assert {name: one.seconds for name, one in work.items()} == {tasks[0].id: 200.0, "nlp/other": 0.0}


def test_a_divided_task_is_kept_with_all_its_records(pytester: pytest.Pytester) -> None:
    (pytester.path / "fixed.py").write_text(MODEL, encoding="utf-8")
    assert pytester.runpytest_subprocess(*SPEC, *TOGETHER, "--generalbench-run=run").ret == 0
    known = read_ledgers(pytester.path / "run")
    assert len({file for file, _, _ in known.spans[TASK]}) == 2
    assert known.conclusions[TASK].facts["records"] == str(known.tallies[TASK])


def test_collecting_shows_the_tasks_alone(pytester: pytest.Pytester) -> None:
    matched = pytester.runpytest_subprocess(CONSTANT, *TOGETHER, "--co", "-q")
    assert [line for line in matched.outlines if "::" in line] == [
        f"benchmark_tasks/test_general_bench.py::test_task[{TASK}]"
    ]


def test_another_word_is_refused(pytester: pytest.Pytester) -> None:
    matched = pytester.runpytest_subprocess(CONSTANT, "--generalbench-divide=often")
    matched.stderr.fnmatch_lines(
        ["ERROR: unknown --generalbench-divide 'often'; choose from: always, auto, never"]
    )
