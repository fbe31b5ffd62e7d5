"""Ledger files: the append-only record of every answer, from which scoring reads.

One JSONL file per worker process. A record is written before its answer is scored and is on
disk (fsync) before the next batch is asked. Beside records a file holds the worker's own events.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from pytest_generalbench.core.file_locks import try_lock
from pytest_generalbench.core.new_files import APPEND, MODE
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.runs.files import MediaStore
from pytest_generalbench.runs.ledger.events import (
    EVENTS,
    BatchAsked,
    CacheCounted,
    Event,
    ModelIntroduced,
    TaskConcluded,
    WorkerClosed,
    WorkerCrashed,
    WorkerOpened,
)
from pytest_generalbench.runs.ledger.records import (
    LEDGER_VERSION,
    MEDIA_FOLDER,
    RECORDS,
    AnswerOutcome,
    LedgerError,
    Record,
    RecordHead,
    StoredRecord,
    Tally,
    head_of,
    outcome_of,
    parse_line,
    seal_of,
    sealed,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Any

    from pytest_generalbench.core.result import TaskResult


class LedgerWriter:
    """Appends records to one file; `append` returns when they are on disk.

    Nothing is buffered, and what could not be written whole is taken back: a full disk costs the batch
    at hand and leaves no torn line.
    """

    def __init__(self, path: Path, worker: str = "main", session: int = 1) -> None:
        """Open `path` for appending, creating it, and hold it against any other process.

        Raises LedgerError when it cannot be written.
        """
        self.path = path
        self.session = session
        self.media = MediaStore(path.parent / MEDIA_FOLDER)
        self.tallies: dict[str, Tally] = {}
        """Of the records that were written here, by task."""
        self._open_mark = False
        self._turn = threading.Lock()  # verdicts come from a thread
        try:
            self._file = os.open(path, APPEND, MODE)
        except OSError as error:
            raise _unwritable(path, error) from error
        try_lock(self._file)
        size = self.position()
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            self._write(b"\n")  # a line that a death tore must not swallow the next one
        self._note(WorkerOpened(worker, session))

    def append(self, records: Iterable[Record]) -> None:
        """Write the records and wait until the disk has them. Raises LedgerError when it cannot."""
        self.write(records)
        self.sync()

    def write(self, records: Iterable[Record]) -> None:
        """Write the records; they survive a crash of the process, and after `sync` a power cut.

        Raises LedgerError when they cannot be written.
        """
        records = list(records)
        try:
            # A lone surrogate from a model's decoder must not stop the run: keep it escaped.
            lines = [
                (record.to_json(self.media.put) + "\n").encode("utf-8", "backslashreplace")
                for record in records
            ]
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._write(b"".join(lines))
        with self._turn:
            for record, line in zip(records, lines, strict=True):
                self.tallies.setdefault(record.task, Tally()).add(seal_of(line))
        if any(record.kind == "answer" for record in records):
            self._open_mark = False

    def sync(self) -> None:
        """Wait, in any thread, until the disk has all that was written. Raises LedgerError when it cannot."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def mark(self, task: str, instances: Sequence[str], basis: Mapping[str, str]) -> None:
        """Mark a batch before inference; it is in flight until its records are appended.

        The mark is not waited for: a process that dies leaves it all the same, and after a power cut
        its absence costs nothing but one count of a death.
        """
        self._note(BatchAsked(task, tuple(instances), basis))
        self._open_mark = True

    def conclude(self, result: TaskResult, program: str, facts: Mapping[str, str] | None = None) -> None:
        """Write the result of a task and what it follows from, and wait until the disk has it."""
        self._note(TaskConcluded(result.id, self.session, program, result, facts or {}), durable=True)

    def introduce(self, identity: Mapping[str, Any]) -> None:
        """Write the identity of the model that gives the answers that follow."""
        self._note(ModelIntroduced(self.session, identity))

    def count_cached(self, hits: int, asked: int) -> None:
        """Write how many instances were answered from the cache and by the model."""
        self._note(CacheCounted(self.session, hits, asked))

    def crashed(self, worker: str) -> None:
        """Write that a worker of this session crashed; the batch that it had in flight may be the cause."""
        self._note(WorkerCrashed(worker, self.session), durable=True)

    def _note(self, event: Event, *, durable: bool = False) -> None:
        plain = {"v": LEDGER_VERSION, "kind": event.kind, **event.to_plain()}
        line = sealed(json.dumps(plain, ensure_ascii=False)) + "\n"
        self._write(line.encode("utf-8", "backslashreplace"), durable=durable)

    def _write(self, content: bytes, *, durable: bool = False) -> None:
        with self._turn:
            start = self.position()
            try:
                view = memoryview(content)
                while view:
                    view = view[os.write(self._file, view) :]
            except OSError as error:
                with suppress(OSError):
                    os.ftruncate(self._file, start)
                raise _unwritable(self.path, error) from error
        if durable:
            self.sync()

    def position(self) -> int:
        """Return the offset at which the next record will start."""
        return os.fstat(self._file).st_size

    def close(self) -> None:
        """Close the file; a batch that an interrupt left unanswered is not the cause of a crash."""
        if self._file < 0:
            return
        if self._open_mark:
            with suppress(LedgerError):
                self._note(WorkerClosed())
        os.close(self._file)
        self._file = -1

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()


