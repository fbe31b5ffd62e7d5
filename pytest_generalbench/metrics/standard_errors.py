"""A standard error for scores that are no mean over instances: the grouped jackknife."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from pytest_generalbench.metrics.accumulators import NOTHING, jackknife_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_generalbench.metrics.base import MetricValue

GROUPS: Final = 20
"""Instances are left out in at most this many groups, so that the cost does not grow with the task."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups in which instances are left out."""

    count: int
    of: tuple[int, ...]
    """The group of each instance, 0..count - 1, in the order in which they were added."""
    ordered: tuple[int, ...]
    """The places of the instances, sorted by digest: an order that theirs does not change."""

    @property
    def shared(self) -> tuple[int, ...]:
        """The groups as `MetricValue.groups` has them: () where every instance is a group of its own."""
        return self.of if self.count < len(self.of) else ()

    def by_instance(self, without: Sequence[float]) -> list[float]:
        """Return the scores without each group, as `jackknife_value` takes them beside `shared`."""
        return list(without) if self.shared else [without[group] for group in self.of]


def draw_groups(keys: Sequence[str]) -> Groups:
    """Return groups of instances that are as large as one another, within one.

    The group follows from a digest of the key (an instance's id): the order of the instances changes
    nothing, and groups are as mixed as by chance. Drawn from the numbers of the instances they would
    follow any rhythm of the file, and the standard error would be far off.

    >>> draw_groups(["a", "b", "c"]).of, draw_groups(["c", "b", "a"]).of
    ((2, 1, 0), (0, 1, 2))
    """
    digests = [hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest() for key in keys]
    ordered = sorted(range(len(keys)), key=digests.__getitem__)
    count = min(GROUPS, len(keys))
    of = [0] * len(keys)
    for rank, place in enumerate(ordered):
        of[place] = rank % count
    return Groups(count, tuple(of), tuple(ordered))


def keys_of(instances: Sequence[str], count: int) -> Sequence[str]:
    """Return the ids of `count` instances; where there are none, the instances' numbers as texts.

    >>> keys_of((), 3)
    ['0', '1', '2']
    """
    if instances and len(instances) != count:
        raise ValueError(f"{len(instances)} ids for {count} instances")
    return instances or [str(place) for place in range(count)]


def grouped_value(
    items: Sequence[Item],
    score: Callable[[Sequence[Item]], float],
    instances: Sequence[str] = (),
    scale: float = 1.0,
) -> MetricValue:
    """Return `score(items)` times `scale`, with pseudo-values and standard error of groups left out in turn.

    Args:
        items: What is kept of each instance.
        score: The score of any part of them; NaN where it has none.
        instances: The instances' ids, from which the groups are drawn; without, the items' `repr`.
        scale: What a score of 1 is in the metric's unit.

    >>> grouped_value([1.0, 2.0], lambda part: sum(part) / len(part)).stderr
    0.5
    """
    if not items:
        return NOTHING
    groups = draw_groups(keys_of(instances, len(items)) if instances else [repr(item) for item in items])
    whole = scale * score([items[place] for place in groups.ordered])
    if len(items) == 1:
        return jackknife_value(whole, [whole])
    without = [
        scale * score([items[place] for place in groups.ordered if groups.of[place] != left])
        for left in range(groups.count)
    ]
    return jackknife_value(whole, groups.by_instance(without), groups.shared)
