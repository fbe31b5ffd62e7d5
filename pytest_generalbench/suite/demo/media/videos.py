"""Small videos that differ from each other, and what rain or noise makes of them: whole numbers only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.suite.demo.media.textures import coloured, scrambled

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE: Final = 32
FRAMES: Final = 9

FINE_SIDE: Final = 48
FINE_FRAMES: Final = 7
"""Of the clips that are compared pixel by pixel."""

Frames = NDArray[np.uint8]
"""(frames, height, width, 3), RGB."""


def clip(number: int, frames: int = FRAMES, side: int = SIDE) -> Frames:
    """Return a texture that drifts, with a square that moves across it; each number has its own.

    The ground moves by a pixel a frame along one axis or both, the square by two to the right and one down.
    """
    right, down = ((1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, 1))[number % 6]
    ground = coloured(2 * number, side + 2 * frames, side + 2 * frames)
    size = side // 4
    left, top = number * 5 % (side - size - 2 * frames + 2), number * 3 % (side - size - frames + 1)
    square = coloured(2 * number + 1, size, size, contrast=1) // 2 + 16 * np.array(
        [scrambled(number, part).item() % 8 for part in range(3)], np.uint8
    )
    made = []
    for moment in range(frames):
        y, x = frames - down * moment, frames - right * moment
        frame = ground[y : y + side, x : x + side].copy()
        y, x = top + moment, left + 2 * moment
        frame[y : y + size, x : x + size] = square
        made.append(frame)
    return np.stack(made)


def fine_clip(number: int) -> Frames:
    """Return a clip that is large enough for what is compared pixel by pixel."""
    return clip(number, FINE_FRAMES, FINE_SIDE)


def photo(number: int, side: int = FINE_SIDE) -> NDArray[np.uint8]:
    """Return a textured picture with a square, (side, side, 3)."""
    made: NDArray[np.uint8] = clip(number, 1, side)[0]
    return made


def _places(frames: Frames) -> tuple[NDArray[np.int64], ...]:
    t, y, x, c = np.ogrid[: frames.shape[0], : frames.shape[1], : frames.shape[2], :3]
    return t, y, x, c


def _cut(values: NDArray[np.int64]) -> Frames:
    return np.clip(values, 0, 255).astype(np.uint8)


def noisy(frames: Frames) -> Frames:
    """Add noise."""
    t, y, x, c = _places(frames)
    return _cut(frames.astype(np.int64) + scrambled(t, y, x, c) % 61 - 30)


def moire(frames: Frames) -> Frames:
    """Lay stripes over it."""
    _, y, x, c = _places(frames)
    return _cut(frames.astype(np.int64) + 20 * ((3 * x + 2 * y + 5 * c) % 5) - 40)


def blurred(frames: Frames) -> Frames:
    """Mean over three by three pixels."""
    wide = np.pad(frames.astype(np.int64), ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    height, width = frames.shape[1:3]
    parts = [wide[:, dy : dy + height, dx : dx + width] for dy in range(3) for dx in range(3)]
    return _cut(sum(parts) // 9)  # type: ignore[arg-type]  # a sum of arrays is an array


def hazy(frames: Frames) -> Frames:
    """Mix with light grey."""
    return _cut((frames.astype(np.int64) * 140 + 210 * 116) // 256)


def snowy(frames: Frames) -> Frames:
    """Scatter white dots."""
    t, y, x, _ = _places(frames)
    return np.where(scrambled(t, y, x) % 9 == 0, 245, frames).astype(np.uint8)


def rainy(frames: Frames) -> Frames:
    """Draw slanting streaks."""
    t, y, x, _ = _places(frames)
    return np.where((4 * x + y + 7 * t) % 23 == 0, 215, frames).astype(np.uint8)


def grey(frames: Frames) -> Frames:
    """Take the colours away."""
    red, green, blue = (frames[..., part].astype(np.int64) for part in range(3))
    light = (red * 77 + green * 150 + blue * 29) // 256
    return np.repeat(_cut(light)[..., None], 3, axis=3)


def small(frames: Frames) -> Frames:
    """Halve width and height: the mean of two by two pixels."""
    wide = frames.astype(np.int64)
    parts = (wide[:, dy::2, dx::2] for dy in range(2) for dx in range(2))
    return _cut(sum(parts) // 4)  # type: ignore[arg-type]  # a sum of arrays is an array


def hole(number: int, frames: int = FRAMES, side: int = SIDE) -> NDArray[np.uint8]:
    """Return masks (frames, height, width) of 0 and 255: a rectangle that moves."""
    t, y, x = np.ogrid[:frames, :side, :side]
    left, top = (number * 7 + t) % (side - 10), (number * 5) % (side - 8)
    inside = (x >= left) & (x < left + 10) & (y >= top) & (y < top + 8)
    return np.where(inside, 255, 0).astype(np.uint8)


def holed(frames: Frames, masks: NDArray[np.uint8]) -> Frames:
    """Blacken what the masks cover."""
    return np.where(masks[..., None] > 0, 0, frames).astype(np.uint8)


FLAWS: Final[dict[str, Callable[[Frames], Frames]]] = {
    "demoir": moire,
    "denois": noisy,
    "deblur": blurred,
    "dehaz": hazy,
    "desnow": snowy,
    "derain": rainy,
}
"""What a restoration task has to undo, by a part of its name."""
