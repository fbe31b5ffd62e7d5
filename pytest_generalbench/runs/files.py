"""File locks, and files named by their content."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.new_files import atomic_write

if TYPE_CHECKING:
    from pathlib import Path

try:
    import fcntl
except ImportError:  # not a POSIX system: files are not held there
    fcntl = None  # type: ignore[assignment]

_NAME: Final = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,8}")


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


class MediaStore:
    """A folder of files named `<sha256><ending>`; the same bytes are kept once."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder's path; it is created with the first file."""
        self.folder = folder

    def put(self, content: bytes, ending: str) -> str:
        """Store `content` on disk and return its name."""
        name = hashlib.sha256(content).hexdigest() + ending
        path = self.folder / name
        if not path.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            atomic_write(path, content)
        return name

    def get(self, name: str) -> bytes:
        """Return the content stored under `name`. Raises DataError when it is missing or has changed."""
        if not _NAME.fullmatch(name):
            raise DataError(f"{name!r:.80} is no name of a kept file")
        try:
            content = (self.folder / name).read_bytes()
        except OSError as error:
            raise DataError(f"the kept file {name} cannot be read: {error.strerror or error}") from error
        if hashlib.sha256(content).hexdigest() != name.split(".")[0]:
            raise DataError(f"the kept file {name} has changed since it was written")
        return content
