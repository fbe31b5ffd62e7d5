"""Quality of the frames of a video: aesthetics, and technical quality by MUSIQ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.video.frames import (
    LONGEST,
    SMALLER,
    FramePool,
    VideoMean,
    in_chunks,
    longer_side_within,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.metrics.backbone_interfaces import Features, PictureScore, Pixels

_LIMIT: Final = 512


def frame_shares(eyes: PictureScore, frames: Pixels, top: float, limit: int | None = None) -> Features:
    """Return how good each frame looks as a share of the scale's upper end, 0..1.

    Args:
        eyes: Scores pictures from 0 to `top`.
        frames: (frames, height, width, 3), uint8.
        top: The upper end of the scale; scores beyond an end are brought back to it.
        limit: Frames whose longer side is above it are made smaller.

    Returns:
        (frames,), higher is better.

    Raises:
        PredictionFormatError: A score is no number.

    Source: aesthetic and imaging quality of VBench (Huang et al. 2024).

    >>> class Bright:
    ...     def scores(self, pictures):
    ...         return np.array([picture.mean() / 10 for picture in pictures])
    >>> frames = np.stack([np.full((4, 4, 3), value, np.uint8) for value in (50, 250)])
    >>> frame_shares(Bright(), frames, top=10).tolist()
    [0.5, 1.0]
    """

    def scores(part: Sequence[Pixels]) -> Features:
        return eyes.scores([longer_side_within(frame, limit) for frame in part] if limit else part)

    return np.clip(in_chunks(scores, frames) / top, 0, 1)


def _mean(name: str, eyes: PictureScore, top: float, limit: int | None = None) -> VideoMean:
    return VideoMean(name, lambda video, _: float(frame_shares(eyes, video.frames, top, limit).mean()))


def _musiq(musiq: PictureScore) -> FramePool:
    return FramePool("musiq", lambda video, target: frame_shares(musiq, video.frames, 100))


METRICS: Final = (
    Metric(
        name="aesthetic_quality",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "aesthetic score 1..10 of each frame divided by 10, mean over a video's frames, then over "
            "videos, percent; an answer that cannot be read counts 0; one video per instance"
        ),
        factory=lambda aesthetic: _mean("aesthetic_quality", aesthetic, 10),
        backbones=("aesthetic",),
        needs=(),
    ),
    Metric(
        name="imaging_quality",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "MUSIQ (SPAQ weights) of each frame, the longer side limited to 512 (bilinear, no antialiasing), "
            "mean over a video's frames, then over videos, percent; an answer that cannot be read counts 0; "
            "one video per instance"
        ),
        factory=lambda musiq_spaq: _mean("imaging_quality", musiq_spaq, 100, _LIMIT),
        backbones=("musiq_spaq",),
        needs=(),
        version=2,
        changes={2: SMALLER},
    ),
    Metric(
        name="musiq",
        unit="0..100",
        higher_is_better=True,
        best=100.0,
        definition=(
            "MUSIQ (KonIQ weights) of each frame at its own size, pooled over all frames of all videos, "
            f"0..100, no reference; {LONGEST}"
        ),
        factory=_musiq,
        backbones=("musiq",),
        needs=(),
        aggregation="corpus",
        version=2,
        changes={2: LONGEST},
    ),
)
