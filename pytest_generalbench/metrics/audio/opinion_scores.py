"""Scores that people give: the mean opinion score and the share of users who prefer an answer."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_generalbench.metrics.accumulators import mean_value
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.validation import PredictionFormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_generalbench.core.outputs import Audio
    from pytest_generalbench.metrics.backbone_interfaces import SpeechQuality


class Scale(NamedTuple):
    """The scores that a rater may give."""

    low: float
    high: float


SCALES: Final[dict[str, Scale]] = {"mos": Scale(1.0, 5.0), "user_preference": Scale(0.0, 1.0)}
"""An opinion is 1 (bad) to 5 (excellent); a preference is 1 when this answer was preferred, else 0."""


class RatedAccumulator:
    """Mean over instances of the mean of an instance's ratings, times `factor`."""

    def __init__(self, scale: Scale, factor: float) -> None:
        """Take the scale that every rating must lie on."""
        self._scale = scale
        self._factor = factor
        self._values: list[float] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance: `prediction` is the tuple of its ratings, at least one; None is the lowest.

        Raises PredictionFormatError for no rating, or one off the scale.
        """
        low, high = self._scale
        if prediction is None:
            self._values.append(low)
            return
        if not prediction or not all(low <= rating <= high for rating in prediction):
            raise PredictionFormatError(f"ratings are {low:g} to {high:g}, at least one, not {prediction!r}")
        self._values.append(math.fsum(prediction) / len(prediction))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over instances; its standard error counts each instance once."""
        return mean_value(self._values, self._factor)


class _Predicted:
    """Mean over instances of a predicted opinion score."""

    def __init__(self, mos: SpeechQuality) -> None:
        self._predict: Callable[[list[Audio]], Any] = lambda sounds: mos.scores(sounds)
        self._values: list[float] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one sound; an answer that counts as wrong has the lowest score, 1."""
        value = 1.0 if prediction is None else float(self._predict([prediction])[0])
        self._values.append(min(5.0, max(1.0, value)))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean."""
        return mean_value(self._values)


_WRONG: Final = "an instance that failed or holds no medium has the lowest rating, whatever it was given"

METRICS: Final = (
    Metric(
        name="mos",
        unit="1..5",
        higher_is_better=True,
        best=5.0,
        definition=(
            f"mean opinion score of people, 1 to 5: mean over instances of the mean over raters; {_WRONG}"
        ),
        factory=partial(RatedAccumulator, SCALES["mos"], 1.0),
        needs=(),
        version=2,
        changes={2: _WRONG},
    ),
    Metric(
        name="user_preference",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=f"share of raters who prefer the answer, percent: mean over instances; {_WRONG}",
        factory=partial(RatedAccumulator, SCALES["user_preference"], 100.0),
        needs=(),
        version=2,
        changes={2: _WRONG},
    ),
    Metric(
        name="mos_auto",
        unit="1..5",
        higher_is_better=True,
        best=5.0,
        definition=(
            "AUTOMATIC stand-in for a mean opinion score: predicted from the sound alone, mean over "
            "instances; not comparable with people's ratings"
        ),
        factory=_Predicted,
        backbones=("mos",),
        needs=(),
    ),
)
