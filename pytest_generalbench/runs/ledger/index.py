"""All ledgers of a run folder: read once, indexed by task, merged in any order to the same records."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_generalbench.runs.files import MediaStore
from pytest_generalbench.runs.ledger.events import (
    CacheCounted,
    Event,
    ModelIntroduced,
    TaskConcluded,
    WorkerClosed,
    WorkerCrashed,
    WorkerOpened,
)
from pytest_generalbench.runs.ledger.files import LedgerReader, batch_of, named
from pytest_generalbench.runs.ledger.records import (
    MEDIA_FOLDER,
    RECORDS,
    Record,
    RecordHead,
    StoredRecord,
    Tally,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

LEDGER_GLOB: Final = "ledger-*.jsonl"

Key = tuple[str, str, str, str | None]
"""Kind, task, instance and digest: two records with the same key are about the same request."""


def merged(records: Iterable[StoredRecord]) -> dict[Key, StoredRecord]:
    """Return one record for each key, whatever their order and however often each comes.

    An answer beats a failure, a verdict beats a judge's failure; among equals the text of the line decides.
    """
    best: dict[Key, StoredRecord] = {}
    for record in records:
        key = (record.kind, record.task, record.instance, record.digest)
        other = best.get(key)
        if other is None or (other != record and _rank(record) > _rank(other)):
            best[key] = record
    return best


def _rank(record: StoredRecord) -> tuple[bool, str]:
    return record.is_good, json.dumps(record.plain, sort_keys=True, default=str)


def verdict_digest(answer: Record) -> str:
    """Return what a verdict about `answer` is filed under: another answer needs another verdict."""
    output = answer.output
    parts = [answer.digest, output and output.text, output and output.key]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@dataclass(slots=True)
class Ledgers:
    """The ledgers of a run folder. Only events are in memory; records stay in their files."""

    folder: Path
    paths: list[Path] = field(default_factory=list)
    spans: dict[str, list[list[int]]] = field(default_factory=lambda: defaultdict(list))
    """By task: file, begin and end of the stretches that hold its records."""
    conclusions: dict[str, TaskConcluded] = field(default_factory=dict)
    """By task: its latest conclusion."""
    bases: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """By task: what it was asked under (fingerprint of the data, version of the protocol)."""
    model: ModelIntroduced | None = None
    """The latest model that gave answers."""
    deaths: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By task and instance: how many workers died while it was in flight."""
    cached: tuple[int, int] = (0, 0)
    """Instances that the answer cache answered, and that the model was asked, in sessions that ended."""
    torn: list[tuple[str, int]] = field(default_factory=list)
    """File and byte offset of every line that is no record."""
    count: int = 0
    """Answers and verdicts, repeated ones included."""
    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    """By task: its answers and verdicts."""

    def records(self, task: str) -> Iterator[StoredRecord]:
        """Yield the task's records as they lie in the files."""
        for file, begin, end in self.spans.get(task, ()):
            yield from LedgerReader(self.paths[file]).of_task(task, begin, end)

    def tasks(self) -> list[str]:
        """Return the tasks that have a record or a conclusion, sorted."""
        return sorted({*self.spans, *self.conclusions})

    def conclude(self, event: TaskConcluded) -> None:
        """Take up a task's conclusion, unless one of a later session is known."""
        latest = self.conclusions.get(event.task)
        if latest is None or event.session >= latest.session:
            self.conclusions[event.task] = event

    def introduce(self, event: ModelIntroduced) -> None:
        """Take up which model gave answers, unless one of a later session is known."""
        if self.model is None or event.session >= self.model.session:
            self.model = event


def read_ledgers(folder: Path) -> Ledgers:
    """Read every ledger of `folder` once. Raises LedgerError when one is newer than this program."""
    ledgers = Ledgers(folder, sorted(folder.glob(LEDGER_GLOB)))
    reading = _Reading(ledgers)
    for number, path in enumerate(ledgers.paths):
        reader = LedgerReader(path)
        reading.read(number, reader)
        ledgers.torn += [(path.name, offset) for offset in reader.torn]
    reading.finish()
    return ledgers


