from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.cli import main
from tests.data.trees import Tree, pictured, question

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(tmp_path / "bench")
    made.annotation("nlp/Causal-Reasoning/annotation.json")
    return made


def run(*arguments: str | Path) -> int:
    return main(["doctor", *map(str, arguments)])


def test_a_healthy_folder_is_0(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    tree.annotation("nlp/Strange/annotation.json", task="Strange Thing")
    assert run(tree.root, "-k", "nlp/causal") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "nlp/causal-reasoning: ok, 1 instances, 1 references"
    assert "  nlp/Strange  (Strange Thing)" in lines
    assert lines[-1].startswith("1 tasks: 1 ok, 0 with warnings, 0 with problems")


def test_problems_are_1_and_shown(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    tree.annotation("image/comprehension/car_brands_recognition/annotation.json", [pictured(1)])
    tree.annotation("nlp/causal_reasoning/annotation.json")
    assert run(tree.root) == 1
    out = capsys.readouterr().out
    assert "car-brands-recognition: problems, 1 instances, 1 references\n    error: image/" in out
    assert "Folders in doubt:\n  nlp/causal_reasoning: a second folder of nlp/causal-reasoning" in out
    assert "697 not found (--all lists those)" in out
    assert ": not found" not in out


def test_all_lists_what_is_not_there_behind_what_is(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tree.root, "--all", "--prompts") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("nlp/causal-reasoning: ok")
    assert "    prompt of the first instance:" in lines
    assert sum(line.endswith(": not found") for line in lines) == 698


def test_warnings_alone_are_0(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    tree.annotation("nlp/Causal-Reasoning/annotation.json", [question(number) for number in range(5)])
    assert run(tree.root, "-k", "nlp/causal") == 0
    assert "    warning: all 5 references are alike: ('A',)" in capsys.readouterr().out


def test_json(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tree.root, "--json", "-k", "causal-reasoning") == 0
    content = json.loads(capsys.readouterr().out)
    states = {task["id"]: task["state"] for task in content["tasks"]}
    assert states == {"nlp/causal-reasoning": "ok", "nlp/document-level-causal-reasoning": "not found"}


def test_a_bad_folder_is_2(tmp_path: Path, tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "nowhere") == 2
    assert "no such folder" in capsys.readouterr().err
    (tmp_path / "w/General-Bench-Openset/nlp").mkdir(parents=True)
    assert run(tmp_path / "w", "--split=close") == 2
    assert "--generalbench-split=open" in capsys.readouterr().err
