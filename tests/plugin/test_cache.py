from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.cli import main
from tests.models.tiny import save_text_model
from tests.plugin.runs import result

if TYPE_CHECKING:
    from pathlib import Path

MODEL = """
import os


class Model:
    input_media = ("text", "image", "video", "audio", "pointcloud", "mesh", "motion", "signal", "map")
    deterministic = True
    output_media = {"text"}

    def generate(self, requests):
        with open("asked.log", "a") as log:
            log.write("x" * len(requests))
        return ["A"] * len(requests)

    def identity(self):
        return {"revision": os.environ["REVISION"]}
"""


def run(pytester: pytest.Pytester, name: str, *args: str) -> pytest.RunResult:
    (pytester.path / "own.py").write_text(MODEL, encoding="utf-8")
    model = "--generalbench-model=python:own.py:Model"
    more = [f"--generalbench-run={name}", "--generalbench-cache=cache", "-p", "no:cacheprovider"]
    return pytester.runpytest_subprocess(model, *more, "-k", "causal-reasoning", *args)


def test_runs_share_answers_and_a_miss_is_explained(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REVISION", "1")
    matched = run(pytester, "first")
    assert matched.ret == 0
    assert "answer cache: 0 answers from it, 16 instances asked" in matched.stdout.str()
    matched = run(pytester, "second", "-n", "2")
    assert "answer cache: 16 answers from it, 0 instances asked" in matched.stdout.str()
    monkeypatch.setenv("REVISION", "2")
    assert run(pytester, "third").ret == 0
    assert len((pytester.path / "asked.log").read_text(encoding="utf-8")) == 32
    one, two = result(pytester, "first"), result(pytester, "second")
    assert {**one, "run": 0} == {**two, "run": 0}
    assert two["run"]["cached"] == {"hits": 16, "asked": 0}
    monkeypatch.chdir(pytester.path)
    name = "nlp/causal-reasoning:cr0001"
    for folder, words in (
        ("first", "the cache had no answer of any model"),
        ("second", "answered from the cache"),
        ("third", "model: identity.revision was '1' and is '2'"),
    ):
        assert main(["cache", "explain", folder, name]) == 0
        assert words in capsys.readouterr().out
    assert main(["cache", "explain", "first", "nobody"]) == 2
    assert "no answer to an instance 'nobody'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small model.

    Made at module scope: pytester forgets what was imported during a test, and torch
    cannot be imported twice.
    """
    pytest.importorskip("transformers")
    return save_text_model(tmp_path_factory.mktemp("model"))


@pytest.mark.slow
def test_a_saved_model_is_not_loaded_for_what_the_cache_holds(
    pytester: pytest.Pytester, saved_model: Path
) -> None:
    folder = saved_model
    parts = []
    for name in ("first", "second"):
        (pytester.path / "conftest.py").write_text(
            "import sys\n\n\ndef pytest_unconfigure(config):\n    print('TORCH', 'torch' in sys.modules)\n",
            encoding="utf-8",
        )
        more = [f"--generalbench-run={name}", "--generalbench-cache=cache", "-s"]
        matched = pytester.runpytest_subprocess(
            f"--generalbench-model=hf:{folder}", *more, "-k", "nlp/causal-reasoning or bird-detection",
            "-p", "no:cacheprovider",
        )  # fmt: skip
        assert matched.ret == 0
        parts.append([line for line in matched.outlines if line.startswith("TORCH")])
    assert parts == [["TORCH True"], ["TORCH False"]]
    one, two = result(pytester, "first"), result(pytester, "second")
    assert {**one, "run": 0} == {**two, "run": 0}
    assert two["run"]["cached"]["asked"] == 0
    assert two["run"]["cached"]["hits"] > 0
