"""The score of a judge's verdicts."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from pytest_generalbench.metrics.accumulators import MeanAccumulator
from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.validation import PredictionFormatError, number_prediction


def judge_score(verdict: float, reference: Any = None) -> float:
    """Return the judge's verdict on an answer, 0.0 (wrong) to 1.0 (right).

    The metric `judge_score` is the mean over judged answers in percent (0..100, higher is
    better). Its prediction is the verdict; None means that the answer itself counts as
    wrong, and is a 0. An answer that the judge failed on is not wrong and must not be
    added: the task is then incomplete. The reference is the judge's matter and not looked
    at here. Source: [workbook] `GPT-Score`; the released judge says 0 or 1.

    Raises:
        PredictionFormatError: The verdict is no number from 0 to 1.

    >>> judge_score(1.0)
    1.0
    """
    number = number_prediction("judge_score", verdict)
    if number is None or not 0.0 <= number <= 1.0:
        raise PredictionFormatError(
            f"metric 'judge_score' takes a verdict from 0 to 1, not {verdict!r}; divide by the judge's top "
            "mark, and do not add an answer that the judge failed on"
        )
    return number


def _any_reference(reference: Any) -> object:
    return reference


METRICS: Final = (
    Metric(
        name="judge_score",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition="mean verdict of the judge (0 wrong, 1 right) over the answers it judged, times 100",
        factory=partial(MeanAccumulator, judge_score, _any_reference),
    ),
)
