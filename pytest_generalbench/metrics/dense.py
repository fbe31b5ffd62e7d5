"""Metrics for masks and maps over images and frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.metrics import (
    depth,
    flow,
    instance_masks,
    matting,
    panoptic,
    pixel_ranking,
    saliency,
    segmentation,
)

if TYPE_CHECKING:
    from pytest_generalbench.metrics.base import Metric

METRICS: Final[tuple[Metric, ...]] = (
    *segmentation.METRICS,
    *pixel_ranking.METRICS,
    *matting.METRICS,
    *instance_masks.METRICS,
    *depth.METRICS,
    *panoptic.METRICS,
    *flow.METRICS,
    *saliency.METRICS,
)
