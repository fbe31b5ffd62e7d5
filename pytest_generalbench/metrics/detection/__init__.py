"""Metrics for boxes, points, tracks and tubes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.metrics.detection import boxes, keypoints, tracks

if TYPE_CHECKING:
    from pytest_generalbench.metrics.base import Metric

METRICS: Final[tuple[Metric, ...]] = (*boxes.METRICS, *keypoints.METRICS, *tracks.METRICS)
