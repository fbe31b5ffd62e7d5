"""Ledger: the append-only record of every answer; scoring reads it back and needs nothing else.

One JSONL file per worker process. A record is written before its answer is scored and is on
disk (fsync) before the next batch is asked.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Final, Self

from pytest_generalbench.answers import Get, Put, answer_from_plain, answer_to_plain
from pytest_generalbench.instance import Output
from pytest_generalbench.store import MediaStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

LEDGER_VERSION: Final = 1
MEDIA_FOLDER: Final = "media"
"""Beside the ledger: what does not fit into a line, named by its content."""


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
    """Digest of the request; None when none could be made."""
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
    plain = json.loads(line)
    if plain["v"] > LEDGER_VERSION:
        raise ValueError(f"ledger version {plain['v']} is newer than this program's {LEDGER_VERSION}")
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
    """Appends records to one file; `append` returns when they are on disk."""

    def __init__(self, path: Path) -> None:
        """Open `path` for appending, creating it."""
        self.path = path
        self.media = MediaStore(path.parent / MEDIA_FOLDER)
        self._file: IO[bytes] = path.open("ab")

    def append(self, records: Iterable[Record]) -> None:
        """Write the records and wait until the disk has them."""
        self.write(self.lines(records))

    def lines(self, records: Iterable[Record]) -> bytes:
        """Return the records' lines; what is too large for a line is kept when this returns."""
        lines = "".join(record.to_json(self.media.put) + "\n" for record in records)
        # A lone surrogate from a model's decoder must not stop the run: keep it escaped.
        return lines.encode("utf-8", "backslashreplace")

    def write(self, lines: bytes) -> None:
        """Write lines and wait until the disk has them."""
        self._file.write(lines)
        self._file.flush()
        os.fsync(self._file.fileno())

    def position(self) -> int:
        """Return the offset at which the next record will start."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()


@dataclass(slots=True)
class LedgerReader:
    """Reads one ledger file; lines that cannot be read are counted, not hidden."""

    path: Path
    torn: list[int] = field(default_factory=list)
    """Byte offsets of lines that are no record (a crash in mid-write leaves one at the end)."""

    def records(self, start: int = 0) -> Iterator[Record]:
        """Yield the records from byte offset `start` on."""
        get = MediaStore(self.path.parent / MEDIA_FOLDER).get
        with self.path.open("rb") as file:
            file.seek(start)
            offset = start
            for line in file:
                try:
                    yield record_from_json(line.decode("utf-8"), get)
                except (ValueError, KeyError, TypeError):
                    self.torn.append(offset)
                offset += len(line)


def answers_and_verdicts(
    records: Iterable[Record], task_id: str
) -> tuple[dict[str, Record], dict[str, Record]]:
    """Split a task's records into answers and verdicts by instance id; the last record of each counts."""
    answers: dict[str, Record] = {}
    verdicts: dict[str, Record] = {}
    for record in records:
        if record.task == task_id:
            (verdicts if record.kind == "verdict" else answers)[record.instance] = record
    return answers, verdicts
