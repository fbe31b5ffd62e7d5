from __future__ import annotations

import json
import resource
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.request import Output
from pytest_generalbench.runs.ledger.files import LedgerReader, LedgerWriter
from pytest_generalbench.runs.ledger.records import (
    AnswerOutcome,
    LedgerError,
    Record,
    StoredRecord,
    outcome_of,
    parse_line,
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


def test_a_newer_ledger_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "ledger-a-1.jsonl"
    path.write_text(
        answer("1", "x").to_json(no_files)[:-20].replace('"v": 3', '"v": 4') + "}\n", encoding="utf-8"
    )
    with pytest.raises(LedgerError, match=r"ledger-a-1\.jsonl: ledger version 4.*pip install --upgrade"):
        list(LedgerReader(path).records())


def test_a_torn_line_does_not_swallow_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger-a-1.jsonl"
    with LedgerWriter(path) as writer:
        writer.append([answer("1", "x"), answer("2", "y")])
    path.write_bytes(path.read_bytes()[:-20])
    with LedgerWriter(path) as writer:
        writer.append([answer("3", "z")])
    reader = LedgerReader(path)
    assert [record.instance for record in reader.records()] == ["1", "3"]
    assert len(reader.torn) == 1


def test_the_first_version_of_the_ledger_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger-a-1.jsonl"
    path.write_text(
        answer("1", "x").to_json(no_files)[:-20].replace('"v": 3', '"v": 1') + "}\n", encoding="utf-8"
    )
    assert [record.instance for record in LedgerReader(path).records()] == ["1"]


def test_a_write_that_fails_takes_back_what_it_wrote(tmp_path: Path) -> None:
    path = tmp_path / "ledger-a-1.jsonl"
    with LedgerWriter(path) as writer:
        writer.append([answer("1", "x")])
        size = writer.position()
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, limit[1]))
        try:
            with pytest.raises(LedgerError, match="what it holds is safe"):
                writer.append([answer("2", "y" * 1000)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
            signal.signal(signal.SIGXFSZ, before)
        assert writer.position() == size
        writer.append([answer("3", "z")])
    reader = LedgerReader(path)
    assert [record.instance for record in reader.records()] == ["1", "3"]
    assert reader.torn == []


def test_a_lone_surrogate_does_not_stop_the_run(tmp_path: Path) -> None:
    with LedgerWriter(tmp_path / "ledger-a-1.jsonl") as writer:
        writer.append([answer("1", "bad \ud800 text")])
        (record,) = LedgerReader(writer.path).records()
    assert record.output == Output("bad \ud800 text")


@given(data=st.data())
def test_a_flipped_bit_costs_its_line_and_no_other(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("flipped") / "ledger-main-1.jsonl"
    with LedgerWriter(path) as writer:
        writer.mark("task", ["1", "2"], {"data": "d"})
        writer.append([answer("1", "one, ä"), answer("2", "two")])
        writer.append([answer("3", "three")])
    content = bytearray(path.read_bytes())
    whole = {record.instance: record for record in LedgerReader(path).records()}
    place = data.draw(st.integers(0, 8 * len(content) - 1))
    content[place // 8] ^= 1 << place % 8
    path.write_bytes(bytes(content))
    reader = LedgerReader(path)
    left = {record.instance: record for record in reader.records()}
    assert all(whole.get(name) == record for name, record in left.items())
    assert len(whole) - len(left) <= 2  # a newline that is lost joins two lines
    assert reader.torn or len(left) == len(whole)


@given(
    text=st.text(),
    instance=st.text(),
    state=st.sampled_from(["ok", "error", "refused"]),
    seconds=st.none() | st.floats(0.0, 1e6),
    repeat=st.integers(0, 3),
)
def test_outcomes_are_those_of_the_records(
    text: str, instance: str, state: str, seconds: float | None, repeat: int
) -> None:
    record = Record(
        "nlp/t", instance, state=state, digest="ab", output=Output(text), seconds=seconds, repeat=repeat
    )
    line = (record.to_json(no_files) + "\n").encode("utf-8", "backslashreplace")
    outcome = outcome_of(line)
    assert outcome is None or outcome == StoredRecord.from_plain(parse_line(line)).outcome
    if seconds is not None and instance.isalnum() and instance.isascii():
        assert outcome is not None
        changed = line.replace(b'"digest": "ab"', b'"digest": "ac"')
        assert outcome_of(changed) is None


def test_outcomes_leave_a_line_that_is_being_written_for_later(tmp_path: Path) -> None:
    path = tmp_path / "ledger-a-1.jsonl"
    with LedgerWriter(path) as writer:
        writer.append([answer("1", "x"), answer("2", "y")])
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    reader = LedgerReader(path)
    first = list(reader.outcomes(0))
    assert [one.instance for _, one in first if isinstance(one, AnswerOutcome)] == ["1"]
    path.write_bytes(whole)
    rest = list(reader.outcomes(first[-1][0]))
    assert [one.instance for _, one in rest if isinstance(one, AnswerOutcome)] == ["2"]
    assert rest[-1][0] == len(whole)
