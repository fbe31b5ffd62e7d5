"""Colours of classes, of values and of directions, for pictures of maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PALETTE: Final = np.array(
    [
        (86, 180, 233), (230, 159, 0), (0, 158, 115), (240, 228, 66), (213, 94, 0), (204, 121, 167),
        (0, 114, 178), (148, 103, 189), (140, 86, 75), (127, 127, 127), (188, 189, 34), (23, 190, 207),
    ],
    np.uint8,
)  # fmt: skip
"""Twelve colours, RGB; the first seven can be told apart by most people who see colours differently."""

_SCALE: Final = np.array([(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)], float)
"""From low to high, ever lighter."""


def of_classes(ids: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a colour for every id, (..., 3); 0 is black, negative ids are grey."""
    whole = np.asarray(ids, np.int64)
    colours = PALETTE[(whole - 1) % len(PALETTE)]
    colours[whole == 0] = 0
    colours[whole < 0] = 90
    return colours


def of_values(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a colour for every number, (..., 3), from the smallest to the largest that is finite."""
    wide = np.asarray(values, np.float64)
    finite = np.isfinite(wide)
    low, high = (float(wide[finite].min()), float(wide[finite].max())) if finite.any() else (0.0, 1.0)
    share = np.where(finite, (wide - low) / ((high - low) or 1.0), 0.0)
    place = np.linspace(0, 1, len(_SCALE))
    channels = [np.interp(share, place, _SCALE[:, channel]) for channel in range(3)]
    colours: NDArray[np.uint8] = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    return colours


def of_directions(vectors: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a colour for every 2D vector, (..., 3): the hue is its direction, paler where it is short."""
    wide = np.nan_to_num(np.asarray(vectors, np.float64))
    length = np.hypot(wide[..., 0], wide[..., 1])
    strength = np.clip(length / (float(np.percentile(length, 99)) or 1.0), 0, 1)[..., None]
    turn = np.arctan2(wide[..., 1], wide[..., 0])
    hue = np.stack([np.cos(turn - shift * 2 * np.pi / 3) for shift in range(3)], axis=-1)
    colours: NDArray[np.uint8] = np.rint(255 * (1 - strength * (1 - hue) / 2)).astype(np.uint8)
    return colours
