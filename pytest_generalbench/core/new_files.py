"""Files and folders that are written: files in one step, folders of runs and caches private to the user."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

SHARED_VARIABLE: Final = "GENERALBENCH_SHARED"
"""Environment variable: set to 1, new folders get the rights that the umask leaves."""

NEW: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
"""Flags that open a file of one's own: it must not be there, not even as a link."""

APPEND: Final = NEW & ~os.O_EXCL | os.O_APPEND
"""Flags that open a file for appending, creating it; a link in its place is refused."""

MODE: Final = 0o666
"""Rights of a new file before the umask; the folder keeps others out."""


def atomic_write(path: Path, content: bytes) -> None:
    """Write a file in one step: after a crash it is complete, or as it was before.

    It is written beside `path` under a name that nobody can guess. A link at `path` is replaced, never
    followed.

    Raises:
        OSError: it cannot be written; nothing has changed then.
    """
    temporary = temporary_name(path)
    file = temporary.open("xb")
    try:
        with file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise


def temporary_name(path: Path) -> Path:
    """Return a name beside `path` that nobody can guess; it ends in `.tmp`."""
    return path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")


def private_folder(folder: Path) -> None:
    """Make a folder that only the user can enter; one that is there keeps its rights.

    Where the environment variable GENERALBENCH_SHARED is 1, it gets the rights that the umask leaves.

    Raises:
        OSError: it cannot be made.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o777 if os.environ.get(SHARED_VARIABLE) == "1" else 0o700, exist_ok=True)
