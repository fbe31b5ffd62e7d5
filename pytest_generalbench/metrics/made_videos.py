"""The metrics of videos that a model makes; PSNR of frames is in `psnr`."""

from __future__ import annotations

from typing import Final

from pytest_generalbench.metrics import (
    fvd,
    video_consistency,
    video_motion,
    video_objects,
    video_quality,
    video_words,
)

METRICS: Final = (
    *fvd.METRICS,
    *video_consistency.METRICS,
    *video_motion.METRICS,
    *video_quality.METRICS,
    *video_objects.METRICS,
    *video_words.METRICS,
)
