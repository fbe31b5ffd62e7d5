"""The metrics of pictures that a model makes."""

from __future__ import annotations

from typing import Final

from pytest_generalbench.metrics.image import clip_score as clip
from pytest_generalbench.metrics.image import eeg_accuracy as eeg
from pytest_generalbench.metrics.image import fid, ms_ssim, psnr
from pytest_generalbench.metrics.image import lab_rmse as lab

METRICS: Final = (
    *psnr.METRICS,
    *ms_ssim.METRICS,
    *lab.METRICS,
    *fid.METRICS,
    *clip.METRICS,
    *eeg.METRICS,
)
