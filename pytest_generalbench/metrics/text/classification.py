"""One label per instance: accuracy, macro accuracy, macro F1 and weighted F1.

The metrics over classes take the classes of the references and no others. A prediction
stands for the class that accepts it (in any instance's reference); one that no class
accepts is a miss for its instance's class and never a class of its own. None is such a miss, and
in F1 a false alarm of the same class as well: a wrong label is a false alarm of some class, and
silence must be no better.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from pytest_generalbench.metrics.accumulators import NOTHING, MeanAccumulator, jackknife_value, score_of
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.text.normalization import normalise_answer
from pytest_generalbench.metrics.validation import text_pair, text_prediction, text_references


def accuracy(prediction: str, references: tuple[str, ...]) -> float:
    """Return 1.0 when the answer equals an accepted one after `normalise_answer`, else 0.0.

    The metric `accuracy` is the mean over instances in percent (0..100, higher is better).
    Letter case, outer blanks and quotes and one final full stop do not count; a right answer
    inside a longer one does (it is the protocol that reads an answer out of its sentence).
    Source: [workbook] `Acc`, `ACC`; the released rules (exact string, or substring) differ
    by family and are not used.

    Raises:
        ReferenceFormatError: No accepted answer, or a bare string.
        PredictionFormatError: The prediction is neither a string nor None.

    >>> accuracy("b.", ("B",)), accuracy("Paris", ("paris", "City of Light")), accuracy("10", ("1",))
    (1.0, 1.0, 0.0)
    """
    prediction, references = text_pair("accuracy", prediction, references)
    answer = normalise_answer(prediction)
    return float(any(answer == normalise_answer(reference) for reference in references))


_SILENT: Final = "\0"
"""Stands for the class of an answer that cannot be read."""


@dataclass(slots=True)
class _Tally:
    """The counts of one class."""

    support: int = 0
    hits: int = 0
    false_alarms: int = 0


_Share = Callable[[int, int, int], tuple[float, int]]
"""Maps (support, hits, false alarms) of a class to its weighted score and its weight."""


def _f1(support: int, hits: int, false_alarms: int) -> float:
    return 2 * hits / (support + hits + false_alarms)


def _macro_recall(support: int, hits: int, false_alarms: int) -> tuple[float, int]:
    return (hits / support, 1) if support else (0.0, 0)


def _macro_f1(support: int, hits: int, false_alarms: int) -> tuple[float, int]:
    return (_f1(support, hits, false_alarms), 1) if support else (0.0, 0)


def _weighted_f1(support: int, hits: int, false_alarms: int) -> tuple[float, int]:
    return (support * _f1(support, hits, false_alarms), support) if support else (0.0, 0)


class ClassAccumulator:
    """A mean over the classes of the references; the standard error is a jackknife over instances.

    An instance is kept as its normalised accepted forms, of which the first is the class, and
    its normalised prediction: which class a prediction stands for is known only at the end.
    """

    def __init__(self, name: str, share: _Share) -> None:
        """Take the metric's name, for messages, and the share of a class in its mean."""
        self._name = name
        self._share = share
        self._seen: dict[tuple[tuple[str, ...], str | None], int] = {}
        """The distinct instances, and where each stands among them."""
        self._places = array("q")
        """Which of the distinct ones each instance is."""

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance; None is a miss for the class of `reference`."""
        forms = tuple(normalise_answer(text) for text in text_references(self._name, reference))
        answer = None if prediction is None else normalise_answer(text_prediction(self._name, prediction))
        self._places.append(self._seen.setdefault((forms, answer), len(self._seen)))

    def _outcomes(self) -> list[tuple[str, str | None]]:
        """Return (class, class predicted or None) of each instance."""
        known = sorted({forms for forms, _ in self._seen})
        owners = {forms[0]: forms[0] for forms in known}
        for forms in known:
            for form in forms:
                owners.setdefault(form, forms[0])
        text = [
            (forms[0], forms[0] if answer in forms else _SILENT if answer is None else owners.get(answer))
            for forms, answer in self._seen
        ]
        return [text[place] for place in self._places]

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the score in percent over everything added so far."""
        if not self._places:
            return NOTHING
        text = self._outcomes()
        outcomes = Counter(text)
        tallies = _tallies(outcomes)
        shares = [self._share(one.support, one.hits, one.false_alarms) for one in tallies.values()]
        top, weight = math.fsum(part for part, _ in shares), sum(part for _, part in shares)
        without = {outcome: 100.0 * self._without(tallies, outcome, top, weight) for outcome in outcomes}
        return jackknife_value(100.0 * top / weight, [without[outcome] for outcome in text])

    def _without(
        self, tallies: Mapping[str, _Tally], outcome: tuple[str, str | None], top: float, weight: int
    ) -> float:
        """Return the score without one instance of this outcome; a class left empty drops out."""
        truth, predicted = outcome
        for name in {truth, _blamed(truth, predicted) or truth}:
            tally = tallies[name]
            old = self._share(tally.support, tally.hits, tally.false_alarms)
            new = self._share(
                tally.support - (name == truth),
                tally.hits - (truth == predicted),
                tally.false_alarms - (predicted != truth and name == _blamed(truth, predicted)),
            )
            top, weight = top + new[0] - old[0], weight + new[1] - old[1]
        return top / weight if weight else 0.0


