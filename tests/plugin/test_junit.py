"""Scores and levels in JUnit files and in the fields of reports."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

MODEL = """
from pytest_generalbench import Failed, Model

class Hostile(Model):
    def generate(self, requests):
        bad = Failed("\\x1b[31m<b>&\\x00 \\ud800 ]]>")
        return [bad if request.instance_id.endswith("3") else "A" for request in requests]

def make():
    return Hostile()
"""


def properties(node: ElementTree.Element) -> dict[str, str]:
    return {item.attrib["name"]: item.attrib["value"] for item in node.findall("properties/property")}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_case_has_its_score_and_the_suite_its_levels(pytester: pytest.Pytester, workers: str) -> None:
    pytester.makepyfile(hostile=MODEL)
    args = ("--generalbench-model=python:hostile.py:make", "-k", "nlp/causal-reasoning", "-n", workers)
    pytester.runpytest_subprocess(*args, "--junitxml=out.xml", "--generalbench-run=run")
    (suite,) = ElementTree.parse(Path(pytester.path / "out.xml")).getroot()  # noqa: S314 - our own file
    (case,) = suite.findall("testcase")
    content = json.loads((pytester.path / "run" / "result.json").read_text(encoding="utf-8"))
    (task,) = content["tasks"]
    found = properties(case)
    assert found["state"] == "incomplete" == task["state"]
    assert float(found["score"]) == task["score"]
    assert float(found["stderr"]) == task["stderr"]
    assert (found["sota"], found["unit"], found["n"], found["metric"]) == ("65.0", "percent", "8", "accuracy")
    assert json.loads(found["generalbench"])["id"] == "nlp/causal-reasoning"
    levels = properties(suite)
    assert float(levels["generalbench_S2"]) == content["level"]["S2"]
    assert levels["generalbench_qualified"] == content["level"]["qualified"]
    assert case.find("failure") is not None


def test_pytest_html_has_a_column_with_scores(pytester: pytest.Pytester) -> None:
    pytest.importorskip("pytest_html", reason="pytest-html is not installed")
    options = ("--generalbench-model=baseline:constant", "-k", "nlp/causal-reasoning", "--html=out.html")
    done = pytester.runpytest_subprocess(*options, "-n", "0", "--generalbench-run=run")
    assert done.ret == 0
    content = (pytester.path / "out.html").read_text(encoding="utf-8")
    assert "Score" in content
    assert "accuracy (SoTA 65.0)" in content


def test_junitparser_reads_the_file(pytester: pytest.Pytester) -> None:
    junitparser = pytest.importorskip("junitparser", reason="junitparser is not installed")
    pytester.makepyfile(hostile=MODEL)
    args = ("--generalbench-model=python:hostile.py:make", "-k", "nlp/causal-reasoning", "--junitxml=out.xml")
    pytester.runpytest_subprocess(*args, "--generalbench-run=run")
    (suite,) = junitparser.JUnitXml.fromfile(str(pytester.path / "out.xml"))
    assert {item.name for item in suite.properties()} >= {"generalbench_S2", "generalbench_qualified"}
    (case,) = suite
    found = {item.name: item.value for item in case.iterchildren(junitparser.Properties).__next__()}
    assert found["metric"] == "accuracy"
    assert found["state"] == "incomplete"
