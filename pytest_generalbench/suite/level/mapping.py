"""From a raw score to 0..100 points, by the mapping word of the task.

Every function is pure. A distance or an error rate below zero is no score at all;
`impossible` says so, and whoever maps asks it first.
"""

from __future__ import annotations

import math
from typing import Final

from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.core.vocabulary import MAPPINGS

_AFFINE: Final = {"affine:-1..1": (-1.0, 1.0), "affine:1..5": (1.0, 5.0)}


class ImpossibleScoreError(GeneralBenchError):
    """A score that its metric cannot have, such as a negative distance."""


def impossible(mapping: str, value: float) -> str | None:
    """Say why `value` cannot be a score under `mapping`, or None when it can.

    Distances and error rates start at 0: a negative one is an error code (FAD uses -1).
    """
    if not math.isfinite(value):
        return f"{value} is not a finite number"
    if value < 0 and (mapping == "one_minus_percent" or mapping.startswith("ratio:")):
        return f"{value:g} is negative, which a distance or error rate cannot be"
    return None


def ratio_points(scale: float, value: float) -> float:
    """Return 100 * (2 * sigmoid(scale / value) - 1): 100 at a perfect 0, falling towards 0.

    Written as a hyperbolic tangent, which is the same function and neither overflows
    near 0 nor loses digits far out.

    >>> ratio_points(25.0, 0.0)
    100.0
    """
    return 100.0 if value == 0 else 100.0 * math.tanh(scale / value / 2.0)


def ratio_value(scale: float, points: float) -> float:
    """Return the value that `ratio_points` maps to `points`; infinity for 0 points.

    >>> round(ratio_value(1.0, 49.2), 2)
    0.93
    """
    if not 0.0 <= points <= 100.0:
        raise ImpossibleScoreError(f"{points:g} points: a mapped score lies in 0..100")
    if points == 0:
        return math.inf
    return 0.0 if points == 100 else scale / (2.0 * math.atanh(points / 100.0))


def _unclipped(mapping: str, value: float) -> float:
    kind, _, argument = mapping.partition(":")
    if kind == "identity":
        return value
    if kind == "one_minus_percent":
        return 100.0 - value
    if kind == "tanh":
        return 100.0 * math.tanh(value / float(argument))
    if kind == "affine":
        low, high = _AFFINE[mapping]
        return 100.0 * (value - low) / (high - low)
    return ratio_points(float(argument), value)


def to_points(mapping: str, value: float) -> float:
    """Map a raw score to points, clipped to 0..100.

    `identity` is x, `one_minus_percent` 100 - x, `tanh:T` 100 tanh(x/T), `affine:a..b`
    the straight line from a (0 points) to b (100), `ratio:T` as in `ratio_points`.
    Raises ImpossibleScoreError where `impossible` has a reason.

    >>> to_points("affine:1..5", 4.0)
    75.0
    """
    if mapping not in MAPPINGS:
        raise UnknownWordError("mapping", mapping, MAPPINGS)
    reason = impossible(mapping, value)
    if reason is not None:
        raise ImpossibleScoreError(reason)
    return min(100.0, max(0.0, _unclipped(mapping, value)))


def points_slope(mapping: str, value: float) -> float:
    """Return the derivative of `to_points` at a raw score: points for each unit of it.

    At the ends of 0..100 it is that of the inner side; where a score is cut off there, it is 0.
    Raises ImpossibleScoreError where `impossible` has a reason.

    >>> points_slope("affine:1..5", 4.0), points_slope("one_minus_percent", 130.0)
    (25.0, 0.0)
    """
    to_points(mapping, value)
    if not 0.0 <= _unclipped(mapping, value) <= 100.0:
        return 0.0
    kind, _, argument = mapping.partition(":")
    if kind == "identity":
        return 1.0
    if kind == "one_minus_percent":
        return -1.0
    if kind == "affine":
        low, high = _AFFINE[mapping]
        return 100.0 / (high - low)
    scale = float(argument)
    if kind == "tanh":
        return 100.0 / scale * (1.0 - math.tanh(value / scale) ** 2)
    if value == 0 or math.tanh(scale / value / 2.0) == 1.0:  # saturated
        return 0.0
    return -50.0 * scale / value**2 * (1.0 - math.tanh(scale / value / 2.0) ** 2)
