"""Small scenes of rectangles and discs, and what is known of their pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.suite.demo.media import files
from pytest_generalbench.suite.demo.media.textures import texture

if TYPE_CHECKING:
    from pytest_generalbench.suite.demo.rng import Dice

SIDE: Final = 48
"""Width and height of a scene."""

GROUNDS: Final = (9, 10, 11)
THINGS: Final = (2, 3, 4, 5, 6, 7, 8)
"""Colours of grounds and of what lies on them, as numbers of the palette."""

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
    # A pixel of ground stays between things in neighbouring quarters.
    x = half * (index % 2) + 1 + dice.below(half - width - 1)
    y = half * (index // 2 % 2) + 1 + dice.below(half - height - 1)
    return Thing(x, y, width, height, round_)


def classes(dice: Dice, index: int, count: int) -> Pixels:
    """Return a map of class ids 0 to `count` - 1: two grounds and three things, all of them by dice."""
    order = dice.shuffled(range(count))
    ids = np.full((SIDE, SIDE), order[0], dtype=np.uint8)
    ids[dice.between(15, 33) :] = order[1]
    for place in range(3):
        ids[thing(dice, index + place).mask()] = order[(2 + place) % count]
    return ids


def shown(ids: Pixels, number: int) -> bytes:
    """Return a textured picture in which every id 0 to 6 has a colour, whatever the number."""
    return files.shaded_png(np.asarray(THINGS)[ids], shade(number))


def shade(number: int, right: int = 0, down: int = 0, side: int = SIDE) -> NDArray[np.int64]:
    """Return a texture as shades 0..15, (side, side); `right` and `down` move it."""
    return texture(number, side, side, right=right, down=down, cell=5) * files.SHADES // 256


def seen(
    mask: NDArray[np.bool_],
    number: int,
    right: int = 0,
    down: int = 0,
    *,
    camera: tuple[int, int] = (0, 0),
    hidden: bool = False,
) -> bytes:
    """Return a textured ground with one thing in it.

    `right` and `down` say how far the thing's texture has moved, `camera` how far that of the ground has;
    a `hidden` thing has the ground's colour and is told from it by its texture alone.
    """
    side = mask.shape[0]
    ground = GROUNDS[number % len(GROUNDS)]
    thing = ground if hidden else THINGS[number % len(THINGS)]
    shades = np.where(mask, shade(2 * number + 1, right, down, side), shade(2 * number, *camera, side))
    return files.shaded_png(np.where(mask, thing, ground), shades)


def blended(alpha: Pixels, number: int) -> bytes:
    """Return a thing over a ground, mixed by alpha 0..255, as a picture in colours."""
    ground = np.full(alpha.shape, GROUNDS[number % len(GROUNDS)])
    thing = np.full(alpha.shape, THINGS[number % len(THINGS)])
    back = files.shaded(ground, shade(2 * number)).astype(np.int64)
    front = files.shaded(thing, shade(2 * number + 1)).astype(np.int64)
    share = alpha.astype(np.int64)[..., None]
    return files.map_png(((share * front + (255 - share) * back) // 255).astype(np.uint8))
