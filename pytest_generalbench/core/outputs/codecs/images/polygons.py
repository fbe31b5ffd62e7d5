"""Masks from polygons, as COCO annotations have them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_generalbench.core.outputs.base import AnswerFormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def corners(value: Any) -> list[list[tuple[float, float]]] | None:
    """Return polygons as lists of (x, y): one or several, their corners flat or in pairs; None for others."""
    if not isinstance(value, list | tuple) or not value:
        return None
    if all(map(_is_number, value)):
        flat = [float(item) for item in value]
        return None if len(flat) < 6 or len(flat) % 2 else [list(zip(flat[::2], flat[1::2], strict=True))]
    if all(
        isinstance(item, list | tuple) and len(item) == 2 and all(map(_is_number, item)) for item in value
    ):
        return [[(float(x), float(y)) for x, y in value]] if len(value) > 2 else None
    parts = [corners(item) for item in value]
    return None if any(part is None for part in parts) else [one for part in parts if part for one in part]


def fill(polygons: Sequence[Sequence[tuple[float, float]]], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the mask, (height, width), of the pixels whose centre lies in one of the polygons.

    Each polygon by itself is even-odd; what reaches beyond the image is cut. COCO's own
    raster, which also takes pixels that an edge only touches, differs along the edges.
    """
    if min(size) < 1:
        raise AnswerFormatError(f"a mask cannot be {size[0]}x{size[1]}")
    mask = np.zeros(size, dtype=bool)
    for polygon in polygons:
        mask |= _fill_one(polygon, size)
    return mask


def _fill_one(polygon: Sequence[tuple[float, float]], size: tuple[int, int]) -> NDArray[np.bool_]:
    height, width = size
    changes = np.zeros((height, width + 1), dtype=bool)
    for (x0, y0), (x1, y1) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        top, bottom = min(y0, y1), max(y0, y1)
        first = min(max(math.ceil(top - 0.5), 0), height)
        last = min(max(math.ceil(bottom - 0.5), 0), height)
        if first >= last:
            continue
        rows = np.arange(first, last)
        crossing = x0 + (rows + 0.5 - y0) * (x1 - x0) / (y1 - y0)
        columns = np.clip(np.ceil(crossing - 0.5), 0, width).astype(np.int64)
        changes[rows, columns] ^= True
    filled: NDArray[np.bool_] = np.logical_xor.accumulate(changes[:, :width], axis=1)
    return filled
