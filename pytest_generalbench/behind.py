"""Writing behind: the model is asked on while the disk takes the answers it gave before.

Answers are written in order and nothing is scored before all of a task's are on disk. A process that is
killed loses at most what waited: the answers of the last batches, which are then asked again.
"""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.errors import GeneralBenchError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Future

    from pytest_generalbench.background import Background
    from pytest_generalbench.ledger import LedgerWriter, Record

MOST: Final = 8
"""Batches that may wait for the disk; a model that is faster waits too."""


class WriteBehind:
    """Appends to a ledger in a thread; what waits is written at once, so that a slow disk is asked less."""

    def __init__(self, ledger: LedgerWriter, thread: Background) -> None:
        """Keep the ledger, which must not be appended to by others before `flush`."""
        self.ledger = ledger
        self._thread = thread
        self._lock = Lock()
        self._lines: list[bytes] = []
        self._waiting: deque[Future[Any]] = deque()

    def append(self, records: Iterable[Record]) -> None:
        """Take the records as they are now. Raises GeneralBenchError when earlier ones cannot be written."""
        while self._waiting and (len(self._waiting) >= MOST or self._waiting[0].done()):
            self._wait()
        lines = self.ledger.lines(records)
        with self._lock:
            self._lines.append(lines)
        self._waiting.append(self._thread.start(self._write))

    def flush(self) -> None:
        """Wait until all is on disk. Raises GeneralBenchError when it could not be written."""
        while self._waiting:
            self._wait()

    def _write(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, []
        if lines:
            self.ledger.write(b"".join(lines))

    def _wait(self) -> None:
        try:
            self._waiting.popleft().result()
        except OSError as error:
            self._waiting.clear()
            told = f"the ledger {self.ledger.path} cannot be written: {error.strerror or error}"
            raise GeneralBenchError(told) from error
