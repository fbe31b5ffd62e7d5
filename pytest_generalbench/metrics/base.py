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
    """One number for each instance, in the order of `add`."""
    groups: Sequence[int] = field(default=(), compare=False, repr=False)
    """The jackknife group of each instance; () where each was left out alone."""


class Accumulator(Protocol):
    """Takes the instances of one task, in any order, and gives their score."""

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance; a prediction of None is an answer that counts as wrong."""

    def result(self) -> MetricValue:
        """Return the score over everything added so far."""


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
