"""Run folders on disks that are full or cannot be written: needs the right to mount a small tmpfs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugin.runs import FEW, asked, only_error, result, run

RESUME = "--generalbench-resume"
TOTAL = 80

pytestmark = pytest.mark.slow


def mount(folder: Path, options: str) -> None:
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no right to mount a tmpfs")


@pytest.fixture
def disk(pytester: pytest.Pytester) -> Iterator[Path]:
    """Return a folder on a disk of 64 KiB."""
    folder = pytester.path / "disk"
    folder.mkdir()
    mount(folder, "size=64k")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_full_disk_ends_the_session_and_loses_nothing(
    pytester: pytest.Pytester, disk: Path, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("LENGTH", "2000")
    matched = run(pytester, "--generalbench-run=disk/run", *FEW, "-n", workers)
    answer = matched.stdout.str() + matched.stderr.str()
    assert matched.ret not in (pytest.ExitCode.OK, pytest.ExitCode.INTERNAL_ERROR)
    assert "No space left on device; what it holds is safe: make room" in answer
    assert "Traceback" not in answer
    assert "INTERNALERROR" not in answer
    before = len(asked(pytester))
    assert 0 < before < TOTAL
    subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
    assert run(pytester, "--generalbench-run=disk/run", RESUME).ret == 0
    # Two instances a batch: at most one batch of each worker was in vain.
    assert before + len(asked(pytester)) <= TOTAL + 2 * max(1, int(workers))
    content = result(pytester, "disk/run")
    assert content["counts"] == {"scored": 10}
    assert content["run"]["torn_lines"] == []


def test_a_folder_that_cannot_be_written_is_refused(pytester: pytest.Pytester, disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
    assert run(pytester, "--generalbench-run=disk/run", *FEW).ret == 0
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert "Read-only file system" in only_error(run(pytester, "--generalbench-run=disk/new", *FEW))
    line = only_error(run(pytester, "--generalbench-run=disk/run", RESUME))
    assert "the run folder" in line
    assert "cannot be written: Read-only file system" in line
