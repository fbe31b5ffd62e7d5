from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_generalbench as gb
from pytest_generalbench.core import new_files
from pytest_generalbench.core.new_files import APPEND, MODE, SHARED_VARIABLE, atomic_write, private_folder
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.runs.answer_cache import AnswerCache
from pytest_generalbench.runs.folder import create_run
from pytest_generalbench.runs.run_manifest import SessionEntry

OLD = Path(__file__).parents[1] / "runs" / "old_run" / "complete"


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_link_that_was_laid_in_the_way_is_never_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, path = tmp_path / "other", tmp_path / "result.json"
    other.write_bytes(b"untouched")
    path.symlink_to(other)
    atomic_write(path, b"new")
    assert (path.read_bytes(), path.is_symlink(), other.read_bytes()) == (b"new", False, b"untouched")
    monkeypatch.setattr("secrets.token_hex", lambda count: "guessed")
    (tmp_path / "result.json.guessed.tmp").symlink_to(other)
    with pytest.raises(FileExistsError):
        atomic_write(path, b"newer")
    assert other.read_bytes() == b"untouched"
    with pytest.raises(OSError, match="symbolic links"):
        os.open(tmp_path / "result.json.guessed.tmp", APPEND, MODE)


def test_temporary_names_differ_and_none_stays(tmp_path: Path) -> None:
    names = {new_files.temporary_name(tmp_path / "a").name for _ in range(50)}
    assert len(names) == 50
    assert not any(str(os.getpid()) == part for name in names for part in name.split("."))
    atomic_write(tmp_path / "a", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_new_folders_are_private_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private_folder(tmp_path / "deep" / "one")
    assert rights(tmp_path / "deep" / "one") == 0o700
    (tmp_path / "mine").mkdir(mode=0o755)
    private_folder(tmp_path / "mine")
    assert rights(tmp_path / "mine") == 0o755
    monkeypatch.setenv(SHARED_VARIABLE, "1")
    private_folder(tmp_path / "shared")
    assert rights(tmp_path / "shared") & 0o055


def test_runs_and_caches_are_private(tmp_path: Path) -> None:
    run = create_run(Settings("baseline:oracle"), tmp_path, SessionEntry.begin([], None, "host", 0))
    AnswerCache(tmp_path / "cache")
    merged = gb.merge_runs([OLD], tmp_path / "merged").folder
    assert [rights(path) for path in (run.path, tmp_path / "cache", merged)] == [0o700] * 3
    run.lock.release()


MAKER = """
import pathlib, sys, time
from pytest_generalbench.core.new_files import folder_in_the_making
target = pathlib.Path(sys.argv[1])
with folder_in_the_making(target) as half:
    if target.exists():
        print("waited")
    else:
        (half / "content").write_text("whole")
        time.sleep(0.2)
        half.rename(target)
        print("made")
"""


def test_one_of_many_processes_makes_a_folder_and_the_others_wait(tmp_path: Path) -> None:
    stale = tmp_path / ".data-left"
    stale.mkdir()
    (stale / "half").write_text("half of it", encoding="utf-8")
    command = [sys.executable, "-c", MAKER, str(tmp_path / "data")]
    makers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    outcomes = sorted(maker.communicate(timeout=60)[0].strip() for maker in makers)
    assert outcomes == ["made", "waited", "waited", "waited"]
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert (tmp_path / "data" / "content").read_text(encoding="utf-8") == "whole"
