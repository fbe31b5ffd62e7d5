"""A repository adds a part of every kind through the public interface alone."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest_generalbench as gb
from tests.plugin.test_hooks import DATA, TASKS

if TYPE_CHECKING:
    import pytest

CONFTEST = """
from dataclasses import dataclass
from typing import ClassVar

import pytest_generalbench as gb


@dataclass(frozen=True, slots=True, eq=False)
class Chord(gb.StructuredOutput):
    form: ClassVar[str] = "chord"
    pitches: tuple[int, ...]


class Echo(gb.Protocol):
    name, prompt, max_new_tokens, parser = "echo", "{question}", 8, "none"
    form = "chord"

    def request(self, instance, context):
        return gb.Request(context.task.id, instance.id, (instance.fields["question"],), form="chord")

    def reference(self, instance, context):
        return len(instance.reference["answer"])

    def parse(self, output, instance, context):
        return len(output.read().pitches)

    def ideal(self, reference, instance, context):
        return Chord(tuple(range(reference)))


class Same:
    def __init__(self):
        self.values = []

    def add(self, prediction, reference):
        self.values.append(100.0 * (prediction == reference))

    def result(self, instances=()):
        mean = sum(self.values) / len(self.values)
        return gb.MetricValue(mean, None, len(self.values), scores=self.values)


class Player(gb.Model):
    def generate(self, requests):
        return [gb.Output(answer=Chord(tuple(request.text.encode()))) for request in requests]


def pytest_generalbench_tasks(config):
    return config.rootpath / "our_tasks"


def pytest_generalbench_metrics(config):
    return [gb.Metric("same_length", "percent", True, 100.0, "as long as the reference", Same)]


def pytest_generalbench_protocols(config):
    return [Echo()]


def pytest_generalbench_models(config):
    return {"player": gb.ModelKind(make=lambda target, settings, folder: Player(), uses_gpu=False)}


def pytest_generalbench_reports(config, run):
    rows = [f"{row.instance}={row.score}" for row in run.instances(["nlp/our-echo"])]
    (config.rootpath / "report.txt").open("a").write(" ".join(rows) + "\\n")
"""

TWICE = """
import sys
import pytest

for number in (1, 2):
    args = ["--generalbench-model=player:", "--generalbench-data=data", f"--generalbench-run=run{number}"]
    code = pytest.main([*args, "-k", "our-echo", "-p", "no:cacheprovider"])
    if code:
        sys.exit(int(code))
"""


def test_every_kind_of_part_comes_from_outside_twice_in_one_process(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    (pytester.path / "our_tasks").mkdir()
    (pytester.path / "our_tasks" / "ours.yaml").write_text(TASKS, encoding="utf-8")
    folder = pytester.path / "data" / "nlp" / "Our-Echo"
    folder.mkdir(parents=True)
    (folder / "annotation.json").write_text(DATA, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", TWICE], cwd=pytester.path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("run1", "run2"):
        (task,) = gb.load_run(pytester.path / name).tasks()
        assert (task.state, task.score, task.metric) == ("scored", 50.0, "same_length")
    report = (pytester.path / "report.txt").read_text(encoding="utf-8").splitlines()
    assert report == ["1=100.0 2=0.0"] * 2


def test_a_report_that_fails_costs_nothing_but_itself(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_generalbench_reports(config, run):\n    raise OSError('no room')\n")
    result = pytester.runpytest_subprocess(
        "--generalbench-model=baseline:oracle", "-k", "causal-reasoning", "-p", "no:cacheprovider"
    )
    assert result.ret == 0
    result.stdout.fnmatch_lines(["a report failed: OSError: no room"])


def test_a_name_that_is_taken_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest_generalbench as gb

        def pytest_generalbench_metrics(config):
            return [gb.Metric("accuracy", "percent", True, 100.0, "another", dict)]
        """
    )
    result = pytester.runpytest_subprocess("--generalbench-model=baseline:oracle", "--co", "-q")
    result.stderr.fnmatch_lines(["ERROR: metric 'accuracy' is built in: choose another name"])
