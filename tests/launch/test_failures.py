"""A failure that would come again in the same way is not repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import pytest_generalbench as gb
from pytest_generalbench.launch.record import read_launch
from tests.launch.launches import planned
from tests.plugin.runs import MODEL

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="tells processes by /proc")

UNLOADABLE = MODEL.replace(
    "    def __init__(self):\n",
    "    def __init__(self):\n"
    "        if os.path.exists('broken'): raise RuntimeError(open('broken').read() or str(os.getpid()))\n",
)


def launched(folder: Path, **more: Any) -> tuple[gb.LaunchOutcome, list[str], list[int]]:
    """Return how a launch ended, what was reported, and how often each shard was started."""
    lines: list[str] = []
    outcome = gb.run_launch(planned(folder, **more), lines.append)
    return outcome, lines, [job.attempts for job in read_launch(folder / "out").jobs]


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Return the file that keeps the model from being loaded, and says why."""
    (tmp_path / "mortal.py").write_text(UNLOADABLE, encoding="utf-8")
    (tmp_path / "broken").write_text("no weights here", encoding="utf-8")
    return tmp_path / "broken"


def test_a_model_that_cannot_be_loaded_is_tried_once_more(tmp_path: Path, broken: Path) -> None:
    outcome, lines, attempts = launched(tmp_path, shards=1, retries=5)
    assert attempts == [2]
    assert outcome.exit_code == 1
    assert any("is given up: it fails again with" in line and "no weights here" in line for line in lines)
    broken.unlink()
    assert gb.run_launch(tmp_path / "out").exit_code == 0


def test_what_one_shard_failed_with_counts_for_the_others(tmp_path: Path, broken: Path) -> None:
    _, _, attempts = launched(tmp_path, shards=4, parallel=1, retries=5)
    assert attempts == [2, 1, 1, 1]


def test_a_failure_with_other_words_is_repeated(tmp_path: Path, broken: Path) -> None:
    broken.write_text("", encoding="utf-8")
    _, lines, attempts = launched(tmp_path, shards=1, retries=2)
    assert attempts == [3]
    assert not any("fails again" in line for line in lines)


def test_arguments_that_pytest_refuses_are_tried_once(tmp_path: Path) -> None:
    (tmp_path / "mortal.py").write_text(MODEL, encoding="utf-8")
    plan = planned(tmp_path, shards=1, retries=5)
    # Refused where a session is to run, not where tasks are collected.
    (tmp_path / "conftest.py").write_text(
        "import pytest\n\ndef pytest_configure(config):\n    raise pytest.UsageError('not on this node')\n",
        encoding="utf-8",
    )
    lines: list[str] = []
    outcome = gb.run_launch(plan, lines.append)
    assert [job.attempts for job in read_launch(tmp_path / "out").jobs] == [1]
    assert outcome.exit_code == 3
    assert any("pytest refuses its arguments: ERROR: not on this node" in line for line in lines), lines
