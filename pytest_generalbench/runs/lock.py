"""One session at a time writes into a run folder, on this host or any other that sees the folder."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.file_locks import holds_locks, is_at, is_free, try_lock
from pytest_generalbench.core.new_files import MODE, NEW, temporary_name
from pytest_generalbench.runs.ledger.index import LEDGER_GLOB

LOCK_FILE: Final = "lock"
_PATIENCE_S: Final = 20.0
"""How long workers that outlived their controller are waited for; they end by themselves."""


_NAMING_S: Final = 5.0
"""How long a file without a holder is taken for one that is just being made."""


class RunLock:
    """Holds a run folder until it is released or this process dies.

    The file is made in one step with its holder in it, which is atomic on shared file systems too: of two
    hosts, one gets it. The holder also locks the file. On its own host the system releases that with its
    death, and the next session takes the file over; other hosts cannot ask this one's system and refuse.
    Where the file system has no locks, a holder of this host counts as dead when no process has its number.
    """

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises GeneralBenchError, naming the holder, when another session has it."""
        self.path = folder / LOCK_FILE
        self._file = -1
        try:
            self._file = self._take()
        except OSError as error:
            reason = error.strerror or error
            raise GeneralBenchError(f"the run folder {folder} cannot be written: {reason}") from error

    def _take(self) -> int:
        own = temporary_name(self.path)
        file = os.open(own, NEW, MODE)
        try:
            try_lock(file)
            os.pwrite(file, json.dumps(_this_process()).encode(), 0)
            while not _link(own, self.path):
                if self._replace_dead(own):
                    break
        except BaseException:
            os.close(file)
            raise
        finally:
            with suppress(OSError):
                own.unlink()
        return file

    def _replace_dead(self, own: Path) -> bool:
        """Put `own` in the place of a dead holder's file. Returns False when that file is gone meanwhile."""
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            holder = _holder(file)
            if not holder and time.time() - os.fstat(file).st_mtime < _NAMING_S:
                time.sleep(0.1)  # just made, and its holder comes
                return False
            if not try_lock(file) or not _is_dead(holder, file):
                raise GeneralBenchError(self._refusal(holder))
            # Held: whoever wants to take this file over waits, unless it was replaced before.
            if not is_at(self.path, file):
                return False
            own.replace(self.path)
            return True
        finally:
            os.close(file)

    @property
    def caveat(self) -> str | None:
        """What the lock cannot hold off, in a line; None where it holds."""
        if holds_locks(self._file):
            return None
        return (
            f"the file system of {self.path.parent} has no locks: a session of another host is kept off, one "
            "in another container of this host may not be; give each session a run folder of its own"
        )

    def _refusal(self, holder: dict[str, Any]) -> str:
        folder = self.path.parent
        if not holder or _is_local(holder):
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
            if is_at(self.path, self._file):  # not that of a session that was told that this one is dead
                with suppress(OSError):
                    self.path.unlink()
            os.close(self._file)
            self._file = -1


def _link(own: Path, path: Path) -> bool:
    """Give the file its name if no other has it; return whether it has it now."""
    try:
        os.link(own, path, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        try:
            os.close(os.open(path, NEW, MODE))
        except FileExistsError:
            return False
        own.replace(path)
    return True


def _this_process() -> dict[str, Any]:
    return {"host": socket.gethostname(), "boot": _boot(), "pid": os.getpid()}


def _boot() -> str | None:
    """Return what is the same for all processes that run under one kernel, containers included."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None


def _is_local(holder: dict[str, Any]) -> bool:
    """Whether the holder's system is this one, or was before it was started again."""
    boot = holder.get("boot")
    return holder.get("host") == socket.gethostname() or (boot is not None and boot == _boot())


def _is_dead(holder: dict[str, Any], file: int) -> bool:
    """Whether the holder of a file that nobody has locked is dead; one on another host cannot be asked."""
    if holder and not _is_local(holder):
        return False
    if holds_locks(file):
        return True
    pid = holder.get("pid")
    return not (isinstance(pid, int) and holder.get("boot") == _boot() and _lives(pid))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


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
        return not try_lock(file) or not _is_dead(_holder(file), file)
    finally:
        os.close(file)


def is_held_elsewhere(folder: Path) -> bool:
    """Return whether the lock of the run folder is that of another host, which cannot be asked."""
    try:
        file = os.open(folder / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        holder = _holder(file)
        return bool(holder) and not _is_local(holder)
    finally:
        os.close(file)


def break_lock_of_other_host(folder: Path) -> None:
    """Remove the lock of a session on another host; only for who knows that it has ended.

    Raises:
        OSError: it cannot be removed.
    """
    if is_held_elsewhere(folder):
        (folder / LOCK_FILE).unlink(missing_ok=True)


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
