"""Optical flow: the mean end-point error."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.metrics.accumulators import score_of
from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.dense.depth import ErrorMean
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

UNKNOWN: Final = 1e9
"""A flow beyond this marks a pixel without reference in .flo files."""


def end_point_error(prediction: NDArray[Any] | None, reference: NDArray[Any]) -> float:
    """Return the mean distance in pixels between the end points of one field's valid pixels.

    >>> end_point_error(np.array([[[3.0, 4.0], [1.0, 1.0]]]), np.zeros((1, 2, 2)) + [[[0, 0], [np.nan, 0]]])
    5.0
    """
    if not isinstance(reference, np.ndarray) or reference.ndim != 3 or reference.shape[2] != 2:
        bad_reference("epe", "a (height, width, 2) array", reference)
    valid = (np.abs(reference) <= UNKNOWN).all(axis=2)
    if not valid.any():
        raise ReferenceFormatError("metric 'epe': the reference has no valid pixel")
    truth = reference[valid].astype(np.float64)
    if prediction is None:
        return _worst(truth)
    if np.shape(prediction) != reference.shape or not np.isfinite(prediction).all():
        told = f"{np.shape(prediction)} for {reference.shape}"
        raise PredictionFormatError(f"metric 'epe': the flow does not fit the reference: {told}")
    errors = np.asarray(prediction, dtype=np.float64)[valid] - truth
    return float(np.mean(np.hypot(errors[:, 0], errors[:, 1])))


def _worst(truth: NDArray[np.float64]) -> float:
    """Return the error of the worst constant within the reference's range, 0 included; at least 1."""
    low, high = np.minimum(truth.min(axis=0), 0), np.maximum(truth.max(axis=0), 0)
    corners = [np.array([u, v]) for u in (low[0], high[0]) for v in (low[1], high[1])]
    errors = [float(np.mean(np.hypot(*(truth - corner).T))) for corner in corners]
    return max(1.0, *errors)


def epe(pairs: Iterable[tuple[NDArray[Any] | None, NDArray[Any]]]) -> float:
    """Return the mean over instances of the mean end-point error in pixels (lower is better).

    Both sides are (height, width, 2): pixels to the right and down. Pixels whose reference is
    NaN or beyond 1e9 have none and are left out. None costs the error of the worst
    constant flow within the reference's range and 0, at least 1 px; a finite answer errs
    by as much as it does. NaN without instances. Source: [workbook] `EPE`; the released video
    code, which also divides by n + 0.0001.

    Raises:
        ReferenceFormatError: A reference that is no flow field, or has no valid pixel.
        PredictionFormatError: An answer of another shape, or not finite.

    >>> epe([(np.zeros((1, 1, 2)), np.array([[[3.0, 4.0]]])), (np.ones((1, 1, 2)), np.ones((1, 1, 2)))])
    2.5
    """
    return score_of(ErrorMean(end_point_error), pairs)


METRICS: Final = (
    Metric(
        name="epe",
        unit="pixels",
        higher_is_better=False,
        best=0.0,
        definition=(
            "mean distance of end points in pixels over a field's valid pixels, mean over instances; "
            "no answer: the worst constant flow within the reference's range"
        ),
        factory=partial(ErrorMean, end_point_error),
    ),
)
