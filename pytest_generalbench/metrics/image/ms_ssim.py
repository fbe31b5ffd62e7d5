"""Multi-scale structural similarity of pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.outputs.forms.image import resized
from pytest_generalbench.metrics.accumulators import mean_value
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.image.pairs import answer_pixels, target_pixels
from pytest_generalbench.metrics.validation import PredictionFormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.metrics.backbone_interfaces import Pixels

WEIGHTS: Final = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the scales, the finest first."""

WORST: Final = -1.0
"""Given to an answer that cannot be read: the bottom of the scale, which no picture reaches."""

_WINDOW: Final = 11
_SIGMA: Final = 1.5
_C1: Final = (0.01 * 255) ** 2
_C2: Final = (0.03 * 255) ** 2
_GREY: Final = (0.299, 0.587, 0.114)

Plane = NDArray[np.float64]


def _gauss() -> Plane:
    away = np.arange(_WINDOW) - _WINDOW // 2
    heights = np.exp(-(away**2) / (2 * _SIGMA**2))
    weights: Plane = heights / heights.sum()
    return weights


def _blurred(plane: Plane) -> Plane:
    """Return the Gaussian mean around every pixel whose window lies inside, over the first two axes."""
    weights = _gauss()
    tall, wide = plane.shape[0] - _WINDOW + 1, plane.shape[1] - _WINDOW + 1
    rows = np.zeros((tall, *plane.shape[1:]))
    for place, weight in enumerate(weights):
        rows += weight * plane[place : place + tall]
    done: Plane = np.zeros((tall, wide, *plane.shape[2:]))
    for place, weight in enumerate(weights):
        done += weight * rows[:, place : place + wide]
    return done


def _similarity(one: Plane, other: Plane) -> tuple[Plane, Plane]:
    """Return SSIM and its contrast part at every pixel whose window lies inside."""
    mean_one, mean_other = _blurred(one), _blurred(other)
    # Rounding makes the variance of a flat area negative.
    spread_one = np.maximum(_blurred(one * one) - mean_one**2, 0)
    spread_other = np.maximum(_blurred(other * other) - mean_other**2, 0)
    common = _blurred(one * other) - mean_one * mean_other
    contrast: Plane = (2 * common + _C2) / (spread_one + spread_other + _C2)
    light = (2 * mean_one * mean_other + _C1) / (mean_one**2 + mean_other**2 + _C1)
    return light * contrast, contrast


def _halved(plane: Plane) -> Plane:
    """Return means of 2 x 2 pixels; a last odd row or column is left out."""
    tall, wide = plane.shape[0] // 2, plane.shape[1] // 2
    cut = plane[: 2 * tall, : 2 * wide]
    blocks: Plane = cut.reshape(tall, 2, wide, 2, *plane.shape[2:]).mean(axis=(1, 3))
    return blocks


def scales(height: int, width: int) -> int:
    """Return how many of the five scales a picture has: all whose picture holds the window, at least one.

    >>> scales(176, 300), scales(175, 300), scales(32, 48), scales(4, 4)
    (5, 4, 2, 1)
    """
    side = min(height, width)
    return next((count for count in range(5, 1, -1) if side >> (count - 1) >= _WINDOW), 1)


def ms_ssim(prediction: Pixels, reference: Pixels) -> float:
    """Return the multi-scale structural similarity of two pictures, at most 1, higher is better.

    The product over five scales of the mean contrast part to the power of the scale's weight; at the
    coarsest scale of SSIM itself. Gaussian window 11 x 11, sigma 1.5, K 0.01 and 0.03, range 255. Colours
    are planes whose means are averaged. A mean below 0 counts as 0. As torchmetrics has it, the coarsest
    scale's picture is mirrored at its border, the others' windows lie inside.

    A picture below 176 pixels has fewer scales, those whose picture holds the window, and their weights are
    brought to the sum of all five; one below 11 pixels is first enlarged by repeating pixels.

    Args:
        prediction: (height, width) or (height, width, channels), 0..255.
        reference: The same shape.

    Raises:
        PredictionFormatError: The shapes differ.

    Source: Wang, Simoncelli and Bovik 2003.

    >>> flat = np.full((180, 180, 3), 90, np.uint8)
    >>> ms_ssim(flat, flat)
    1.0
    >>> round(ms_ssim(flat // 2, flat), 4)
    0.9707
    """
    if prediction.shape != reference.shape:
        raise PredictionFormatError(
            f"ms_ssim takes equal shapes, not {prediction.shape} and {reference.shape}"
        )
    one, other = (np.atleast_3d(picture).astype(np.float64) for picture in (prediction, reference))
    times = -(-_WINDOW // min(one.shape[:2]))
    if times > 1:
        one, other = (picture.repeat(times, 0).repeat(times, 1) for picture in (one, other))
    count = scales(*one.shape[:2])
    weights = np.array(WEIGHTS[:count]) * (sum(WEIGHTS) / sum(WEIGHTS[:count]))
    means = []
    for _ in range(count - 1):
        means.append(_similarity(one, other)[1].mean())
        one, other = _halved(one), _halved(other)
    edge = _WINDOW // 2
    around = ((edge, edge), (edge, edge), (0, 0))
    coarsest = _similarity(np.pad(one, around, "reflect"), np.pad(other, around, "reflect"))[0]
    means.append(coarsest.mean())
    return min(1.0, float(np.prod(np.maximum(means, 0) ** weights)))


class _MsSsim:
    """Mean over pictures; an answer of another size is brought to that of the target."""

    def __init__(self, area: int, grey: bool) -> None:
        self._area = area
        self._grey = grey
        self._values: list[float] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take an Image and its Target."""
        true = target_pixels("ms_ssim", reference)
        if prediction is None:
            self._values.append(WORST)
            return
        height, width = true.shape[:2]
        if self._area:
            step = math.sqrt(self._area / (height * width))
            height, width = max(1, round(height * step)), max(1, round(width * step))
        pair = (resized(one, height, width) for one in (answer_pixels("ms_ssim", prediction), true))
        predicted, due = (one @ np.array(_GREY) if self._grey else one for one in pair)
        self._values.append(ms_ssim(predicted, due))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean."""
        return mean_value(self._values)


METRICS: Final = (
    Metric(
        name="ms_ssim",
        unit="0..1",
        higher_is_better=True,
        best=1.0,
        definition=(
            "multi-scale SSIM (Wang 2003, five scales, window 11, sigma 1.5), mean over pictures; an answer "
            "of another size is resized (bicubic) to the target's, both to `area` pixels where that is not "
            "0; over luma where `grey`, else mean of RGB; fewer scales below 176 pixels; no answer: -1"
        ),
        factory=_MsSsim,
        options={"area": 0, "grey": False},
        needs=("medium",),
    ),
)
