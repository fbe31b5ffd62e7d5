from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.errors import GeneralBenchError, ModelError
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.models import check_spec, make_model
from tests.builders import TASK

if TYPE_CHECKING:
    from pathlib import Path

FACTORIES = """
class Echo:
    input_media = ("text",)
    batch_size = 3

    def generate(self, requests):
        return [request.text for request in requests]

    def identity(self):
        return {"name": "echo"}

def echo():
    return Echo()

def function():
    return lambda requests: ["f"] * len(requests)

def nothing():
    return 7

number = 7
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "specs_model.py").write_text(FACTORIES, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("nonsense:x", "baseline:oracle, "),
        ("oracle", "did you mean 'baseline:oracle'"),
        ("hf", "hf:NAME_OR_DIR"),
        ("baseline:perfect", "unknown baseline 'perfect'"),
        ("predictions:nowhere", "no such folder"),
        ("python:nowhere.py:make", "there is no file nowhere.py"),
        ("python:nowhere.py", "write python:"),
        ("hf:./nowhere", "no such folder"),
        ("hf:.", "no config.json"),
        ("hf:", "needs a model name"),
    ],
)
def test_a_spec_that_cannot_work_is_one_clear_line(folder: Path, spec: str, words: str) -> None:
    with pytest.raises(GeneralBenchError) as caught:
        check_spec(spec, folder)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("spec", ["hf:org/name", "org/name", "gpt2", "baseline:constant:yes: no"])
def test_a_spec_that_may_work_passes_unopened(folder: Path, spec: str) -> None:
    check_spec(spec, folder)


@pytest.mark.parametrize("spec", ["python:specs_model.py:echo", "python:specs_model:echo"])
def test_a_factory_from_file_or_module(folder: Path, spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    model = make_model(Settings(model=spec), folder)
    assert model.generate([Request(TASK.id, "a", ("hello",))]) == ["hello"]
    assert (model.batch_size, set(model.input_media)) == (3, {"text"})
    assert model.identity()["name"] == "echo"
    assert model.unsupported(TASK) is None


def test_a_factory_may_return_a_function(folder: Path) -> None:
    model = make_model(Settings(model="python:specs_model.py:function"), folder)
    assert model.generate([Request(TASK.id, "a", ("hello",))] * 2) == ["f", "f"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("python:specs_model.py:nothing", "needs generate"),
        ("python:specs_model.py:number", "no callable 'number'"),
        ("python:no_such_module:make", "No module named"),
    ],
)
def test_a_factory_that_cannot_be_used_says_why(folder: Path, spec: str, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        make_model(Settings(model=spec), folder)
    assert words in str(caught.value)


def test_a_constant_baseline_from_its_spec(folder: Path) -> None:
    model = make_model(Settings(model="baseline:constant:B"), folder)
    assert model.generate([Request(TASK.id, "a", ("?",))]) == [Output("B")]
