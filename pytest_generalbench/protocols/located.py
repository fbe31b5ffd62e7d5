"""Protocols for boxes, points, tracks and tubes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.protocols.image_boxes import ObjectDetection, VisualGrounding
from pytest_generalbench.protocols.keypoints import KeypointDetection
from pytest_generalbench.protocols.tracks import ObjectTracking, SpatiotemporalGrounding

if TYPE_CHECKING:
    from pytest_generalbench.protocols.base import Protocol

PROTOCOLS: Final[tuple[Protocol, ...]] = (
    ObjectDetection(),
    VisualGrounding(),
    KeypointDetection(),
    ObjectTracking(),
    SpatiotemporalGrounding(),
)
