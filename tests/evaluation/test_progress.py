"""How far a run is, read from ledgers that are made here."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from pytest_generalbench.core.request import Output
from pytest_generalbench.core.result import TaskResult
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.gpu_use import GpuUse, gpu_use
from pytest_generalbench.evaluation.progress import RunProgress, RunWatch
from pytest_generalbench.runs.heartbeat import HEARTBEAT_FILE, read_heartbeat, write_heartbeat
from pytest_generalbench.runs.ledger.files import LedgerWriter
from pytest_generalbench.runs.ledger.records import Record
from pytest_generalbench.runs.lock import RunLock
from pytest_generalbench.runs.manifest import run_files
from pytest_generalbench.runs.run_manifest import RunManifest, SessionEntry, write_run

TASKS = ("nlp/causal-reasoning", "nlp/code-gen", "nlp/ethical-reasoning")


def made(folder: Path, sessions: int = 1, **settings: object) -> Path:
    """Make a run folder without ledgers."""
    entries = [SessionEntry.begin([], None, "", 0) for _ in range(sessions)]
    given = Settings("m", **settings)  # type: ignore[arg-type]
    write_run(folder, RunManifest(str(folder), given, {}, selection=sorted(TASKS), sessions=entries))
    return folder


def record(task: str, instance: int, state: str = "ok") -> Record:
    output = Output("A") if state == "ok" else None
    return Record(task, f"i{instance}", state=state, digest="d", output=output, seconds=0.5)


def plain(progress: RunProgress) -> dict[str, object]:
    """Return what does not depend on when it was looked."""
    kept = progress.to_dict()
    for key in ("elapsed_s", "per_second"):
        del kept[key]
    for worker in kept["workers"]:
        del worker["silent_s"]
    return kept


def test_many_looks_come_to_what_one_look_says(tmp_path: Path) -> None:
    watch = RunWatch(made(tmp_path, limit=4))
    with (
        LedgerWriter(tmp_path / "ledger-gw0-1.jsonl", "gw0") as one,
        LedgerWriter(tmp_path / "ledger-gw1-2.jsonl", "gw1") as two,
    ):
        for task in TASKS:
            for first in (0, 2):
                one.mark(task, [f"i{first}"], {})
                one.append([record(task, first)])
                two.mark(task, [f"i{first + 1}"], {})
                two.append([record(task, first + 1, "error" if first else "ok")])
                watch.look()
            one.conclude(TaskResult(task, "incomplete", "accuracy", "%", 50.0, n=4, seconds=2.5), "1")
            assert plain(watch.look()) == plain(RunWatch(tmp_path).look())
    progress = watch.look()
    assert (progress.answered, progress.failures, progress.finished) == (12, 3, 3)
    assert progress.states == {"error": 3, "ok": 9}
    assert progress.points == {"nlp": 50.0}
    assert progress.phase == "done"


def test_a_worker_goes_through_its_phases(tmp_path: Path) -> None:
    watch = RunWatch(made(tmp_path))
    lock = RunLock(tmp_path)
    seen = [watch.look().phase]
    with LedgerWriter(tmp_path / "ledger-main-1.jsonl") as ledger:
        seen.append(watch.look().phase)
        ledger.introduce({"name": "m"})
        seen.append(watch.look().phase)
        ledger.mark(TASKS[0], ["i0"], {})
        seen.append(watch.look().phase)
        ledger.append([record(TASKS[0], 0)])
        seen.append(watch.look().phase)
        ledger.conclude(TaskResult(TASKS[0], "scored", "accuracy", "%", 1.0, n=1), "1")
        seen.append(watch.look().phase)
    lock.release()
    assert seen == ["loading", "loading", "preparing", "asking", "scoring", "preparing"]


def test_an_answer_of_a_later_session_takes_the_place_of_a_failure(tmp_path: Path) -> None:
    watch = RunWatch(made(tmp_path))
    with LedgerWriter(tmp_path / "ledger-a-1.jsonl", "a", 1) as ledger:
        ledger.append([record(TASKS[0], 0), record(TASKS[0], 1, "error")])
        ledger.conclude(TaskResult(TASKS[0], "incomplete", "accuracy", "%", 1.0, n=2), "1")
    assert [watch.look().failures for _ in range(3)] == [1, 1, 1]
    made(tmp_path, sessions=2)
    with LedgerWriter(tmp_path / "ledger-b-2.jsonl", "b", 2) as ledger:
        ledger.append([record(TASKS[0], 1)])
    assert (watch.look().answered, watch.look().failures) == (2, 0)


@pytest.mark.parametrize(
    ("limit", "batch", "silent", "is_stalled"),
    [(None, 1, 50, False), (None, 1, 70, True), (10.0, 1, 65, False), (10.0, 1, 75, True),
     (10.0, 4, 130, False), (10.0, 4, 145, True)],
)  # fmt: skip
def test_a_worker_is_stalled_a_minute_after_its_time_was_over(
    tmp_path: Path, limit: float | None, batch: int, silent: int, is_stalled: bool
) -> None:
    made(tmp_path, instance_timeout=limit)
    lock = RunLock(tmp_path)
    with LedgerWriter(tmp_path / "ledger-main-1.jsonl") as ledger:
        ledger.mark(TASKS[0], [f"i{number}" for number in range(batch)], {})
        os.utime(ledger.path, (time.time() - silent, time.time() - silent))
        progress = RunWatch(tmp_path).look()
    lock.release()
    assert progress.workers[0].is_stalled == is_stalled
    assert ("STALLED main" in progress.line()) == is_stalled


def test_a_session_whose_heartbeat_stopped_is_stalled(tmp_path: Path) -> None:
    made(tmp_path)
    lock = RunLock(tmp_path)
    assert read_heartbeat(tmp_path) is None
    write_heartbeat(tmp_path, {"phase": "asking"})
    path = tmp_path / HEARTBEAT_FILE
    assert path not in run_files(tmp_path)
    assert [item.name for item in tmp_path.glob("*.tmp")] == []
    fresh = RunWatch(tmp_path).look()
    os.utime(path, (time.time() - 90, time.time() - 90))
    late = RunWatch(tmp_path).look()
    lock.release()
    ended = RunWatch(tmp_path).look()
    assert [one.is_stalled for one in (fresh, late, ended)] == [False, True, False]
    assert "STALLED: the session gave no sign" in late.text()


def test_the_driver_says_how_busy_the_gpus_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(
        f"#!{sys.executable}\nprint('0, 97, 1024, 81559\\n1, [N/A], 12, 81559')\n", encoding="utf-8"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu_use() == [GpuUse("0", 97.0, 1024.0, 81559.0), GpuUse("1", None, 12.0, 81559.0)]
    made(tmp_path)
    lock = RunLock(tmp_path)
    write_heartbeat(tmp_path, {})
    text = RunWatch(tmp_path).look(with_gpus=True).text()
    content = (tmp_path / HEARTBEAT_FILE).read_text(encoding="utf-8")
    host = RunWatch(tmp_path).look().host
    (tmp_path / HEARTBEAT_FILE).write_text(content.replace(f'"{host}"', '"elsewhere"'), encoding="utf-8")
    assert RunWatch(tmp_path).look(with_gpus=True).gpus == []
    lock.release()
    assert "GPU 0: 97 % busy, 1024 of 81559 MiB" in text
    assert "GPU 1: ? busy" in text
    program.write_text("#!/bin/sh\nexit 9\n", encoding="utf-8")
    assert gpu_use() == []


def test_tokens_per_second_are_those_of_the_answers_and_never_of_their_words(tmp_path: Path) -> None:
    made(tmp_path)
    words = 'I say {"completion_tokens": 900} and "completion_tokens": 900.'
    with LedgerWriter(tmp_path / "ledger-main-1.jsonl") as ledger:
        ledger.mark(TASKS[0], ["1", "2"], {})
        for name, details in (("1", {"completion_tokens": 30}), ("2", {"completion_tokens": 10})):
            output = Output(words, details=details)
            ledger.append([Record(TASKS[0], name, digest="d", output=output, seconds=2.0)])
    (worker,) = RunWatch(tmp_path).look().workers
    assert worker.tokens_per_second == 10.0
    assert worker.per_second == 0.5
