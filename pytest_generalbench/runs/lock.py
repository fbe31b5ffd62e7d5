"""One session at a time writes into a run folder."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.runs.files import is_free, try_lock
from pytest_generalbench.runs.ledger.index import LEDGER_GLOB

if TYPE_CHECKING:
    from pathlib import Path

LOCK_FILE: Final = "lock"
_PATIENCE_S: Final = 20.0
"""How long workers that outlived their controller are waited for; they end by themselves."""


class RunLock:
    """Holds a run folder until it is released or this process dies.

    On one host the system releases it with its holder's death. The file also says who holds it, for
    sessions on other hosts that see the folder and cannot ask this one's system.
    """

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises GeneralBenchError, naming the holder, when another session has it."""
        self.path = folder / LOCK_FILE
        try:
            self._file = self._take()
        except OSError as error:
            reason = error.strerror or error
            raise GeneralBenchError(f"the run folder {folder} cannot be written: {reason}") from error

    def _take(self) -> int:
        while True:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            holder = _holder(file)
            if not try_lock(file) or (holder and holder.get("host") != socket.gethostname()):
                os.close(file)
                raise GeneralBenchError(self._refusal(holder))
            # Between opening and holding it, its last holder may have removed the file.
            if self.path.exists() and self.path.stat().st_ino == os.fstat(file).st_ino:
                break
            os.close(file)
        entry = {"host": socket.gethostname(), "pid": os.getpid()}
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps(entry).encode(), 0)
        return file

    def _refusal(self, holder: dict[str, Any]) -> str:
        folder = self.path.parent
        if not holder or holder.get("host") == socket.gethostname():
            who = f" (process {holder['pid']})" if "pid" in holder else ""
            return (
                f"another session{who} is writing into the run folder {folder}: wait for its end, or stop it"
            )
        return (
            f"the run folder {folder} is held by process {holder.get('pid')} on host {holder.get('host')}: "
            f"if that session is dead, remove {self.path} and try again"
        )

    def release(self) -> None:
        """Give the folder free."""
        if self._file >= 0:
            with suppress(OSError):
                self.path.unlink()
            os.close(self._file)
            self._file = -1


def _holder(file: int) -> dict[str, Any]:
    try:
        value = json.loads(os.pread(file, 4096, 0))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def is_held(folder: Path) -> bool:
    """Return whether a session writes into the run folder: one of this host that lives, or one of another."""
    try:
        file = os.open(folder / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        holder = _holder(file)
        return not try_lock(file) or bool(holder and holder.get("host") != socket.gethostname())
    finally:
        os.close(file)


def wait_for_workers(folder: Path, patience: float = _PATIENCE_S) -> None:
    """Wait until no worker of a dead session writes any more. Raises GeneralBenchError when one goes on."""
    deadline = time.monotonic() + patience
    for path in sorted(folder.glob(LEDGER_GLOB)):
        while not is_free(path):
            if time.monotonic() > deadline:
                raise GeneralBenchError(
                    f"a worker of an earlier session still writes {path.name} (its process id is the number "
                    "in that name): wait for its end, or stop it"
                )
            time.sleep(0.1)
