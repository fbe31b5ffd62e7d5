"""Ledger: the append-only record of every answer; scoring reads it back and needs nothing else.

One JSONL file per worker process. A record is written before its answer is scored and is on
disk (fsync) before the next batch is asked. Beside answers and verdicts a file holds the worker's own
notes: that it opened the file, what it is about to ask, what became of a task, that it closed in order.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.outputs import Get, Put, answer_from_plain, answer_to_plain
from pytest_generalbench.core.request import Output
from pytest_generalbench.runs.files import MediaStore, hold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

LEDGER_VERSION: Final = 2
"""1: answers and verdicts alone. 2: a worker's notes as well; a verdict names the answer it is about."""

RECORDS: Final = ("answer", "verdict")
"""The kinds of line that are records; all others are notes."""

MEDIA_FOLDER: Final = "media"
"""Beside the ledger: what does not fit into a line, named by its content."""


class LedgerError(GeneralBenchError):
    """The ledger cannot be written, or was written by a newer version; the message says the way out."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the ledger: what became of one request, or what a judge said of an answer."""

    task: str
    instance: str
    kind: str = "answer"
    """`answer`, or `verdict` for a judge's."""
    state: str = "ok"
    """ok, refused, error, timeout, oom or missing_media; `unparsable` is found when scoring."""
    digest: str | None = None
    """Digest of the request, of a verdict that of request and answer; None when none could be made."""
    output: Output | None = None
    verdict: float | None = None
    """A judge's verdict in 0..1; None when the judge failed."""
    message: str | None = None
    seconds: float | None = None

    def to_json(self, put: Put) -> str:
        """Return the line without its newline; what is too large for a line goes through `put`."""
        plain: dict[str, Any] = {"v": LEDGER_VERSION, "kind": self.kind, "task": self.task}
        plain |= {"instance": self.instance, "state": self.state, "digest": self.digest}
        if self.output is not None:
            plain["output"] = _plain_output(self.output, put)
        for key in ("verdict", "message", "seconds"):
            value = getattr(self, key)
            if value is not None:
                plain[key] = round(value, 6) if isinstance(value, float) else value
        # Details are the model's own words and may be anything.
        return json.dumps(plain, ensure_ascii=False, default=str)


def _plain_output(output: Output, put: Put) -> dict[str, Any]:
    plain: dict[str, Any] = {"medium": output.medium, "text": output.text}
    answer = output.read()
    if answer is not None:
        plain["answer"] = answer_to_plain(answer, put)
        plain["key"] = hashlib.sha256(json.dumps(plain["answer"]).encode()).hexdigest()[:16]
    if output.details:
        plain["details"] = dict(output.details)
    return plain


def record_from_json(line: str, get: Get) -> Record:
    """Parse one line. Raises ValueError or KeyError when it is torn or not a record."""
    return record_from_plain(parse_line(line), get)


def parse_line(line: str | bytes) -> dict[str, Any]:
    """Return the line's object. Raises ValueError or KeyError when it is torn, LedgerError when newer."""
    plain = json.loads(line)
    if not isinstance(plain, dict) or not isinstance(plain["kind"], str):
        raise ValueError("no record")
    if plain["v"] > LEDGER_VERSION:
        raise LedgerError(
            f"ledger version {plain['v']} is newer than this program's {LEDGER_VERSION}: "
            "pip install --upgrade pytest-generalbench"
        )
    return plain


def record_from_plain(plain: Mapping[str, Any], get: Get) -> Record:
    """Return the record of an answer or verdict; what lies in files is read when it is opened."""
    output = plain.get("output")
    return Record(
        task=plain["task"],
        instance=plain["instance"],
        kind=plain["kind"],
        state=plain["state"],
        digest=plain["digest"],
        output=None if output is None else _output(output, plain["state"], get),
        verdict=plain.get("verdict"),
        message=plain.get("message"),
        seconds=plain.get("seconds"),
    )


