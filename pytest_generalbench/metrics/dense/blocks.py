"""Blocks of pixels: a clip is compared piece by piece, so that it needs little memory beside its arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PIXELS: Final = 1 << 18
"""Pixels of a block at most, but for a row that is longer."""


def blocks_of(shape: tuple[int, ...]) -> Iterator[tuple[slice | int, ...]]:
    """Yield the indices that divide (height, width) or (frames, height, width) into blocks, in order.

    >>> list(blocks_of((2, 3, 4)))
    [(0, slice(0, 3, None)), (1, slice(0, 3, None))]
    """
    height, width = shape[-2:]
    rows = max(1, PIXELS // max(1, width))
    for frame in range(shape[0]) if len(shape) > 2 else (None,):
        for start in range(0, height, rows):
            part = slice(start, min(height, start + rows))
            yield (part,) if frame is None else (frame, part)
