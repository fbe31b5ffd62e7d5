"""Tiny point clouds and what is known of their points, in the files of the source data sets."""

from __future__ import annotations

import io
import math
import struct
import zipfile
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.suite.demo.media.textures import scrambled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Points = NDArray[np.float64]

POINTS: Final = 256
"""Points of a cloud."""

_GOLDEN: Final = 2.399963


def _rounded(values: Points, digits: int) -> Points:
    return np.asarray(np.round(values, digits), dtype=np.float64)


def _order(number: int, count: int) -> NDArray[np.int64]:
    """Return the places of `count` points in the order of cloud `number`: no two clouds have the same."""
    return np.argsort(scrambled(number, np.arange(count)), kind="stable")


def blob(number: int, count: int = POINTS) -> Points:
    """Return points on an upright egg, rounded so that they are the same everywhere."""
    index = _order(number, count).astype(np.float64)
    up = 1 - 2 * (index + 0.5) / count
    wide = np.sqrt(1 - up * up)
    around = index * _GOLDEN + number
    scale = np.array([0.4 + 0.05 * (number % 5), 0.4 + 0.04 * (number % 7), 0.6])
    return _rounded(np.stack([wide * np.cos(around), wide * np.sin(around), up], axis=1) * scale, 3)


def egg_normals(points: Points, number: int) -> Points:
    """Return the outward normals of `blob`, rounded."""
    scale = np.array([0.4 + 0.05 * (number % 5), 0.4 + 0.04 * (number % 7), 0.6])
    outward = points / scale**2
    return _rounded(outward / np.linalg.norm(outward, axis=1, keepdims=True), 5)


def room(number: int, count: int = POINTS) -> Points:
    """Return points spread over a room of 6 x 4 x 2.5 m."""
    index = np.arange(count, dtype=np.float64)
    places = np.stack([index * 0.6180339887, index * 0.7548776662, index * 0.5698402910], axis=1) + number / 8
    return _rounded((places % 1.0) * np.array([6.0, 4.0, 2.5]), 3)


_NEAR: Final = 0.25
_LAYOUT: Final = (
    ("ground", 76, (0.0, 0.0, 0.0), (6.0, 4.0, 0.02)),
    ("wall", 60, (0.0, 0.0, 0.1), (0.05, 4.0, 2.5)),
    ("tall box", 38, (4.6, 0.3, 0.3), (5.4, 1.1, 2.0)),
    ("small box", 30, (1.2, 2.8, 0.3), (1.8, 3.4, 0.9)),
    ("board", 32, (2.6, 1.2, 0.7), (4.0, 2.2, 0.74)),
    ("stray", 20, (1.0, 1.0, 1.5), (4.2, 3.6, 2.4)),
)
"""Kinds of things in a room, with the points of each and the corners of the box that they fill, in metres."""

KINDS: Final = tuple(kind for kind, *_ in _LAYOUT)


def furnished(number: int) -> tuple[Points, list[int]]:
    """Return 256 points of a room of 6 x 4 x 2.5 m, and the place of each point's kind in `KINDS`.

    Everything but ground and wall stands up to 25 cm elsewhere in another room.
    """
    spread = room(number) / np.array([6.0, 4.0, 2.5])
    parts: list[Points] = []
    kinds: list[int] = []
    for place, (_, count, low, high) in enumerate(_LAYOUT):
        shift = np.array([number * (3 + place) % 11 - 5, number * (7 + place) % 11 - 5, 0]) * _NEAR / 5
        corner = np.array(low) + (shift if place > 1 else 0.0)
        inside = spread[len(kinds) : len(kinds) + count]
        parts.append(corner + inside * (np.array(high) - np.array(low)))
        kinds += [place] * count
    order = _order(number, len(kinds))
    return _rounded(np.concatenate(parts)[order], 3), np.array(kinds)[order].tolist()


def turned(points: Points, turn: float) -> Points:
    """Return points turned around the upright axis by `turn` radians."""
    cos, sin = round(math.cos(turn), 6), round(math.sin(turn), 6)
    x, y = points[:, 0] * cos - points[:, 1] * sin, points[:, 0] * sin + points[:, 1] * cos
    return np.stack([x, y, points[:, 2]], axis=1)


def solid(number: int, size: Sequence[float], place: Sequence[float], turn: float, count: int = 24) -> Points:
    """Return points that fill an upright box: length, width and height, its middle, radians."""
    spread = room(number, count) / np.array([6.0, 4.0, 2.5]) - 0.5
    return _rounded(turned(spread * np.array(size), turn) + np.array(place), 3)


def rows(table: NDArray[Any] | Sequence[Sequence[float]], digits: int) -> bytes:
    """Return a text of one row per point."""
    listed = np.asarray(table).tolist()
    return "".join(" ".join(f"{value:.{digits}f}" for value in row) + "\n" for row in listed).encode()


def whole(values: Iterable[int]) -> bytes:
    """Return a text of one whole number per point."""
    return "".join(f"{value}\n" for value in values).encode()


def ascii_ply(points: Points) -> bytes:
    """Return a cloud as an ASCII PLY."""
    head = f"ply\nformat ascii 1.0\nelement vertex {len(points)}\n"
    head += "".join(f"property float {axis}\n" for axis in "xyz") + "end_header\n"
    return head.encode() + rows(points, 3)


def label_ply(points: Points, labels: Sequence[int]) -> bytes:
    """Return a cloud with the class of each point as a binary PLY, as ScanNet's `.labels.ply`."""
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(points)}\n"
    head += "".join(f"property float {axis}\n" for axis in "xyz")
    head += "property uchar red\nproperty uchar green\nproperty uchar blue\nproperty ushort label\n"
    head += "element face 0\nproperty list uchar int vertex_indices\nend_header\n"
    body = b"".join(
        struct.pack("<fffBBBH", *point, 7 * label % 256, 3 * label % 256, label % 256, label)
        for point, label in zip(points.tolist(), labels, strict=True)
    )
    return head.encode() + body


def scan(points: Points) -> bytes:
    """Return a cloud as KITTI's .bin: x, y, z and intensity."""
    bright = np.round(np.abs(points[:, :1]) % 1.0, 2)
    return np.concatenate([points, bright], axis=1).astype("<f4").tobytes()


def kitti_labels(labels: Sequence[int]) -> bytes:
    """Return classes as SemanticKITTI's .label: the class below, an instance number above."""
    return np.array([label | (place % 3) << 16 for place, label in enumerate(labels)], dtype="<u4").tobytes()


def npz(**arrays: NDArray[Any]) -> bytes:
    """Return a .npz archive without a time stamp in it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", (2025, 1, 1, 0, 0, 0))
            info.create_system = 3
            archive.writestr(info, content.getvalue())
    return target.getvalue()
