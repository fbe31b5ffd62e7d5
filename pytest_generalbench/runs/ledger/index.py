"""All ledgers of a run folder: read once, indexed by task, merged in any order to the same records."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_generalbench.runs.files import MediaStore
from pytest_generalbench.runs.ledger.events import (
    BatchAsked,
    CacheCounted,
    Event,
    ModelIntroduced,
    TaskConcluded,
    WorkerClosed,
    WorkerCrashed,
    WorkerOpened,
)
from pytest_generalbench.runs.ledger.files import LedgerReader
from pytest_generalbench.runs.ledger.records import MEDIA_FOLDER, Record, StoredRecord

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
    reading.count_deaths()
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
    in_flight: set[tuple[str, str]] = field(default_factory=set)

    def read(self, number: int, reader: LedgerReader) -> None:
        """Take up the lines of one file."""
        self.writer, self.in_flight, current = (0, ""), set(), None
        for begin, end, line in reader.lines():
            if isinstance(line, StoredRecord):
                self.ledgers.count += 1
                self.in_flight.discard((line.task, line.instance))
                spans = self.ledgers.spans[line.task]
                if current == line.task:
                    spans[-1][2] = end
                else:
                    spans.append([number, begin, end])
                    current = line.task
            else:
                self.take(line)
        self.lost[self.writer].update(self.in_flight)

    def take(self, event: Event) -> None:
        """Take up one event."""
        ledgers = self.ledgers
        match event:
            case BatchAsked():
                # Records of the batch before are all there: a mark is written when nothing is in flight.
                self.in_flight = {(event.task, instance) for instance in event.instances}
                ledgers.bases[event.task] = event.basis
            case TaskConcluded():
                ledgers.conclude(event)
            case WorkerOpened():
                self.lost[self.writer].update(self.in_flight)
                self.in_flight, self.writer = set(), (event.session, event.worker)
            case ModelIntroduced():
                ledgers.introduce(event)
            case CacheCounted():
                ledgers.cached = (ledgers.cached[0] + event.hits, ledgers.cached[1] + event.asked)
            case WorkerClosed():
                self.in_flight = set()
            case WorkerCrashed():
                self.crashed.add((event.session, event.worker))

    def count_deaths(self) -> None:
        """Count the instances that were in flight when a worker died."""
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
