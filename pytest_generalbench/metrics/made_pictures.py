"""The metrics of pictures that a model makes."""

from __future__ import annotations

from typing import Final

from pytest_generalbench.metrics import psnr

METRICS: Final = (*psnr.METRICS,)