def _tallies(outcomes: Mapping[tuple[str, str | None], int]) -> dict[str, _Tally]:
    tallies = {truth: _Tally() for truth, _ in outcomes}
    for (truth, predicted), times in outcomes.items():
        tallies[truth].support += times
        blamed = _blamed(truth, predicted)
        if predicted == truth:
            tallies[truth].hits += times
        elif blamed is not None:
            tallies[blamed].false_alarms += times
    return tallies


def _blamed(truth: str, predicted: str | None) -> str | None:
    """Return the class of which a wrong answer is a false positive; None for an answer that is no class."""
    return truth if predicted == _SILENT else predicted


def macro_accuracy(pairs: Iterable[tuple[str | None, tuple[str, ...]]]) -> float:
    """Return the mean recall over the classes of the references, in percent (0..100, higher is better).

    A class is the first string of a reference; its further strings are accepted spellings.
    None and foreign answers are misses. NaN without instances.
    Source: [workbook] `Macro-Acc`; standard definition (balanced accuracy).

    Raises:
        ReferenceFormatError: A reference without a class, or a bare string.
        PredictionFormatError: A prediction that is neither a string nor None.

    >>> macro_accuracy([("cat", ("cat",)), ("cat", ("cat",)), ("bird", ("dog", "hound"))])
    50.0
    """
    return score_of(ClassAccumulator("macro_accuracy", _macro_recall), pairs)


def macro_f1(pairs: Iterable[tuple[str | None, tuple[str, ...]]]) -> float:
    """Return the mean over the classes of the references of F1 = 2 TP / (2 TP + FP + FN), in percent.

    0..100, higher is better. Classes as in `macro_accuracy`; a foreign answer is a false negative
    of its class and nobody's false positive, None both of its class. NaN without instances.
    Source: [workbook] `F1 Score`; standard definition.

    Raises:
        ReferenceFormatError: A reference without a class, or a bare string.
        PredictionFormatError: A prediction that is neither a string nor None.

    >>> round(macro_f1([("a", ("a",)), ("a", ("b",)), ("b", ("b",)), (None, ("b",))]), 2)
    53.33
    """
    return score_of(ClassAccumulator("macro_f1", _macro_f1), pairs)


def weighted_f1(pairs: Iterable[tuple[str | None, tuple[str, ...]]]) -> float:
    """Return the mean of the classes' F1, weighted by their number of references, in percent.

    0..100, higher is better; classes and misses as in `macro_f1`. NaN without instances.
    Source: [workbook] `F-score` of sarcasm detection (MUStARD reports the weighted F);
    standard definition.

    Raises:
        ReferenceFormatError: A reference without a class, or a bare string.
        PredictionFormatError: A prediction that is neither a string nor None.

    >>> round(weighted_f1([("a", ("a",)), ("a", ("b",)), ("b", ("b",)), (None, ("b",))]), 2)
    46.67
    """
    return score_of(ClassAccumulator("weighted_f1", _weighted_f1), pairs)


_FOREIGN: Final = "classes are those of the references; an unreadable or foreign answer misses its class"
_SILENCE: Final = "an unreadable answer is a false alarm of its class as well"

METRICS: Final = (
    Metric(
        name="accuracy",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "share of answers equal to an accepted one (NFKC; letter case, outer quotes, blanks and one "
            "final full stop ignored)"
        ),
        factory=partial(MeanAccumulator, accuracy, partial(text_references, "accuracy")),
    ),
    Metric(
        name="macro_accuracy",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=f"mean recall per class; {_FOREIGN}",
        factory=partial(ClassAccumulator, "macro_accuracy", _macro_recall),
        aggregation="corpus",
    ),
    Metric(
        name="macro_f1",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=f"unweighted mean of F1 per class; {_FOREIGN}, {_SILENCE}",
        factory=partial(ClassAccumulator, "macro_f1", _macro_f1),
        aggregation="corpus",
        version=2,
        changes={2: _SILENCE},
    ),
    Metric(
        name="weighted_f1",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=f"mean of F1 per class weighted by its references; {_FOREIGN}, {_SILENCE}",
        factory=partial(ClassAccumulator, "weighted_f1", _weighted_f1),
        aggregation="corpus",
        version=2,
        changes={2: _SILENCE},
    ),
)
