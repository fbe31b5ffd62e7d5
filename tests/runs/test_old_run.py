"""Run folders that version 0.1.0 wrote are read, verified, rescored to the same bytes, and resumed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pytest_generalbench as gb
from pytest_generalbench import cli
from pytest_generalbench.runs.instance_rows import tasks_with_rows
from pytest_generalbench.runs.result_file import comparable, read_result
from tests.plugin.runs import run

if TYPE_CHECKING:
    from collections.abc import Callable

OLD = Path(__file__).parent / "old_run"
TASKS = 13


@pytest.fixture
def old(tmp_path: Path) -> Callable[[str], Path]:
    """Return what copies a kept run folder to where it may be changed."""
    return lambda name: Path(shutil.copytree(OLD / name, tmp_path / name))


def test_it_is_read(old: Callable[[str], Path]) -> None:
    opened = gb.load_run(old("complete"))
    assert len(opened.tasks()) == TASKS
    with pytest.raises(gb.GeneralBenchError, match="rescore --write"):
        list(opened.instances())


def test_it_is_verified(old: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", str(old("complete"))]) == 0


def test_it_is_rescored_to_the_same_bytes(
    old: Callable[[str], Path], shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENERALBENCH_CACHE", str(shared_cache))
    folder = old("complete")
    before = (folder / "result.json").read_bytes()
    assert cli.main(["rescore", "--write", str(folder)]) == 0
    assert (folder / "result.json").read_bytes() == before
    assert len(tasks_with_rows(folder)) == TASKS
    assert cli.main(["verify", str(folder)]) == 0


def test_it_is_resumed(pytester: pytest.Pytester, old: Callable[[str], Path]) -> None:
    folder = old("interrupted")
    limit = "--generalbench-limit=4"
    args = ("-k", "nlp and reasoning", limit)
    assert run(pytester, f"--generalbench-run={folder}", "--generalbench-resume", limit).ret == 0
    assert run(pytester, "--generalbench-run=whole", *args).ret == 0
    assert comparable(read_result(folder)) == comparable(read_result(pytester.path / "whole"))
    assert len(tasks_with_rows(folder)) == 10
