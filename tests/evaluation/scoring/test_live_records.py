from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.core.request import Output
from pytest_generalbench.evaluation.scoring.live_records import Dropped, LiveRecords
from pytest_generalbench.runs.ledger.files import LedgerReader, LedgerWriter
from pytest_generalbench.runs.ledger.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMES = ("q0", "q1", "q2")


def record(instance: str, text: str = "A", state: str = "ok", task: str = "nlp/x") -> Record:
    return Record(task, instance, digest="d", state=state, output=Output(text) if state == "ok" else None)


def to_come(
    ledger: LedgerWriter,
    start: int,
    is_written: Callable[[], bool],
    *earlier: Record,
    awaited: str = "q0 q1 q2",
) -> LiveRecords:
    path = ledger.path.with_name("ledger-earlier.jsonl")
    with LedgerWriter(path) as writer:
        writer.append(earlier)
    stored = list(LedgerReader(path).of_task("nlp/x"))
    digests = dict.fromkeys(NAMES, "d")
    return LiveRecords(ledger.path, start, "nlp/x", digests, awaited.split(), stored, is_written)


def text(record: Record) -> str | None:
    return record.output.text if record.output else None


def test_who_looks_an_answer_up_waits_until_it_is_written(tmp_path: Path) -> None:
    writes = iter([("q1", "late"), ("q0", "first"), ("q2", "last")])
    with LedgerWriter(tmp_path / "ledger.jsonl") as ledger:
        ledger.append([record("q0", "of another task", task="nlp/y")])
        start = ledger.position()

        def wait() -> bool:
            ledger.append([record(*next(writes))])
            return False

        answers = to_come(ledger, start, wait)
        assert [text(answers[name]) for name in NAMES] == ["first", "late", "last"]
        assert list(answers) == list(NAMES)
        assert len(answers) == 3


def test_a_line_that_is_half_written_is_waited_for(tmp_path: Path) -> None:
    with LedgerWriter(tmp_path / "ledger.jsonl") as ledger:
        start = ledger.position()
        ledger.append([record("q0")])
        whole = ledger.path.read_bytes()
        ledger.path.write_bytes(whole[:-10])

        def complete() -> bool:
            ledger.path.write_bytes(whole)
            return False

        assert text(to_come(ledger, start, complete)["q0"]) == "A"


def test_what_was_never_written_is_missing_and_not_waited_for_for_ever(tmp_path: Path) -> None:
    with LedgerWriter(tmp_path / "ledger.jsonl") as ledger, pytest.raises(KeyError):
        to_come(ledger, 0, lambda: True)["q0"]


def test_what_is_not_awaited_is_taken_from_earlier_sessions(tmp_path: Path) -> None:
    def never() -> bool:
        raise AssertionError("nothing is waited for")

    with LedgerWriter(tmp_path / "ledger.jsonl") as ledger:
        answers = to_come(ledger, 0, never, record("q0", "before"), awaited="q1 q2")
        assert text(answers["q0"]) == "before"


def test_an_answer_of_now_beats_a_failure_of_before(tmp_path: Path) -> None:
    with LedgerWriter(tmp_path / "ledger.jsonl") as ledger:
        ledger.append([record("q0", "now"), record("q1", state="error")])
        earlier = (record("q0", state="error"), record("q1", "before"))
        answers = to_come(ledger, 0, lambda: True, *earlier)
        assert [text(answers[name]) for name in ("q0", "q1")] == ["now", "before"]


def test_nobody_wants_it_any_more(tmp_path: Path) -> None:
    def drop() -> bool:
        raise Dropped

    with LedgerWriter(tmp_path / "ledger.jsonl") as ledger, pytest.raises(Dropped):
        to_come(ledger, 0, drop)["q0"]
