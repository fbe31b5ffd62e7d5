"""Fréchet distance between the made pictures and the true ones (FID)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.outputs import Image, MediaOutput
from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.image.frechet import SILENCE, FrechetAccumulator

if TYPE_CHECKING:
    from pytest_generalbench.metrics.backbone_interfaces import Features, PictureFeatures


def _fid(inception: PictureFeatures) -> FrechetAccumulator:
    def features(medium: MediaOutput) -> Features:
        if not isinstance(medium, Image):
            raise ReferenceFormatError(f"fid takes pictures, not a {medium.form}")
        return inception.pictures([medium.pixels])

    return FrechetAccumulator("fid", features, Image)


METRICS: Final = (
    Metric(
        name="fid",
        unit="distance",
        higher_is_better=False,
        best=0.0,
        definition=(
            "FID: Fréchet distance between the Inception features of all answers and those of all targets of "
            f"the task; sets of a few hundred make it larger than sets of thousands would; {SILENCE}"
        ),
        factory=_fid,
        backbones=("inception",),
        needs=("medium",),
        aggregation="corpus",
        version=2,
        changes={2: SILENCE},
    ),
)
