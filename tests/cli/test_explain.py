"""Every command that prints figures says on `--explain` how they come about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import pytest_generalbench as gb
from pytest_generalbench.cli import main
from tests.reports.made_runs import BIRDS, CAUSAL, made_run, scored_rows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made_run(
        tmp_path / "run", {CAUSAL: scored_rows([0.0, 100.0] * 5), BIRDS: scored_rows([20.0, 30.0, 50.0])}
    )
    return tmp_path / "run"


def printed(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[list[str], list[str]]:
    """Return the lines of a command without and with `--explain`."""
    capsys.readouterr()
    main([*args])
    plain = capsys.readouterr().out.splitlines()
    main([*args, "--explain"])
    return plain, capsys.readouterr().out.splitlines()


def check(plain: list[str], explained: list[str], *figures: str) -> None:
    """Hold that the explanation is added, and has a line for each of these figures."""
    lines = [line.strip() for line in explained if line not in plain]
    for figure in figures:
        assert any(line.startswith(figure) for line in lines), figure


def test_compare_explains_what_its_tables_have(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain, explained = printed(capsys, "compare", str(run), str(run))
    heads = (
        "Differences",
        "first, second",
        "points",
        "S2 and sides",
        "p:",
        "detectable",
        "instances that got",
    )
    check(plain, explained, *heads)
    main(["compare", str(run), str(run), "--json", "--explain"])
    assert json.loads(capsys.readouterr().out)["explanation"] == explained[-len(explained) + len(plain) :]


def test_level_explains_both_scorings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "scores.csv").write_text(f"task,score\n{CAUSAL},40\n", encoding="utf-8")
    plain, explained = printed(capsys, "level", str(tmp_path / "scores.csv"))
    check(plain, explained, "S2 of", "S3 of", "S4 of", "S_L", "tier", "reached", "released scoring repeats")
    main(["level", str(tmp_path / "scores.csv"), "--json", "--explain"])
    assert all(entry["explanation"] for entry in json.loads(capsys.readouterr().out))


def test_levels_with_intervals_say_how_these_come_about() -> None:
    level = gb.level({CAUSAL: 40.0})
    assert not any("empirical Bayes" in line for line in gb.explain_level(level))
    import dataclasses

    sure = dataclasses.replace(level, certified_tier=1, intervals={"S2": (0.0, 1.0)})
    assert any("empirical Bayes" in line for line in gb.explain_level(sure))


def test_tasks_explains_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    plain, explained = printed(capsys, "tasks", "show", CAUSAL)
    check(plain, explained, "SoTA", "instances stated", "mapping", "answer length")


@pytest.mark.parametrize("command", ["rescore", "merge", "next", "compare", "level", "tasks"])
def test_the_option_is_listed(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert "--explain" in capsys.readouterr().out
