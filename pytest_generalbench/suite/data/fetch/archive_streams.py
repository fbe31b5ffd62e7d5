"""The bytes of archives, read so that what an archive says of itself cannot fill the memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from typing import IO, TYPE_CHECKING, BinaryIO, Final, cast

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.zip_directory import directory_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

MAX_METADATA: Final = 4 << 20
"""Bytes of one name, or of one block of properties, in a .tar; real ones have a few hundred."""

MAX_DIRECTORY: Final = 128 << 20
"""Bytes of the list of members at the end of a .zip; it takes about ten times as much in memory."""

_XZ_MEMORY: Final = 256 << 20
"""Bytes that decompressing .xz may take; the highest preset takes 65 MiB."""

_CHUNK: Final = 1 << 16


def decompressed(file: BinaryIO) -> IO[bytes]:
    """Return the content of a file that may be compressed by gzip, bzip2 or xz, told by its first bytes."""
    start = file.read(6)
    file.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    if start.startswith(b"BZh"):
        return bz2.BZ2File(file)
    if start == b"\xfd7zXZ\0":
        return io.BufferedReader(_XzReader(file), _CHUNK)
    return file


class _XzReader(io.RawIOBase):
    """Decompresses .xz with a limit on memory, which lzma.LZMAFile does not have."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._next = self._new()
        self._rest = b""

    @staticmethod
    def _new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, target: Buffer) -> int:
        """Fill `target`, as far as one step does, and return how many bytes; 0 at the end.

        Raises lzma.LZMAError or EOFError where the stream is damaged or cut short.
        """
        room = memoryview(target)
        while True:
            if self._next.eof:
                self._rest = (self._next.unused_data + self._rest).lstrip(b"\0") or self._file.read(_CHUNK)
                while self._rest and not self._rest.strip(b"\0"):
                    self._rest = self._file.read(_CHUNK)
                if not self._rest:
                    return 0
                self._next = self._new()
            given = b""
            if self._next.needs_input:
                given, self._rest = self._rest or self._file.read(_CHUNK), b""
                if not given:
                    raise EOFError("the compressed stream ends too early")
            content = self._next.decompress(given, max_length=len(room))
            if content:
                room[: len(content)] = content
                return len(content)


class ForwardReader(io.RawIOBase):
    """A stream that goes forward only and counts its bytes: tarfile reads names and properties whole.

    Raises tarfile.ReadError for a read of more than `MAX_METADATA`, and for a step back.
    """

    def __init__(self, stream: IO[bytes], count: Callable[[int], None]) -> None:
        """Read `stream`; `count` is given the number of bytes of each read."""
        super().__init__()
        self._stream = stream
        self._count = count
        self._place = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True: forward."""
        return True

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._place

    def read(self, size: int = -1) -> bytes:
        """Return the next `size` bytes, fewer at the end."""
        if not 0 <= size <= MAX_METADATA:
            raise tarfile.ReadError(f"names or properties of {size} bytes")
        content = self._stream.read(size)
        self._place += len(content)
        self._count(len(content))
        return content

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        """Skip to a place further on."""
        if whence != io.SEEK_SET or place < self._place:
            raise tarfile.ReadError("the members do not follow each other")
        while self._place < place and self.read(min(MAX_METADATA, place - self._place)):
            pass
        return self._place


def check_directory(file: BinaryIO, name: str) -> None:
    """Raise DataError for a .zip whose list of members is too long; zipfile would read it whole."""
    stated = directory_size(file)
    if stated > MAX_DIRECTORY:
        raise DataError(f"{name}: a list of members of {stated} bytes, more than {MAX_DIRECTORY}, refused")
