from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core import file_locks
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.runs import lock
from pytest_generalbench.runs.ledger.files import LedgerWriter
from pytest_generalbench.runs.lock import LOCK_FILE, RunLock, wait_for_workers

if TYPE_CHECKING:
    from pathlib import Path


def test_a_lock_is_held_until_it_is_released(tmp_path: Path) -> None:
    held = RunLock(tmp_path)
    assert json.loads((tmp_path / LOCK_FILE).read_text(encoding="utf-8"))["pid"] > 0
    with pytest.raises(GeneralBenchError, match="another session"):
        RunLock(tmp_path)
    held.release()
    assert not (tmp_path / LOCK_FILE).exists()
    RunLock(tmp_path).release()


def test_a_dead_holder_holds_nothing(tmp_path: Path) -> None:
    program = (
        "import os, sys, pathlib\n"
        "from pytest_generalbench.runs.lock import RunLock\n"
        "lock = RunLock(pathlib.Path(sys.argv[1]))\n"
        "os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == 9
    assert (tmp_path / LOCK_FILE).exists()
    RunLock(tmp_path).release()


RACE = """
import json, os, pathlib, socket, sys, time
number, folder = sys.argv[1], pathlib.Path(sys.argv[2])
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core import file_locks
from pytest_generalbench.runs import lock
socket.gethostname = lambda: f"host-{number}"
lock._boot = lambda: number
file_locks._locked = lambda file: True  # a lock that no other host sees
(folder / f"ready-{number}").touch()
while len(list(folder.glob("ready-*"))) < 5:
    time.sleep(0.001)
try:
    lock.RunLock(folder / "run")
    print("held")
except GeneralBenchError as error:
    assert "is held by process" in str(error), error
    print("refused")
(folder / f"done-{number}").touch()
while len(list(folder.glob("done-*"))) < 5:
    time.sleep(0.001)
"""


@pytest.mark.parametrize("links", [True, False])
def test_of_sessions_on_several_hosts_one_has_the_folder(tmp_path: Path, links: bool) -> None:
    (tmp_path / "run").mkdir()
    missing = "" if links else "import os\ndef link(*a, **b): raise OSError(95, 'no links')\nos.link = link\n"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", missing + RACE, str(number), str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(5)
    ]
    outcomes = sorted(racer.communicate(timeout=60)[0].strip() for racer in racers)
    assert outcomes == ["held", *["refused"] * 4]


def test_of_sessions_after_a_death_one_takes_the_folder_over(tmp_path: Path) -> None:
    entry = {"host": socket.gethostname(), "boot": None, "pid": 2**22 + 1}
    (tmp_path / LOCK_FILE).write_text(json.dumps(entry), encoding="utf-8")
    first = RunLock(tmp_path)
    with pytest.raises(GeneralBenchError, match="another session"):
        RunLock(tmp_path)
    first.release()
    assert list(tmp_path.iterdir()) == []


def test_a_container_on_this_machine_is_asked_by_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"host": "an-earlier-container", "boot": lock._boot(), "pid": 1}
    (tmp_path / LOCK_FILE).write_text(json.dumps(entry), encoding="utf-8")
    RunLock(tmp_path).release()
    monkeypatch.setattr(lock, "_boot", lambda: None)
    (tmp_path / LOCK_FILE).write_text(json.dumps(entry), encoding="utf-8")
    with pytest.raises(GeneralBenchError, match="process 1 on host an-earlier-container: if that session"):
        RunLock(tmp_path)


def test_without_locks_the_process_number_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_locks, "_locked", lambda file: None)
    held = RunLock(tmp_path)
    assert "has no locks" in (held.caveat or "")
    with pytest.raises(GeneralBenchError, match="another session"):
        RunLock(tmp_path)
    held.release()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    entry = {"host": socket.gethostname(), "boot": lock._boot(), "pid": dead.pid}
    (tmp_path / LOCK_FILE).write_text(json.dumps(entry), encoding="utf-8")
    RunLock(tmp_path).release()


def test_a_lock_that_another_took_over_is_left_to_it(tmp_path: Path) -> None:
    lost = RunLock(tmp_path)
    (tmp_path / LOCK_FILE).unlink()
    other = RunLock(tmp_path)
    lost.release()
    assert (tmp_path / LOCK_FILE).exists()
    assert other.caveat is None
    other.release()


def test_a_worker_that_outlives_its_session_is_waited_for(tmp_path: Path) -> None:
    words = r"still writes ledger-gw0-7\.jsonl"
    with LedgerWriter(tmp_path / "ledger-gw0-7.jsonl"), pytest.raises(GeneralBenchError, match=words):
        wait_for_workers(tmp_path, patience=0.2)
    wait_for_workers(tmp_path, patience=0.2)
