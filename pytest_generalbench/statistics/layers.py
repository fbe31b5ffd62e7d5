"""From the differences of tasks to those of sides and of S2, each with the other tests in mind.

The three layers see different things: S2 a small fall everywhere, a side a fall of one medium, a task a fall
of its own. Each is tested at a third of the error rate, so that all three together keep it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pytest_generalbench.statistics.distributions import student_quantile, student_sf
from pytest_generalbench.statistics.multiplicity import benjamini_hochberg, holm
from pytest_generalbench.statistics.paired import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

ALPHA: Final = 0.05
"""Family-wise rate of false alarms of all layers together."""

LAYERS: Final = 3


@dataclass(frozen=True, slots=True)
class Change:
    """A difference in one layer: of a task, of a side or of S2."""

    name: str
    """Id of the task; `image/comprehension`, `nlp`; `S2`."""
    difference: float
    """Second run minus first, in points; above 0 is better."""
    stderr: float
    """In points."""
    degrees: float
    """Degrees of freedom of the standard error."""
    p: float
    """Two-sided."""
    tasks: int = 1
    """How many tasks it is over."""
    p_adjusted: float = 1.0
    """Two-sided, adjusted for the other tests of the layer."""
    p_worse: float = 1.0
    """One-sided, small where the second run is worse; adjusted likewise."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval in points; None where no spread was seen."""
        if not self.stderr:
            return None
        half = student_quantile((1 + CONFIDENCE) / 2, self.degrees) * self.stderr
        return self.difference - half, self.difference + half


@dataclass(frozen=True, slots=True)
class Layers:
    """All layers of a comparison, adjusted."""

    s2: Change | None
    """None where no task counts in S2."""
    sides: tuple[Change, ...]
    tasks: tuple[Change, ...]

    @property
    def level(self) -> float:
        """The p value, after adjustment, up to which a layer is significant."""
        return ALPHA / LAYERS


def worse_p(p: float, difference: float) -> float:
    """Return the one-sided p value of a fall, from the two-sided one of a symmetric test.

    >>> worse_p(0.04, -1.0), worse_p(0.04, 1.0), worse_p(1.0, 0.0)
    (0.02, 0.98, 0.5)
    """
    return p / 2 if difference < 0 else 1.0 - p / 2


def implied_stderr(difference: float, p: float, degrees: float) -> float:
    """Return the standard error that gives a difference its p value.

    Where all instances of a task differ by the same amount, no spread is seen; taken as none it would make
    any sum that the task is in a certainty.

    >>> round(implied_stderr(-100.0, 2.0**-7, 7), 2)
    27.14
    """
    if difference == 0 or p >= 1:
        return abs(difference)
    return abs(difference) / student_quantile(1 - p / 2, degrees)


def combined(name: str, changes: Iterable[Change], weights: Mapping[str, float]) -> Change | None:
    """Return the weighted sum of independent differences: Σ w d with √Σ w² SE²; None of none.

    The degrees of freedom are Satterthwaite's (1946): of many tasks they are so many that t is the normal.

    Args:
        name: Of the sum.
        changes: Of tasks, in points.
        weights: By task; what is not in it is left out.

    >>> tasks = Change("a", -1.0, 0.3, 9, 0.01), Change("b", 1.0, 0.4, 9, 0.03)
    >>> one = combined("S2", tasks, {"a": 0.5, "b": 0.5})
    >>> one.difference, round(one.stderr, 3), round(one.p, 3), one.tasks
    (0.0, 0.25, 1.0, 2)
    """
    parts = [(weights[change.name], change) for change in changes if change.name in weights]
    if not parts:
        return None
    difference = math.fsum(weight * change.difference for weight, change in parts)
    variances = [(weight * change.stderr) ** 2 for weight, change in parts]
    variance = math.fsum(variances)
    if variance == 0:
        # No task has a spread: their own tests are all there is.
        smallest = min((change.p for _, change in parts if change.difference), default=1.0)
        p = 1.0 if difference == 0 else min(1.0, len(parts) * smallest)
        return Change(name, difference, 0.0, 1.0, p, len(parts))
    spread = math.fsum(
        part**2 / change.degrees for part, (_, change) in zip(variances, parts, strict=True) if part
    )
    degrees = variance**2 / spread
    stderr = math.sqrt(variance)
    p = min(1.0, 2.0 * student_sf(abs(difference) / stderr, degrees))
    return Change(name, difference, stderr, degrees, p, len(parts))


