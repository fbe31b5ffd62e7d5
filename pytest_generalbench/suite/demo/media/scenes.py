"""Small scenes of rectangles and discs, and what is known of their pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.suite.demo.media import files

if TYPE_CHECKING:
    from pytest_generalbench.suite.demo.rng import Dice

SIDE: Final = files.SIDE

Pixels = NDArray[np.uint8]
"""(height, width) of small whole numbers."""


class Thing(NamedTuple):
    """A rectangle or a disc in a square."""

    x: int
    y: int
    width: int
    height: int
    round: bool

    def moved(self, right: int, down: int) -> Thing:
        """Return it elsewhere."""
        return self._replace(x=self.x + right, y=self.y + down)

    def mask(self, side: int = SIDE) -> NDArray[np.bool_]:
        """Return its pixels; what lies outside is cut."""
        rows, columns = np.mgrid[:side, :side]
        if not self.round:
            inside = (rows >= self.y) & (rows < self.y + self.height)
            return np.asarray(inside & (columns >= self.x) & (columns < self.x + self.width))
        # Twice the distance from the middle, so that everything stays a whole number.
        down, right = 2 * rows - 2 * self.y - self.height + 1, 2 * columns - 2 * self.x - self.width + 1
        return np.asarray(down**2 + right**2 <= min(self.width, self.height) ** 2)

    def corners(self) -> list[int]:
        """Return COCO's flat polygon of the rectangle."""
        right, low = self.x + self.width, self.y + self.height
        return [self.x, self.y, right, self.y, right, low, self.x, low]


def thing(dice: Dice, index: int, side: int = SIDE, *, round_: bool | None = None) -> Thing:
    """Return a thing in a quarter of the picture that differs from one instance to the next."""
    half = side // 2
    width = dice.between(half // 2, half - 2)
    height = dice.between(half // 2, half - 2)
    round_ = dice.below(2) == 1 if round_ is None else round_
    height = width if round_ else height
    x = half * (index % 2) + dice.below(half - width)
    y = half * (index // 2 % 2) + dice.below(half - height)
    return Thing(x, y, width, height, round_)


def classes(dice: Dice, index: int, count: int) -> Pixels:
    """Return a map of class ids 0 to `count` - 1: two grounds and three things, all of them by dice."""
    order = dice.shuffled(range(count))
    ids = np.full((SIDE, SIDE), order[0], dtype=np.uint8)
    ids[dice.between(10, 22) :] = order[1]
    for place in range(3):
        ids[thing(dice, index + place).mask()] = order[(2 + place) % count]
    return ids


def shown(ids: Pixels) -> bytes:
    """Return a picture in which every class has a colour."""
    return files.png([[(int(value) + 1) % 12 for value in row] for row in ids])


def seen(mask: NDArray[np.bool_], number: int) -> bytes:
    """Return a picture of a striped ground with one thing in it."""
    back = (np.add.outer(np.arange(mask.shape[0]), np.arange(mask.shape[1])) // (3 + number % 4)) % 2
    return files.png(np.where(mask, 2 + number % 6, 9 + back).tolist())
