"""Tiny vases, scans of them, and their files, the same bytes everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pytest_generalbench.suite.demo.media import files

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RINGS: Final = 6
_SIDES: Final = 8
_PER_RING: Final = 24
_LEVELS: Final = 8

_FOCAL: Final = 40
_MIDDLE: Final = files.SIDE // 2
_AWAY: Final = 1500
"""From the camera to the middle of the vase, in millimetres."""

INTRINSIC: Final = b"40.0 0.0 16.0 0.0\n0.0 40.0 16.0 0.0\n0.0 0.0 1.0 0.0\n0.0 0.0 0.0 1.0\n"


def _radius(number: int, level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how wide vase `number` is at a height 0..1: straight lines between a few widths."""
    widths = [0.12 + 0.035 * ((number // 7**place) % 7 + (number + place) % 3) for place in range(5)]
    radius: NDArray[np.float64] = np.interp(level, np.linspace(0, 1, 5), widths)
    return radius


def _lathe(number: int, rings: int, sides: int) -> NDArray[np.float64]:
    """Return rings of points around y, lowest first, rounded so that they are the same everywhere."""
    level = np.repeat(np.linspace(0, 1, rings), sides)
    around = np.tile(np.arange(sides) * 2 * np.pi / sides, rings) + 0.1 * (number % 9)
    wide = _radius(number, level)
    height = 0.7 + 0.05 * (number % 13)
    points = np.stack([wide * np.cos(around), height * (level - 0.5), wide * np.sin(around)], axis=1)
    rounded: NDArray[np.float64] = np.round(points, 3) + 0.0  # no negative zero
    return rounded


def lathe_points(number: int) -> NDArray[np.float64]:
    """Return 192 points on vase `number`."""
    return _lathe(number, _LEVELS, _PER_RING)


def lathe_mesh(number: int) -> tuple[NDArray[np.float64], list[tuple[int, ...]]]:
    """Return the vertices and faces of vase `number`: quads around, a polygon at the bottom."""
    faces: list[tuple[int, ...]] = [tuple(range(_SIDES))]
    for ring in range(_RINGS - 1):
        for side in range(_SIDES):
            here, there = ring * _SIDES + side, ring * _SIDES + (side + 1) % _SIDES
            faces.append((here, there, there + _SIDES, here + _SIDES))
    return _lathe(number, _RINGS, _SIDES), faces


def cloud_file(points: NDArray[np.float64], name: str) -> bytes:
    """Return points as an ASCII PLY or as `points` of a .npz, by the ending of `name`."""
    if name.endswith(".npz"):
        return files.npz("points", points.astype(np.float32))
    head = f"ply\nformat ascii 1.0\nelement vertex {len(points)}\n"
    head += "".join(f"property float {axis}\n" for axis in "xyz") + "end_header\n"
    return (head + _rows(points)).encode()


def mesh_file(number: int, ending: str) -> bytes:
    """Return vase `number` as OBJ, PLY or OFF."""
    vertices, faces = lathe_mesh(number)
    if ending == "obj":
        corners = "".join("f " + " ".join(str(one + 1) for one in face) + "\n" for face in faces)
        return ("".join(f"v {row}\n" for row in _rows(vertices).splitlines()) + corners).encode()
    corners = "".join(" ".join(map(str, (len(face), *face))) + "\n" for face in faces)
    if ending == "off":
        return f"OFF\n{len(vertices)} {len(faces)} 0\n{_rows(vertices)}{corners}".encode()
    head = f"ply\nformat ascii 1.0\nelement vertex {len(vertices)}\n"
    head += "".join(f"property float {axis}\n" for axis in "xyz")
    head += f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    return (head + _rows(vertices) + corners).encode()


def _rows(points: NDArray[np.float64]) -> str:
    return "".join(f"{x:.3f} {y:.3f} {z:.3f}\n" for x, y, z in points.tolist())


def depth(number: int, moment: int) -> NDArray[np.uint16]:
    """Return a depth picture of vase `number` in millimetres from the place of `pose`; 0 beside it."""
    points = np.rint(_lathe(number, 40, 96) * 1000).astype(np.int64)
    x, y, z = points[:, 0] - 100 * moment, points[:, 1], points[:, 2] + _AWAY
    column, row = (2 * _FOCAL * x + z) // (2 * z) + _MIDDLE, (2 * _FOCAL * y + z) // (2 * z) + _MIDDLE
    seen = np.full((files.SIDE, files.SIDE), 65535, np.int64)
    inside = (column >= 0) & (column < files.SIDE) & (row >= 0) & (row < files.SIDE)
    np.minimum.at(seen, (row[inside], column[inside]), z[inside])
    return np.where(seen == 65535, 0, seen).astype(np.uint16)


def pose(moment: int) -> bytes:
    """Return where the camera was, 4x4, camera to world: before the vase, and it moves to the right."""
    rows = ((1, 0, 0, 0.1 * moment), (0, 1, 0, 0), (0, 0, 1, -_AWAY / 1000), (0, 0, 0, 1))
    return "".join(" ".join(f"{value:.6f}" for value in row) + "\n" for row in rows).encode()
