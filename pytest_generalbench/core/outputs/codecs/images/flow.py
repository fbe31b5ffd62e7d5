"""Optical flow in files: Middlebury .flo, and the 16-bit colour PNG of KITTI."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core import limits
from pytest_generalbench.core.outputs.base import AnswerFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAGIC: Final = 202021.25
"""The first number of a .flo file, as float32; its bytes spell PIEH."""


def flo_size(content: bytes, name: str) -> tuple[int, int]:
    """Return (height, width) from the first 12 bytes of a .flo file. Raises AnswerFormatError."""
    if len(content) < 12 or struct.unpack("<f", content[:4])[0] != MAGIC:
        raise AnswerFormatError(f"{name}: not a .flo file, it does not start with {MAGIC}")
    width, height = struct.unpack("<ii", content[4:12])
    why = "no size" if min(width, height) < 1 else limits.PIXELS.excess(width * height)
    if why:
        raise AnswerFormatError(f"{name}: a flow field of {height}x{width}: {why}")
    return height, width


def read_flo(content: bytes, name: str) -> NDArray[np.float32]:
    """Return the flow of a .flo file, float32, (height, width, 2): pixels to the right, pixels down.

    Raises AnswerFormatError when the file is none, or shorter than its size says.
    """
    height, width = flo_size(content, name)
    if len(content) != 12 + 8 * width * height:
        raise AnswerFormatError(f"{name}: {len(content)} bytes are no flow field of {height}x{width}")
    return np.frombuffer(content, dtype="<f4", offset=12).reshape(height, width, 2).astype(np.float32)


def write_flo(flow: NDArray[Any]) -> bytes:
    """Return the .flo file of a flow field of shape (height, width, 2)."""
    height, width, _ = flow.shape
    return struct.pack("<fii", MAGIC, width, height) + flow.astype("<f4").tobytes()


def kitti_flow(values: NDArray[Any], name: str, valid: str = "all") -> NDArray[np.float32]:
    """Return the flow of a KITTI picture: (value - 32768) / 64 of red and green.

    Args:
        values: The picture, (height, width, 3), 16 bits.
        name: Its file, for messages.
        valid: `third`: where the third channel is 0, the flow is NaN; `first`: the same of the first, while
            blue and green hold the flow; `all`: every pixel has a flow.

    Raises:
        AnswerFormatError: the picture is not 16-bit colour.
    """
    if values.ndim != 3 or values.dtype != np.uint16:
        raise AnswerFormatError(f"{name}: flow in a picture is 16-bit colour, as KITTI has it")
    parts = values[:, :, 2:0:-1] if valid == "first" else values[:, :, :2]
    flow = ((parts.astype(np.float32) - 32768) / 64).astype(np.float32)
    if valid != "all":
        flow[values[:, :, 0 if valid == "first" else 2] == 0] = np.nan
    return flow
