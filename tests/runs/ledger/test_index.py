from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_generalbench.core.request import Output
from pytest_generalbench.runs.ledger.files import LedgerWriter
from pytest_generalbench.runs.ledger.index import merged, read_ledgers, resolve_records, verdict_digest
from pytest_generalbench.runs.ledger.records import Record, StoredRecord

if TYPE_CHECKING:
    from pathlib import Path

TASK = "nlp/t"
FACTS = {"data": "f" * 16, "protocol": "label/1"}


def record(instance: str, text: str | None = "x", state: str = "ok", digest: str = "d") -> Record:
    return Record(TASK, instance, state=state, digest=digest, output=None if text is None else Output(text))


def stored(record: Record) -> StoredRecord:
    """Return the record as a reader of its line has it."""
    return StoredRecord.from_plain(json.loads(record.to_json(lambda *_: "")))


records = st.builds(
    lambda kind, instance, state, digest, text: StoredRecord.from_plain({
        "v": 2, "kind": kind, "task": TASK, "instance": instance, "state": state, "digest": digest,
        "verdict": None if state == "error" else 1.0, "output": {"text": text},
    }),
    st.sampled_from(["answer", "verdict"]),
    st.sampled_from("12"),
    st.sampled_from(["ok", "error", "timeout"]),
    st.sampled_from(["d", "e", None]),
    st.sampled_from("xyz"),
)  # fmt: skip


@settings(deadline=None)
@given(given=st.lists(records, max_size=12), data=st.data())
def test_a_merge_is_the_same_in_every_order_and_however_often(
    given: list[StoredRecord], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(given + given))
    whole = merged(given)
    assert merged(shuffled) == whole
    assert merged(whole.values()) == whole
    cut = data.draw(st.integers(0, len(given)))
    assert merged([*merged(given[cut:]).values(), *merged(given[:cut]).values()]) == whole


@settings(deadline=None)
@given(given=st.lists(records, min_size=1, max_size=12))
def test_an_answer_beats_a_failure(given: list[StoredRecord]) -> None:
    for key, best in merged(given).items():
        if key[0] == "answer" and best.state != "ok":
            same = [item for item in given if item.kind == "answer"]
            same = [item for item in same if (item.instance, item.digest) == (key[2], key[3])]
            assert all(item.state != "ok" for item in same)


def test_records_of_a_task_are_found_in_every_file(tmp_path: Path) -> None:
    for worker in ("gw0", "gw1"):
        with LedgerWriter(tmp_path / f"ledger-{worker}-1.jsonl", worker) as writer:
            for number in range(3):
                writer.mark(TASK, [f"{worker}{number}"], FACTS)
                writer.append([record(f"{worker}{number}")])
            writer.append([Record("nlp/other", "1", output=Output("z"))])
            writer.append([record(f"{worker}9")])
    result = read_ledgers(tmp_path)
    assert result.count == 10
    assert [item.instance for item in result.records(TASK)] == [
        "gw00", "gw01", "gw02", "gw09", "gw10", "gw11", "gw12", "gw19"
    ]  # fmt: skip
    assert result.bases[TASK] == FACTS
    assert result.torn == []


def lost(folder: Path, worker: str, session: int, crashed: bool) -> None:
    """Leave what a worker leaves that is killed in mid-batch."""
    path = folder / f"ledger-{worker}-{session}.jsonl"
    writer = LedgerWriter(path, worker, session)
    writer.mark(TASK, ["1", "2"], FACTS)
    content = path.read_bytes()
    writer.close()
    path.write_bytes(content)
    if crashed:
        with LedgerWriter(folder / "ledger-controller-1.jsonl", "controller", session) as controller:
            controller.crashed(worker)


def test_only_a_workers_own_death_is_counted(tmp_path: Path) -> None:
    lost(tmp_path, "gw0", 1, crashed=True)
    lost(tmp_path, "gw1", 2, crashed=False)  # went down with its controller
    lost(tmp_path, "main", 3, crashed=False)  # is its own controller
    assert read_ledgers(tmp_path).deaths == {(TASK, "1"): 2, (TASK, "2"): 2}


def test_an_interrupt_is_no_death(tmp_path: Path) -> None:
    with LedgerWriter(tmp_path / "ledger-main-1.jsonl") as writer:
        writer.mark(TASK, ["1"], FACTS)
    assert not read_ledgers(tmp_path).deaths


def test_what_was_answered_to_another_request_does_not_count(tmp_path: Path) -> None:
    stored_records = [stored(record("1")), stored(record("2", digest="old"))]
    answers, _ = resolve_records(stored_records, {"1": "d", "2": "d"}, tmp_path)
    assert list(answers) == ["1"]


def test_a_verdict_holds_for_the_answer_it_was_given_about(tmp_path: Path) -> None:
    about = verdict_digest(record("1", "x"))
    verdict = Record(TASK, "1", kind="verdict", digest=about, verdict=1.0)
    both = [stored(record("1", "x")), stored(verdict)]
    assert resolve_records(both, {"1": "d"}, tmp_path)[1]["1"].verdict == 1.0
    both[0] = stored(record("1", "another"))
    assert resolve_records(both, {"1": "d"}, tmp_path)[1] == {}
