from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.cli import main
from tests.data.conftest import hub_store, stand_in
from tests.data.stand_in_hub import Fault, StandInHub

if TYPE_CHECKING:
    from pathlib import Path

    from tests.data.trees import Tree

__all__ = ["hub_store", "stand_in"]  # fixtures


@pytest.fixture
def hub(stand_in: StandInHub, hub_store: Tree) -> StandInHub:
    hub_store.annotation("nlp/Causal-Reasoning/annotation.json")
    hub_store.annotation("image/comprehension/BirdDetection/annotation.json")
    hub_store.image("image/comprehension/BirdDetection/images/1.png")
    return stand_in


def run(*arguments: str | Path) -> int:
    return main(["download", *map(str, arguments)])


def test_it_fetches_what_is_chosen(
    hub: StandInHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "t", "-k", "nlp/causal-reasoning") == 0
    assert (tmp_path / "t/nlp/Causal-Reasoning/annotation.json").is_file()
    out = capsys.readouterr().out
    assert "1 task (0 complete): 1 file, 125 bytes" in out
    assert "1/1 nlp/causal-reasoning: nlp/Causal-Reasoning" in out
    assert "generalbench doctor" in out


def test_words_board_and_model_choose_together(hub: StandInHub, tmp_path: Path) -> None:
    assert run(tmp_path / "t", "-k", "causal-reasoning or bird-detection", "--board", "B:image") == 0
    assert not any(path.startswith("nlp") for path in hub.fetched)
    hub.sent.clear()
    text_only = tmp_path / "text.py"
    text_only.write_text(
        "class Model:\n    input_media = {'text'}\n    def generate(self, requests):\n        return ['A']\n"
    )
    assert run(tmp_path / "u", "-k", "causal-reasoning or bird", "--model", f"python:{text_only}:Model") == 0
    assert hub.fetched == {"nlp/Causal-Reasoning/annotation.json"}


def test_a_dry_run_writes_nothing(
    hub: StandInHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "t", "-k", "bird-detection or car-brands", "--dry-run") == 0
    out = capsys.readouterr().out
    size = sum(path.stat().st_size for path in (hub.store / "image").rglob("*") if path.is_file())
    assert f"image/comprehension/bird-detection: 2 files, {size / 1000:.1f} kB" in out
    assert "image/comprehension/car-brands-recognition: no folder of that name on the hub" in out
    assert "GB free" in out or "TB free" in out
    assert not (tmp_path / "t").exists()
    assert not hub.fetched


def test_a_disk_that_is_too_small_is_1(
    hub: StandInHub, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda place: type("Usage", (), {"free": 10}))
    assert run(tmp_path / "t", "-k", "bird-detection") == 1
    assert "the disk has 10 bytes free: choose fewer tasks" in capsys.readouterr().err
    assert not hub.fetched


def test_nothing_chosen_is_2(hub: StandInHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "t", "-k", "no_such_task") == 2
    assert "no task matches" in capsys.readouterr().err
    assert run(tmp_path / "t", "-k", "and and") == 2
    assert run(tmp_path / "t", "--board", "Z") == 2


def test_a_hub_that_fails_is_1(hub: StandInHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub.faults.append(Fault("status", times=99, number=503))
    assert run(tmp_path / "t", "-k", "causal-reasoning") == 1
    assert "503" in capsys.readouterr().err


def test_offline_without_anything_is_1(
    hub: StandInHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "t", "--offline", "--split", "close") == 1
    assert "nothing downloaded yet" in capsys.readouterr().err
    assert not hub.requests
