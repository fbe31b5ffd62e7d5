"""`generalbench diff` in words and in JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_generalbench.cli import main
from pytest_generalbench.core.request import Output
from pytest_generalbench.runs.ledger.files import LedgerWriter
from pytest_generalbench.runs.ledger.records import Record

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def run_folder(folder: Path, answers: dict[str, str | None]) -> Path:
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(RUN), encoding="utf-8")
    with LedgerWriter(folder / "ledger-main-1.jsonl") as ledger:
        ledger.append(
            Record(
                "nlp/t",
                name,
                digest="d",
                state="ok" if text else "error",
                output=Output(text) if text else None,
            )
            for name, text in answers.items()
        )
    return folder


RUN = {"v": 1, "invocation": "/", "settings": {"model": "x"}, "shaping": {}, "sessions": []}


def test_each_differing_instance_has_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = run_folder(tmp_path / "one", {"1": "A", "2": "B", "3": None})
    other = run_folder(tmp_path / "other", {"1": "A", "2": "C", "4": "D"})
    assert main(["diff", str(one), str(other)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "nlp/t 2: ok 'B' | ok 'C'",
        "nlp/t 3: error | not there",
        "nlp/t 4: not there | ok 'D'",
        "3 instances differ",
    ]
    assert main(["diff", "--json", str(one), str(other)]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[1]) == {
        "task": "nlp/t", "instance": "3", "first": {"state": "error", "answer": None}, "second": None,
    }  # fmt: skip
    assert main(["diff", str(one), str(one)]) == 0
