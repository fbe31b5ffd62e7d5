"""Fréchet video distance: how far a set of made videos is from the true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pytest_generalbench.core.outputs import MediaOutput, Video
from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.image.frechet import SILENCE, FrechetAccumulator
from pytest_generalbench.metrics.validation import PredictionFormatError

if TYPE_CHECKING:
    from pytest_generalbench.metrics.backbone_interfaces import Features, Pixels, VideoFeatures

LENGTH: Final = 16
"""Frames of a video that count."""


def first_frames(frames: Pixels, count: int = LENGTH) -> Pixels:
    """Return the first `count` frames; a shorter video is filled up with its last one.

    >>> first_frames(np.arange(3), 5).tolist(), first_frames(np.arange(9), 2).tolist()
    ([0, 1, 2, 2, 2], [0, 1])
    """
    return frames[np.minimum(np.arange(count), len(frames) - 1)]


def _frames(medium: MediaOutput) -> Pixels:
    if not isinstance(medium, Video):
        raise PredictionFormatError(f"fvd takes a Video, not {type(medium).__name__}")
    return medium.frames


def _accumulator(video_features: VideoFeatures) -> FrechetAccumulator:
    def features(medium: MediaOutput) -> Features:
        return video_features.videos([first_frames(_frames(medium))])

    return FrechetAccumulator("fvd", features, Video)


METRICS: Final = (
    Metric(
        name="fvd",
        unit="distance",
        higher_is_better=False,
        best=0.0,
        definition=(
            "Fréchet distance between the features of all answers and of all true videos, each the first 16 "
            "frames, filled up with the last; depends on the feature network, so compare only with scores of "
            f"the same one; {SILENCE}"
        ),
        factory=_accumulator,
        backbones=("video_features",),
        needs=("medium",),
        aggregation="corpus",
        version=2,
        changes={2: SILENCE},
    ),
)
