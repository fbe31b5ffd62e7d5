from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench import metrics, protocols
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.runs.provenance import (
    backend,
    definitions,
    environment,
    git_state,
    tasks_fingerprint,
    without_secrets,
)
from tests.builders import TASK

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (["--api-key=abc", "-k", "nlp"], ["--api-key=***", "-k", "nlp"]),
        (["--hub-token", "abc", "-v"], ["--hub-token", "***", "-v"]),
        (["--generalbench-base-url=http://me:pw@host/v1"], ["--generalbench-base-url=http://***@host/v1"]),
        (["--x=sk-abcdefghijkl"], ["--x=***"]),
        (["--x=hf_abcdefghijkl"], ["--x=***"]),
        (["--generalbench-model=hf:a/b", "-n", "8"], ["--generalbench-model=hf:a/b", "-n", "8"]),
    ],
)
def test_secrets_are_hidden_and_nothing_else(given: list[str], text: list[str]) -> None:
    assert without_secrets(given) == text


def test_the_state_of_the_repository_is_told(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None

    def git(*args: str) -> None:
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *who, *args], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    (tmp_path / "file").write_text("a", encoding="utf-8")
    git("add", "file")
    git("commit", "-m", "first")
    state = git_state(tmp_path)
    assert state is not None
    assert len(state["commit"]) == 40
    assert state["is_clean"] is True
    (tmp_path / "file").write_text("b", encoding="utf-8")
    state = git_state(tmp_path)
    assert state is not None
    assert state["is_clean"] is False


def test_the_fingerprint_of_tasks_tells_every_word_of_them() -> None:
    assert tasks_fingerprint([TASK]) == tasks_fingerprint([replace(TASK)])
    assert tasks_fingerprint([TASK]) != tasks_fingerprint([replace(TASK, prompt="Say:")])


def test_versions_of_what_is_used_are_told() -> None:
    value = definitions([TASK])
    used = {
        "metrics": {TASK.metric.name: metrics.get(TASK.metric.name).version},
        "protocols": {TASK.protocol: protocols.get(TASK.protocol).version},
    }
    assert value == {"tasks": tasks_fingerprint([TASK]), **used}
    assert {"numpy", "pytest", "pytest-generalbench"} <= environment()["versions"].keys()


def test_cached_answers_depend_on_every_setting_that_is_not_known_to_be_idle() -> None:
    plain = Settings(model="hf:x")
    assert backend(plain) == backend(replace(plain, limit=3, run="a", board="B:image"))
    assert backend(plain) != backend(replace(plain, base_url="http://other"))
    assert backend(plain) != backend(replace(plain, model="hf:y"))
