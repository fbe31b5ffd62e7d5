"""Metrics for point clouds and scenes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.metrics.boxes3d import DETECTION_METRIC
from pytest_generalbench.metrics.geometry import NORMAL_METRIC, RTE_METRIC
from pytest_generalbench.metrics.point_instances import INSTANCE_METRIC
from pytest_generalbench.metrics.point_parts import PART_METRIC
from pytest_generalbench.metrics.tracks3d import TRACKING_METRIC

if TYPE_CHECKING:
    from pytest_generalbench.metrics.base import Metric

METRICS: Final[tuple[Metric, ...]] = (
    PART_METRIC,
    INSTANCE_METRIC,
    DETECTION_METRIC,
    TRACKING_METRIC,
    RTE_METRIC,
    NORMAL_METRIC,
)
