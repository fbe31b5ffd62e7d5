"""Tiny media files, written byte by byte so that they are the same everywhere."""

from __future__ import annotations

import io
import math
import struct
import wave
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SIDE: Final = 32
"""Width and height of a picture."""

_RATE: Final = 8000
_PALETTE: Final = (
    (245, 245, 240), (30, 30, 35), (200, 40, 45), (40, 130, 60), (40, 80, 190), (235, 190, 50),
    (150, 80, 170), (240, 130, 40), (60, 180, 190), (120, 85, 60), (230, 150, 180), (120, 120, 125),
)  # fmt: skip


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _stored(raw: bytes) -> bytes:
    """Return a zlib stream of stored blocks: compressors differ from build to build, this does not."""
    length = struct.pack("<HH", len(raw), len(raw) ^ 0xFFFF)
    return b"\x78\x01\x01" + length + raw + struct.pack(">I", zlib.adler32(raw))


def png(pixels: Sequence[Sequence[int]]) -> bytes:
    """Return a palette PNG of rows of colour numbers."""
    return _indexed([bytes(row) for row in pixels], _flat(_PALETTE))


def _flat(colours: Iterable[Sequence[int]]) -> bytes:
    return bytes(value for colour in colours for value in colour)


def _indexed(rows: Sequence[bytes], palette: bytes) -> bytes:
    """Return a palette PNG of rows of indices into the colours of `palette`, three bytes each."""
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 3, 0, 0, 0)
    raw = b"".join(b"\0" + row for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"PLTE", palette)
        + _chunk(b"IDAT", _stored(raw))
        + _chunk(b"IEND", b"")
    )


SHADES: Final = 16
"""Shades of each colour in `shaded_png`."""

_SHADED: Final = tuple(
    tuple(min(255, max(0, value + 5 * shade - 40)) for value in colour)
    for colour in _PALETTE
    for shade in range(SHADES)
)
_SHADED_PALETTE: Final = _flat(_SHADED)


