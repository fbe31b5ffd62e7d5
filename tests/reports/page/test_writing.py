"""The page's files: valid HTML, small, safe from what answers say."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import pytest_generalbench as gb
from pytest_generalbench.core.errors import GeneralBenchError
from tests.reports.made_runs import BIRDS, CAPTIONS, CAUSAL, made_run, scored_rows
from tests.reports.page.hostile import hostile_run

EVIL = "</script><script>alert(1)</script>\x1b[2J"


def task_content(page: Path, task: str) -> dict[str, Any]:
    text = (page.parent / "data" / f"{task}.js").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text[text.index("(") + 1 : text.rindex(")")])
    return content


def errors_in(path: Path) -> list[Any]:
    html5lib = pytest.importorskip("html5lib", reason="html5lib is not installed")
    parser = html5lib.HTMLParser()
    parser.parse(path.read_text(encoding="utf-8"))
    found: list[Any] = parser.errors
    return found


def test_rows_alone_make_a_page(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", {CAUSAL: scored_rows([100.0, 0.0]), BIRDS: "no_data"})
    page = gb.write_page([run], tmp_path / "page")
    content = task_content(page, CAUSAL)
    assert content["single"]
    assert [one["id"] for one in content["instances"]] == ["i0001", "i0000"]
    assert content["instances"][0]["runs"] == [["ok", 0.0, "says 0.0"]]
    text = page.read_text(encoding="utf-8")
    assert f'href="#task={CAUSAL}"' in text
    assert f'href="#task={BIRDS}"' not in text
    assert errors_in(page) == []


def test_the_instances_that_fell_most_come_first(tmp_path: Path) -> None:
    one = made_run(tmp_path / "one", {CAUSAL: scored_rows([0.0, 100.0, 100.0, 0.0])})
    two = made_run(tmp_path / "two", {CAUSAL: scored_rows([0.0, 0.0, 100.0, 100.0])})
    content = task_content(gb.write_page([one, two], tmp_path / "page"), CAUSAL)
    assert [item["id"] for item in content["instances"]] == ["i0001", "i0003", "i0000", "i0002"]


def test_worse_is_higher_where_lower_scores_are_better(tmp_path: Path) -> None:
    rows = scored_rows([0.1, 0.9, 0.5])
    run = made_run(tmp_path / "run", {CAPTIONS: rows})
    content = task_content(gb.write_page([run], tmp_path / "page"), CAPTIONS)
    expected = ["i0001", "i0002", "i0000"] if content["lower"] else ["i0000", "i0002", "i0001"]
    assert [item["id"] for item in content["instances"]] == expected


def test_nothing_from_outside_becomes_markup(tmp_path: Path) -> None:
    rows = scored_rows([0.0, 1.0], prediction=EVIL)
    run = made_run(tmp_path / "run", {CAUSAL: rows}, model={"spec": EVIL}, settings={"note": EVIL})
    page = gb.write_page([run], tmp_path / "page", one_file=True)
    text = page.read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "\x1b" not in text
    assert errors_in(page) == []
    assert len(re.findall("<script", text)) == 3  # facts, the task, the page's own


def test_hostile_ids_and_answers_pass_a_validator(tmp_path: Path) -> None:
    page = gb.write_page([hostile_run(tmp_path)], tmp_path / "page", answers=gb.answers_of)
    assert errors_in(page) == []
    script = (tmp_path / "page" / "data" / f"{CAUSAL}.js").read_text(encoding="utf-8")
    assert not {"<", "\x1b", "\u2028", "\u202e"} & set(script)
    (first,) = [one for one in task_content(page, CAUSAL)["instances"] if one["id"] == "</script>"]
    assert first["q"][0]["text"].startswith("Is <b>#4</b>?")
    assert first["ref"] == {"kind": "text", "text": "A"}
    assert first["a"][0]["shown"][0]["cut"] == 1_000_000


def test_a_run_whose_data_are_gone_shows_its_rows(tmp_path: Path) -> None:
    run = hostile_run(tmp_path)
    shutil.rmtree(tmp_path / "data")
    page = gb.write_page([run], tmp_path / "page", answers=gb.answers_of)
    content = task_content(page, CAUSAL)
    assert len(content["instances"]) == 8
    assert "q" not in content["instances"][0]
    assert content["why"]


def test_only_an_empty_folder_or_a_page_is_written_into(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run", {CAUSAL: scored_rows([1.0, 0.0])})
    with pytest.raises(GeneralBenchError, match="is not empty: name a new folder"):
        gb.write_page([run], run)
    first = gb.write_page([run], tmp_path / "page").read_bytes()
    assert gb.write_page([run], tmp_path / "page").read_bytes() == first
    with pytest.raises(GeneralBenchError, match="needs a run folder"):
        gb.write_page([], tmp_path / "other")
