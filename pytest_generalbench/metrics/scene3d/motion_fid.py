"""Fréchet distance between the made motions and the true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.outputs import MediaOutput, Motion
from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.image.frechet import SILENCE, FrechetAccumulator

if TYPE_CHECKING:
    from pytest_generalbench.metrics.backbone_interfaces import Features, MotionFeatures


def _motion_fid(motion: MotionFeatures) -> FrechetAccumulator:
    def features(medium: MediaOutput) -> Features:
        if not isinstance(medium, Motion):
            raise ReferenceFormatError(f"motion_fid takes motions, not a {medium.form}")
        return motion.motions([medium.rows])

    return FrechetAccumulator("motion_fid", features, Motion)


METRICS: Final = (
    Metric(
        name="motion_fid",
        unit="distance",
        higher_is_better=False,
        best=0.0,
        definition=(
            "FID of motions: Fréchet distance between the features that a motion encoder gives for all "
            f"answers and for all targets of the task, each motion whole; {SILENCE}"
        ),
        factory=_motion_fid,
        backbones=("motion",),
        needs=("medium",),
        aggregation="corpus",
        version=2,
        changes={2: SILENCE},
    ),
)
