"""Pictures of point clouds and meshes from fixed sides, with numpy alone, the same on every machine.

The shape is moved so that the middle of its bounding box is the origin, and scaled so that its farthest
point lies at distance 1. The y axis points up. The camera is orthographic, turns around y and looks down by
`ELEVATION`; at azimuth 0 it looks along -z. Nearer things hide farther ones (a depth buffer). Points are
squares, triangles have one brightness each; what has no colours is grey on white.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SIDE: Final = 224
"""Width and height of a view, in pixels: what CLIP looks at."""

PREVIEW: Final = 128

AZIMUTHS: Final = (30.0, 120.0, 210.0, 300.0)
"""Degrees; from these no face of an upright box is seen edge-on."""

ELEVATION: Final = 20.0

TOLD: Final = (
    f"shapes are shown by {len(AZIMUTHS)} views (azimuths {', '.join(f'{one:g}' for one in AZIMUTHS)} and "
    f"elevation {ELEVATION:g} degrees, y up, orthographic, {SIDE}x{SIDE} pixels, white background; points as "
    "squares, triangles with flat shading)"
)
"""The views in words, for the definition of a score."""

_GREY: Final = 200.0
_FILLED: Final = 0.9
"""How much of half the picture the farthest point may be away from its middle."""

_BLOCK: Final = 1 << 21
"""Pixels tested at a time."""

_LIGHT: Final = np.array([0.3, 0.5, 0.81240384])
"""Direction to the light, right, up and towards the viewer, of length 1."""


def camera(azimuth: float, elevation: float = ELEVATION) -> NDArray[np.float64]:
    """Return the rotation whose rows are right, up and towards the viewer.

    >>> np.round(camera(0, 0)).astype(int).tolist()
    [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    """
    turn, down = np.radians(azimuth), np.radians(elevation)
    sine, cosine = np.sin(turn), np.cos(turn)
    around = np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])
    tilt = np.array([[1, 0, 0], [0, np.cos(down), -np.sin(down)], [0, np.sin(down), np.cos(down)]])
    rotation: NDArray[np.float64] = tilt @ around
    return rotation


def normalised(points: NDArray[np.float32], used: NDArray[np.float32] | None = None) -> NDArray[np.float64]:
    """Return points moved and scaled into the unit ball, by the extent of `used` where given."""
    wide = (points if used is None else used).astype(np.float64)
    centre = (wide.min(axis=0) + wide.max(axis=0)) / 2
    radius = float(np.sqrt(((wide - centre) ** 2).sum(axis=1).max()))
    moved: NDArray[np.float64] = (points.astype(np.float64) - centre) / (radius or 1.0)
    return moved


def _screen(points: NDArray[np.float64], azimuth: float, side: int) -> NDArray[np.float64]:
    """Return x right and y down in pixels, and depth, smaller nearer."""
    seen = points @ camera(azimuth).T
    scale = side / 2 * _FILLED
    seen[:, 0] = side / 2 + scale * seen[:, 0]
    seen[:, 1] = side / 2 - scale * seen[:, 1]
    seen[:, 2] = -seen[:, 2]
    # The last digits of sine and cosine differ from machine to machine; the pictures shall not.
    rounded: NDArray[np.float64] = np.round(seen, 6)
    return rounded


class _Canvas:
    """A picture with a depth for every pixel."""

    def __init__(self, side: int) -> None:
        self.side = side
        self._depth = np.full(side * side, np.inf)
        self._pixels = np.full((side * side, 3), 255, np.uint8)

    def draw(
        self, x: NDArray[np.int64], y: NDArray[np.int64], depth: NDArray[np.float64], rgb: NDArray[np.uint8]
    ) -> None:
        """Put pixels where they are nearer than what is there; of equally near ones the last stays."""
        inside = (x >= 0) & (x < self.side) & (y >= 0) & (y < self.side)
        place, depth, rgb = (y * self.side + x)[inside], depth[inside], rgb[inside]
        np.minimum.at(self._depth, place, depth)
        first = depth == self._depth[place]
        self._pixels[place[first]] = rgb[first]

    def picture(self) -> NDArray[np.uint8]:
        """Return (side, side, 3)."""
        return self._pixels.reshape(self.side, self.side, 3)


def render_points(
    points: NDArray[np.float32],
    colours: NDArray[np.uint8] | None,
    side: int = SIDE,
    azimuth: float = AZIMUTHS[0],
) -> NDArray[np.uint8]:
    """Return a view of points; a point without colour is the darker the farther it is.

    The squares are the larger the fewer points there are: side / √n pixels, 2 to 1/24 of the view.
    """
    seen = _screen(normalised(points), azimuth, side)
    if colours is None:
        bright = _GREY * (0.75 - 0.25 * np.clip(seen[:, 2], -1, 1))
        colours = np.repeat(np.rint(bright).astype(np.uint8)[:, None], 3, axis=1)
    wide = int(np.clip(np.ceil(side / np.sqrt(len(points))), 2, max(2, side // 24)))
    left, top = (np.floor(seen[:, axis] - (wide - 1) / 2).astype(np.int64) for axis in (0, 1))
    canvas = _Canvas(side)
    for right in range(wide):
        for down in range(wide):
            canvas.draw(left + right, top + down, seen[:, 2], colours)
    return canvas.picture()


def render_mesh(
    vertices: NDArray[np.float32],
    faces: NDArray[np.int32],
    colours: NDArray[np.uint8] | None,
    side: int = SIDE,
    azimuth: float = AZIMUTHS[0],
) -> NDArray[np.uint8]:
    """Return a view of triangles, lit from both sides; a triangle has the mean colour of its corners."""
    seen = _screen(normalised(vertices, vertices[np.unique(faces)]), azimuth, side)
    corners = seen[faces]
    rgb = _lit(corners, colours, faces, side)
    canvas = _Canvas(side)
    for chosen, x, y in _covering(corners, side):
        tested = corners[chosen]
        inside, depth = _covered(tested, x, y)
        which, row, column = np.nonzero(inside)
        colour = rgb[chosen[which]]
        canvas.draw(x[which, 0, column], y[which, row, 0], depth[which, row, column], colour)
    return canvas.picture()


def _lit(
    corners: NDArray[np.float64], colours: NDArray[np.uint8] | None, faces: NDArray[np.int32], side: int
) -> NDArray[np.uint8]:
    """Return the colour of every triangle."""
    edges = (corners[:, 1:] - corners[:, :1]) / np.array([side / 2 * _FILLED, -side / 2 * _FILLED, -1])
    normals = np.cross(edges[:, 0], edges[:, 1])
    lengths = np.linalg.norm(normals, axis=1)
    cosine = np.abs(normals @ _LIGHT) / np.where(lengths == 0, 1.0, lengths)
    base = _GREY if colours is None else colours[faces].astype(np.float64).mean(axis=1)
    shaded = np.round((0.35 + 0.65 * cosine)[:, None] * base, 4) * np.ones(3)
    rgb: NDArray[np.uint8] = np.rint(np.clip(shaded, 0, 255)).astype(np.uint8)
    return rgb


def _covering(
    corners: NDArray[np.float64], side: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Yield triangles with the pixels around them, those of about the same size together, in blocks."""
    low = np.floor(corners[:, :, :2].min(axis=1)).astype(np.int64)
    high = np.floor(corners[:, :, :2].max(axis=1)).astype(np.int64)
    extent = (high - low).max(axis=1) + 1
    sizes = 2 ** np.ceil(np.log2(extent)).astype(np.int64)
    for size in np.unique(sizes):
        members = np.flatnonzero(sizes == size)
        step = max(1, _BLOCK // int(size * size))
        for start in range(0, len(members), step):
            chosen = members[start : start + step]
            grid = np.arange(size)
            yield (
                chosen,
                low[chosen, 0, None, None] + grid[None, None],
                low[chosen, 1, None, None] + grid[:, None],
            )


def _covered(
    corners: NDArray[np.float64], x: NDArray[np.int64], y: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return which pixel centres (triangles, rows, columns) lie in their triangle, and how deep there."""
    first, second, third = (corners[:, corner, :, None, None] for corner in range(3))
    right, down = x + 0.5, y + 0.5
    area = (second[:, 0] - first[:, 0]) * (third[:, 1] - first[:, 1]) - (second[:, 1] - first[:, 1]) * (
        third[:, 0] - first[:, 0]
    )
    safe = np.where(area == 0, 1.0, area)
    one = (
        (second[:, 0] - right) * (third[:, 1] - down) - (second[:, 1] - down) * (third[:, 0] - right)
    ) / safe
    two = ((third[:, 0] - right) * (first[:, 1] - down) - (third[:, 1] - down) * (first[:, 0] - right)) / safe
    rest = 1 - one - two
    inside = (one >= 0) & (two >= 0) & (rest >= 0) & (area != 0)
    return inside, np.round(one * first[:, 2] + two * second[:, 2] + rest * third[:, 2], 6)
