from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.runs.ledger.files import LedgerWriter
from pytest_generalbench.runs.lock import LOCK_FILE, RunLock, wait_for_workers

if TYPE_CHECKING:
    from pathlib import Path


def test_a_lock_is_held_until_it_is_released(tmp_path: Path) -> None:
    lock = RunLock(tmp_path)
    assert json.loads((tmp_path / LOCK_FILE).read_text(encoding="utf-8"))["pid"] > 0
    with pytest.raises(GeneralBenchError, match="another session"):
        RunLock(tmp_path)
    lock.release()
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


def test_a_worker_that_outlives_its_session_is_waited_for(tmp_path: Path) -> None:
    words = r"still writes ledger-gw0-7\.jsonl"
    with LedgerWriter(tmp_path / "ledger-gw0-7.jsonl"), pytest.raises(GeneralBenchError, match=words):
        wait_for_workers(tmp_path, patience=0.2)
    wait_for_workers(tmp_path, patience=0.2)
