from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.cli import main
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.runs.result_file import SCHEMA_FILE, SCHEMA_VERSION, comparable, read_result

if TYPE_CHECKING:
    from pathlib import Path

FIRST: dict[str, Any] = {
    "schema": "1.0",
    "started": "2026-01-01T00:00:00+00:00",
    "seconds": 2.5,
    "settings": {"model": "x"},
    "model": {"spec": "x"},
    "data": {"name": "demo"},
    "tasks": [{"id": "nlp/a", "state": "scored", "score": 1.0, "seconds": 0.5}],
    "level": {"tier": 2},
    "counts": {"scored": 1},
}


def write(folder: Path, content: object) -> Path:
    (folder / "result.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_a_file_of_the_first_version_is_read_in_the_shape_of_now(tmp_path: Path) -> None:
    result = read_result(write(tmp_path, FIRST))
    assert result.run["tasks"] == {"nlp/a": 0.5}
    assert result.run["seconds"] == 2.5
    assert [(entry.id, entry.result.state, entry.result.score) for entry in result.tasks] == [
        ("nlp/a", "scored", 1.0)
    ]
    assert "started" not in result.to_dict()


def test_other_minor_versions_are_read(tmp_path: Path) -> None:
    major = SCHEMA_VERSION.partition(".")[0]
    content = {**FIRST, "schema": f"{major}.99", "run": {}, "added": 1, "environment": {}, "definitions": {}}
    result = read_result(write(tmp_path, content))
    assert result.more == {"started": FIRST["started"], "seconds": 2.5, "added": 1}
    assert result.to_dict()["added"] == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [({"schema": "99.0"}, "pip install --upgrade"), ({}, "is no result file"), ([], "is no result file")],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, content: object, words: str) -> None:
    with pytest.raises(GeneralBenchError, match=words):
        read_result(write(tmp_path, content))


def test_only_what_is_set_aside_may_differ(tmp_path: Path) -> None:
    result = read_result(write(tmp_path, FIRST))
    assert comparable(replace(result, run={**result.run, "seconds": 1e6})) == comparable(result)
    assert comparable(replace(result, level={})) != comparable(result)


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Result of a pytest-generalbench run"
    assert main(["schema", "--path"]) == 0
    assert capsys.readouterr().out.strip() == str(SCHEMA_FILE)
