from __future__ import annotations

import os
import stat
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
