"""Launches whose nodes share no folder: runs are kept in a store, and go on from their checkpoints."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

import pytest_generalbench as gb
from pytest_generalbench.cli import main
from pytest_generalbench.launch.mirrors import refresh, take_place
from pytest_generalbench.launch.record import read_launch
from pytest_generalbench.launch.shards import SUPERSEDED, start_shard
from pytest_generalbench.runs.object_store import open_store
from pytest_generalbench.runs.result_file import comparable, read_result
from pytest_generalbench.runs.stored_folder import StoredFolder, download
from pytest_generalbench.runs.stored_run import claim
from tests.launch.launches import BATCH, asked_again, kill, planned, when, when_answering, whole

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="tells processes by /proc")


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> gb.Storage:
    """Return a store in a folder; the node's folder is another."""
    monkeypatch.setenv("SLOW", "0.1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-n 0")
    (tmp_path / "node").mkdir()
    return gb.storage_at(f"file://{tmp_path}/store", every_s=0.3, scratch=str(tmp_path / "node"))


def answers_in(store: str, shard: str = "shard-1-of-2") -> int:
    """Return how many lines of ledgers are stored of a shard."""
    place = open_store(store, 0.0).below(shard)
    names = place.names("checkpoints")
    if not names:
        return 0
    folder = Path(store.removeprefix("file://")).parent / "looked"
    download(place, StoredFolder(folder))
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("ledger-*.jsonl"))


@pytest.mark.parametrize("is_node_lost", [False, True])
def test_a_killed_shard_goes_on_from_its_last_checkpoint(
    tmp_path: Path, storage: gb.Storage, monkeypatch: pytest.MonkeyPatch, is_node_lost: bool
) -> None:
    monkeypatch.delenv("SLOW")
    expected = whole(tmp_path)
    monkeypatch.setenv("SLOW", "0.1")

    def end(job_id: str) -> None:
        kill(job_id)
        if is_node_lost:
            for folder in (tmp_path / "node").glob("*/*/shard-1-of-2"):
                shutil.rmtree(folder, ignore_errors=True)

    killer = when(lambda: answers_in(storage.address) >= 8, tmp_path / "out", 1, end)
    lines: list[str] = []
    outcome = gb.run_launch(planned(tmp_path, storage=storage), lines.append)
    killer.join()
    assert outcome.exit_code == 0, lines
    assert [job.attempts for job in read_launch(tmp_path / "out").jobs] == [2, 1]
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected
    # In the time between two checkpoints: three batches; and what was in flight.
    assert asked_again(tmp_path) <= (8 * BATCH if is_node_lost else BATCH)
    log = (tmp_path / "out" / "shard-1-of-2.log").read_text(encoding="utf-8")
    assert "attempt 2: goes on from the checkpoint of" in log
    assert list((tmp_path / "node").glob("*/*/*/*")) == [], "what a node kept is removed when it is stored"
    stored = gb.fetch_run(f"{storage.address}/merged", tmp_path / "fetched")
    assert comparable(read_result(stored)) == expected
    assert main(["merge", f"{storage.address}/shard-*", "--into", str(tmp_path / "again")]) == 0
    assert comparable(read_result(tmp_path / "again")) == expected


def test_an_attempt_ends_when_a_later_one_has_begun(tmp_path: Path, storage: gb.Storage) -> None:
    whole(tmp_path)
    place = open_store(storage.address, 0.0).below("shard-1-of-1")
    later = when_answering(tmp_path / "out", 1, lambda job_id: claim(place), node=tmp_path / "node")
    lines: list[str] = []
    outcome = gb.run_launch(planned(tmp_path, storage=storage, shards=1, retries=0), lines.append)
    later.join()
    assert (outcome.exit_code, outcome.merged) == (3, None)
    assert "  a later attempt at it has begun elsewhere: see" in "\n".join(lines)
    job_log = (tmp_path / "out" / "shard-1-of-1.job.log").read_text(encoding="utf-8")
    assert "attempt 2 began on host" in job_log
    assert [one.state for one in gb.launch_status(tmp_path / "out").shards] == ["running"]
    assert gb.run_launch(tmp_path / "out").exit_code == 0
    assert asked_again(tmp_path) <= 8 * BATCH


