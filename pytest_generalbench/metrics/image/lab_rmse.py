"""Differences of colour in CIE LAB."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.metrics.accumulators import mean_value
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.image.pairs import answer_pixels, target_pixels
from pytest_generalbench.metrics.validation import PredictionFormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_generalbench.metrics.backbone_interfaces import Pixels

_TO_XYZ: Final = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
_WHITE: Final = np.array([0.95047, 1.0, 1.08883])
"""D65, 2 degrees."""

_WIDEST: Final = (100.0, 184.5, 202.4)
"""What L, a and b of any two sRGB colours differ by at most, rounded up."""

WORST: Final = {
    "square": math.sqrt(sum(width**2 for width in _WIDEST) / 3),
    "absolute": sum(_WIDEST),
}
"""Given to an answer that cannot be read; no picture is as far from another."""

_ROWS_AT_ONCE: Final = 1 << 20


def lab(pixels: Pixels) -> NDArray[np.float64]:
    """Return CIE LAB of sRGB pixels, shape (..., 3): L 0..100, a and b about -108..98; white is D65.

    Source: IEC 61966-2-1 and CIE 15, with the constants that scikit-image takes.

    >>> lab(np.array([255, 0, 0], np.uint8)).round(2).tolist()
    [53.24, 80.09, 67.2]
    """
    values = np.arange(256) / 255
    linear = np.where(values > 0.04045, ((values + 0.055) / 1.055) ** 2.4, values / 12.92)
    part = linear[pixels] @ _TO_XYZ.T / _WHITE
    bent = np.where(part > 0.008856, np.cbrt(part), 7.787 * part + 16 / 116)
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def lab_rmse(prediction: Pixels, reference: Pixels, error: str = "square") -> float:
    """Return the root mean square colour difference of two pictures in CIE LAB, lower is better.

    Args:
        prediction: (height, width, 3), uint8, sRGB.
        reference: The same shape.
        error: `square`: the root of the mean of squared differences over pixels and the three channels.
            `absolute`: the mean over pixels of |ΔL| + |Δa| + |Δb|, which the evaluation scripts of shadow
            removal compute and papers print as RMSE.

    Raises:
        PredictionFormatError: The shapes differ.
        UnknownWordError: Another `error`.

    Source: the root mean square is the usual definition; for `absolute` the custom of SRD and ISTD results.

    >>> black, grey = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 119, np.uint8)
    >>> round(lab_rmse(grey, black), 2), round(lab_rmse(grey, black, "absolute"), 2)
    (28.89, 50.04)
    """
    if error not in WORST:
        raise UnknownWordError("error of lab_rmse", error, WORST)
    if prediction.shape != reference.shape:
        raise PredictionFormatError(
            f"lab_rmse takes equal shapes, not {prediction.shape} and {reference.shape}"
        )
    one, other = prediction.reshape(-1, 3), reference.reshape(-1, 3)
    sums = []
    for start in range(0, len(one), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        away = lab(one[part]) - lab(other[part])
        sums.append(float((away**2).sum() if error == "square" else np.abs(away).sum()))
    total = math.fsum(sums)
    return math.sqrt(total / one.size) if error == "square" else total / len(one)


class _LabRmse:
    """Mean over pictures."""

    def __init__(self, error: str) -> None:
        if error not in WORST:
            raise UnknownWordError("error of lab_rmse", error, WORST)
        self._error = error
        self._values: list[float] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take an Image of the target's size and its Target."""
        true = target_pixels("lab_rmse", reference)
        if prediction is None:
            self._values.append(WORST[self._error])
        else:
            self._values.append(lab_rmse(answer_pixels("lab_rmse", prediction), true, self._error))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean."""
        return mean_value(self._values)


METRICS: Final = (
    Metric(
        name="lab_rmse",
        unit="LAB units",
        higher_is_better=False,
        best=0.0,
        definition=(
            "error in CIE LAB (D65) over the whole picture at its own size, mean over pictures; "
            "error=square: root mean square over pixels and channels; error=absolute: mean over pixels of "
            "|dL|+|da|+|db|, which shadow removal papers print as RMSE; no answer: "
            f"{WORST['square']:.1f}, absolute {WORST['absolute']:.1f}"
        ),
        factory=_LabRmse,
        options={"error": "square"},
        needs=("medium",),
    ),
)
