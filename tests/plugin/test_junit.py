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
