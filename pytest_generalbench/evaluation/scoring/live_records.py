"""The answers of a task that is still being asked: who looks one up waits until it is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_generalbench.runs.ledger.index import settled
from pytest_generalbench.runs.ledger.records import RECORDS, LedgerReader, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


class Dropped(Exception):
    """Nobody waits for the answers any more."""


class LiveRecords(Mapping[str, Record]):
    """Records by instance, read from a ledger that grows."""

    def __init__(
        self,
        ledger: Path,
        start: int,
        task: str,
        digests: Mapping[str, str | None],
        awaited: Iterable[str],
        earlier: Iterable[Mapping[str, Any]],
        is_written: Callable[[], bool],
    ) -> None:
        """Name what is waited for.

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
        self._plain: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for plain in earlier:
            self._plain[plain["instance"]].append(plain)

    def __getitem__(self, instance: str) -> Record:
        """Return the instance's record, as soon as it is there."""
        while instance in self._awaited:
            if not self._read() and self._is_written():
                self._read()
                break
        found, _ = settled(self._plain[instance], {instance: self._digests[instance]}, self._ledger.parent)
        return found[instance]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the instances, those to come included."""
        return iter(self._digests)

    def __len__(self) -> int:
        """Return how many instances there are."""
        return len(self._digests)

    def _read(self) -> bool:
        """Take up what the file has more, and return whether that was anything of the task."""
        found = False
        for _, end, plain in LedgerReader(self._ledger).lines(self._position):
            self._position = end
            if plain["kind"] in RECORDS and plain["task"] == self._task:
                self._plain[plain["instance"]].append(plain)
                self._awaited.discard(plain["instance"])
                found = True
        return found
