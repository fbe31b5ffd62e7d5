"""Async ledger writer: inference goes on while earlier answers are synced to disk.

Answers are written at once, so that a process that is killed loses none; what is waited for in a thread is
the disk itself. No task has a result before the disk has all of its answers, and a power cut costs at most
those that it had not taken yet, which are then asked again.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Future

    from pytest_generalbench.core.threads import Background
    from pytest_generalbench.runs.ledger.files import LedgerWriter
    from pytest_generalbench.runs.ledger.records import Record

MOST: Final = 8
"""Batches that may wait for the disk; a model that is faster waits too."""


class AsyncLedgerWriter:
    """Appends to a ledger, and syncs it to disk in a thread."""

    def __init__(self, ledger: LedgerWriter, thread: Background) -> None:
        """Keep the ledger."""
        self.ledger = ledger
        self._thread = thread
        self._is_dirty = False
        self._waiting: deque[Future[Any]] = deque()

    def append(self, records: Iterable[Record]) -> None:
        """Write the records. Raises LedgerError when these, or earlier ones, cannot be written."""
        while self._waiting and (len(self._waiting) >= MOST or self._waiting[0].done()):
            self._wait()
        self.ledger.write(records)
        self._is_dirty = True
        self._waiting.append(self._thread.start(self._sync))

    def flush(self) -> None:
        """Wait until all records are on disk. Raises LedgerError when they could not be written."""
        while self._waiting:
            self._wait()

    def _sync(self) -> None:
        if self._is_dirty:  # else the sync before has taken these records along
            self._is_dirty = False
            self.ledger.sync()

    def _wait(self) -> None:
        self._waiting.popleft().result()
