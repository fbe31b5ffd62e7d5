"""Protocols for masks and maps over images and frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.protocols.dense.depth import DepthEstimation
from pytest_generalbench.protocols.dense.image_maps import (
    ImageAnomalySegmentation,
    SemanticSegmentation,
)
from pytest_generalbench.protocols.dense.image_segments import InstanceSegmentation, PanopticSegmentation
from pytest_generalbench.protocols.dense.matting import Matting
from pytest_generalbench.protocols.dense.optical_flow import OpticalFlow
from pytest_generalbench.protocols.dense.video_depth import VideoDepthEstimation
from pytest_generalbench.protocols.dense.video_maps import (
    VideoCamouflagedObjectDetection,
    VideoObjectSegmentation,
    VideoReasoningSegmentation,
    VideoReferringSegmentation,
    VideoSalientObjectDetection,
)

if TYPE_CHECKING:
    from pytest_generalbench.protocols.base import Protocol

PROTOCOLS: Final[tuple[Protocol, ...]] = (
    SemanticSegmentation(),
    ImageAnomalySegmentation(),
    Matting(),
    InstanceSegmentation(),
    DepthEstimation(),
    PanopticSegmentation(),
    VideoObjectSegmentation(),
    VideoReasoningSegmentation(),
    VideoReferringSegmentation(),
    VideoDepthEstimation(),
    OpticalFlow(),
    VideoSalientObjectDetection(),
    VideoCamouflagedObjectDetection(),
)