def shaded(
    colours: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    shades: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return pixels, (height, width, 3), of colour numbers and shades 0 (dark) to 15."""
    return np.asarray(np.array(_SHADED, np.uint8)[colours * SHADES + shades])


def shaded_png(
    colours: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    shades: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> bytes:
    """Return a palette PNG of colour numbers and shades 0 (dark) to 15, both (height, width)."""
    return _indexed([row.tobytes() for row in (colours * SHADES + shades).astype(np.uint8)], _SHADED_PALETTE)


def map_png(values: np.ndarray[tuple[int, ...], np.dtype[np.uint8] | np.dtype[np.uint16]]) -> bytes:
    """Return a PNG of 8 or 16 bits: grey from (height, width), colour from (height, width, 3)."""
    bits, kind = 8 * values.dtype.itemsize, 0 if values.ndim == 2 else 2
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], bits, kind, 0, 0, 0)
    wide = values.astype(values.dtype.newbyteorder(">"))
    raw = b"".join(b"\0" + row.tobytes() for row in wide)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", _stored(raw)) + _chunk(b"IEND", b"")


def avi(frames: Sequence[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]) -> bytes:
    """Return an uncompressed AVI of frames (height, width) or (height, width, 3), 8 of them a second."""
    height, width = frames[0].shape[:2]
    line = -width * 3 % 4

    def part(name: bytes, content: bytes) -> bytes:
        return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)

    def listed(name: bytes, *parts: bytes) -> bytes:
        return part(b"LIST", name + b"".join(parts))

    def bitmap(frame: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
        # Bottom row first, blue before green before red, rows filled up to four bytes.
        wide = np.repeat(frame[..., None], 3, axis=2) if frame.ndim == 2 else frame[..., ::-1]
        return b"".join(row.tobytes() + b"\0" * line for row in wide[::-1])

    size = (width * 3 + line) * height
    main = struct.pack("<14I", 125000, size * 8, 0, 16, len(frames), 0, 1, size, width, height, 0, 0, 0, 0)
    stream = b"vidsDIB " + struct.pack(
        "<10I4H", 0, 0, 0, 1, 8, 0, len(frames), size, 0, 0, 0, 0, width, height
    )
    pixels = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, size, 0, 0, 0, 0)
    header = listed(
        b"hdrl", part(b"avih", main), listed(b"strl", part(b"strh", stream), part(b"strf", pixels))
    )
    movie = [part(b"00db", bitmap(frame)) for frame in frames]
    index = b"".join(
        b"00db" + struct.pack("<III", 16, 4 + number * (size + 8), size) for number in range(len(frames))
    )
    return part(b"RIFF", b"AVI " + header + listed(b"movi", *movie) + part(b"idx1", index))


def picture(number: int, moment: int = 0) -> bytes:
    """Return a pattern that differs by `number`, with a square that moves with `moment`."""
    front, back = 1 + number % 11, (number // 11) % 4
    wide, phase = 3 + number % 7, number // 7
    across, down = (np.arange(SIDE) + phase) // wide, (np.arange(SIDE) + number) // wide
    pixels = np.where((across + down[:, None]) % 3 == 0, front, back)
    left, top = (number * 5 + moment * 6) % (SIDE - 8), (number * 3) % (SIDE - 8)
    pixels[top : top + 8, left : left + 8] = (front + 5) % 12
    return png(pixels.tolist())


def dots(count: int, number: int) -> bytes:
    """Return a picture of `count` dots, at most 100, to be counted."""
    rows = [[number % 2 * 5] * SIDE for _ in range(SIDE)]
    for index in range(min(count, 100)):
        place = (index * 37 + number * 11) % 100
        x, y = 1 + place % 10 * 3, 1 + place // 10 * 3
        rows[y][x : x + 2] = rows[y + 1][x : x + 2] = [1, 1]
    return png(rows)


def page(number: int) -> bytes:
    """Return a picture that looks like a page of lines."""
    rows = [[0] * SIDE for _ in range(SIDE)]
    for line in range(3, SIDE - 3, 3):
        rows[line][3 : 14 + (line * 7 + number * 5) % 15] = [1] * (11 + (line * 7 + number * 5) % 15)
    return png(rows)


def tone(number: int) -> bytes:
    """Return a quarter of a second of sound as WAV; pitch and loudness differ by `number`."""
    pitch, step = 220 + 35 * (number % 24), 2 * math.pi / _RATE
    return wav(
        int(9000 * math.sin(step * pitch * t) * (1 - t / 2400 * (number % 3) / 3)) for t in range(_RATE // 4)
    )


def wav(samples: Iterable[int]) -> bytes:
    """Return a WAV file of one channel of whole numbers of 16 bits, 8,000 a second."""
    target, values = io.BytesIO(), tuple(samples)
    with wave.open(target, "wb") as file:
        file.setparams((1, 2, _RATE, 0, "NONE", "not compressed"))
        file.writeframes(struct.pack(f"<{len(values)}h", *values))
    return target.getvalue()


def _points(number: int, count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    index = np.arange(count, dtype=np.float64)
    around, up = index * 2.399963 + number, (index % (3 + number % 5)) / (3 + number % 5)
    wide = 0.3 + 0.1 * (number % 6)
    points = np.stack([wide * np.cos(around), wide * np.sin(around), up], axis=1)
    return np.round(points, 3).astype(np.float32)


def ply(number: int) -> bytes:
    """Return 96 points as an ASCII PLY file."""
    points = _points(number, 96)
    head = "ply\nformat ascii 1.0\nelement vertex 96\n"
    head += "".join(f"property float {axis}\n" for axis in "xyz") + "end_header\n"
    return (head + "".join(f"{x:.3f} {y:.3f} {z:.3f}\n" for x, y, z in points.tolist())).encode()


def npz(name: str, array: np.ndarray[tuple[int, ...], np.dtype[np.float32 | np.uint8]]) -> bytes:
    """Return a .npz archive of one array, without a time stamp in it."""
    content, target = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array(content, array, version=(1, 0), allow_pickle=False)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        info = zipfile.ZipInfo(f"{name}.npy", (2025, 1, 1, 0, 0, 0))
        info.create_system = 3
        archive.writestr(info, content.getvalue())
    return target.getvalue()


def points_npz(number: int) -> bytes:
    """Return 96 points as `points` of a .npz file."""
    return npz("points", _points(number, 96))


def motion_npz(number: int) -> bytes:
    """Return 12 frames of 22 joints as `motion` of a .npz file."""
    return npz("motion", np.stack([_points(number + frame, 22) for frame in range(12)]))
