"""The workflows say what the project says: the same Pythons, the same pytest, the same commands."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_generalbench import __version__

ROOT = Path(__file__).parents[1]
WORKFLOWS = ROOT / ".github" / "workflows"

pytestmark = pytest.mark.skipif(not WORKFLOWS.is_dir(), reason="a source distribution has no workflows")


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]  # type: ignore[no-any-return]


def workflow(name: str) -> dict[str, Any]:
    result: dict[str, Any] = yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))
    return result


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_every_python_that_is_claimed_is_tested() -> None:
    tested = workflow("ci.yml")["jobs"]["tests"]["strategy"]["matrix"]["python"]
    claimed = re.findall(r"Python :: (3\.\d+)", "\n".join(project()["classifiers"]))
    assert claimed
    assert set(claimed) <= set(tested)
    assert project()["requires-python"] == f">={tested[0]}"


def test_the_oldest_versions_are_the_ones_that_are_required() -> None:
    rows = workflow("ci.yml")["jobs"]["pytest-versions"]["strategy"]["matrix"]["include"]
    (oldest,) = (row for row in rows if row["name"] == "oldest")
    required = [text for text in project()["dependencies"] if text.startswith("pytest")]
    assert oldest["versions"].split() == [text.replace(">=", "==") + ".*" for text in required]


def test_torch_is_the_one_that_is_tested_with() -> None:
    torch = workflow("ci.yml")["env"]["TORCH"].split()[0]
    assert torch in project()["optional-dependencies"]["dev"]


def test_lint_types_and_contracts_are_those_of_the_one_command() -> None:
    ritual = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    run = commands(workflow("ci.yml")["jobs"]["lint"])
    checks = [line for line in run if not line.startswith("pip ")]
    assert set(checks) <= set(ritual)
    assert set(checks) >= {"ruff check", "ruff format --check", "mypy"}


@pytest.mark.parametrize("job", ["tests", "pytest-versions"])
def test_the_tests_are_installed_and_run_as_the_readme_says(job: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    install, tests = re.findall(r"^(pip install -e \S+) && (pytest) -n \d+$", readme, re.MULTILINE)[0]
    run = commands(workflow("ci.yml")["jobs"][job])
    assert install in run
    assert run[-1].endswith(f"{tests} -n auto")


@pytest.mark.parametrize("name", ["ci.yml", "release.yml"])
def test_a_job_may_read_and_only_publishing_may_more(name: str) -> None:
    value = workflow(name)
    assert value["permissions"] == {"contents": "read"}
    more = {key: job["permissions"] for key, job in value["jobs"].items() if "permissions" in job}
    assert more == ({"publish": {"id-token": "write"}} if name == "release.yml" else {})
    for job in value["jobs"].values():
        assert all("@" in step["uses"] for step in job["steps"] if "uses" in step)
        assert all(shlex.split(command) for command in commands(job))


def test_this_version_has_its_day_in_the_changelog() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    versions = [line for line in lines if line.startswith("## ")]
    assert versions[0] == "## [Unreleased]"
    assert re.fullmatch(rf"## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d", versions[1])
    assert all(re.fullmatch(r"## \[\S+\] - \d{4}-\d\d-\d\d", line) for line in versions[1:])
