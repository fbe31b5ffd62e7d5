"""The records of the task at hand: those of earlier sessions, of this process, and of those that help it."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from pytest_generalbench.models.base import Failed
from pytest_generalbench.runs.ledger.files import LedgerReader
from pytest_generalbench.runs.ledger.index import resolve_records
from pytest_generalbench.runs.ledger.records import Record, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.core.request import Output, Request
    from pytest_generalbench.runs.batch_claims import BatchClaims
    from pytest_generalbench.runs.ledger.files import LedgerWriter
    from pytest_generalbench.runs.ledger.records import StoredRecord
    from pytest_generalbench.runs.resume import PreviousSessions


def record_of(request: Request, answer: Output | Failed, seconds: float, coordinates: str | None) -> Record:
    """Return the record of a request and its answer; `seconds` is its share of the batch's time."""
    message: str | None = None
    output: Output | None = None
    if isinstance(answer, Failed):
        state, message = answer.state, answer.message
    else:
        state, output = "refused" if answer.refused else "ok", answer
        if coordinates is not None and request.form != "text":
            output = replace(answer, details={**answer.details, "coordinates": coordinates})
    return Record(
        request.task_id,
        request.instance_id,
        state=state,
        digest=request.digest(),
        output=output,
        message=message,
        seconds=seconds,
        repeat=request.repeat,
    )


def tally_of(
    task: str, earlier: PreviousSessions, ledger: LedgerWriter, claims: Iterable[BatchClaims]
) -> Tally:
    """Return the tally of all records of a task that has a result."""
    tally = earlier.tally(task) + ledger.tallies.get(task, Tally())
    for path, begin, end in _stretches(ledger.path.parent, claims):
        tally += LedgerReader(path).tally(task, begin, end)
    return tally


def read_task(
    task: str,
    digests: Sequence[Mapping[str, str | None]],
    earlier: PreviousSessions,
    ledger: LedgerWriter,
    start: int,
    claims: Iterable[BatchClaims],
) -> list[tuple[dict[str, Record], dict[str, Record]]]:
    """Return the task's answers and verdicts of each repeat.

    Args:
        task: Its id.
        digests: For each repeat, the digest of every instance's request.
        earlier: What earlier sessions kept.
        ledger: Of this process.
        start: Where in it this session's records of the task begin.
        claims: What says where other processes have answered batches of the task.
    """
    folder = ledger.path.parent
    records: Iterable[StoredRecord] = chain(
        earlier.records(task),
        LedgerReader(ledger.path).of_task(task, start),
        *(LedgerReader(path).of_task(task, begin, end) for path, begin, end in _stretches(folder, claims)),
    )
    if len(digests) > 1:
        records = list(records)
    return [resolve_records(records, wanted, folder) for wanted in digests]


def _stretches(folder: Path, claims: Iterable[BatchClaims]) -> list[tuple[Path, int, int]]:
    """Return where in their ledgers other processes have answered batches of the task."""
    spans = (span for shared in claims for span in shared.stretches().values())
    return [(folder / span.ledger, span.begin, span.end) for span in spans if span.end > span.begin]
