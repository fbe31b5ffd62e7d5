"""`generalbench report`: writes a page and says where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_generalbench.cli import main
from tests.reports.made_runs import CAUSAL, made_run, scored_rows

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_path_of_the_page_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = made_run(tmp_path / "run", {CAUSAL: scored_rows([100.0, 0.0])})
    assert main(["report", str(run), "--out", str(tmp_path / "page")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'page' / 'index.html'}\n"
    assert (tmp_path / "page" / "data" / f"{CAUSAL}.js").is_file()
    assert main(["report", str(run), "--one-file", "--out", str(tmp_path / "one")]) == 0
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["index.html"]


def test_a_folder_that_is_no_run_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path), "--out", str(tmp_path / "page")]) == 2
    assert "is no finished run" in capsys.readouterr().err
