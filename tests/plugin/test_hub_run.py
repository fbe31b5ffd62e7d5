"""Runs over the data of the hub: what they bring, and what the result says of it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.suite.data import open_data
from tests.data.conftest import hub_store, stand_in
from tests.data.trees import Tree, all_tasks, task_of
from tests.plugin.runs import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import ReadResult
    from tests.data.stand_in_hub import StandInHub

__all__ = ["hub_store", "stand_in"]  # fixtures

CHOSEN = ("nlp/causal-reasoning", "image/comprehension/chinese-fine-art-recognition")
TEXT_ONLY = """
class Model:
    input_media = {"text"}

    def generate(self, requests):
        return ["A"] * len(requests)
"""


@pytest.fixture
def served(
    stand_in: StandInHub, shared_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> StandInHub:
    """Return a hub with two tasks of the demo set, and an empty cache."""
    demo = open_data("demo", "open", all_tasks(), cache=shared_cache)
    for name in CHOSEN:
        files = demo.files(task_of(name))
        assert files is not None
        shutil.copytree(files.folder, stand_in.store / files.folder.relative_to(demo.root))
    monkeypatch.setenv("GENERALBENCH_CACHE", str(tmp_path / "cache"))
    return stand_in


ARGUMENTS = ("--generalbench-data=hub", "-k", " or ".join(CHOSEN))


def test_a_language_model_brings_no_medium_and_a_resumed_run_lists_nothing(
    served: StandInHub, pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    Tree(pytester.path).file("text.py", TEXT_ONLY)
    arguments = ("--generalbench-model=python:text.py:Model", *ARGUMENTS, "--generalbench-run=run", "-n", "2")
    result = pytester.runpytest_subprocess(*arguments)
    assert result.ret == 0
    content = read_result("run")
    assert content["counts"] == {"scored": 1, "unsupported": 1}
    assert content["data"]["revision"] == served.commit
    assert served.fetched
    assert all(path.lower().startswith("nlp/") for path in served.fetched)
    assert not [path for path in served.listed if path.startswith("image")]
    served.requests.clear()
    assert pytester.runpytest_subprocess(*arguments, "--generalbench-resume").ret == 0
    assert not served.requests


def test_a_limited_run_brings_the_media_of_its_instances(
    served: StandInHub, pytester: pytest.Pytester, read_result: ReadResult
) -> None:
    few = "--generalbench-limit=2"
    assert run(pytester, *ARGUMENTS, few, "--generalbench-run=run").ret == 0
    assert read_result("run")["counts"] == {"scored": 2}
    scores = {task["id"]: task["score"] for task in read_result("run")["tasks"]}
    assert len(served.listed) == len(set(served.listed))
    pictures = [path for path in served.fetched if path.endswith((".png", ".jpg"))]
    assert 0 < len(pictures) <= 2
    # With all files that are there the same instances have the same scores.
    for name in CHOSEN:
        assert open_data("hub", "open", all_tasks()).load(task_of(name)) is not None
    assert len([path for path in served.fetched if path.endswith((".png", ".jpg"))]) > len(pictures)
    assert run(pytester, *ARGUMENTS, few, "--generalbench-run=again").ret == 0
    assert {task["id"]: task["score"] for task in read_result("again")["tasks"]} == scores
