"""A stamp of a folder: it tells whether anything in it changed, and no file is opened."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path


class FolderStamp(NamedTuple):
    """A stamp of all files below a folder."""

    text: str
    """The number of files, and a digest of their paths, sizes and times."""
    latest_ns: int
    """When the last of them changed, in nanoseconds since 1970."""


def count_in(text: str) -> int:
    """Return the number of files that a stamp's text says.

    >>> count_in("12-0011223344556677")
    12
    """
    return int(text.partition("-")[0])


def stamp_of(folder: Path, most: int, skipped: Collection[str] = ()) -> FolderStamp | None:
    """Return the stamp of a folder. It is another one when any file's path, size or time is another.

    Args:
        folder: The folder; its own place is no part of the stamp.
        most: The largest number of files; of more there is no stamp, so that it stays cheap.
        skipped: Names of folders that do not count.

    Returns:
        The stamp; None where there are more files, a link leads to a folder, or something cannot be read.
    """
    lines: list[str] = []
    latest = 0
    try:
        for path, entry in _files(folder, skipped):
            if len(lines) == most:
                return None
            status = entry.stat()
            latest = max(latest, status.st_mtime_ns, status.st_ctime_ns)
            lines.append(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ctime_ns}\n")
    except OSError:
        return None
    content = "".join(sorted(lines)).encode("utf-8", "surrogateescape")
    return FolderStamp(f"{len(lines)}-{hashlib.sha256(content).hexdigest()[:32]}", latest)


def _files(folder: Path, skipped: Collection[str]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield the files below a folder with their paths in it. Raises OSError for a link to a folder."""
    left = [(str(folder), "")]
    while left:
        place, path = left.pop()
        with os.scandir(place) as entries:
            for entry in entries:
                if not entry.is_dir():
                    yield path + entry.name, entry
                elif entry.is_symlink():
                    raise OSError(f"{entry.path} is a link to a folder")
                elif entry.name not in skipped:
                    left.append((entry.path, f"{path}{entry.name}/"))
