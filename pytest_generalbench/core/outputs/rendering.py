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

_SIZES: Final = np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024, 2048])
"""Widths and heights of blocks of pixels; the last is the largest view that there can be."""

_EDGE: Final = 1e-9
"""A pixel centre so near to an edge belongs to the triangles on both sides."""

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
    for chosen, x, y in _covering(corners):
        tested = corners[chosen]
        inside, depth = _covered(tested, x, y)
        which, row, column = np.nonzero(inside)
        colour = rgb[chosen[which]]
        # Depths that are the same but for the last digits are the same: then the later triangle stays.
        canvas.draw(x[which, 0, column], y[which, row, 0], np.round(depth[inside], 6), colour)
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
    corners: NDArray[np.float64],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Yield triangles with the columns (triangles, 1, width) and rows (triangles, height, 1) around them.

    Those of about the same width and height come together, in blocks of bounded size.
    """
    low = np.floor(corners[:, :, :2].min(axis=1)).astype(np.int64)
    high = np.floor(corners[:, :, :2].max(axis=1)).astype(np.int64)
    sizes = _SIZES[np.searchsorted(_SIZES, high - low + 1)]
    kinds, kind_of = np.unique(sizes, axis=0, return_inverse=True)
    for kind, (width, height) in enumerate(kinds.tolist()):
        members = np.flatnonzero(kind_of.reshape(-1) == kind)
        step = max(1, _BLOCK // (width * height))
        for start in range(0, len(members), step):
            chosen = members[start : start + step]
            columns = low[chosen, 0, None, None] + np.arange(width)[None, None, :]
            yield chosen, columns, low[chosen, 1, None, None] + np.arange(height)[None, :, None]


def _covered(
    corners: NDArray[np.float64], x: NDArray[np.int64], y: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return which pixel centres (triangles, rows, columns) lie in their triangle, and how deep there."""
    first, second, third = corners[:, 0], corners[:, 1], corners[:, 2]
    over, under = second - first, third - first
    area = over[:, 0] * under[:, 1] - over[:, 1] * under[:, 0]
    safe = np.where(area == 0, 1.0, area)[:, None, None]
    right, down = x + 0.5 - first[:, 0, None, None], y + 0.5 - first[:, 1, None, None]
    to_second = right * (under[:, 1, None, None] / safe) - down * (under[:, 0, None, None] / safe)
    to_third = down * (over[:, 0, None, None] / safe) - right * (over[:, 1, None, None] / safe)
    inside = (to_second >= -_EDGE) & (to_third >= -_EDGE) & (to_second + to_third <= 1 + _EDGE)
    inside &= (area != 0)[:, None, None]
    to_second *= over[:, 2, None, None]
    to_third *= under[:, 2, None, None]
    return inside, first[:, 2, None, None] + to_second + to_third
