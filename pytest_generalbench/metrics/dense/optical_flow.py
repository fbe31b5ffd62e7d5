"""Optical flow: the mean end-point error."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.metrics.accumulators import SILENCE, score_of
from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.dense.blocks import blocks_of
from pytest_generalbench.metrics.dense.depth import ErrorMean
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

UNKNOWN: Final = 1e9
"""A flow beyond this marks a pixel without reference in .flo files."""


def end_point_error(prediction: NDArray[Any] | None, reference: NDArray[Any]) -> float:
    """Return the mean distance in pixels between the end points of one field's valid pixels.

    None errs by `largest_error`.

    >>> end_point_error(np.array([[[3.0, 4.0], [1.0, 1.0]]]), np.zeros((1, 2, 2)) + [[[0, 0], [np.nan, 0]]])
    5.0
    """
    if not isinstance(reference, np.ndarray) or reference.ndim != 3 or reference.shape[2] != 2:
        bad_reference("epe", "a (height, width, 2) array", reference)
    blocks = list(blocks_of(reference.shape[:2]))
    predicted = None if prediction is None else np.asarray(prediction)
    fits = predicted is None or (
        predicted.shape == reference.shape and all(np.isfinite(predicted[place]).all() for place in blocks)
    )
    errors, count, longest = [], 0, 0.0
    for place in blocks if fits else ():
        valid = (np.abs(reference[place]) <= UNKNOWN).all(axis=2)
        truth = reference[place][valid].astype(np.float64)
        if len(truth):
            longest = max(longest, float(np.hypot(truth[:, 0], truth[:, 1]).max()))
            away = truth if predicted is None else predicted[place][valid].astype(np.float64) - truth
            errors.append(float(np.sum(np.hypot(away[:, 0], away[:, 1]))))
            count += len(truth)
    if predicted is not None and not fits:
        shapes = f"{predicted.shape} for {reference.shape}"
        raise PredictionFormatError(f"metric 'epe': the flow does not fit the reference: {shapes}")
    if not count:
        raise ReferenceFormatError("metric 'epe': the reference has no valid pixel")
    return largest_error(longest, reference.shape[:2]) if predicted is None else math.fsum(errors) / count


def largest_error(longest: float, size: tuple[int, ...]) -> float:
    """Return an error in pixels that no flow exceeds inside the image, nor inside the range of the true flow.

    It is the longest true flow, plus the image's diagonal or √2 times that flow, whichever is more.

    Args:
        longest: The length of the longest flow of the valid pixels.
        size: Height and width of the field.

    >>> largest_error(1.0, (3, 4))
    6.0
    """
    return longest + max(math.hypot(*size), math.sqrt(2) * longest)


def epe(pairs: Iterable[tuple[NDArray[Any] | None, NDArray[Any]]]) -> float:
    """Return the mean over instances of the mean end-point error in pixels (lower is better).

    Both sides are (height, width, 2): pixels to the right and down. Pixels whose reference is
    NaN or beyond 1e9 have none and are left out. None errs by the image's diagonal plus the
    longest true flow (`largest_error`), and as much as the worst answer where that is more. NaN
    without instances. Source: [workbook] `EPE`; the released video code, which also divides by n + 0.0001.

    Raises:
        ReferenceFormatError: A reference that is no flow field, or has no valid pixel.
        PredictionFormatError: An answer of another shape, or not finite.

    >>> epe([(np.zeros((1, 1, 2)), np.array([[[3.0, 4.0]]])), (np.ones((1, 1, 2)), np.ones((1, 1, 2)))])
    2.5
    """
    return score_of(ErrorMean(end_point_error, bounded=False), pairs)


METRICS: Final = (
    Metric(
        name="epe",
        unit="pixels",
        higher_is_better=False,
        best=0.0,
        definition=(
            "mean distance of end points in pixels over a field's valid pixels, mean over instances; "
            f"no answer: the image's diagonal plus the longest true flow, {SILENCE}"
        ),
        factory=partial(ErrorMean, end_point_error, bounded=False),
        version=2,
        changes={
            2: "an unreadable answer errs by the image's diagonal plus the longest true flow, no longer as a "
            "constant does"
        },
    ),
)
