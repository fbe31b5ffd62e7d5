"""Numbers against numbers: mean absolute error and root mean square error."""

from __future__ import annotations

import math
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.metrics.accumulators import (
    NOTHING,
    SILENCE,
    jackknife_value,
    mean_value,
    rescaled,
    score_of,
    with_silence,
)
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.validation import number_prediction, number_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_LARGE: Final = 1e150
"""Errors beyond this, or its inverse, are scaled so that squares and sums cannot over- or underflow."""


def absolute_errors(pairs: Sequence[tuple[float | None, float]]) -> list[float]:
    """Return |prediction - reference| per pair; None errs as far as the task's range allows.

    The range spans the references and 0. None errs by the distance from its reference to the
    farther end; when every reference is 0, by 1, so that no answer is never a perfect one; and by
    as much as the worst number that was answered, where that is more.

    >>> absolute_errors([(3.0, 5.0), (None, 2.0), (None, 10.0)])
    [2.0, 8.0, 10.0]
    >>> absolute_errors([(14.0, 5.0), (None, 2.0), (None, 10.0)])
    [9.0, 9.0, 10.0]
    """
    low = min((reference for _, reference in pairs), default=0.0)
    high = max((reference for _, reference in pairs), default=0.0)
    low, high = min(low, 0.0), max(high, 0.0)
    errors = [
        (max(reference - low, high - reference) or 1.0)
        if prediction is None
        else min(abs(prediction - reference), sys.float_info.max)
        for prediction, reference in pairs
    ]
    return with_silence(errors, [prediction is None for prediction, _ in pairs])


def _mean_absolute(errors: Sequence[float]) -> MetricValue:
    return mean_value(errors)


def _root_mean_square(errors: Sequence[float]) -> MetricValue:
    n = len(errors)
    squares = [error * error for error in errors]
    total = math.fsum(squares)
    # Leaving out the largest square of a sum can leave a rounding error below 0.
    without_one = [math.sqrt(max(total - square, 0.0) / (n - 1)) for square in squares] if n > 1 else [0.0]
    return jackknife_value(math.sqrt(total / n), without_one)


class ErrorAccumulator:
    """An error over instances; what None costs is known only when all references are."""

    def __init__(self, name: str, summary: Callable[[Sequence[float]], MetricValue]) -> None:
        """Take the metric's name, for messages, and what makes a value of the absolute errors."""
        self._name = name
        self._summary = summary
        self._pairs: list[tuple[float | None, float]] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance; None and a prediction that is not finite are the worst answer."""
        known = number_reference(self._name, reference)
        number = None if prediction is None else number_prediction(self._name, prediction)
        self._pairs.append((number, known))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the error over everything added so far."""
        if not self._pairs:
            return NOTHING
        errors = absolute_errors(self._pairs)
        largest = max(errors)
        if largest == 0.0 or 1 / _LARGE <= largest <= _LARGE:
            return self._summary(errors)
        return rescaled(self._summary([error / largest for error in errors]), largest)


def mae(pairs: Iterable[tuple[float | None, float]]) -> float:
    """Return the mean of |prediction - reference|, in the references' unit (counts; lower is better).

    None, NaN and an infinity count as the worst answer within the range of the task's
    references and 0, and as the worst number answered where that is worse (see
    `absolute_errors`); a finite answer errs by as much as it does.
    NaN without instances. Source: [workbook] `MAE`; standard definition. The released
    code leaves unreadable answers out.

    Raises:
        ReferenceFormatError: A reference that is no finite number.
        PredictionFormatError: A prediction that is neither a number nor None.

    >>> mae([(3.0, 5.0), (4.0, 4.0), (None, 10.0)])
    4.0
    """
    return score_of(ErrorAccumulator("mae", _mean_absolute), pairs)


def rmse(pairs: Iterable[tuple[float | None, float]]) -> float:
    """Return the square root of the mean of (prediction - reference) squared (raw; lower is better).

    Unreadable answers as in `mae`; the standard error is a jackknife, which takes what they err by
    as given. NaN without instances. Source: [workbook] `RMSE` of time series; standard definition
    (the released code computes MAE there).

    Raises:
        ReferenceFormatError: A reference that is no finite number.
        PredictionFormatError: A prediction that is neither a number nor None.

    >>> rmse([(1.0, 4.0), (5.0, 1.0)])
    3.5355339059327378
    """
    return score_of(ErrorAccumulator("rmse", _root_mean_square), pairs)


_UNREADABLE: Final = (
    f"an unreadable answer errs as far as the range of the references and 0 allows, {SILENCE}"
)
_CHANGES: Final = {2: "an unreadable answer errs at least as much as the worst readable one"}

METRICS: Final = (
    Metric(
        name="mae",
        unit="count",
        higher_is_better=False,
        best=0.0,
        definition=f"mean absolute error; {_UNREADABLE}",
        factory=partial(ErrorAccumulator, "mae", _mean_absolute),
        version=2,
        changes=_CHANGES,
    ),
    Metric(
        name="rmse",
        unit="raw",
        higher_is_better=False,
        best=0.0,
        definition=f"root mean square error; {_UNREADABLE}",
        factory=partial(ErrorAccumulator, "rmse", _root_mean_square),
        aggregation="corpus",
        version=2,
        changes=_CHANGES,
    ),
)
