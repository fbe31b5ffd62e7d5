"""Alpha mattes: sum of absolute differences and mean squared error."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.metrics.accumulators import mean_value, score_of
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class Matte(NamedTuple):
    """The ground truth of an image."""

    alpha: NDArray[np.float32]
    """(height, width), 0..1."""
    unknown: NDArray[np.bool_] | None = None
    """Where the trimap leaves it open; None: everywhere."""


def sad_of(errors: NDArray[np.float64]) -> float:
    """Return the sum of absolute errors by 1000.

    >>> sad_of(np.array([500.0, -250.0]))
    0.75
    """
    return float(np.abs(errors).sum()) / 1000


def mse_of(errors: NDArray[np.float64]) -> float:
    """Return the mean squared error times 1000.

    >>> mse_of(np.array([0.5, -0.5]))
    250.0
    """
    return float(np.mean(errors * errors)) * 1000


class MatteAccumulator:
    """The mean over images of an error of each; no answer is the farthest value at every pixel."""

    def __init__(self, name: str, error: Callable[[NDArray[np.float64]], float]) -> None:
        """Take the metric's name, for messages, and the error of an image's differences."""
        self._name = name
        self._error = error
        self._values: list[float] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one image: alpha, (height, width), against a `Matte`."""
        if not isinstance(reference, Matte) or reference.alpha.ndim != 2 or not reference.alpha.size:
            bad_reference(self._name, "a Matte of (height, width)", reference)
        truth = reference.alpha.astype(np.float64)
        if prediction is None:
            errors = np.maximum(truth, 1 - truth)
        elif np.shape(prediction) != truth.shape or not np.isfinite(prediction).all():
            shapes = f"{np.shape(prediction)} for {truth.shape}"
            raise PredictionFormatError(
                f"metric {self._name!r}: the alpha does not fit the reference: {shapes}"
            )
        else:
            errors = np.clip(np.asarray(prediction, dtype=np.float64), 0.0, 1.0) - truth
        if reference.unknown is not None and reference.unknown.any():
            errors = errors[reference.unknown]
        self._values.append(self._error(errors))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over everything added so far."""
        return mean_value(self._values)


def alpha_sad(pairs: Iterable[tuple[NDArray[Any] | None, Matte]]) -> float:
    """Return the mean over images of sum |alpha - reference| / 1000 (lower is better).

    Alpha and reference are (height, width) in 0..1; an alpha beyond is brought to the end. The sum is over
    the whole image, or over the unknown region when the data have a trimap. None errs at every pixel
    by as much as an alpha can: max(a, 1 - a). NaN without instances.
    Source: [workbook] `SAD`; the custom of the matting literature.

    Raises:
        ReferenceFormatError: A reference that is no Matte.
        PredictionFormatError: An alpha of another shape, or not finite.

    >>> alpha_sad([(np.array([[0.5, 0.0]]), Matte(np.array([[1.0, 0.0]], np.float32)))])
    0.0005
    """
    return score_of(MatteAccumulator("alpha_sad", sad_of), pairs)


def alpha_mse(pairs: Iterable[tuple[NDArray[Any] | None, Matte]]) -> float:
    """Return the mean over images of the mean of (alpha - reference) squared, times 1000 (lower is better).

    Region, shapes and None as in `alpha_sad`. NaN without instances.
    Source: [workbook] `MSE` of hair matting; the custom of the matting literature.

    Raises:
        ReferenceFormatError: A reference that is no Matte.
        PredictionFormatError: An alpha of another shape, or not finite.

    >>> alpha_mse([(np.array([[0.5, 0.0]]), Matte(np.array([[1.0, 0.0]], np.float32)))])
    125.0
    """
    return score_of(MatteAccumulator("alpha_mse", mse_of), pairs)


_REGION: Final = (
    "whole image, or the trimap's unknown region where there is one; no answer: the farthest alpha"
)

METRICS: Final = (
    Metric(
        name="alpha_sad",
        unit="sum/1000",
        higher_is_better=False,
        best=0.0,
        definition=f"sum of |alpha - reference| / 1000, mean over images; {_REGION}",
        factory=partial(MatteAccumulator, "alpha_sad", sad_of),
    ),
    Metric(
        name="alpha_mse",
        unit="x1000",
        higher_is_better=False,
        best=0.0,
        definition=f"mean of (alpha - reference) squared x 1000, mean over images; {_REGION}",
        factory=partial(MatteAccumulator, "alpha_mse", mse_of),
    ),
)
