"""Unpacks the archives that General-Bench ships, without trusting them."""

from __future__ import annotations

import gzip
import lzma
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PureWindowsPath
from typing import IO, Final

from pytest_generalbench.core.errors import DataError

MAX_TOTAL: Final = 1 << 40
"""Bytes that one archive may unpack to; the whole open set is 206 GB."""

MAX_RATIO: Final = 200
"""How many times its own size an archive may unpack to, once that is more than `RATIO_FREE`."""

RATIO_FREE: Final = 256 << 20
MAX_MEMBERS: Final = 5_000_000
_CHUNK: Final = 1 << 20

_BROKEN: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    NotImplementedError,
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
    # A hidden sibling: a search for task folders passes over it, and a rename stays on one disk.
    half = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        _extract(archive, half)
        half.chmod(0o755)
        half.rename(target)
    except OSError as error:
        if target.is_dir():
            return target
        raise DataError(f"{archive.name}: cannot be unpacked ({error.strerror or error})") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return target


def _extract(archive: Path, target: Path) -> None:
    budget = _Budget(archive)
    try:
        if archive.name.lower().endswith(".zip"):
            with zipfile.ZipFile(archive) as opened:
                _write_all(_zip_members(opened, archive.name), target, budget)
        else:
            with tarfile.open(archive) as opened_tar:
                _write_all(_tar_members(opened_tar, archive.name), target, budget)
                _read_to_the_end(opened_tar, budget)
    except _BROKEN as error:
        raise DataError(f"{archive.name}: a broken archive ({error}); download it again") from error


def _read_to_the_end(opened: tarfile.TarFile, budget: _Budget) -> None:
    """Read what lies behind the last member: the check sums of a compressed stream stand at its end."""
    stream = opened.fileobj
    while stream is not None and (chunk := stream.read(_CHUNK)):
        budget.count_bytes(len(chunk))


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
    for member in opened:
        if member.isdir():
            continue
        if not member.isreg():
            raise DataError(f"{name}: member {member.name!r} is a link or a device, refused")
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
                budget.count_bytes(len(chunk))
                file.write(chunk)


def _safe_parts(name: str, archive: str) -> list[str]:
    path = name.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or PureWindowsPath(path).drive or ".." in parts or not parts or "\0" in path:
        raise DataError(f"{archive}: member {name!r} would leave the folder, refused")
    return parts


class _Budget:
    """Limits the unpacked size by counting bytes: the sizes that an archive states may be wrong."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive.name
        self._limit = min(MAX_TOTAL, max(RATIO_FREE, archive.stat().st_size * MAX_RATIO))
        self._bytes = 0
        self._members = 0

    def count_bytes(self, number: int) -> None:
        self._bytes += number
        if self._bytes > self._limit:
            raise DataError(f"{self.archive}: unpacks to more than {self._limit} bytes, refused as a bomb")

    def count_member(self) -> None:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise DataError(f"{self.archive}: more than {MAX_MEMBERS} members, refused")
