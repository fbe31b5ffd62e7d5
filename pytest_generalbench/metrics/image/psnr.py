"""Peak signal-to-noise ratio of pictures and of the frames of videos."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.outputs import Image, Target, Video
from pytest_generalbench.metrics.accumulators import pooled_value
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.metrics.backbone_interfaces import Pixels

CAP: Final = 100.0
"""dB given to equal pictures, whose ratio is infinite, and the most that others get: noise below it is less
than one value in 150,000 that is off by 1."""


def psnr(prediction: Pixels, reference: Pixels) -> float:
    """Return 10 log10(255² / mean squared error) over all values of two RGB pictures, in dB.

    Args:
        prediction: (height, width, 3), uint8.
        reference: The same shape.

    Returns:
        dB, higher is better, at most `CAP`; the worst, black against white, is 0.

    Raises:
        PredictionFormatError: The shapes differ.

    Source: the usual definition, peak 255, whole picture, RGB, no border cut off.

    >>> black, grey = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 51, np.uint8)
    >>> round(psnr(grey, black), 4)
    13.9794
    >>> psnr(black, black)
    100.0
    """
    if prediction.shape != reference.shape:
        raise PredictionFormatError(f"psnr takes equal shapes, not {prediction.shape} and {reference.shape}")
    noise = float(((prediction.astype(np.float64) - reference) ** 2).mean())
    return CAP if noise == 0 else min(CAP, 10 * math.log10(255**2 / noise))


def _frames(medium: object) -> Pixels | None:
    if isinstance(medium, Image):
        return medium.pixels[None]
    return medium.frames if isinstance(medium, Video) else None


class _Psnr:
    """Mean over pictures, or over all frames of all videos; an answer that counts as wrong is 0 dB.

    Frames of a video are alike, so that the standard error is a jackknife over the videos.
    """

    def __init__(self) -> None:
        self._media: list[tuple[float, int]] = []
        """The sum over the frames, and how many."""

    def add(self, prediction: Any, reference: Any) -> None:
        """Take an Image or Video and its Target; the medium of the target must have the same shape."""
        if not isinstance(reference, Target) or reference.medium is None:
            bad_reference("psnr", "a Target with a medium", reference)
        true = _frames(reference.medium())
        if true is None:
            bad_reference("psnr", "a picture or video", reference)
        if prediction is None:
            self._media.append((0.0, len(true)))
            return
        predicted = _frames(prediction)
        if predicted is None or len(predicted) != len(true):
            raise PredictionFormatError("psnr takes an Image or a Video with as many frames as the target")
        self._media.append((math.fsum(map(psnr, predicted, true)), len(true)))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over frames."""
        return pooled_value(self._media)


METRICS: Final = (
    Metric(
        name="psnr",
        unit="dB",
        higher_is_better=True,
        best=CAP,
        definition=(
            "PSNR in dB of RGB values 0..255, whole frame; mean over pictures, or over all frames of all "
            f"videos; equal frames count {CAP:g} dB, an answer that cannot be read 0 dB"
        ),
        factory=_Psnr,
        needs=("medium",),
        aggregation="corpus",
    ),
)
