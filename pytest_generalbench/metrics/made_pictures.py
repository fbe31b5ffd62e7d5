"""The metrics of pictures that a model makes."""

from __future__ import annotations

from typing import Final

from pytest_generalbench.metrics import clip, eeg, fid, lab, ms_ssim, psnr

METRICS: Final = (
    *psnr.METRICS,
    *ms_ssim.METRICS,
    *lab.METRICS,
    *fid.METRICS,
    *clip.METRICS,
    *eeg.METRICS,
)
