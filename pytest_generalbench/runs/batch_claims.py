"""Batch claims: which process answers which batch of a shared task, and where the answers are.

Each such task has a folder in the run folder. A batch is taken by creating its file, which only one process
can. Each process keeps a file that it holds while it takes part, and writes there where in its ledger the
answers to a batch lie. So nobody waits for a process that died, and what it left is seen.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_generalbench.core.file_locks import is_free, try_lock
from pytest_generalbench.core.new_files import APPEND, MODE, NEW

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FOLDER: Final = "together"
_OVER: Final = "over"
_PAUSE_S: Final = 0.05


class LedgerSpan(NamedTuple):
    """The part of a ledger file that holds the answers to a batch."""

    ledger: str
    """Name of the file."""
    begin: int
    end: int
    seconds: float
    """What asking it took."""


class BatchClaims:
    """The claims of one process on the batches of a shared task.

    Attributes:
        place: which of the processes this is, from 0; it takes every `count`-th batch first.
        count: how many there are at most: some may come late, or never.
        mine: the batches that this process took.
        count_answered: how many instances it answered.
    """

    def __init__(
        self, run: Path, session: int, task: str, ledger: str, place: int, count: int, repeat: int = 0
    ) -> None:
        """Name the task, its repeat and the process; nothing is made before `join`."""
        digest = hashlib.sha256(f"{task}\n{repeat}".encode()).hexdigest()[:16]
        self.place = place
        self.count = count
        self.mine: set[int] = set()
        self.count_answered = 0
        self._folder = run / FOLDER / f"{session}-{digest}"
        self._ledger = ledger
        self._file = -1

    @property
    def is_over(self) -> bool:
        """Whether every batch has been claimed."""
        return (self._folder / _OVER).exists()

    def join(self) -> None:
        """Join the task until `leave`; the lock on a file shows it to the other processes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path(self._ledger), APPEND, MODE)
        try_lock(self._file)

    def leave(self) -> None:
        """Leave the task; batches claimed and not noted as answered count as unanswered."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def taken(self, batches: int) -> Iterator[tuple[int, int | None]]:
        """Claim one batch after another, this process's own first; yield each with the likely next one."""
        own = range(self.place, batches, self.count)
        # From the end, where those whose batches they are come last.
        order = [*own, *(number for number in reversed(range(batches)) if number not in own)]
        for position, number in enumerate(order):
            if self._take(number):
                self.mine.add(number)
                following = (item for item in order[position + 1 :] if not self._batch(item).exists())
                yield number, next(following, None)
        (self._folder / _OVER).touch()

    def _batch(self, number: int) -> Path:
        return self._folder / f"batch-{number}"

    def _path(self, ledger: str) -> Path:
        return self._folder / f"answers-{ledger}"

    def _take(self, number: int) -> bool:
        try:
            os.close(os.open(self._batch(number), NEW, MODE))
        except FileExistsError:
            return False
        return True

    def answered(self, number: int, begin: int, end: int, seconds: float) -> None:
        """Write down between which offsets of this process's ledger the answers to a batch are."""
        os.write(self._file, (json.dumps([number, begin, end, seconds]) + "\n").encode())

    def wait(self) -> None:
        """Wait until every other process has left the task or ended."""
        for path in self._folder.glob("answers-*"):
            while path != self._path(self._ledger) and not is_free(path):
                time.sleep(_PAUSE_S)

    def stretches(self) -> Mapping[int, LedgerSpan]:
        """Return the ledger spans of the answers of other processes, by batch."""
        result: dict[int, LedgerSpan] = {}
        for path in sorted(self._folder.glob("answers-*")):
            if path == self._path(self._ledger):
                continue
            for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
                if line.endswith("\n"):  # else its writer died
                    number, *rest = json.loads(line)
                    result[number] = LedgerSpan(path.name.removeprefix("answers-"), *rest)
        return result


def forget(run: Path) -> None:
    """Remove the claims; the answers are in the ledgers."""
    with suppress(OSError):
        shutil.rmtree(run / FOLDER)
