"""Fréchet distance between the made pictures and the true ones (FID)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.outputs import Image, MediaOutput
from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.image.frechet import FrechetAccumulator

if TYPE_CHECKING:
    from pytest_generalbench.metrics.backbone_interfaces import Features, PictureFeatures


def _fid(inception: PictureFeatures) -> FrechetAccumulator:
    def features(medium: MediaOutput) -> Features:
        if not isinstance(medium, Image):
            raise ReferenceFormatError(f"fid takes pictures, not a {medium.form}")
        return inception.pictures([medium.pixels])

    def blank(true: MediaOutput) -> Image:
        height, width = true.pixels.shape[:2] if isinstance(true, Image) else (64, 64)
        return Image(np.full((height, width, 3), 128, np.uint8))

    return FrechetAccumulator("fid", features, blank, Image)


METRICS: Final = (
    Metric(
        name="fid",
        unit="distance",
        higher_is_better=False,
        best=0.0,
        definition=(
            "FID: Fréchet distance between the Inception features of all answers and those of all targets of "
            "the task; sets of a few hundred make it larger than sets of thousands would; no answer: a grey "
            "picture of the target's size"
        ),
        factory=_fid,
        backbones=("inception",),
        needs=("medium",),
        aggregation="corpus",
    ),
)
