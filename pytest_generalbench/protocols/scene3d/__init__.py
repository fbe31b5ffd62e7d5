"""Protocols for point clouds and scenes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.protocols.scene3d.point_normals import NormalEstimation
from pytest_generalbench.protocols.scene3d.point_objects import InstanceSegmentation3d
from pytest_generalbench.protocols.scene3d.points import PartSegmentation, SemanticSegmentation3d
from pytest_generalbench.protocols.scene3d.scenes import Detection3d, Odometry3d, Tracking3d

if TYPE_CHECKING:
    from pytest_generalbench.protocols.base import Protocol

PROTOCOLS: Final[tuple[Protocol, ...]] = (
    PartSegmentation(),
    SemanticSegmentation3d(),
    InstanceSegmentation3d(),
    NormalEstimation(),
    Detection3d(),
    Tracking3d(),
    Odometry3d(),
)