def _unwritable(path: Path, error: OSError) -> LedgerError:
    reason = error.strerror or str(error)
    return LedgerError(
        f"the ledger {path} cannot be written: {reason}; what it holds is safe: make room or mend the "
        "folder, then go on with --generalbench-resume"
    )


@dataclass(slots=True)
class LedgerReader:
    """Reads one ledger file; lines that cannot be read are counted, not hidden."""

    path: Path
    torn: list[int] = field(default_factory=list)
    """Byte offsets of lines that are no record (a crash in mid-write leaves one at the end)."""

    def records(self, start: int = 0) -> Iterator[Record]:
        """Yield answers and verdicts from byte offset `start` on. Raises LedgerError for a newer ledger."""
        get = MediaStore(self.path.parent / MEDIA_FOLDER).get
        for _, _, line in self.lines(start):
            if isinstance(line, StoredRecord):
                yield line.decode(get)

    def of_task(self, task: str, start: int = 0, end: int | None = None) -> Iterator[StoredRecord]:
        """Yield the task's records between two byte offsets, as they lie in the file."""
        for _, _, line in self.lines(start, end):
            if isinstance(line, StoredRecord) and line.task == task:
                yield line

    def tally(self, task: str, start: int, end: int) -> Tally:
        """Return the tally of the task's records between two byte offsets."""
        tally = Tally()
        for _, _, _, head in self.heads(start, end):
            if isinstance(head, RecordHead) and head.task == task and head.kind in RECORDS:
                tally.add(head.seal)
        return tally

    def lines(
        self, start: int = 0, end: int | None = None
    ) -> Iterator[tuple[int, int, StoredRecord | Event]]:
        """Yield begin, end and content of every whole line between two byte offsets.

        Lines of a kind that is not known here are left out.
        """
        for begin, offset, line in self._raw(start, end):
            content = self._content(begin, line)
            if content is not None:
                yield begin, offset, content

    def heads(
        self, start: int = 0, end: int | None = None
    ) -> Iterator[tuple[int, int, bytes, RecordHead | Event]]:
        """Yield begin, end, the bytes and what it is about of every whole line between two byte offsets.

        Records and batches are not parsed where their line is sealed; of an older line there is the same.
        """
        for begin, offset, line in self._raw(start, end):
            head: RecordHead | Event | StoredRecord | None = head_of(line) or self._content(begin, line)
            if isinstance(head, StoredRecord):
                head = RecordHead(head.kind, head.task, named(head.instance), seal_of(line))
            elif isinstance(head, BatchAsked):
                head = RecordHead(head.kind, head.task, b"", seal_of(line))
            if head is not None:
                yield begin, offset, line, head

    def _raw(self, start: int, end: int | None) -> Iterator[tuple[int, int, bytes]]:
        with self.path.open("rb") as file:
            file.seek(start)
            offset = start
            for line in file:
                begin, offset = offset, offset + len(line)
                yield begin, offset, line
                if end is not None and offset >= end:
                    return

    def _content(self, begin: int, line: bytes) -> StoredRecord | Event | None:
        """Return the content of a line, None for one that is torn, which is noted, or of another kind."""
        try:
            return _read_line(line)
        except LedgerError as error:
            raise LedgerError(f"{self.path.name}: {error}") from error
        except MISFIT:
            if line.strip():
                self.torn.append(begin)
            return None

    def outcomes(self, start: int) -> Iterator[tuple[int, AnswerOutcome | Event]]:
        """Yield, from a byte offset on, end and content of every whole line but verdicts.

        Answers themselves are not read. A last line without its newline is left for the next call.
        """
        with self.path.open("rb") as file:
            file.seek(start)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                start += len(line)
                content: AnswerOutcome | StoredRecord | Event | None = outcome_of(line)
                if content is None:
                    with suppress(ValueError, KeyError, TypeError):
                        content = _read_line(line)
                if isinstance(content, StoredRecord):
                    content = content.outcome if content.kind == "answer" else None
                if content is not None:
                    yield start, content


def named(instance: object) -> bytes:
    """Return an instance's name as a sealed line has it."""
    return str(instance).encode("utf-8", "backslashreplace")


def batch_of(line: bytes) -> BatchAsked | None:
    """Return the batch that a line says was asked, None where it says something else."""
    with suppress(ValueError, KeyError, TypeError):
        event = _read_line(line)
        return event if isinstance(event, BatchAsked) else None
    return None


def _read_line(line: bytes) -> StoredRecord | Event | None:
    # A last line without its newline is torn, whatever it says: the writer adds it at once.
    if not line.endswith(b"\n"):
        raise ValueError("torn")
    plain = parse_line(line)
    if plain["kind"] in RECORDS:
        return StoredRecord.from_plain(plain)
    event = EVENTS.get(plain["kind"])
    return None if event is None else event.from_plain(plain)
