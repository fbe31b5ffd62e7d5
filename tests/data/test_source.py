from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.suite.data import default_cache, open_data
from tests.data.trees import CARS, CAUSES, Tree, all_tasks, task_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder(tree: Tree) -> None:
    tree.annotation("nlp/Causal-Reasoning/annotation.json")
    source = open_data(tree.root, "open", all_tasks())
    assert (source.name, source.is_demo, source.split) == ("folder", False, "open")
    assert source.root == tree.root.resolve()
    data = source.load(task_of(CAUSES))
    assert data is not None
    assert len(data.instances) == 1
    assert source.load(task_of(CARS)) is None


def test_a_folder_given_as_text(tree: Tree) -> None:
    tree.annotation("nlp/Causal-Reasoning/annotation.json")
    assert open_data(str(tree.root), "open", all_tasks()).load(task_of(CAUSES)) is not None


def test_a_folder_that_is_not_there_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'hub' or 'demo'"):
        open_data(tmp_path / "x", "open", all_tasks())


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GENERALBENCH_CACHE", str(tmp_path / "own"))
    assert default_cache() == tmp_path / "own"
    monkeypatch.delenv("GENERALBENCH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_cache() == tmp_path / "xdg" / "pytest-generalbench"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert default_cache() == tmp_path / "home" / ".cache" / "pytest-generalbench"


def test_the_room_brings_in_nothing_heavy() -> None:
    code = (
        "import sys, pytest_generalbench.suite.data\n"
        "heavy = {'numpy', 'PIL', 'torch', 'pandas', 'huggingface_hub', 'pytest', 'yaml', 'av'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
