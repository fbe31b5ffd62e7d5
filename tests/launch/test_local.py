"""Launches on this machine: shards that die, fail, hang or are cancelled give the result of one."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

import pytest_generalbench as gb
from pytest_generalbench.launch.record import read_launch
from pytest_generalbench.runs.lock import RunLock
from pytest_generalbench.runs.result_file import comparable, read_result
from tests.launch.launches import BATCH, HANGING, asked_again, kill, planned, when_answering, whole

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="tells processes by /proc")


def test_a_killed_shard_is_started_again_and_nothing_else_is_asked_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = 2  # without workers: `test_served`
    expected = whole(tmp_path)
    monkeypatch.setenv("SLOW", "0.1")
    monkeypatch.setenv("PYTEST_ADDOPTS", f"-n {workers}")
    plan = planned(tmp_path)
    assert (plan.record.shards, plan.record.parallel, plan.tasks) == (2, 2, 10)
    killer = when_answering(tmp_path / "out", 1, kill)
    lines: list[str] = []
    outcome = gb.run_launch(plan, lines.append)
    killer.join()
    assert outcome.exit_code == 0, lines
    assert [job.attempts for job in read_launch(tmp_path / "out").jobs] == [2, 1]
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected
    assert asked_again(tmp_path) <= BATCH * workers
    assert [line for line in lines if "exit code -9" in line] == ["shard 1/2 ended: unfinished, exit code -9"]


def test_a_shard_that_never_ends_in_order_is_named_with_its_log_and_can_be_retried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(tmp_path)
    monkeypatch.setenv("DIE_AT", "3")
    outcome = gb.run_launch(planned(tmp_path, retries=0))
    assert (outcome.exit_code, outcome.merged) == (3, None)
    logs = [tmp_path / "out" / f"shard-{number}-of-2.log" for number in (1, 2)]
    assert outcome.missing == ((1, logs[0]), (2, logs[1]))
    status = gb.launch_status(tmp_path / "out")
    assert [one.state for one in status.shards] == ["unfinished", "unfinished"]
    assert all(f"log: {log}" in status.text() for log in logs)
    monkeypatch.delenv("DIE_AT")
    outcome = gb.run_launch(tmp_path / "out")
    assert outcome.exit_code == 0
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected
    assert asked_again(tmp_path) <= 2 * BATCH


def test_instances_without_an_answer_are_exit_code_1_and_asked_again_by_a_retry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(tmp_path)
    monkeypatch.setenv("FAILING", "causal-reasoning:cr0002")
    outcome = gb.run_launch(planned(tmp_path))
    assert outcome.exit_code == 1
    assert outcome.merged is not None
    assert outcome.merged.result.counts["incomplete"] == 1
    monkeypatch.delenv("FAILING")
    assert gb.run_launch(tmp_path / "out").exit_code == 0
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected
    status = gb.launch_status(tmp_path / "out")
    assert [one.state for one in status.shards] == ["complete", "complete"]
    assert status.merged == tmp_path / "out" / "merged"


def test_a_shard_that_hangs_is_ended_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_generalbench.launch.shards._GRACE_S", 2.0)
    expected = whole(tmp_path, HANGING)
    plan = planned(tmp_path)
    (tmp_path / "hang").touch()
    lines: list[str] = []

    def report(line: str) -> None:
        lines.append(line)
        if "wrote nothing for" in line:
            (tmp_path / "hang").unlink(missing_ok=True)

    outcome = gb.run_launch(plan, report, silent_s=4.0)
    assert outcome.exit_code == 0, lines
    assert any("wrote nothing for" in line for line in lines)
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected


def test_a_launch_is_cancelled_from_elsewhere_and_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(tmp_path)
    monkeypatch.setenv("SLOW", "0.6")
    plan, ended = planned(tmp_path, shards=3, parallel=1), threading.Event()

    def cancel(job_id: str) -> None:
        gb.cancel_launch(tmp_path / "out")
        ended.set()

    when_answering(tmp_path / "out", 1, cancel)
    outcome = gb.run_launch(plan)
    assert ended.wait(60)
    assert (outcome.is_cancelled, outcome.exit_code) == (True, 1)
    states = [one.state for one in gb.launch_status(tmp_path / "out").shards]
    assert states == ["unfinished", "waiting", "waiting"]
    monkeypatch.delenv("SLOW")
    assert gb.run_launch(tmp_path / "out").exit_code == 0
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected
    assert asked_again(tmp_path) <= BATCH


def test_jobs_outlive_who_supervises_them_and_are_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_generalbench.launch.local import LocalEngine

    whole(tmp_path)
    monkeypatch.setenv("SLOW", "0.1")
    plan = planned(tmp_path, shards=1)
    plan.record.folder.mkdir()
    first = LocalEngine([{}], 30.0)
    plan.record.jobs[0].job = first.submit([plan.record.shard_job(1)])[0]
    plan.record.save()
    lines: list[str] = []
    assert gb.run_launch(tmp_path / "out", lines.append).exit_code == 0
    assert lines[0] == f"shard 1/1 still has its job {plan.record.jobs[0].job}"
    assert first.state(plan.record.jobs[0].job).exit_code == 0
    assert not any("started" in line for line in lines)
    assert asked_again(tmp_path) == 0


def test_a_job_is_not_mistaken_for_another_process_with_its_number(tmp_path: Path) -> None:
    from pytest_generalbench.launch.local import LocalEngine

    whole(tmp_path)
    engine = LocalEngine([{}], 30.0)
    plan = planned(tmp_path, shards=1)
    plan.record.folder.mkdir()
    job_id = engine.submit([plan.record.shard_job(1)])[0]
    pid = job_id.partition(":")[0]
    other = LocalEngine([{}], 30.0)
    assert other.state(job_id).phase == "running"
    assert other.state(f"{pid}:1").phase == "ended"
    other.cancel(f"{pid}:1")
    time.sleep(0.2)
    assert other.state(job_id).phase == "running"
    engine.cancel(job_id)
    assert (engine.state(job_id).phase, other.state(job_id).phase) == ("ended", "ended")


def test_a_session_that_still_writes_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_generalbench.launch.supervision._LAST_WRITES_S", 30.0)
    whole(tmp_path)
    plan = planned(tmp_path, shards=1)
    plan.record.folder.mkdir()
    plan.record.save()
    shard = plan.record.shard_job(1).folder
    shard.mkdir()
    lock = RunLock(shard)
    lines: list[str] = []

    def report(line: str) -> None:
        lines.append(line)
        if "still writes into" in line:
            threading.Timer(1.0, lock.release).start()

    assert gb.run_launch(tmp_path / "out", report).exit_code == 0
    assert lines[0] == f"shard 1/1: a session still writes into {shard}"


def test_a_lock_of_a_node_that_died_is_broken(tmp_path: Path) -> None:
    from pytest_generalbench.launch.shards import run_shard

    whole(tmp_path)
    job = planned(tmp_path, shards=1).record.shard_job(1)
    job.folder.mkdir(parents=True)
    (job.folder / "lock").write_text('{"host": "other", "boot": "other", "pid": 1}', encoding="utf-8")
    assert run_shard(job) == 0
    assert read_result(job.folder).counts == {"scored": 10}


def test_a_shard_in_a_call_that_no_signal_ends_is_killed_after_its_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_generalbench.launch.shards import run_shard

    deaf = HANGING.replace(
        "        while self.batches == 4",
        "        if self.batches == 4:\n"
        "            for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)\n"
        "            open('deaf', 'w').close()\n"
        "        while self.batches == 4",
    )
    (tmp_path / "mortal.py").write_text(deaf, encoding="utf-8")
    (tmp_path / "hang").touch()
    monkeypatch.setattr("pytest_generalbench.launch.shards._GRACE_S", 1.0)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-n 0")
    job = planned(tmp_path, shards=1).record.shard_job(1)
    job.launch.mkdir()

    def interrupt() -> None:
        while not (tmp_path / "deaf").exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=interrupt, daemon=True)
    thread.start()
    assert run_shard(job) == -signal.SIGKILL
    thread.join()
    (tmp_path / "hang").unlink()
    assert run_shard(job) == 0
