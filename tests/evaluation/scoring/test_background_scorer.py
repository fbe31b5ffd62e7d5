from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.result import TaskResult
from pytest_generalbench.evaluation.scoring import background_scorer as module
from pytest_generalbench.evaluation.scoring.background_scorer import BackgroundScorer, BackgroundScoring, Job
from tests.builders import make_task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")
JOB = Job(make_task(id="nlp/x"), Path("ledger.jsonl"), 7, frozenset({"q0"}))


def work(job: Job, is_written: Callable[[], bool]) -> TaskResult:
    """Wait for the end as a metric waits for its answers; how is told by the name of the task."""
    if job.task.id == "nlp/raises":
        raise ValueError("a metric that raises")
    if job.task.id == "nlp/dies":
        os.kill(os.getpid(), signal.SIGKILL)
    while not is_written():
        pass
    files = sorted(int(path.name) for path in list(Path("/proc/self/fd").iterdir()))
    return TaskResult(job.task.id, "scored", "accuracy", "percent", reason=f"{os.getpid()} {files[:4]}")


@pytest.fixture
def process() -> Iterator[BackgroundScorer]:
    result = BackgroundScorer(work)
    yield result
    result.close()


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def named(name: str) -> Job:
    return JOB._replace(task=make_task(id=f"nlp/{name}"))


def test_a_task_is_scored_in_another_process_that_holds_none_of_our_files(
    process: BackgroundScorer, tmp_path: Path
) -> None:
    with (tmp_path / "ours").open("w"):
        process.begin(JOB)
        result = process.finish()
    assert result is not None
    assert result.id == "nlp/x"
    assert result.reason is not None
    pid, _, files = result.reason.partition(" ")
    assert int(pid) == process.pid != os.getpid()
    assert files.startswith("[0, 1, 2, ")


@pytest.mark.parametrize("times", [1, 3])
def test_a_dropped_task_gives_way_to_the_next(process: BackgroundScorer, times: int) -> None:
    for _ in range(times):
        process.begin(named("dropped"))
        process.drop()
        process.begin(named("raises"))
        process.drop()
    process.begin(JOB)
    result = process.finish()
    assert result is not None
    assert result.id == "nlp/x"


def test_what_raises_there_has_no_result_and_the_next_task_has(process: BackgroundScorer) -> None:
    process.begin(named("raises"))
    assert process.finish() is None
    process.begin(JOB)
    assert process.finish() is not None
    assert process.lost is None


def test_a_process_that_died_is_said_once_and_costs_no_more(process: BackgroundScorer) -> None:
    process.begin(named("dies"))
    assert process.finish() is None
    assert process.lost is not None
    process.begin(JOB)
    process.drop()
    assert process.finish() is None


def forever(job: Job, is_written: Callable[[], bool]) -> TaskResult:
    time.sleep(600)
    return work(job, is_written)


def test_closing_ends_the_process_also_one_that_is_at_work() -> None:
    idle, busy = BackgroundScorer(work), BackgroundScorer(forever)
    busy.begin(JOB)
    for each in (idle, busy):
        each.close()
        assert not is_alive(each.pid)
        each.close()


def test_a_process_that_is_stuck_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STILL_S", 0.1)
    stuck = BackgroundScorer(forever)
    stuck.begin(JOB)
    assert stuck.finish() is None
    assert stuck.lost is not None
    assert not is_alive(stuck.pid)


def test_nothing_is_begun_for_a_task_that_takes_a_moment(
    process: BackgroundScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with BackgroundScoring(process, JOB) as beside:
        beside.go_on()
        assert beside.result() is None
    monkeypatch.setattr(module, "WORTH_S", 0.0)
    with BackgroundScoring(process, JOB) as beside:
        beside.go_on()
        beside.go_on()
        assert beside.result() is not None
    with pytest.raises(ValueError, match="asking"), BackgroundScoring(process, named("dropped")) as beside:
        beside.go_on()
        raise ValueError("asking failed")
    with BackgroundScoring(process, JOB) as beside:
        beside.go_on()
        result = beside.result()
    assert result is not None
    assert result.id == "nlp/x"


def test_without_a_process_there_is_no_result() -> None:
    with BackgroundScoring(None, JOB) as beside:
        beside.go_on()
        assert beside.result() is None
