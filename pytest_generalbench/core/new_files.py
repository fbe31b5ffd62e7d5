"""Files and folders that are written: files in one step, folders of runs and caches private to the user."""

from __future__ import annotations

import glob
import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.file_locks import exclusive, try_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHARED_VARIABLE: Final = "GENERALBENCH_SHARED"
"""Environment variable: set to 1, new folders get the rights that the umask leaves."""

NEW: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
"""Flags that open a file of one's own: it must not be there, not even as a link."""

APPEND: Final = NEW & ~os.O_EXCL | os.O_APPEND
"""Flags that open a file for appending, creating it; a link in its place is refused."""

MODE: Final = 0o666
"""Rights of a new file before the umask; the folder keeps others out."""


UNFINISHED: Final = ".unfinished"
"""File in a folder that a command makes; it is gone when the folder is whole."""


def atomic_write(path: Path, content: bytes, scratch: Path | None = None) -> None:
    """Write a file in one step: after a crash it is complete, or as it was before.

    It is written under a name that nobody can guess. A link at `path` is replaced, never followed.

    Args:
        path: The file.
        content: Its bytes.
        scratch: A folder of the same file system where it is written first; None: beside `path`.

    Raises:
        OSError: it cannot be written; nothing has changed then.
    """
    temporary = temporary_name(path if scratch is None else scratch / path.name)
    file = temporary.open("xb")
    try:
        with file:
            try_lock(file.fileno())  # whoever looks for what a death left behind sees that it is written
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


@contextmanager
def whole_folder(
    folder: Path, *, is_private: bool = False, may_replace: Callable[[Path], bool] = lambda folder: False
) -> Iterator[None]:
    """Make a folder whose content is whole when the block ends.

    Meanwhile it holds the file `.unfinished`. Where a death left that behind, the folder is emptied and made
    anew.

    Args:
        folder: It must not exist, or be empty.
        is_private: Whether others than the user are kept out (`private_folder`).
        may_replace: Says whether a folder that holds something may be written over.

    Raises:
        GeneralBenchError: it holds something, another process is making it, or it cannot be written.
    """
    try:
        mark = _begun(folder, is_private, may_replace)
        try:
            yield
            (folder / UNFINISHED).unlink()
        finally:
            os.close(mark)
    except OSError as error:
        raise GeneralBenchError(f"{folder} cannot be written: {error.strerror or error}") from error


def _begun(folder: Path, is_private: bool, may_replace: Callable[[Path], bool]) -> int:
    """Return the open and locked file that marks the folder as unfinished."""
    marker = folder / UNFINISHED
    if marker.is_file():
        mark = os.open(marker, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
        if not try_lock(mark):
            os.close(mark)
            raise GeneralBenchError(f"{folder} is being written by another process: name another folder")
        for path in folder.iterdir():
            if path != marker:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        return mark
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not may_replace(folder))):
        raise GeneralBenchError(f"{folder} is not empty: name a new folder")
    if is_private:
        private_folder(folder)
    else:
        folder.mkdir(parents=True, exist_ok=True)
    mark = os.open(marker, NEW, MODE)
    try_lock(mark)
    return mark


@contextmanager
def folder_in_the_making(target: Path) -> Iterator[Path]:
    """Give one process at a time an empty folder beside `target`, to fill it and to rename it to `target`.

    Others wait, also on other hosts where the file system holds locks between them; whoever waited looks
    whether `target` is there now. What a process left behind that died is removed.

    Raises:
        OSError: nothing can be made there.
    """
    prefix = f".{target.name}-"  # hidden: a search for folders of data passes over it
    with exclusive(target.with_name(f".{target.name}.lock")) as is_alone:
        for path in target.parent.glob(f"{glob.escape(prefix)}*") if is_alone else ():
            shutil.rmtree(path, ignore_errors=True)
        half = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
        try:
            yield half
        finally:
            shutil.rmtree(half, ignore_errors=True)
