"""The metrics of videos that a model makes; PSNR of frames is in `psnr`."""

from __future__ import annotations

from typing import Final

from pytest_generalbench.metrics.video import consistency as video_consistency
from pytest_generalbench.metrics.video import fvd
from pytest_generalbench.metrics.video import motion as video_motion
from pytest_generalbench.metrics.video import objects as video_objects
from pytest_generalbench.metrics.video import quality as video_quality
from pytest_generalbench.metrics.video import text_alignment as video_words

METRICS: Final = (
    *fvd.METRICS,
    *video_consistency.METRICS,
    *video_motion.METRICS,
    *video_quality.METRICS,
    *video_objects.METRICS,
    *video_words.METRICS,
)
