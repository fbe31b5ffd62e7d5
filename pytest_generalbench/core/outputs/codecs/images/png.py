"""PNG files from arrays, with the standard library alone."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a PNG of 8 bits.

    Args:
        pixels: (height, width) grey, (height, width, 3) RGB, or (height, width, 4) RGB with opacity.
    """
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + pixels[0].size), np.uint8)  # each row starts with its filter: none
    rows[:, 1:] = pixels.reshape(height, -1)
    kind = 0 if pixels.ndim == 2 else 2 if pixels.shape[2] == 3 else 6
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    body = zlib.compress(rows.tobytes(), 6)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def thumbnail(pixels: NDArray[Any], side: int) -> NDArray[np.uint8]:
    """Return a smaller picture, its longer side at most `side`: the mean of each block of pixels."""
    step = -(-max(pixels.shape[:2]) // side)
    if step <= 1:
        return np.asarray(pixels, np.uint8)
    tall, wide = (max(1, length // step) for length in pixels.shape[:2])
    cut = pixels[: tall * step, : wide * step]
    tall_step, wide_step = cut.shape[0] // tall, cut.shape[1] // wide
    blocks = cut[: tall * tall_step, : wide * wide_step].reshape(tall, tall_step, wide, wide_step, -1)
    small: NDArray[np.uint8] = blocks.mean(axis=(1, 3)).round().astype(np.uint8)
    return small.reshape(tall, wide, *pixels.shape[2:])
