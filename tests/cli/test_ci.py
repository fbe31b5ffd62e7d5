"""The CI recipe as a stranger's repository runs it: pass, regression, better, no baseline, other data."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pytest_generalbench.cli import main
from tests.commands import CONSOLE, put_commands
from tests.reports.made_runs import CAUSAL, made_run, scored_rows

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the steps are bash scripts")

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "pytest_generalbench" / "cli" / "recipes"
GH = """#!/bin/bash
echo "gh $*" >>"$GH_LOG"
case "$*" in
  *artifacts*) echo "$GH_RUN" ;;
  "run download"*) mkdir -p "${@: -1}" && cp -r "$GH_STORE"/. "${@: -1}" ;;
  *comments?per_page*) echo "$GH_COMMENT" ;;
esac
"""


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """Return a repository with nothing but a model's name in its environment."""
    put_commands(tmp_path / "bin")
    return tmp_path


def step(folder: Path, name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    given = {**os.environ, "PATH": path, **environment}
    command = [sys.executable, "-c", CONSOLE, "ci", name, *arguments]
    return subprocess.run(command, cwd=folder, env=given, check=False, capture_output=True, text=True)


def run(folder: Path, model: str, **more: str) -> subprocess.CompletedProcess[str]:
    options = {"GENERALBENCH_MODEL": model, "GENERALBENCH_ARGS": "-k nlp -q -p no:cacheprovider"}
    return step(folder, "run", **{**options, "GENERALBENCH_SUMMARY": str(folder / "job.md"), **more})


def become_baseline(folder: Path) -> None:
    shutil.rmtree(folder / "generalbench-baseline", ignore_errors=True)
    shutil.move(folder / "generalbench-ci" / "run", folder / "generalbench-baseline")
    shutil.rmtree(folder / "generalbench-ci")
    (folder / "job.md").unlink()


def headline(folder: Path) -> str:
    return (folder / "job.md").read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.slow
def test_the_five_cases(stranger: Path) -> None:
    first = run(stranger, "baseline:constant")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "no baseline in generalbench-baseline: this run becomes it" in first.stdout
    assert headline(stranger) == "**General-Bench: no regression**"
    out = stranger / "generalbench-ci"
    assert {path.name for path in out.iterdir()} == {"run", "junit.xml", "summary.md", "page", "badge.json"}
    assert json.loads((out / "badge.json").read_text(encoding="utf-8"))["color"] == "lightgrey"

    become_baseline(stranger)
    same = run(stranger, "baseline:constant")
    assert same.returncode == 0, same.stdout + same.stderr
    assert headline(stranger) == "**General-Bench: no regression**"
    shutil.rmtree(out)
    (stranger / "job.md").unlink()

    better = run(stranger, "baseline:oracle")
    assert better.returncode == 0, better.stdout + better.stderr
    assert headline(stranger) == "**General-Bench: no regression**"

    become_baseline(stranger)
    worse = run(stranger, "baseline:constant")
    assert worse.returncode == 1, worse.stdout + worse.stderr
    assert headline(stranger) == "**General-Bench: regression**"
    assert "nlp" in (stranger / "job.md").read_text(encoding="utf-8")

    become_baseline(stranger)
    entries = [
        {"id": f"q{place}", "input": {"question": "Which?", "options": ["a", "b"]}, "output": {"answer": "A"}}
        for place in range(9)
    ]
    data = stranger / "data" / "nlp" / "Causal-Reasoning" / "annotation.json"
    data.parent.mkdir(parents=True)
    data.write_text(json.dumps({"data": entries}), encoding="utf-8")
    arguments = "-k nlp/causal-reasoning -q -p no:cacheprovider --generalbench-data=data"
    changed = run(stranger, "baseline:constant", GENERALBENCH_ARGS=arguments)
    assert changed.returncode == 2, changed.stdout + changed.stderr
    assert headline(stranger).startswith("**General-Bench: the baseline cannot be compared with**")


def test_wrong_arguments_are_those_of_pytest(stranger: Path) -> None:
    done = run(stranger, "nothing:such")
    assert done.returncode == 4
    assert not (stranger / "job.md").exists()
    unnamed = step(stranger, "run", GENERALBENCH_MODEL="")
    assert unnamed.returncode != 0
    assert "names no model" in unnamed.stderr


def stand_in(stranger: Path) -> dict[str, str]:
    """Put a program in the place of gh that writes down how it was called."""
    (stranger / "bin" / "gh").write_text(GH, encoding="utf-8")
    (stranger / "bin" / "gh").chmod(0o755)
    (stranger / "store").mkdir()
    (stranger / "store" / "result.json").write_text("{}", encoding="utf-8")
    names = {"GH_LOG": "gh.log", "GH_STORE": "store"}
    given = {key: str(stranger / name) for key, name in names.items()}
    return {**given, "REPOSITORY": "me/model", "BRANCH": "main", "GH_RUN": "", "GH_COMMENT": ""}


def test_the_newest_artifact_of_the_default_branch_is_the_baseline(stranger: Path) -> None:
    environment = stand_in(stranger)
    none = step(stranger, "baseline", "store", "base", **environment)
    assert none.returncode == 0
    assert "no artifact store of main yet" in none.stdout
    assert not (stranger / "base").exists()
    some = step(stranger, "baseline", "store", "base", **{**environment, "GH_RUN": "77"})
    assert some.returncode == 0
    assert (stranger / "base" / "result.json").is_file()
    assert "gh run download 77 --repo me/model --name store" in (stranger / "gh.log").read_text(
        encoding="utf-8"
    )


def test_a_pull_request_has_one_comment(stranger: Path) -> None:
    environment = stand_in(stranger)
    (stranger / "summary.md").write_text("ä" * 100_000, encoding="utf-8")
    assert step(stranger, "comment", "5", "summary.md", **environment).returncode == 0
    assert step(stranger, "comment", "5", "summary.md", **{**environment, "GH_COMMENT": "9"}).returncode == 0
    calls = (stranger / "gh.log").read_text(encoding="utf-8")
    assert "--method POST repos/me/model/issues/5/comments --field body=@" in calls
    assert "--method PATCH repos/me/model/issues/comments/9 --field body=@" in calls


def test_the_comment_is_made_from_the_run_beside_the_file(stranger: Path) -> None:
    environment = stand_in(stranger)
    script = GH.replace("esac", '  *body=@*) last="${@: -1}" && cp "${last#body=@}" body.md ;;\nesac')
    (stranger / "bin" / "gh").write_text(script, encoding="utf-8")
    made_run(stranger / "out" / "run", {CAUSAL: scored_rows([100.0, 0.0])})
    (stranger / "out" / "summary.md").write_text("**first line**\n\nthe rest\n", encoding="utf-8")
    done = step(stranger, "comment", "5", "out/summary.md", **environment)
    assert done.returncode == 0, done.stderr
    lines = (stranger / "body.md").read_text(encoding="utf-8").splitlines()
    assert lines[:4] == ["<!-- general-bench -->", "**first line**", "", "## General-Bench: no level"]
    assert "the rest" not in lines


def test_a_step_shows_its_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ci", "run", "--show"]) == 0
    assert "GENERALBENCH_BASELINE" in capsys.readouterr().out


def test_init_writes_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "generalbench_model.py").write_text("mine", encoding="utf-8")
    assert main(["init", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "generalbench_model.py: is there, left as it is" in printed
    assert (tmp_path / "generalbench_model.py").read_text(encoding="utf-8") == "mine"
    workflow = yaml.safe_load((tmp_path / ".github/workflows/general-bench.yml").read_text(encoding="utf-8"))
    steps = [one["run"] for one in workflow["jobs"]["general-bench"]["steps"] if "run" in one]
    assert any(one.endswith("generalbench ci run") for one in steps)
    assert "generalbench_data = demo" in (tmp_path / "pytest.ini").read_text(encoding="utf-8")


def test_the_stub_of_init_runs_as_it_is(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path), "--ci", "gitlab"]) == 0
    assert (tmp_path / ".gitlab-ci.generalbench.yml").is_file()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "causal-reasoning"]
    command += ["--generalbench-model=python:generalbench_model.py:Model", "--generalbench-run=run"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 scored" in done.stdout


def test_every_recipe_calls_the_same_step() -> None:
    places = [ROOT / "action.yml", RECIPES / "github.yml", RECIPES / "gitlab-ci.yml"]
    places.append(ROOT / ".github" / "workflows" / "benchmark.yml")
    for path in places:
        if path.is_file():  # a wheel has the recipes alone
            assert "generalbench ci run" in path.read_text(encoding="utf-8")
