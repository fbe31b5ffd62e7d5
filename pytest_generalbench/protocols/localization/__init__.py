"""Protocols for boxes, points, tracks and tubes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.protocols.localization.detection import ObjectDetection, VisualGrounding
from pytest_generalbench.protocols.localization.keypoints import KeypointDetection
from pytest_generalbench.protocols.localization.tracking import ObjectTracking
from pytest_generalbench.protocols.localization.tubes import SpatiotemporalGrounding

if TYPE_CHECKING:
    from pytest_generalbench.protocols.base import Protocol

PROTOCOLS: Final[tuple[Protocol, ...]] = (
    ObjectDetection(),
    VisualGrounding(),
    KeypointDetection(),
    ObjectTracking(),
    SpatiotemporalGrounding(),
)
