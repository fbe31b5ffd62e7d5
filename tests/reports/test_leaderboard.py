"""The leaderboard: what may stand in one table, places, and its forms."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

import pytest_generalbench as gb
from pytest_generalbench.cli import main
from pytest_generalbench.reports.leaderboard import published_models
from pytest_generalbench.suite.level import compute_level, sota_table
from pytest_generalbench.suite.tasks import load_tasks
from tests.reports.made_runs import CAPTIONS, CAUSAL, made_run, scored_rows

COUNTING = "image/comprehension/crowd-counting"
TASKS = load_tasks()
GOOD, SWAPPED, BAD = [1.0, 2.0, 1.5, 1.0, 2.0] * 8, [2.0, 1.0, 1.5, 2.0, 1.0] * 8, [30.0, 31.0] * 20
EVIL = "=1+1|<script>alert(1)</script>\x1b[2J @all"


def full_run(folder: Path, scores: list[float], **changes: Any) -> Path:
    """Return a run over all tasks: one with scores, the others not supported."""
    tasks: dict[str, Any] = {task.id: "unsupported" for task in TASKS}
    return run_of(folder, {**tasks, COUNTING: scores}, **changes)


def run_of(folder: Path, tasks: dict[str, Any], scoring: str = "paper", **changes: Any) -> Path:
    rows = {task: item if isinstance(item, str) else scored_rows(item) for task, item in tasks.items()}
    scores = {task: sum(i) / len(i) for task, i in tasks.items() if not isinstance(i, str)}
    level = compute_level(
        TASKS, scores, scoring=scoring, sota=sota_table(TASKS, "released"), selected=set(tasks)
    ).to_dict()
    model = changes.pop("model", folder.name)
    settings = {"scoring": scoring, "limit": None, **changes.pop("settings", {})}
    return made_run(folder, rows, level=level, model={"spec": model}, settings=settings, **changes)


def places(table: gb.LeaderboardTable) -> dict[str, str]:
    return {row.name: row.place for row in table.rows if row.folder is not None}


def test_the_published_models_are_those_of_the_paper() -> None:
    source, rows = published_models()
    assert "2505.04620" in source
    assert len(rows) == 17
    by_name = {row.name: row for row in rows}
    assert dict(by_name["Vitron-V1"].scores) == {"S2": 12.21, "S3": 2.67, "S4": 1.15, "S5": 0.0}
    assert [by_name[name].tier for name in ("Vitron-V1", "GPT-4V", "PointLLM-13B")] == [4, 3, 2]
    for row in rows:
        assert row.intervals == {}
        levels = [row.scores[name] or 0.0 for name in ("S2", "S3", "S4", "S5")]
        assert levels == sorted(levels, reverse=True)


def test_full_runs_stand_beside_published_models_and_share_places(tmp_path: Path) -> None:
    for name, scores in (("one", GOOD), ("two", SWAPPED), ("worse", BAD)):
        full_run(tmp_path / "runs" / name, scores)
    board = gb.leaderboard([tmp_path / "runs"])
    (table,) = board.tables
    assert table.is_full
    assert places(table) == {"one": "1-2", "two": "1-2", "worse": "3"}
    assert table.rows[-1].name == "worse"
    assert table.rows[0].name == "Unified-io-2-XXL"
    assert not table.rows[0].place
    assert [row.tied for row in table.rows if row.name == "one"] == [("two",)]
    assert any("without intervals" in note for note in table.notes)


def test_what_does_not_mean_the_same_has_a_table_of_its_own(tmp_path: Path) -> None:
    runs = [
        full_run(tmp_path / "full", GOOD),
        full_run(tmp_path / "limited", GOOD, settings={"limit": 5}),
        full_run(tmp_path / "subset", GOOD, settings={"subset": "nightly"}),
        full_run(tmp_path / "released", GOOD, scoring="released"),
        full_run(tmp_path / "demo", GOOD, data={"name": "demo", "split": "open", "is_demo": True}),
        full_run(tmp_path / "close", GOOD, data={"name": "made", "split": "close", "is_demo": False}),
        run_of(tmp_path / "part", {COUNTING: GOOD}),
        run_of(tmp_path / "other part", {COUNTING: GOOD, CAUSAL: [100.0, 0.0]}),
        run_of(tmp_path / "same part", {COUNTING: BAD}),
    ]
    board = gb.leaderboard(runs)
    names = [sorted(row.name for row in table.rows if row.folder) for table in board.tables]
    assert sorted(names) == [
        ["close"], ["demo"], ["full"], ["limited"], ["other part"], ["part", "same part"], ["released"],
        ["subset"],
    ]  # fmt: skip
    full = {name for table in board.tables if table.is_full for row in table.rows if (name := row.folder)}
    assert {Path(name).name for name in full} == {"full", "released", "close"}
    beside = [table for table in board.tables if any(row.folder is None for row in table.rows)]
    assert {(table.scoring, table.is_full) for table in beside} == {("paper", True)}
    titles = [table.title for table in board.tables]
    for words in ("partial: 1 of 699 tasks", "demo data", "subset: nightly", "5 instances a task at most"):
        assert any(words in title for title in titles)
    assert [table.is_full for table in board.tables] == sorted(
        (table.is_full for table in board.tables), reverse=True
    )


def test_a_task_that_was_not_measured_makes_a_part(tmp_path: Path) -> None:
    tasks: dict[str, Any] = {task.id: "unsupported" for task in TASKS}
    run = run_of(tmp_path / "run", {**tasks, COUNTING: GOOD, CAPTIONS: "failed"})
    alone, part = gb.leaderboard([run]).tables
    assert all(row.folder is None for row in alone.rows)
    assert not part.is_full
    assert "partial: 698 of 699 tasks" in part.title
    (only,) = gb.leaderboard([run], published=False).tables
    assert only.rows[0].folder == str(run)


def test_runs_that_cannot_be_compared_have_no_places(tmp_path: Path) -> None:
    one = run_of(tmp_path / "one", {COUNTING: GOOD})
    other = run_of(tmp_path / "other", {COUNTING: GOOD}, entries={COUNTING: {"data": "e" * 16}})
    (table,) = gb.leaderboard([one, other], published=False).tables
    assert places(table) == {"one": "", "other": ""}
    assert table.notes[0].startswith("no places: ")


def test_each_run_is_there_once_under_a_name_of_its_own(tmp_path: Path) -> None:
    runs = [run_of(tmp_path / part / "run", {COUNTING: GOOD}, model="same") for part in ("a", "b")]
    third = run_of(tmp_path / "a" / "third", {COUNTING: GOOD}, model="same")
    (tmp_path / "a" / "notes").mkdir()
    (table,) = gb.leaderboard([*runs, tmp_path / "a", third], published=False).tables
    names = {f"same ({run})" for run in runs} | {"same (third)"}
    assert {row.name for row in table.rows} == names


def test_what_is_no_run_is_refused_or_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "none"):
        with pytest.raises(gb.GeneralBenchError, match=folder):
            gb.leaderboard([tmp_path / folder])
    run_of(tmp_path / "runs" / "good", {COUNTING: GOOD})
    broken = run_of(tmp_path / "runs" / "newer", {COUNTING: GOOD})
    (broken / "result.json").write_text('{"schema": "99.0"}', encoding="utf-8")
    board = gb.leaderboard([tmp_path / "runs"], published=False)
    assert [row.name for table in board.tables for row in table.rows] == ["good"]
    assert board.notes[0].startswith("newer is left out: ")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    run_of(tmp_path / "runs" / "evil", {COUNTING: GOOD}, model=EVIL)
    run_of(tmp_path / "runs" / "plain", {COUNTING: BAD})
    return tmp_path / "runs"


def test_no_form_lets_a_name_act(hostile: Path) -> None:
    board = gb.leaderboard([hostile])
    assert "\x1b" not in board.text() + board.markdown() + board.csv() + board.html()
    assert "<script" not in board.markdown() + board.html()
    assert "@all" not in board.markdown()
    rows = list(csv.DictReader(io.StringIO(board.csv())))
    assert len(rows) == 19
    assert [row["model"] for row in rows if "script" in row["model"]] == [
        "'=1+1|<script>alert(1)</script>\\x1b[2J @all"
    ]
    assert {row["source"] for row in rows} == {"run", "published"}
    line = next(line for line in board.text().splitlines() if "script" in line)
    assert line.startswith("1 ")


def test_the_page_is_valid_and_loads_nothing(hostile: Path) -> None:
    page = gb.leaderboard([hostile]).html()
    html5lib = pytest.importorskip("html5lib", reason="html5lib is not installed")
    parser = html5lib.HTMLParser()
    parser.parse(page)
    assert parser.errors == []
    assert "default-src &#x27;none&#x27;" in page
    assert "src=" not in page.replace("default-src", "").replace("style-src", "")


def test_the_command_prints_or_writes_each_form(
    hostile: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    board = gb.leaderboard([hostile])
    for form, text in (("", board.text()), ("--markdown", board.markdown()), ("--html", board.html())):
        assert main(["leaderboard", str(hostile), *filter(None, [form])]) == 0
        assert capsys.readouterr().out == text
    out = tmp_path / "board.csv"
    assert main(["leaderboard", str(hostile), "--csv", "--no-published", "--out", str(out)]) == 0
    assert out.read_bytes().decode() == gb.leaderboard([hostile], published=False).csv()
    assert main(["leaderboard", str(hostile), "--json"]) == 0
    assert '"takes' not in capsys.readouterr().out
    assert main(["leaderboard", str(hostile), "--out", str(tmp_path)]) == 2
    assert "cannot be written" in capsys.readouterr().err
