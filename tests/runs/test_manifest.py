from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.cli import main
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.runs.manifest import (
    MANIFEST_FILE,
    RANGE_BYTES,
    run_files,
    verify_run,
    write_manifest,
)

if TYPE_CHECKING:
    from pathlib import Path

FLIPS = 40
"""In each file, at random places."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder like a run's, with its manifest."""
    dice = random.Random(3)  # noqa: S311 - no secret
    (tmp_path / "media").mkdir()
    for name, size in {
        "ledger-main-1.jsonl": 3 * RANGE_BYTES + 17, "result.json": 900, "run.json": 1, "empty": 0,
        "media/a.png": RANGE_BYTES,
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(dice.randbytes(size))
    write_manifest(tmp_path)
    return tmp_path


def changes(folder: Path) -> list[str]:
    return list(verify_run(folder).changes)


def test_nothing_changed_is_nothing_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert changes(folder) == []
    assert main(["verify", str(folder)]) == 0
    assert capsys.readouterr().out == "5 files, nothing changed\n"


def test_one_flipped_byte_anywhere_is_found(folder: Path) -> None:
    dice = random.Random(5)  # noqa: S311 - no secret
    for path in [*run_files(folder), folder / MANIFEST_FILE]:
        whole = path.read_bytes()
        for _ in range(FLIPS if whole else 0):
            place = dice.randrange(len(whole))
            path.write_bytes(
                whole[:place] + bytes([whole[place] ^ (1 << dice.randrange(8))]) + whole[place + 1 :]
            )
            (line,) = changes(folder)
            name, where, _ = line.split(": ")
            first, last = map(int, where.removeprefix("bytes ").split("-"))
            assert name == path.relative_to(folder).as_posix()
            assert first <= place <= last
            assert path.name == MANIFEST_FILE or last - first < RANGE_BYTES
        path.write_bytes(whole)
    assert changes(folder) == []


def test_what_came_went_and_grew_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "media" / "a.png").unlink()
    (folder / "new").write_bytes(b"x")
    with (folder / "result.json").open("ab") as file:
        file.write(b"yz")
    assert main(["verify", str(folder)]) == 1
    answer = capsys.readouterr().out
    assert f"media/a.png: gone ({RANGE_BYTES} bytes)" in answer
    assert "new: new, not there when the run ended" in answer
    assert "result.json: 900 bytes when the run ended, 902 now" in answer


def test_a_run_that_has_not_ended_has_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(GeneralBenchError, match=r"no manifest\.json.*--generalbench-resume"):
        changes(tmp_path)