def _output(plain: Mapping[str, Any], state: str, get: Get) -> Output:
    stored = plain.get("answer")
    return Output(
        text=plain["text"],
        medium=plain["medium"],
        answer=None if stored is None else partial(answer_from_plain, stored, get),
        key=plain.get("key"),
        file=None if stored is None else stored.get("file"),
        refused=state == "refused",
        details=plain.get("details", {}),
    )


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
        self._open_mark = False
        self._turn = threading.Lock()  # verdicts come from a thread
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise _unwritable(path, error) from error
        hold(self._file)
        size = self.position()
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            self._write(b"\n")  # a line that a death tore must not swallow the next one
        self._note({"kind": "opened", "worker": worker, "session": session})

    def append(self, records: Iterable[Record]) -> None:
        """Write the records and wait until the disk has them. Raises LedgerError when it cannot."""
        self.write(records)
        self.sync()

    def write(self, records: Iterable[Record]) -> None:
        """Write the records; a process that dies after this has left them, and a power cut after `sync`.

        Raises LedgerError when they cannot be written.
        """
        records = list(records)
        try:
            lines = "".join(record.to_json(self.media.put) + "\n" for record in records)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        # A lone surrogate from a model's decoder must not stop the run: keep it escaped.
        self._write(lines.encode("utf-8", "backslashreplace"))
        if any(record.kind == "answer" for record in records):
            self._open_mark = False

    def sync(self) -> None:
        """Wait, in any thread, until the disk has all that was written. Raises LedgerError when it cannot."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def mark(self, task: str, instances: Sequence[str], told: Mapping[str, Any]) -> None:
        """Note that a batch is about to be asked; it is in flight until its records are appended.

        The mark is not waited for: a process that dies leaves it all the same, and after a power cut
        its absence costs nothing but one count of a death.
        """
        self._note({"kind": "asked", "task": task, "instances": list(instances), **told})
        self._open_mark = True

    def conclude(self, task: str, result: Mapping[str, Any], version: str) -> None:
        """Note what became of a task, and wait until the disk has it."""
        note = {"kind": "task", "task": task, "session": self.session, "by": version, "result": dict(result)}
        self._note(note, durable=True)

    def introduce(self, identity: Mapping[str, Any]) -> None:
        """Note which model gives the answers that follow."""
        self._note({"kind": "model", "session": self.session, "identity": dict(identity)})

    def count_cached(self, hits: int, asked: int) -> None:
        """Note how many instances the answer cache answered, and how many the model."""
        self._note({"kind": "cache", "session": self.session, "hits": hits, "asked": asked})

    def crashed(self, worker: str) -> None:
        """Note that a worker of this session died; what it had in flight may have killed it."""
        self._note({"kind": "crashed", "worker": worker, "session": self.session}, durable=True)

    def _note(self, note: Mapping[str, Any], *, durable: bool = False) -> None:
        line = json.dumps({"v": LEDGER_VERSION, **note}, ensure_ascii=False) + "\n"
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
        """Close the file; a batch that an interrupt left unanswered killed nobody."""
        if self._file < 0:
            return
        if self._open_mark:
            with suppress(LedgerError):
                self._note({"kind": "closed"})
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
        for _, _, plain in self.lines(start):
            if plain["kind"] in RECORDS:
                yield record_from_plain(plain, get)

    def lines(self, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """Yield begin, end and object of every whole line between two byte offsets."""
        with self.path.open("rb") as file:
            file.seek(start)
            offset = start
            for line in file:
                begin, offset = offset, offset + len(line)
                try:
                    # A last line without its newline is torn, whatever it says: the writer adds it at once.
                    if not line.endswith(b"\n"):
                        raise ValueError("torn")
                    plain = parse_line(line.decode("utf-8"))
                    if plain["kind"] in RECORDS and not plain.keys() >= _NEEDED:
                        raise ValueError("no record")
                except LedgerError as error:
                    raise LedgerError(f"{self.path.name}: {error}") from error
                except (ValueError, KeyError, TypeError):
                    if line.strip():
                        self.torn.append(begin)
                    continue
                yield begin, offset, plain
                if end is not None and offset >= end:
                    return


_NEEDED: Final = frozenset({"task", "instance", "state", "digest"})
