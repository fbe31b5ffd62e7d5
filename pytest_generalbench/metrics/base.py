"""A metric: its scale and definition, and an accumulator that is given the instances one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class MetricValue:
    """The score of a task, its standard error, and a number for each instance.

    >>> from pytest_generalbench.metrics.accumulators import mean_value
    >>> value = mean_value([0.0, 1.0, 1.0, 1.0], scale=100.0)
    >>> value.score, value.stderr, value.n, value.scores
    (75.0, 25.0, 4, (0.0, 100.0, 100.0, 100.0))
    """

    score: float
    """In the metric's unit. NaN when there was nothing to score."""
    stderr: float | None
    """Standard error of the score in the same unit; None when it cannot be estimated (n < 2)."""
    n: int
    """Instances the score is over."""
    scores: Sequence[float] = field(default=(), compare=False, repr=False)
    """One number for each call of `add`, in that order, in the metric's unit: what the instance scored, where
    the score is the mean of them; of a corpus metric its jackknife pseudo-value, n * score - (n - 1) * score
    without the instance. `stderr` is the standard error of these numbers (with `groups`, of one for each
    group). All are NaN where the score without some instance is not known, and `stderr` is None."""
    groups: Sequence[int] = field(default=(), compare=False, repr=False)
    """() where each instance was left out alone; else for each call of `add` the group, from 0, that the
    instance was left out with. Its number in `scores` is then that of its group:
    G * score - (G - 1) * score without the group, of G groups."""


class Accumulator(Protocol):
    """Collects the instances of one task, in any order, and returns their score.

    >>> from pytest_generalbench.metrics import get
    >>> accumulator = get("mae").factory()
    >>> accumulator.add(2.0, 3.0)
    >>> accumulator.add(3.0, 3.0)
    >>> accumulator.result(["first", "second"]).score
    0.5
    """

    def add(self, prediction: Any, reference: Any) -> None:
        """Add one instance.

        Args:
            prediction: what the protocol read from the answer, in the metric's type; None for an answer that
                counts as wrong.
            reference: what the protocol read from the reference, in the metric's type.

        Raises:
            PredictionFormatError: the prediction is not of the metric's type.
            ReferenceFormatError: the reference is not of the metric's type.
        """

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the score of all instances added so far, and a number for each of them.

        Args:
            instances: the ids of the instances in the order of `add`. Where instances are left out in groups,
                the groups are drawn from the ids, so that the order changes nothing.

        Returns:
            Score, standard error and numbers in the metric's unit; NaN without instances.
        """


@dataclass(frozen=True, slots=True)
class Metric:
    """A named metric: its scale, its definition, and a factory of accumulators.

    >>> from pytest_generalbench.metrics import get
    >>> metric = get("accuracy")
    >>> metric.unit, metric.higher_is_better, metric.best, metric.aggregation
    ('percent', True, 100.0, 'mean')
    >>> accumulator = metric.factory()
    >>> accumulator.add("cat", ("cat", "a cat"))
    >>> accumulator.result().score
    100.0
    """

    name: str
    unit: str
    higher_is_better: bool
    best: float
    """The score of perfect answers, in `unit`."""
    definition: str
    """Formula and conventions, in one line for the result."""
    factory: Callable[..., Accumulator]
    """Returns an empty accumulator; keyword arguments are the metric's options."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Accepted options and their defaults."""
    requires: str | None = None
    """Extra that must be installed, or None."""
    backbones: tuple[str, ...] = ()
    """Roles of the pretrained models that it measures with (`metrics.backbone.ROLES`); the factory is given
    each as a keyword argument of that name."""
    needs: tuple[str, ...] | None = None
    """For generated media: the parts of the `Target` that it compares with (`medium`, `source`, `styles`,
    `prompt`, or one of its words; `a|b` is either of two); () when the answer alone is enough. None: not for
    generated media."""
    in_order: bool = False
    """Whether detections of equal score rank in the order of their instances, as in COCO: the file's."""
    version: int = 1
    """Raised when the same answers would score differently."""
    changes: Mapping[int, str] = field(default_factory=dict)
    """By version, from 2 on: what scores differently since then, in one line."""
    ratio_with: Mapping[str, Any] | None = None
    """Of a corpus metric: the options with which the score is a ratio of sums over the instances, without a
    kink as that of BLEU's brevity penalty; {}: with any, None: with none. The pseudo-values of some instances
    then tell the score of others."""
    aggregation: str = "mean"
    """`mean`: the score is the mean of what the instances score (`MetricValue.scores`). `corpus`: with some
    of the options at least it is not, and their numbers are jackknife pseudo-values."""
