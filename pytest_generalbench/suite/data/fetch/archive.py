"""Unpacks the archives that General-Bench ships, without trusting them."""

from __future__ import annotations

import gzip
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PureWindowsPath
from typing import IO, Any, Final, cast

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.new_files import folder_in_the_making
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.core.regular_files import open_regular
from pytest_generalbench.suite.data.fetch.archive_streams import (
    ForwardReader,
    check_directory,
    decompressed,
)

MAX_TOTAL: Final = 1 << 40
"""Bytes that one archive may unpack to; the whole open set is 206 GB."""

MAX_RATIO: Final = 200
"""How many times its own size an archive may unpack to, once that is more than `RATIO_FREE`."""

RATIO_FREE: Final = 256 << 20
MAX_MEMBERS: Final = 1_000_000
_MAX_PARTS: Final = 64
"""Folders above a member; making a thousand of them, one in the other, is no use that anybody has."""
_CHUNK: Final = 1 << 20

_BROKEN: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    struct.error,
    RuntimeError,
    LookupError,
    ValueError,
    MemoryError,
    *MISFIT,
)
"""What is raised at an archive that is damaged, or of a kind that cannot be read."""

_Member = tuple[str, Callable[[], IO[bytes]]]
"""A regular file's name in the archive, and how to open it."""


def unpack(archive: Path, target: Path) -> Path:
    """Unpack `archive` (.zip, .tar, .tgz, .tar.gz, .xz or .bz2) into the new folder `target` and return it.

    `target` appears in one step when everything is there and the check sums agree (an uncompressed .tar has
    none of its content); when another process was
    faster, its folder is kept. Raises DataError for members that are absolute, contain
    `..` or are links or devices, for an archive that grows out of proportion, and for a
    broken one; nothing is left behind then.
    """
    if target.exists():
        return target
    try:
        with folder_in_the_making(target) as half:
            if target.exists():
                return target  # another process was faster
            _extract(archive, half)
            half.chmod(0o755)
            half.rename(target)
    except OSError as error:
        if target.is_dir():
            return target
        raise DataError(f"{archive.name}: cannot be unpacked ({error.strerror or error})") from error
    return target


def _extract(archive: Path, target: Path) -> None:
    try:
        with open_regular(archive) as file:
            budget = _Budget(archive.name, os.fstat(file.fileno()).st_size)
            if archive.name.lower().endswith(".zip"):
                check_directory(file, archive.name)
                with zipfile.ZipFile(file) as opened:
                    _write_all(_zip_members(opened, archive.name), target, budget)
            else:
                stream = ForwardReader(decompressed(file), budget.count_read)
                with tarfile.open(fileobj=stream, mode="r:") as opened_tar:
                    _write_all(_tar_members(opened_tar, archive.name), target, budget)
                while stream.read(_CHUNK):
                    pass  # the check sum of a compressed stream stands at its end
    except _BROKEN as error:
        raise DataError(f"{archive.name}: a broken archive ({error}); download it again") from error


def _zip_members(opened: zipfile.ZipFile, name: str) -> Iterator[_Member]:
    for info in opened.infolist():
        mode = info.external_attr >> 16
        if info.flag_bits & 1:
            raise DataError(f"{name}: member {info.filename!r} is encrypted")
        if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise DataError(f"{name}: member {info.filename!r} is a link or a device, refused")
        if not info.is_dir():
            yield info.filename, lambda info=info: opened.open(info)  # type: ignore[misc]


def _tar_members(opened: tarfile.TarFile, name: str) -> Iterator[_Member]:
    while (member := opened.next()) is not None:
        cast("Any", opened).members.clear()  # millions of them would fill the memory
        if member.isdir():
            continue
        if not member.isreg() or member.issparse():
            kind = "sparse" if member.issparse() else "a link or a device"
            raise DataError(f"{name}: member {member.name!r} is {kind}, refused")
        content = opened.extractfile(member)
        if content is not None:
            yield member.name, lambda content=content: content  # type: ignore[misc]


def _write_all(members: Iterator[_Member], target: Path, budget: _Budget) -> None:
    for name, opener in members:
        place = target.joinpath(*_safe_parts(name, budget.archive))
        if "__MACOSX" in place.parts:
            continue
        budget.count_member()
        place.parent.mkdir(parents=True, exist_ok=True)
        with opener() as source, place.open("wb") as file:
            while chunk := source.read(_CHUNK):
                budget.count_written(len(chunk))
                file.write(chunk)


def _safe_parts(name: str, archive: str) -> list[str]:
    path = name.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or PureWindowsPath(path).drive or ".." in parts or not parts or "\0" in path:
        raise DataError(f"{archive}: member {name!r} would leave the folder, refused")
    if len(parts) > _MAX_PARTS:
        raise DataError(f"{archive}: member {name!r:.60} lies in more than {_MAX_PARTS} folders, refused")
    return parts


class _Budget:
    """Limits the unpacked size by counting bytes: the sizes that an archive states may be wrong."""

    def __init__(self, archive: str, size: int) -> None:
        self.archive = archive
        self._limit = min(MAX_TOTAL, max(RATIO_FREE, size * MAX_RATIO))
        self._read = 0
        self._written = 0
        self._members = 0

    def count_read(self, number: int) -> None:
        """Count bytes of the unpacked stream, what stands between the members among them."""
        self._read += number
        self._check(self._read)

    def count_written(self, number: int) -> None:
        """Count bytes of the members' content."""
        self._written += number
        self._check(self._written)

    def _check(self, number: int) -> None:
        if number > self._limit:
            raise DataError(f"{self.archive}: unpacks to more than {self._limit} bytes, refused as a bomb")

    def count_member(self) -> None:
        """Count a member."""
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise DataError(f"{self.archive}: more than {MAX_MEMBERS} members, refused")
