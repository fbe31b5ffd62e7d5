"""Metrics for masks and maps over images and frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.metrics.dense import depth, matting, pixel_ranking
from pytest_generalbench.metrics.dense import mask_ap as instance_masks
from pytest_generalbench.metrics.dense import miou as segmentation
from pytest_generalbench.metrics.dense import optical_flow as flow
from pytest_generalbench.metrics.dense import panoptic_quality as panoptic
from pytest_generalbench.metrics.dense import s_measure as saliency

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
