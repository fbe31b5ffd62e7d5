"""What every metric is: facts about its scale, and an accumulator that takes instances one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class MetricValue:
    """A score over instances."""

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
    """Takes the instances of one task, in any order, and gives their score."""

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance; a prediction of None is an answer that counts as wrong."""

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the score over everything added so far, and a number for each instance.

        `instances` are the ids of the instances in the order of `add`: where instances are left out in
        groups, their groups are drawn from the ids, so that the order changes nothing.
        """


@dataclass(frozen=True, slots=True)
class Metric:
    """A named metric: its scale, its definition, and how to make an accumulator."""

    name: str
    unit: str
    higher_is_better: bool
    best: float
    """The score of perfect answers, in `unit`."""
    definition: str
    """One line for the result: formula and the choices that were open."""
    factory: Callable[..., Accumulator]
    """Makes an empty accumulator; keyword arguments are the metric's options."""
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
    aggregation: str = "mean"
    """`mean`: the score is the mean of what the instances score (`MetricValue.scores`). `corpus`: with some
    of the options at least it is not, and their numbers are jackknife pseudo-values."""
