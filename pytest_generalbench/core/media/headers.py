"""Sizes of images and videos read from file headers, as a viewer shows them; nothing is decoded."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.core.regular_files import open_regular

if TYPE_CHECKING:
    from pathlib import Path


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


_JPEG_SIZES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG segments that carry the size: every start of a frame."""

_MAX_ATOMS: Final = 10_000
"""Parts of an MP4 that are looked at on one level; a real one has a few dozen."""

_MAX_HEADER: Final = 1 << 20
"""Bytes looked at for a size; the metadata before it are smaller."""


_FIRST: Final = 1 << 14
"""Bytes of a JPEG that are read first: in most, the size is among them."""


def image_size(path: Path) -> Size | None:
    """Return the size of an image as it is shown, None where it cannot be told.

    The headers of PNG, JPEG, GIF and BMP are read here; for other kinds Pillow is asked, where it is
    installed. A JPEG whose orientation mark lays it on its side has width and height exchanged. A torn
    header and a file that is not there are None.
    """
    try:
        with open_regular(path) as file:
            head = file.read(26)
            if head.startswith(b"\xff\xd8"):
                content = head + file.read(_FIRST)
                size = _jpeg_size(content) or _jpeg_size(content + file.read(_MAX_HEADER))
            else:
                size = _short_header_size(head)
    except OSError:
        return None
    if size is None and not head.startswith(_KNOWN):
        size = _by_pillow(path)
    return size if size and min(size) > 0 else None


_KNOWN: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"GIF8", b"BM")


def _by_pillow(path: Path) -> Size | None:
    from pytest_generalbench.core.media.images import DAMAGE, open_picture

    try:
        with open_picture(path, path.name) as image:
            lies = image.getexif().get(_ORIENTATION, 1) in _LYING
            return Size(image.height, image.width) if lies else Size(image.width, image.height)
    except (ImportError, MediaError, MemoryError, *DAMAGE):
        return None


_ORIENTATION: Final = 0x0112
_LYING: Final = (5, 6, 7, 8)
"""Values of the orientation mark that exchange width and height."""


def _short_header_size(head: bytes) -> Size | None:
    if len(head) < 26:
        return None
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Size(*struct.unpack(">II", head[16:24]))
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Size(*struct.unpack("<HH", head[6:10]))
    if head.startswith(b"BM"):
        width, height = struct.unpack("<ii", head[18:26])
        return Size(width, abs(height))  # a negative height says that the first row is the top one
    return None


def _jpeg_size(content: bytes) -> Size | None:
    place, lies = 2, False
    while place + 9 <= len(content):
        if content[place] != 0xFF:
            return None
        kind = content[place + 1]
        if kind == 0xFF:
            place += 1  # a fill byte
        elif kind in _JPEG_SIZES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return Size(height, width) if lies else Size(width, height)
        else:
            length = int(struct.unpack(">H", content[place + 2 : place + 4])[0])
            if kind == 0xE1 and content[place + 4 : place + 10] == b"Exif\0\0":
                lies = _orientation(content[place + 10 : place + 2 + length]) in _LYING
            place += 2 + length
    return None


def _orientation(tiff: bytes) -> int:
    """Return the orientation mark in the first directory of EXIF data, 1 (upright) where there is none."""
    order = "<" if tiff[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return int(value)
    except struct.error:
        pass
    return 1


def video_size(path: Path) -> Size | None:
    """Return the size of a video's frames as shown; None where no MP4 or AVI header tells it."""
    try:
        with open_regular(path) as file:
            head = file.read(72)
            if head[:4] == b"RIFF" and head[8:12] == b"AVI " and head[24:28] == b"avih":
                size = Size(*struct.unpack("<II", head[64:72]))
            elif head[4:8] == b"ftyp":
                size = _track_size(file, 0, path.stat().st_size)
            else:
                return None
    except (OSError, struct.error):
        return None
    return size if size and min(size) > 0 else None


def _track_size(file: BinaryIO, start: int, end: int, inside: tuple[bytes, ...] = (b"moov", b"trak")) -> Size:
    """Return the largest size that a track between `start` and `end` states; sound has size 0."""
    track_size = Size(0, 0)
    for _ in range(_MAX_ATOMS):
        if start + 8 > end:
            break
        file.seek(start)
        length, kind = struct.unpack(">I4s", file.read(8))
        begin = start + 8
        if length == 1:
            length, begin = struct.unpack(">Q", file.read(8))[0], start + 16
        stop = end if length == 0 else start + length
        if stop < begin:
            break
        if kind in inside[:1]:
            track_size = max(track_size, _track_size(file, begin, stop, inside[1:]))
        elif kind == b"tkhd":
            file.seek(stop - 44)
            across, aside, _, _, down, *_, width, height = struct.unpack(">9iII", file.read(44))
            size = Size(width >> 16, height >> 16)
            # A matrix without a diagonal turns the frames by a quarter.
            turned = across == 0 and down == 0 and aside != 0
            track_size = max(track_size, Size(size.height, size.width) if turned else size)
        start = stop
    return track_size
