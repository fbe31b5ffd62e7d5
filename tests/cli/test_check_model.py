from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.cli import main
from tests.evaluation.test_conformance import page_code
from tests.models.served import Said, serve, words

if TYPE_CHECKING:
    from pathlib import Path

BLIND = """
class Blind:
    input_media = {"text", "image"}
    output_media = {"text"}

    def generate(self, requests):
        if any(request.media for request in requests):
            raise RuntimeError("no eyes")
        return [request.text for request in requests]
"""


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_model_that_works_is_told_in_a_line_each_and_exit_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "doodler.py").write_text(page_code()[0], encoding="utf-8")
    assert main(["check-model", "python:doodler.py:Doodler"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"takes text +ok +\d+\.\d\d s  nlp/[a-z-]+: '.*words, 0 files'", lines[0])
    assert re.fullmatch(r"gives image +ok +\d+\.\d\d s  image/generation/[a-z-]+: Image", lines[3])
    assert lines[-1] == "python:doodler.py:Doodler: all it declares works"


def test_what_does_not_work_is_a_line_and_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "blind.py").write_text(BLIND, encoding="utf-8")
    assert main(["check-model", "python:blind.py:Blind"]) == 1
    out = capsys.readouterr().out
    assert re.search(r"takes image +FAILED .*RuntimeError: no eyes\n", out)
    assert out.endswith("python:blind.py:Blind: 1 failed\n")


def test_a_served_model_is_checked_with_the_options_of_pytest(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(lambda body, number: Said("A" if "\nB" in words(body) else words(body)[-30:])) as served:
        address = f"--generalbench-base-url={served.url}"
        args = ["check-model", "openai:tiny", address, "--input-media=text,image,video", "--model-frames=2"]
        assert main([*args, "--max-new-tokens=5"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[:2] for line in out.splitlines()[:4]] == [
        ["takes", "text"], ["takes", "image"], ["takes", "video"], ["gives", "text"],
    ]  # fmt: skip
    assert {body["max_tokens"] for body in served.asked} == {5}


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["hf:./nowhere"], "no such folder"),
        (["oracle"], "did you mean 'baseline:oracle'"),
        (["openai:tiny", "--base-url=nowhere"], "--generalbench-base-url must look like"),
        (["baseline:oracle", "--dtype=half"], "unknown --generalbench-dtype 'half'"),
    ],
)
def test_a_model_that_cannot_be_made_is_one_line_and_exit_2(
    args: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check-model", *args]) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1
