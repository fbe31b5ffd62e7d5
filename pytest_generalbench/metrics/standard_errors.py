"""A standard error for scores that are no mean over instances: the grouped jackknife."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Final, TypeVar

from pytest_generalbench.metrics.accumulators import jackknife

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

GROUPS: Final = 20
"""Instances are left out in at most this many groups, so that the cost does not grow with the task."""

Item = TypeVar("Item")


def grouped_jackknife(items: Sequence[Item], score: Callable[[Sequence[Item]], float]) -> float | None:
    """Return the jackknife standard error of `score(items)`; groups of items are left out in turn.

    An item's group follows from a digest of its `repr`: the order of the instances changes
    nothing, and groups are as mixed as by chance (sorted items would make them too much alike, and
    the error too small). None when there are fewer than two items, or a part has no score.

    >>> grouped_jackknife([1.0, 2.0], lambda part: sum(part) / len(part))
    0.5
    """
    if len(items) < 2:
        return None
    ordered = sorted(items, key=lambda item: hashlib.sha256(repr(item).encode()).digest())
    count = min(GROUPS, len(ordered))
    estimates = [
        score([item for place, item in enumerate(ordered) if place % count != left]) for left in range(count)
    ]
    if any(math.isnan(estimate) for estimate in estimates):
        return None
    return jackknife(estimates, [1] * count)
