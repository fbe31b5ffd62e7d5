"""Consistency of the frames of a video: subject, background, and flicker of pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.video.frames import LONGEST, FramePool, VideoMean, cosines, in_chunks

if TYPE_CHECKING:
    from pytest_generalbench.core.outputs import Target, Video
    from pytest_generalbench.metrics.backbone_interfaces import Features, PictureFeatures, Pixels


def frame_consistency(features: Features) -> Features:
    """Return, of each frame but the first, how alike it is to the frame before it and to the first one.

    (max(0, cos(fᵢ, fᵢ₋₁)) + max(0, cos(fᵢ, f₀))) / 2.

    Args:
        features: (frames, d), one vector for each frame.

    Returns:
        (frames - 1,) in 0..1, higher is better.

    Raises:
        ValueError: `features` is not a matrix.

    Source: subject and background consistency of VBench (Huang et al. 2024).

    >>> frame_consistency(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])).tolist()
    [1.0, 0.0, 0.0]
    """
    before = cosines(features[1:], features[:-1])
    first = cosines(features[1:], np.broadcast_to(features[0], features[1:].shape))
    return (np.clip(before, 0, None) + np.clip(first, 0, None)) / 2


def steadiness(frames: Pixels) -> float:
    """Return (255 - mean absolute difference of consecutive frames) / 255 over all RGB values.

    Args:
        frames: (frames, height, width, 3), uint8.

    Returns:
        0..1, higher is better; 0 for a single frame, which shows nothing of it.

    Raises:
        ValueError: `frames` cannot be subtracted from each other.

    Source: temporal flickering of VBench (Huang et al. 2024).

    >>> frames = np.zeros((3, 2, 2, 3), np.uint8)
    >>> frames[1] = 51
    >>> round(steadiness(frames), 12), steadiness(frames[:1])
    (0.8, 0.0)
    """
    if len(frames) < 2:
        return 0.0
    # Pair by pair: all at once, a long video would be in memory several times over.
    changes = [
        float(np.abs(one.astype(np.int16) - other).mean())
        for one, other in zip(frames[1:], frames[:-1], strict=True)
    ]
    return 1 - sum(changes) / len(changes) / 255


def video_consistency(eyes: PictureFeatures, video: Video) -> Features:
    """Return `frame_consistency` of a video's frames as `eyes` see them."""
    return frame_consistency(in_chunks(eyes.pictures, video.frames))


def _pooled(name: str, eyes: PictureFeatures) -> FramePool:
    def scores(video: Video, target: Target) -> Features:
        return video_consistency(eyes, video)

    return FramePool(name, scores)


_CONSISTENCY: Final = (
    "of each frame but the first: mean of its cosines, negative ones 0, with the frame before and with the "
    "first frame, by {eyes}; pooled over all frames of all videos, percent; "
    f"{LONGEST}; one video per instance"
)

METRICS: Final = (
    Metric(
        name="subject_consistency",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition="subject consistency " + _CONSISTENCY.format(eyes="DINO features"),
        factory=lambda dino: _pooled("subject_consistency", dino),
        backbones=("dino",),
        needs=(),
        aggregation="corpus",
        version=2,
        changes={2: LONGEST},
    ),
    Metric(
        name="background_consistency",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition="background consistency " + _CONSISTENCY.format(eyes="CLIP image features"),
        factory=lambda clip: _pooled("background_consistency", clip),
        backbones=("clip",),
        needs=(),
        aggregation="corpus",
        version=2,
        changes={2: LONGEST},
    ),
    Metric(
        name="temporal_flickering",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "(255 - mean absolute difference of consecutive frames) / 255 of RGB values, mean over frame "
            "pairs, then over videos, percent: higher is steadier; a single frame and an answer that cannot "
            "be read count 0; one video per instance"
        ),
        factory=lambda: VideoMean("temporal_flickering", lambda video, target: steadiness(video.frames)),
        needs=(),
    ),
)
