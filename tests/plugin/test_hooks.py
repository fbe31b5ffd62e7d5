from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.cli import main

if TYPE_CHECKING:
    from tests.conftest import ReadResult

CONFTEST = """
from dataclasses import dataclass, field

from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.metrics import Metric, MetricValue
from pytest_generalbench.models import Model, ModelKind
from pytest_generalbench.protocols import Protocol


class Echo(Protocol):
    name, prompt, max_new_tokens, parser = "echo", "{question}", 8, "none"

    def request(self, instance, context):
        return Request(context.task.id, instance.id, (instance.fields["question"],), max_new_tokens=8)

    def reference(self, instance, context):
        return instance.reference["answer"]

    def parse(self, output, instance, context):
        return output.text

    def ideal(self, reference, instance, context):
        return reference


@dataclass
class Lengths:
    pairs: list = field(default_factory=list)

    def add(self, prediction, reference):
        self.pairs.append(100.0 * (prediction is not None and len(prediction) == len(reference)))

    def result(self, instances=()):
        return MetricValue(sum(self.pairs) / len(self.pairs), None, len(self.pairs))


class Shout(Model):
    def generate(self, requests):
        return [Output(request.text.upper()) for request in requests]


def pytest_generalbench_tasks(config):
    return config.rootpath / "our_tasks"


def pytest_generalbench_metrics(config):
    return [Metric("same_length", "percent", True, 100.0, "as long as the reference", Lengths)]


def pytest_generalbench_protocols(config):
    return [Echo()]


def pytest_generalbench_models(config):
    return {"shout": ModelKind(make=lambda target, settings, folder: Shout())}
"""

TASKS = """
skill: Our Skill
skill_code: L-99
modality: nlp
sheet: NLP
tasks:
  - id: nlp/our-echo
    official_name: Our Echo
    name: Our Echo
    short_name: Echo
    number: 1
    archetype: text_open_qa
    protocol: echo
    inputs: text
    output: text
    instances: 2
    folders: [Our-Echo]
    metric: {official: Len, name: same_length, direction: higher, unit: percent, mapping: identity}
    sota: {released: 50, paper: 50}
"""

DATA = """{"task": "Our Echo", "data": [
 {"id": "1", "input": {"question": "four"}, "output": {"answer": "drei"}},
 {"id": "2", "input": {"question": "five"}, "output": {"answer": "funf!"}}]}"""


@pytest.fixture
def repository(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    (pytester.path / "our_tasks").mkdir()
    (pytester.path / "our_tasks" / "ours.yaml").write_text(TASKS, encoding="utf-8")
    folder = pytester.path / "data" / "nlp" / "Our-Echo"
    folder.mkdir(parents=True)
    (folder / "annotation.json").write_text(DATA, encoding="utf-8")
    return pytester


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_repository_adds_tasks_metrics_protocols_and_models(
    repository: pytest.Pytester, workers: str, read_result: ReadResult
) -> None:
    result = repository.runpytest_subprocess(
        "--generalbench-model=shout:", "--generalbench-data=data", "--generalbench-run=run", "-v",
        "-k", "our-echo", "-n", workers,
    )  # fmt: skip
    assert "SCORED 50.0 same_length (SoTA 50.0) n=2" in result.stdout.str()
    content = read_result("run")
    (task,) = content["tasks"]
    assert (task["state"], task["score"]) == ("scored", 50.0)
    assert "as long as the reference" in task["definition"]
    # General-Level stays what it is.
    assert content["level"]["language"]["tasks"] == 115


def test_a_task_with_a_wrong_word_ends_the_session_with_the_good_ones(repository: pytest.Pytester) -> None:
    path = repository.path / "our_tasks" / "ours.yaml"
    path.write_text(TASKS.replace("same_length", "same_lenght"), encoding="utf-8")
    result = repository.runpytest_subprocess("--generalbench-model=shout:", "--co", "-q")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "did you mean 'same_length'" in result.stderr.str()


def test_a_run_with_added_tasks_is_rescored_around_them(
    repository: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["--generalbench-model=shout:", "--generalbench-data=data", "--generalbench-run=run"]
    assert repository.runpytest_subprocess(*args, "-k", "our-echo or causal").ret == 0
    capsys.readouterr()
    assert main(["rescore", str(repository.path / "run")]) == 0
    answer = capsys.readouterr().out
    assert "not scored again, brought by a hook of the repository: 1 tasks, nlp/our-echo" in answer
    assert "the same as result.json, byte for byte" in answer
