"""Records of a task that is still being answered: a lookup waits until the record is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_generalbench.runs.ledger.files import LedgerReader
from pytest_generalbench.runs.ledger.index import resolve_records
from pytest_generalbench.runs.ledger.records import Record, StoredRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


class Dropped(Exception):
    """The task was cancelled: its remaining answers are not needed."""


class LiveRecords(Mapping[str, Record]):
    """Records by instance, read from a ledger that grows."""

    def __init__(
        self,
        ledger: Path,
        start: int,
        task: str,
        digests: Mapping[str, str | None],
        awaited: Iterable[str],
        earlier: Iterable[StoredRecord],
        is_written: Callable[[], bool],
    ) -> None:
        """Take the ledger, the task and the instances to wait for.

        Args:
            ledger: the file.
            start: the offset at which the task's answers begin.
            task: its id.
            digests: of each instance's request.
            awaited: the instances whose answers this session writes.
            earlier: the task's records of earlier sessions.
            is_written: waits a moment and tells whether all that is awaited is there; may raise Dropped.
        """
        self._ledger = ledger
        self._position = start
        self._task = task
        self._digests = digests
        self._awaited = set(awaited)
        self._is_written = is_written
        self._stored: dict[str, list[StoredRecord]] = defaultdict(list)
        for record in earlier:
            self._stored[record.instance].append(record)

    def __getitem__(self, instance: str) -> Record:
        """Wait for and return the instance's record."""
        while instance in self._awaited:
            if not self._read() and self._is_written():
                self._read()
                break
        wanted = {instance: self._digests[instance]}
        answers, _ = resolve_records(self._stored[instance], wanted, self._ledger.parent)
        return answers[instance]

    def __iter__(self) -> Iterator[str]:
        """Iterate over all instances, those not yet answered included."""
        return iter(self._digests)

    def __len__(self) -> int:
        """Return how many instances there are."""
        return len(self._digests)

    def _read(self) -> bool:
        """Read what was appended to the file, and return whether it has records of the task."""
        has_more = False
        for _, end, line in LedgerReader(self._ledger).lines(self._position):
            self._position = end
            if isinstance(line, StoredRecord) and line.task == self._task:
                self._stored[line.instance].append(line)
                self._awaited.discard(line.instance)
                has_more = True
        return has_more
