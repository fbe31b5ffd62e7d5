"""Regular files opened for reading; a pipe, device, socket or folder is refused before it is opened.

A named pipe would wait for a writer without end, and to open a device can act on it.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from pytest_generalbench.core import limits
from pytest_generalbench.core.errors import GeneralBenchError

if TYPE_CHECKING:
    from pytest_generalbench.core.limits import Limit

_KINDS: Final = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

# O_NONBLOCK: should a pipe take the file's place between the look and the opening, opening it does not wait.
_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
)


_LARGE: Final = 1 << 20
"""Bytes that are read as they are asked for."""


def user_path(given: str, folder: Path) -> Path:
    """Return the path that a user wrote: from `folder`, and from the home folder where it begins with `~`.

    Raises:
        GeneralBenchError: nobody here has the name after `~`, or it can be no path.
    """
    try:
        return folder / Path(given).expanduser()
    except (RuntimeError, ValueError) as error:
        raise GeneralBenchError(f"{given!r:.80}: {error}") from error


def _check(mode: int, path: Path) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise OSError(errno.EINVAL, f"{kind}, not a regular file", str(path))


def open_descriptor(path: Path) -> int:
    """Return the descriptor of a regular file that is open for reading, links followed.

    Raises:
        OSError: it is not there, cannot be read, or is no regular file; `strerror` says which.
    """
    try:
        _check(path.stat().st_mode, path)
        descriptor = os.open(path, _FLAGS)
    except ValueError as error:  # a NUL in the name
        raise OSError(errno.EINVAL, str(error), repr(str(path))) from error
    try:
        _check(os.fstat(descriptor).st_mode, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


class _BoundedReader(io.BufferedReader):
    """Reads no more than the file has: Python allocates all that a header states before it reads."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _LARGE:
            left = os.fstat(self.fileno()).st_size - self.tell()
            size = min(size, max(_LARGE, left))
        return super().read(size)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading bytes. Raises OSError as `open_descriptor` does."""
    return _BoundedReader(io.FileIO(open_descriptor(path), "rb"))


def read_regular(path: Path, limit: Limit | None = None) -> bytes:
    """Return the content of a regular file.

    Raises:
        OSError: as of `open_descriptor`, or it has more bytes than `limit` (default: `limits.FILE`).
    """
    limit = limit or limits.FILE
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        why = limit.excess(size)
        if why is None:
            content = file.read(size + 1)
            if len(content) > size:  # it grew, or states no size
                content += file.read(max(0, limit.most - size))
                why = limit.excess_so_far(len(content))
        if why is not None:
            raise OSError(errno.EFBIG, why, str(path))
    return content


def read_regular_text(path: Path, encoding: str = "utf-8") -> str:
    """Return the text of a regular file, line ends as they are.

    Raises:
        OSError: as of `read_regular`.
        UnicodeDecodeError: it is not in that encoding.
    """
    return read_regular(path).decode(encoding)
