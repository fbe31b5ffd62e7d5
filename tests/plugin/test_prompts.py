"""The user's own prompts and answer lengths, as a run uses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

MODEL = """
from pytest_generalbench import Model, Output

class Echo(Model):
    def generate(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        with open("asked.txt", "a") as file:
            print(repr((request.system, request.text[-40:], request.max_new_tokens)), file=file)
        return Output("A" * request.max_new_tokens, details={"finish_reason": "length"})

def make():
    return Echo()
"""
TASK = "nlp/causal-reasoning"
PROMPTS = f"""
system: Be brief.
tasks:
  {TASK}: "{{question}}\\n{{options}}\\nOne letter, please."
"""


def run(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    pytester.makepyfile(echo=MODEL)
    (pytester.path / "prompts.yaml").write_text(PROMPTS, encoding="utf-8")
    return pytester.runpytest_subprocess(
        "--generalbench-model=python:echo.py:make", "--generalbench-prompts=prompts.yaml", "-k", TASK, *args
    )


def test_prompts_and_lengths_reach_the_model_and_the_result(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--generalbench-max-new-tokens=x3,nlp/causal*=7", "--generalbench-run=run")
    assert result.ret == 0
    asked = (pytester.path / "asked.txt").read_text(encoding="utf-8").splitlines()
    assert len(asked) == 8
    for line in asked:
        assert line.startswith("('Be brief.', ")
        assert line.endswith("One letter, please.', 7)")
    content = json.loads((pytester.path / "run" / "result.json").read_text(encoding="utf-8"))
    assert content["settings"]["prompts"]["system"] == "Be brief."
    assert content["settings"]["max_new_tokens"] == "x3,nlp/causal*=7"
    (task,) = content["tasks"]
    assert "asked with a prompt of the user's own; asked with a system prompt" in task["definition"]
    assert "answers of at most 7 tokens" in task["definition"]
    assert task["defects"] == {"cut_off": 8}
    result.stdout.fnmatch_lines(["*of 8 answers: *cut off 100.0 %"])


def test_a_run_is_not_continued_with_other_prompts(pytester: pytest.Pytester) -> None:
    assert run(pytester, "--generalbench-run=run").ret == 0
    path = Path(pytester.path / "prompts.yaml")
    args = ("--generalbench-run=run", "--generalbench-resume", "-k", TASK)
    path.write_text("system: Be long.\n", encoding="utf-8")
    again = pytester.runpytest_subprocess(
        "--generalbench-model=python:echo.py:make", "--generalbench-prompts=prompts.yaml", *args
    )
    assert again.ret == 4
    assert "prompts was" in again.stderr.str()


def test_a_field_that_does_not_exist_is_refused_before_the_run(pytester: pytest.Pytester) -> None:
    path = pytester.path / "prompts.yaml"
    path.write_text("tasks: {nlp/causal-reasoning: '{question} {boxes}'}", encoding="utf-8")
    result = pytester.runpytest_subprocess(
        "--generalbench-model=baseline:constant", "--generalbench-prompts=prompts.yaml", "-k", TASK
    )
    assert result.ret == 4
    assert "unknown field '{boxes}'" in result.stderr.str()
    assert not list(pytester.path.glob("generalbench-runs/*"))
