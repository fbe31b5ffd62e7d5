"""Locks on open files: the system releases them when their holder ends, however it ends."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

try:
    import fcntl
except ImportError:  # not a POSIX system: files are not held there
    fcntl = None  # type: ignore[assignment]


def try_lock(file: int) -> bool:
    """Lock an open file until it is closed; return False when another process of this host has it."""
    return _locked(file) is not False


def holds_locks(file: int) -> bool:
    """Return whether the system and the file system of an open file have locks at all."""
    return _locked(file) is not None


def _locked(file: int) -> bool | None:
    """Lock an open file; return None where there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def is_free(path: Path) -> bool:
    """Return whether no process of this host has locked the file."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return try_lock(file)
    finally:
        os.close(file)


def is_at(path: Path, file: int) -> bool:
    """Return whether an open file is what lies at `path` now."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except OSError:
        return False


@contextmanager
def exclusive(path: Path) -> Iterator[bool]:
    """Hold a lock file while the block runs, waiting for it; it is gone afterwards.

    Yields:
        Whether the lock keeps others off; False where the system or the file system has no locks.

    Raises:
        OSError: the file cannot be made.
    """
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
        holds = _waited_for(file)
        if not holds or is_at(path, file):
            break
        os.close(file)  # its last holder removed it while this process waited
    try:
        yield holds
    finally:
        if holds:
            with suppress(OSError):
                path.unlink()
        os.close(file)


def _waited_for(file: int) -> bool:
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:
        return False
    return True