@dataclass(slots=True)
class _Reading:
    """The state of reading ledgers line by line."""

    ledgers: Ledgers
    lost: dict[tuple[int, str], Counter[tuple[str, str]]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    """By session and worker: the instances that were in flight when its file ends."""
    crashed: set[tuple[int, str]] = field(default_factory=set)
    writer: tuple[int, str] = (0, "")
    """Session and name of the worker that wrote the lines at hand."""
    mark: bytes = b""
    """The line of the batch that was asked last, empty when nothing is in flight."""
    answered: list[tuple[str, bytes]] = field(default_factory=list)
    """Task and instance of the records since that mark."""
    marks: dict[str, bytes] = field(default_factory=dict)
    """By task, the line of its latest batch."""

    def read(self, number: int, reader: LedgerReader) -> None:
        """Take up the lines of one file. The lines of batches are parsed where they matter, at the end."""
        ledgers, current = self.ledgers, None
        self.writer = (0, "")
        for begin, end, line, head in reader.heads():
            if not isinstance(head, RecordHead):
                self.take(head)
            elif head.kind in RECORDS:
                ledgers.count += 1
                ledgers.tallies[head.task].add(head.seal)
                if self.mark:
                    self.answered.append((head.task, head.instance))
                spans = ledgers.spans[head.task]
                if current == head.task:
                    spans[-1][2] = end
                else:
                    spans.append([number, begin, end])
                    current = head.task
            else:
                # Records of the batch before are all there: a mark is written when nothing is in flight.
                self.mark, self.answered = line, []
                self.marks[head.task] = line
        self.end_of_writer()

    def take(self, event: Event) -> None:
        """Take up one event."""
        ledgers = self.ledgers
        match event:
            case TaskConcluded():
                ledgers.conclude(event)
            case WorkerOpened():
                self.end_of_writer()
                self.writer = (event.session, event.worker)
            case ModelIntroduced():
                ledgers.introduce(event)
            case CacheCounted():
                ledgers.cached = (ledgers.cached[0] + event.hits, ledgers.cached[1] + event.asked)
            case WorkerClosed():
                self.mark = b""
            case WorkerCrashed():
                self.crashed.add((event.session, event.worker))

    def end_of_writer(self) -> None:
        """Note what was in flight when the lines of a worker end."""
        batch = batch_of(self.mark) if self.mark else None
        if batch is not None:
            answered = set(self.answered)
            self.lost[self.writer].update(
                (batch.task, instance)
                for instance in batch.instances
                if (batch.task, named(instance)) not in answered
            )
        self.mark, self.answered = b"", []

    def finish(self) -> None:
        """Take up what tasks were asked under, and count the instances that were in flight at a death."""
        for task, line in self.marks.items():
            batch = batch_of(line)
            if batch is not None:
                self.ledgers.bases[task] = batch.basis
        for (session, worker), in_flight in self.lost.items():
            # A worker that died with its controller was killed by no instance; `main` is its own controller.
            if worker == "main" or (session, worker) in self.crashed:
                self.ledgers.deaths += in_flight


def resolve_records(
    records: Iterable[StoredRecord], wanted: Mapping[str, str | None], folder: Path
) -> tuple[dict[str, Record], dict[str, Record]]:
    """Return answers and verdicts by instance: those to the requests of now, whose digests are `wanted`."""
    get = MediaStore(folder / MEDIA_FOLDER).get
    answers: dict[str, Record] = {}
    verdicts: dict[tuple[str, str | None], Record] = {}
    kept = merged(records)
    for key in tuple(kept):
        (kind, _, instance, digest), record = key, kept.pop(key)  # a line's object is dropped once it is read
        if kind == "verdict":
            verdicts[instance, digest] = record.decode(get)
        elif instance in wanted and wanted[instance] == digest:
            answers[instance] = record.decode(get)
    given = {}
    for instance, answer in answers.items() if verdicts else ():
        verdict = verdicts.get((instance, verdict_digest(answer))) or verdicts.get((instance, None))
        if verdict is not None:
            given[instance] = verdict
    return answers, given
