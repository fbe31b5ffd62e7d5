"""Trivial shapes and motions, and meshes from point clouds."""

from __future__ import annotations

from typing import Final

import numpy as np

from pytest_generalbench.core.outputs import MediaOutput, Mesh, Motion, PointCloud

_POINTS: Final = 1024
_SPECK: Final = 1e-5
"""Size of a triangle that stands for a point, as a share of the shape's extent."""


def ball_cloud() -> PointCloud:
    """Return points on a ball of radius 1/2."""
    index = np.arange(_POINTS) + 0.5
    up = 1 - 2 * index / _POINTS
    around, wide = np.pi * (1 + np.sqrt(5)) * index, np.sqrt(1 - up * up)
    points = np.stack([wide * np.cos(around), up, wide * np.sin(around)], axis=1) / 2
    return PointCloud(np.round(points, 4))


def ball_mesh() -> Mesh:
    """Return an octahedron with radius 1/2."""
    axes = np.eye(3, dtype=np.float32)
    vertices = np.concatenate([axes, -axes]) / 2
    faces = np.array([(x, y, z) for x in (0, 3) for y in (1, 4) for z in (2, 5)])
    return Mesh(vertices, faces)


def still_motion() -> Motion:
    """Return 40 frames of 22 joints that stand still."""
    body = np.zeros((22, 3), np.float32)
    body[:, 1] = np.linspace(0, 1.7, 22)
    return Motion(np.repeat(body[None], 40, axis=0))


def specks(shape: MediaOutput) -> Mesh:
    """Return a mesh that is as close to a cloud as a mesh can be: a tiny triangle around every point."""
    if not isinstance(shape, PointCloud):
        raise TypeError(f"a cloud is due, not a {shape.form}")
    points = shape.points.astype(np.float64)
    size = _SPECK * (float(np.ptp(points, axis=0).max()) or 1.0)
    corners = np.array([[-1, -1, 0], [1, 0, -1], [0, 1, 1]]) * size / 2
    vertices = (points[:, None] + corners).reshape(-1, 3).astype(np.float32)
    return Mesh(vertices, np.arange(len(vertices)).reshape(-1, 3))
