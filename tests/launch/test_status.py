"""A second look at a launch costs what has changed since the first."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

import pytest_generalbench as gb
from pytest_generalbench.cli import main
from pytest_generalbench.launch import shard_progress
from pytest_generalbench.launch.shards import start_shard
from tests.launch.launches import INSTANCES, planned, whole


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the folders whose ledgers were read."""
    names: list[str] = []

    def read(folder: Path) -> gb.RunProgress:
        names.append(folder.name)
        return gb.progress_of(folder)

    monkeypatch.setattr(shard_progress, "progress_of", read)
    return names


def test_ledgers_are_read_again_only_when_they_changed(tmp_path: Path, reads: list[str]) -> None:
    whole(tmp_path)
    plan = planned(tmp_path)
    assert gb.run_launch(plan).exit_code == 0
    first = gb.launch_status(tmp_path / "out")
    reads.clear()
    assert gb.launch_status(tmp_path / "out") == first
    assert reads == []
    assert sum(progress.answered for one in first.shards if (progress := one.progress)) == INSTANCES
    ledger = next((tmp_path / "out" / "shard-2-of-2").glob("ledger-*.jsonl"))
    with ledger.open("a", encoding="utf-8") as file:
        file.write("a line that is torn")
    assert gb.launch_status(tmp_path / "out").shards[0] == first.shards[0]
    assert reads == ["shard-2-of-2"]
    (tmp_path / "out" / "status.json").write_text('{"v": 1, "shards": {"shard-1-of-2": 7}}', encoding="utf-8")
    assert gb.launch_status(tmp_path / "out").line() == first.line()
    assert reads == ["shard-2-of-2", "shard-1-of-2", "shard-2-of-2"]


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="tells processes by /proc")
def test_a_running_shard_tells_its_progress_by_its_heartbeat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: list[str]
) -> None:
    whole(tmp_path)
    monkeypatch.setenv("SLOW", "0.2")
    plan = planned(tmp_path, shards=1)
    plan.record.folder.mkdir()
    plan.record.save()
    job = plan.record.shard_job(1)
    process = start_shard(job, {})
    while not (job.folder / "heartbeat.json").exists():
        assert process.poll() is None
        time.sleep(0.02)
    (one,) = gb.launch_status(tmp_path / "out").shards
    beat = json.loads((job.folder / "heartbeat.json").read_text(encoding="utf-8"))
    assert (one.state, reads) == ("running", [])
    assert one.progress is not None
    assert (one.progress.answered, one.progress.tasks) == (beat["answered"], 10)
    assert [worker.worker for worker in one.progress.workers] == ["main"]
    beat["answered"] = "many"
    (job.folder / "heartbeat.json").write_text(json.dumps(beat), encoding="utf-8")
    assert gb.launch_status(tmp_path / "out").shards[0].progress is not None
    assert process.wait() == 0


def test_a_launch_is_watched_until_it_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole(tmp_path)
    plan = planned(tmp_path)
    lines: list[str] = []
    runner = threading.Thread(target=lambda: gb.run_launch(plan, lines.append))
    runner.start()
    while not gb.is_launch(tmp_path / "out"):
        time.sleep(0.01)
    figures = tmp_path / "out.prom"
    assert main(["watch", str(tmp_path / "out"), "--interval", "0.2", "--prometheus", str(figures)]) == 0
    runner.join()
    shown = capsys.readouterr().out.splitlines()
    assert shown[-4].startswith("2 shards: 2 complete, 80 instances answered, 10 tasks finished")
    assert shown[-1] == f"  merged: {tmp_path / 'out' / 'merged'}"
    assert len([line for line in shown if line.startswith("2 shards: ")]) > 1
    written = figures.read_text(encoding="utf-8").splitlines()
    assert 'generalbench_shards{state="complete"} 2' in written
    assert {f'generalbench_instances_answered{{shard="{shard}"}} 40' for shard in (1, 2)} <= set(written)
    assert main(["watch", str(tmp_path / "out"), "--once", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["is_supervised"] is False
