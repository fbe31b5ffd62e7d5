"""Metrics of point clouds, scenes, shapes and motions; `image.clip_score` has those of CLIP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.metrics.scene3d import chamfer, clip_views, motion_fid
from pytest_generalbench.metrics.scene3d.detection import DETECTION_METRIC
from pytest_generalbench.metrics.scene3d.instance_ap import INSTANCE_METRIC
from pytest_generalbench.metrics.scene3d.part_iou import PART_METRIC
from pytest_generalbench.metrics.scene3d.poses_normals import NORMAL_METRIC, RTE_METRIC
from pytest_generalbench.metrics.scene3d.tracking import TRACKING_METRIC

if TYPE_CHECKING:
    from pytest_generalbench.metrics.base import Metric

METRICS: Final[tuple[Metric, ...]] = (
    PART_METRIC,
    INSTANCE_METRIC,
    DETECTION_METRIC,
    TRACKING_METRIC,
    RTE_METRIC,
    NORMAL_METRIC,
    *chamfer.METRICS,
    *motion_fid.METRICS,
)

VIEWS: Final = clip_views
"""Imported so that CLIP is shown shapes."""
