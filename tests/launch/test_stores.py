"""Launches whose nodes share no folder: runs are kept in a store, and go on from their checkpoints."""

from __future__ import annotations

from pathlib import Path

import pytest

import pytest_generalbench as gb
from pytest_generalbench.runs.result_file import comparable, read_result
from tests.launch.launches import kill, planned, when_answering, whole

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="tells processes by /proc")


def test_a_killed_shard_goes_on_from_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = whole(tmp_path)
    monkeypatch.setenv("SLOW", "0.1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-n 0")
    storage = gb.storage_at(f"file://{tmp_path}/store", every_s=0.5, scratch=str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    plan = planned(tmp_path, storage=storage)
    killer = when_answering(tmp_path / "scratch", 1, kill)
    lines: list[str] = []
    outcome = gb.run_launch(plan, lines.append)
    print("\n".join(lines))
    assert outcome.exit_code == 0, lines
    assert comparable(read_result(tmp_path / "out" / "merged")) == expected