def _adjusted(
    changes: Sequence[Change], adjust: Callable[[Sequence[float]], list[float]]
) -> tuple[Change, ...]:
    both = adjust([change.p for change in changes])
    worse = adjust([worse_p(change.p, change.difference) for change in changes])
    return tuple(
        replace(change, p_adjusted=two, p_worse=one)
        for change, two, one in zip(changes, both, worse, strict=True)
    )


def layers(
    tasks: Sequence[Change],
    sides: Mapping[str, str],
    weights: Mapping[str, float],
    alone: Sequence[Change] = (),
) -> Layers:
    """Return the three layers: tasks by Benjamini-Hochberg, sides by Holm, S2 as it is.

    Args:
        tasks: The differences of the tasks, in points.
        sides: The side of each task; a task that has none is in no side.
        weights: What a point of each task is in S2.
        alone: Differences of tasks that have 0 points in one run because its model does not take them: a part
            of their side and of S2, and no test of their own.
    """
    every = [*tasks, *alone]
    members: dict[str, dict[str, float]] = {}
    for change in every:
        if change.name in sides:
            members.setdefault(sides[change.name], {})[change.name] = 1.0
    means = [
        combined(side, every, dict.fromkeys(names, 1.0 / len(names)))
        for side, names in sorted(members.items())
    ]
    s2 = combined("S2", every, weights)
    return Layers(
        s2=s2 and _adjusted([s2], holm)[0],
        sides=_adjusted([mean for mean in means if mean is not None], holm),
        tasks=_adjusted(tasks, benjamini_hochberg),
    )


@dataclass(frozen=True, slots=True)
class WholeEstimate:
    """S2 that a run over some of the instances would have over all of them, in points."""

    value: float
    low: float
    """Lower end of the 95 % interval; `value` where nothing is uncertain."""
    high: float
    baseline: float
    """S2 of the run over all instances."""
    difference: float
    """What is added to it."""
    tasks: int
    """Tasks that the difference is over."""
    unknown: float
    """Share of S2's weight, 0..1, in tasks of the baseline whose difference is not known: taken to be 0."""
    unknown_tasks: int


def whole_estimate(
    baseline: float,
    tasks: Sequence[Change],
    missed: Mapping[str, float],
    weights: Mapping[str, float],
    counted: Iterable[str],
) -> WholeEstimate | None:
    """Return S2 of all instances from that of a baseline and the differences over some of them.

    What is uncertain is how far the difference over some instances is from that over all, so that a task
    that was asked in whole adds nothing: SE² · (1 − n/N). Source: Cochran, Sampling Techniques, 2.5 and 7.1.

    Args:
        baseline: S2 of the run over all instances.
        tasks: The differences, in points, over the instances that both runs have.
        missed: By task, the share of the baseline's instances that the other run lacks, 0..1; 1 where its
            standard error is to count in full.
        weights: What a point of each task is in S2.
        counted: The tasks that the baseline has a score of.

    Returns:
        None where no task that counts in S2 has a difference.

    >>> half = whole_estimate(40.0, [Change("a", -2.0, 1.0, 9, 0.1)], {"a": 0.5}, {"a": 0.5, "b": 0.5}, "ab")
    >>> half.value, round(half.high - half.low, 2), half.unknown, half.unknown_tasks
    (39.0, 1.6, 0.5, 1)
    """
    shrunk = [
        replace(change, stderr=change.stderr * math.sqrt(missed.get(change.name, 1.0))) for change in tasks
    ]
    moved = combined("S2", shrunk, weights)
    if moved is None:
        return None
    known = {change.name for change in tasks}
    unknown = [weights[task] for task in counted if task in weights and task not in known]
    low, high = moved.interval or (moved.difference, moved.difference)
    return WholeEstimate(
        baseline + moved.difference, baseline + low, baseline + high, baseline, moved.difference,
        moved.tasks, math.fsum(unknown) / math.fsum(weights.values()), len(unknown),
    )  # fmt: skip
