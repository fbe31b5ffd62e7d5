"""Gates: whether a run is worse than its baseline, how small a fall is seen, and non-inferiority."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_generalbench.statistics.distributions import (
    normal_quantile,
    normal_sf,
    student_quantile,
)
from pytest_generalbench.statistics.layers import ALPHA, LAYERS

if TYPE_CHECKING:
    from pytest_generalbench.statistics.layers import Change, Layers

POWER: Final = 0.8
"""The chance with which a detectable effect is seen."""


@dataclass(frozen=True, slots=True)
class Detectable:
    """The smallest falls, in points, that the gate sees in 80 of 100 repeats; None without such a layer."""

    s2: float | None
    side: float | None
    """Of the median side, as if it fell alone."""
    task: float | None
    """Of the median task, as if it fell alone."""


def alarms(tested: Layers, *, with_s2: bool = True) -> tuple[Change, ...]:
    """Return what is significantly worse in the second run, S2 first, then sides, then tasks.

    One-sided, a third of the error rate for each layer: where nothing changed, at most 5 % of gates have one.

    Args:
        tested: The three layers.
        with_s2: Whether S2 is a layer; not where it has a margin of its own.
    """
    s2 = [tested.s2] if tested.s2 is not None and with_s2 else []
    return tuple(change for change in (*s2, *tested.sides, *tested.tasks) if change.p_worse <= tested.level)


def detectable_fall(stderr: float, alpha: float) -> float:
    """Return the fall, in the unit of `stderr`, that a one-sided test at `alpha` sees in 80 of 100 repeats.

    >>> round(detectable_fall(1.0, 0.05), 3)
    2.486
    """
    return (normal_quantile(1 - alpha) + normal_quantile(POWER)) * stderr


def detectable(tested: Layers) -> Detectable:
    """Return the smallest falls that the gate sees; of sides and tasks those of the median one."""

    def median(changes: tuple[Change, ...]) -> float | None:
        spreads = sorted(change.stderr for change in changes if change.stderr)
        if not spreads:
            return None
        return detectable_fall(spreads[len(spreads) // 2], ALPHA / LAYERS / len(changes))

    s2 = tested.s2
    return Detectable(
        s2=detectable_fall(s2.stderr, ALPHA / LAYERS) if s2 is not None and s2.stderr else None,
        side=median(tested.sides),
        task=median(tested.tasks),
    )


def lower_bound(change: Change) -> float:
    """Return the lower end of the one-sided 95 % interval of a difference, in points.

    >>> from pytest_generalbench.statistics.layers import Change
    >>> round(lower_bound(Change("S2", 0.0, 0.2, 1e9, 1.0)), 3)
    -0.329
    """
    if not change.stderr:
        return change.difference
    return change.difference - student_quantile(1 - ALPHA, change.degrees) * change.stderr


def is_non_inferior(change: Change, margin: float) -> bool:
    """Whether the second run is shown to be worse by less than `margin` points, with 95 % confidence."""
    return lower_bound(change) > -margin


def chance_to_pass(stderr: float, margin: float) -> float:
    """Return the chance that a run that is as good as its baseline is shown to be non-inferior.

    Args:
        stderr: Standard error of the difference, in points.
        margin: What may be lost, in points.

    >>> round(chance_to_pass(0.1675, 0.5), 2), chance_to_pass(0.0, 0.5)
    (0.91, 1.0)
    """
    if stderr == 0:
        return 1.0
    return normal_sf(normal_quantile(1 - ALPHA) - margin / stderr)


def expected_stderr(stderr: float, correlation: float) -> float:
    """Return the standard error of a difference that is to be expected, from that of one run.

    Both runs are as good as one another, and their scores of an instance are correlated: about 0.9 for the
    same weights built again, about 0.5 for two models of equal strength.

    >>> round(expected_stderr(1.0, 0.5), 3)
    1.0
    """
    return stderr * math.sqrt(2.0 * (1.0 - correlation))