def test_a_cancelled_launch_stores_what_it_has_and_goes_on_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: gb.Storage
) -> None:
    expected = whole(tmp_path)
    rare = dataclasses.replace(storage, every_s=600.0)

    def cancel(job_id: str) -> None:
        gb.cancel_launch(tmp_path / "out")

    when_answering(tmp_path / "out", 1, cancel, node=tmp_path / "node")
    outcome = gb.run_launch(planned(tmp_path, storage=rare, shards=1))
    assert (outcome.is_cancelled, outcome.exit_code) == (True, 1)
    assert answers_in(storage.address, "shard-1-of-1") >= 8
    assert list((tmp_path / "node").glob("*/*/*/*")) == []
    monkeypatch.delenv("SLOW")
    assert gb.run_launch(tmp_path / "out").exit_code == 0
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected
    assert asked_again(tmp_path) <= BATCH


@pytest.mark.parametrize("is_frozen", [False, True])
def test_of_two_nodes_with_one_shard_the_later_one_finishes_it(
    tmp_path: Path, storage: gb.Storage, is_frozen: bool
) -> None:
    expected = whole(tmp_path)
    plan = planned(tmp_path, storage=storage, shards=1)
    plan.record.folder.mkdir()
    take_place(storage)
    plan.record.save()
    (tmp_path / "other").mkdir()
    there = dataclasses.replace(storage, scratch=str(tmp_path / "other"))
    job = plan.record.shard_job(1)
    first = start_shard(job, {})
    while answers_in(storage.address, "shard-1-of-1") < 8:
        assert first.poll() is None
        time.sleep(0.05)
    group = [first.pid, *children(first.pid)]
    if is_frozen:  # as a machine that is paused, and thought dead
        for pid in group:
            os.kill(pid, signal.SIGSTOP)
    second = start_shard(dataclasses.replace(job, storage=there), {})
    if is_frozen:
        assert second.wait() == 0
        for pid in reversed(group):
            os.kill(pid, signal.SIGCONT)
    assert (first.wait(), second.wait()) == (SUPERSEDED, 0)
    refresh(plan.record, [1], with_media=True)
    assert gb.run_launch(tmp_path / "out").exit_code == 0
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected
    log = (tmp_path / "out" / "shard-1-of-1.log").read_text(encoding="utf-8")
    assert "attempt 2: goes on from the checkpoint of" in log


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_store_that_does_not_answer_is_refused_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pytest_generalbench.launch.mirrors._START_S", 0.0)
    (tmp_path / "mortal.py").write_text("", encoding="utf-8")
    (tmp_path / "file").touch()
    with pytest.raises(gb.GeneralBenchError, match="cannot be written"):
        gb.run_launch(planned(tmp_path, storage=gb.storage_at(f"file://{tmp_path}/file/store")))
    assert not (tmp_path / "asked.log").exists()
    assert not (tmp_path / "out" / "launch.json").exists()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "something").touch()
    with pytest.raises(gb.GeneralBenchError, match="is not empty: name a new place"):
        gb.run_launch(planned(tmp_path, storage=gb.storage_at(f"file://{tmp_path}/taken")))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("s3://key:secret@bucket/prefix", "takes no user and password"),
        ("s3://bucket/prefix?key=hf_secretsecret", "takes no user and password"),
        ("/mounted/folder", "a folder is one as file:///the/folder"),
        ("nosuch://bucket/prefix", "is no address of a store"),
        ("memory://bucket/prefix", "the memory of one process"),
    ],
)
def test_addresses_that_are_none_are_refused(address: str, words: str) -> None:
    with pytest.raises(gb.GeneralBenchError, match=words) as caught:
        gb.storage_at(address)
    assert "secret" not in str(caught.value)


def test_a_shard_may_not_count_as_hung_between_two_checkpoints(tmp_path: Path, storage: gb.Storage) -> None:
    (tmp_path / "mortal.py").write_text("", encoding="utf-8")
    with pytest.raises(gb.GeneralBenchError, match="let it be silent for more than twice that"):
        gb.run_launch(planned(tmp_path, storage=storage), silent_s=0.6)
