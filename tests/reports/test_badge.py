"""The badge of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import pytest_generalbench as gb
from pytest_generalbench.cli import main
from tests.reports.made_runs import CAUSAL, made_run, scored_rows


def level(**changes: Any) -> dict[str, Any]:
    return {"tier": 4, "certified_tier": 3, "qualified": None, **changes}


@pytest.mark.parametrize(
    ("changes", "message", "colour"),
    [
        ({}, "Level-4 (at 95 % at least 3)", "green"),
        ({"certified_tier": 4}, "Level-4", "green"),
        ({"certified_tier": None}, "Level-4", "green"),
        ({"qualified": "partial: 3 tasks"}, "Level-4 (at 95 % at least 3), partial: 3 tasks", "lightgrey"),
        ({"tier": None, "certified_tier": None}, "no level", "lightgrey"),
    ],
)  # fmt: skip
def test_a_tier_that_may_not_stand_alone_is_grey(
    tmp_path: Path, changes: dict[str, Any], message: str, colour: str
) -> None:
    run = made_run(tmp_path / "run", {CAUSAL: scored_rows([1.0, 0.0])}, level=level(**changes))
    expected = {"schemaVersion": 1, "label": "General-Level", "message": message, "color": colour}
    assert gb.badge(run) == expected


def test_the_command_prints_or_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = made_run(tmp_path / "run", {CAUSAL: scored_rows([1.0, 0.0])}, level=level())
    assert main(["badge", str(run)]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed) == gb.badge(run)
    assert main(["badge", str(run), "--out", str(tmp_path / "badge.json")]) == 0
    assert (tmp_path / "badge.json").read_text(encoding="utf-8") == printed
