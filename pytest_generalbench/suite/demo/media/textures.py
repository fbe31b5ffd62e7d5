"""Smooth random textures of whole numbers: the same everywhere, and exact when they are shifted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

_STIR: Final = np.uint64(0xBF58476D1CE4E5B9)
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)


def scrambled(*parts: Numbers | int) -> Numbers:
    """Return numbers 0..65535 without a visible order, one for each place of the broadcast `parts`."""
    mixed = np.full(1, 17, np.uint64)
    for part in parts:
        mixed = (mixed ^ np.atleast_1d(np.asarray(part)).astype(np.uint64)) * _STIR + _STEP
        mixed = mixed ^ (mixed >> np.uint64(29))
    return (mixed >> np.uint64(40)).astype(np.int64) & 0xFFFF


def texture(number: int, height: int, width: int, *, right: int = 0, down: int = 0, cell: int = 6) -> Numbers:
    """Return a texture, (height, width) of 0..255: straight lines between random values `cell` pixels apart.

    `right` and `down` move its content by whole pixels; other numbers give textures that do not correlate.
    """
    y, x = np.arange(height) - down, np.arange(width) - right
    row, column = y // cell, x // cell
    rows = np.arange(row[0], row[-1] + 2)
    columns = np.arange(column[0], column[-1] + 2)
    knots = scrambled(number, rows[:, None], columns) >> 8
    tall = _between(knots, row - row[0], y % cell, cell)
    return np.ascontiguousarray(_between(tall.T, column - column[0], x % cell, cell).T) // (cell * cell)


def _between(knots: Numbers, place: Numbers, share: Numbers, cell: int) -> Numbers:
    """Return `cell` times the rows of `knots`, interpolated."""
    return knots[place] * (cell - share)[:, None] + knots[place + 1] * share[:, None]


def coloured(number: int, height: int, width: int, *, contrast: int = 3) -> NDArray[np.uint8]:
    """Return a coloured texture, (height, width, 3), with fine and coarse parts; `contrast` in halves."""
    light = (
        3 * texture(4 * number, height, width, cell=9) + texture(4 * number + 1, height, width, cell=4)
    ) // 4
    tints = [texture(scrambled(number, part).item(), height, width, cell=16) for part in range(3)]
    channels = np.stack([(2 * light + tint) // 3 for tint in tints], axis=2)
    made: NDArray[np.uint8] = np.clip((channels - 128) * contrast // 2 + 128, 6, 249).astype(np.uint8)
    return made
