from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.instance import Output
from pytest_generalbench.ledger import (
    LedgerReader,
    LedgerWriter,
    Record,
    answers_and_verdicts,
    record_from_json,
)

if TYPE_CHECKING:
    from pathlib import Path


def no_files(content: bytes, ending: str) -> str:
    raise AssertionError("text needs no file")


def no_file(name: str) -> bytes:
    raise AssertionError("text needs no file")


def answer(instance: str, text: str) -> Record:
    return Record("nlp/t", instance, digest="0" * 16, output=Output(text), seconds=0.25)


@given(text=st.text(), message=st.none() | st.text(min_size=1))
def test_a_record_reads_back_as_written(text: str, message: str | None) -> None:
    record = Record("nlp/t", "1", digest="ab", output=Output(text), message=message, seconds=1.5)
    assert record_from_json(record.to_json(no_files), no_file) == record


def test_a_record_is_one_line_of_json() -> None:
    line = answer("1", "a\nb\u2028c").to_json(no_files)
    assert "\n" not in line
    assert json.loads(line)["output"] == {"medium": "text", "text": "a\nb\u2028c"}


def test_records_are_on_disk_when_append_returns(tmp_path: Path) -> None:
    with LedgerWriter(tmp_path / "ledger-a-1.jsonl") as writer:
        writer.append([answer("1", "x")])
        start = writer.position()
        writer.append([answer("2", "y"), answer("3", "z")])
        reader = LedgerReader(writer.path)
        assert [record.instance for record in reader.records()] == ["1", "2", "3"]
        assert [record.instance for record in reader.records(start)] == ["2", "3"]


def test_a_torn_last_line_is_counted_not_hidden(tmp_path: Path) -> None:
    path = tmp_path / "ledger-a-1.jsonl"
    with LedgerWriter(path) as writer:
        writer.append([answer("1", "x"), answer("2", "y")])
    path.write_bytes(path.read_bytes()[:-20])
    reader = LedgerReader(path)
    assert [record.instance for record in reader.records()] == ["1"]
    assert len(reader.torn) == 1


def test_a_newer_ledger_is_not_read_as_if_it_were_ours(tmp_path: Path) -> None:
    path = tmp_path / "ledger-a-1.jsonl"
    path.write_text(answer("1", "x").to_json(no_files).replace('"v": 1', '"v": 2') + "\n", encoding="utf-8")
    reader = LedgerReader(path)
    assert list(reader.records()) == []
    assert reader.torn == [0]


def test_a_lone_surrogate_does_not_stop_the_run(tmp_path: Path) -> None:
    with LedgerWriter(tmp_path / "ledger-a-1.jsonl") as writer:
        writer.append([answer("1", "bad \ud800 text")])
        (record,) = LedgerReader(writer.path).records()
    assert record.output == Output("bad \ud800 text")


def test_answers_and_verdicts_are_kept_apart_and_the_last_counts() -> None:
    records = [
        answer("1", "x"),
        Record("nlp/t", "1", kind="verdict", verdict=1.0),
        answer("1", "y"),
        Record("nlp/other", "1", output=Output("z")),
    ]
    answers, verdicts = answers_and_verdicts(records, "nlp/t")
    assert answers["1"].output == Output("y")
    assert verdicts["1"].verdict == 1.0
