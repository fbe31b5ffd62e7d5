from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.cli import download
from tests.data.fake_hub import FakeHub
from tests.data.trees import Tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def fake(tmp_path: Path) -> FakeHub:
    store = Tree(tmp_path / "store")
    store.annotation("nlp/Causal-Reasoning/annotation.json")
    return FakeHub(store.root)


def run(fake: FakeHub, *arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    download.add_parser(parser.add_subparsers())
    args = parser.parse_args(["download", *map(str, arguments)])
    assert args.func is download.run
    code: int = download.run(args, fake)
    return code


def test_it_fetches_what_is_chosen(fake: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(fake, tmp_path / "t", "-k", "nlp/causal-reasoning") == 0
    assert (tmp_path / "t/nlp/Causal-Reasoning/annotation.json").is_file()
    out = capsys.readouterr().out
    assert "1/1 nlp/causal-reasoning: nlp/Causal-Reasoning" in out
    assert "generalbench doctor" in out


def test_nothing_chosen_is_2(fake: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(fake, tmp_path / "t", "-k", "no such task") == 2
    assert "no task's id contains" in capsys.readouterr().err


def test_a_hub_that_fails_is_1(fake: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fake.broken = OSError("no route")
    assert run(fake, tmp_path / "t") == 1
    assert "no route" in capsys.readouterr().err


def test_offline_without_anything_is_1(
    fake: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(fake, tmp_path / "t", "--offline", "--split", "close") == 1
    assert "nothing downloaded yet" in capsys.readouterr().err
