"""Writers of reference files as source data sets have them, from the formats' descriptions."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

if TYPE_CHECKING:
    from numpy.typing import NDArray

VOC: Final = (
    (0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0), (0, 0, 128), (128, 0, 128), (0, 128, 128),
    (128, 128, 128), (64, 0, 0), (192, 0, 0), (64, 128, 0), (192, 128, 0),
)  # fmt: skip
"""The first colours of PASCAL VOC, which DAVIS uses too."""

CHANNELS: Final = ("red", "green", "blue")
VOC_BORDER: Final = (224, 224, 192)

OBJECTS: Final = np.zeros((24, 32), np.uint8)
"""Two objects, 1 and 2, of 40 and 30 pixels."""
OBJECTS[2:7, 3:11] = 1
OBJECTS[12:17, 20:26] = 2
FIRST: Final = OBJECTS == 1
BOTH: Final = OBJECTS > 0

CLASSES: Final = np.zeros((24, 32), np.uint8)
"""Four classes in blocks as JPEG has them."""
CLASSES[:8, 8:16] = 1
CLASSES[8:16, 16:32] = 2
CLASSES[16:, :16] = 3

METRES: Final = np.linspace(0.5, 4.0, 24 * 32).reshape(24, 32)
"""A room."""

SOFT: Final = np.clip(np.abs(np.arange(32) - 16) * 20, 0, 255).astype(np.uint8)[None].repeat(24, axis=0)
"""Shades of grey."""

_WAVES: Final = np.arange(24 * 32 * 2).reshape(24, 32, 2)
FLOW: Final = np.round(np.sin(_WAVES / 9) * 12 * 64) / 64
"""Pixels to the right and down, in KITTI's steps."""


def grid(*shape: int) -> NDArray[np.int64]:
    """Return a chessboard of 0 and 1."""
    return np.asarray(np.indices(shape).sum(axis=0) % 2)


def pillow(values: NDArray[Any], kind: str = "PNG", **options: Any) -> bytes:
    """Return a picture of (height, width), or (height, width, n) colours."""
    image = pytest.importorskip("PIL.Image")
    target = io.BytesIO()
    image.fromarray(values).save(target, kind, **options)
    return target.getvalue()


def paletted(indices: NDArray[np.uint8], border: bool = False) -> bytes:
    """Return a palette PNG in VOC's colours, 255 that of its border where wanted."""
    colours = [*VOC, *[(0, 0, 0)] * (256 - len(VOC))]
    if border:
        colours[255] = VOC_BORDER
    return recoloured(indices, colours)


def recoloured(indices: NDArray[np.uint8], colours: list[tuple[int, int, int]]) -> bytes:
    """Return a palette PNG of one's own colours."""
    image = pytest.importorskip("PIL.Image")
    made = image.fromarray(indices)
    made.putpalette([part for colour in colours for part in colour])
    target = io.BytesIO()
    made.save(target, "PNG")
    return target.getvalue()


def voc_colours(indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture in VOC's colours."""
    return np.array(VOC, np.uint8)[indices]


def only(values: NDArray[np.uint8], channel: int) -> NDArray[np.uint8]:
    """Return a colour picture that holds the values in one channel."""
    colours = np.zeros((*values.shape, 3), np.uint8)
    colours[:, :, channel] = values
    return colours


def with_alpha(values: NDArray[np.uint8], alpha: NDArray[np.uint8] | int = 255) -> NDArray[np.uint8]:
    """Return a grey or colour picture with an alpha channel."""
    colours = values if values.ndim == 3 else np.dstack([values] * 3)
    return np.dstack([colours, np.broadcast_to(np.uint8(alpha), values.shape[:2])]).astype(np.uint8)


def rgb_ids(ids: NDArray[np.int64], order: tuple[int, int, int] = (0, 1, 2)) -> NDArray[np.uint8]:
    """Return COCO's panoptic colours: red is the lowest byte; `order` exchanges channels."""
    parts = [ids % 256, ids // 256 % 256, ids // 65536]
    return np.dstack([parts[one] for one in order]).astype(np.uint8)


def npy(values: NDArray[Any]) -> bytes:
    """Return a .npy."""
    target = io.BytesIO()
    np.save(target, values)
    return target.getvalue()


def npz(**arrays: NDArray[Any]) -> bytes:
    """Return a .npz."""
    target = io.BytesIO()
    np.savez(target, **arrays)  # type: ignore[arg-type]
    return target.getvalue()


def png16(values: NDArray[Any]) -> bytes:
    """Return a 16-bit PNG, grey or (height, width, 3), written by hand: Pillow has no 16-bit colour."""
    import zlib

    def chunk(kind: bytes, content: bytes) -> bytes:
        head = struct.pack(">I", len(content)) + kind + content
        return head + struct.pack(">I", zlib.crc32(kind + content))

    height, width = values.shape[:2]
    colour = 0 if values.ndim == 2 else 2
    rows = values.astype(">u2").reshape(height, -1)
    raw = b"".join(b"\x00" + row.tobytes() for row in rows)
    head = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def kitti_flow(flow: NDArray[Any], valid: NDArray[Any], order: tuple[int, int, int] = (0, 1, 2)) -> bytes:
    """Return KITTI's flow PNG: u * 64 + 32768, v * 64 + 32768, valid; 0 where it is not valid."""
    coded = np.where(valid[:, :, None] > 0, flow * 64 + 32768, 0)
    parts = [coded[:, :, 0], coded[:, :, 1], valid]
    return png16(np.dstack([parts[one] for one in order]))


def middlebury(flow: NDArray[Any]) -> bytes:
    """Return a .flo: the tag PIEH, width, height, then u and v of each pixel as float32."""
    height, width = flow.shape[:2]
    return b"PIEH" + struct.pack("<ii", width, height) + flow.astype("<f4").tobytes()


def sun_rgbd(millimetres: NDArray[Any]) -> NDArray[np.uint16]:
    """Return SUN RGB-D's 16 bits: rotated left by 3."""
    words = millimetres.astype(np.uint16)
    return words << np.uint16(3) | words >> np.uint16(13)


def rows(*columns: Any) -> bytes:
    """Return a text of one row for each point."""
    table = np.column_stack([np.asarray(one, np.float64).reshape(len(columns[0]), -1) for one in columns])
    return "\n".join(" ".join(f"{number:g}" for number in row) for row in table).encode()


def ascii_ply(names: str, *columns: Any) -> bytes:
    """Return an ASCII PLY with one property for each name."""
    head = "\n".join(f"property float {name}" for name in names.split())
    count = len(columns[0])
    return f"ply\nformat ascii 1.0\nelement vertex {count}\n{head}\nend_header\n".encode() + rows(*columns)
