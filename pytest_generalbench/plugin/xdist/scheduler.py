"""Scheduling of items on pytest-xdist workers: longest first, each followed by the shortest.

A worker needs the next item before it may finish the one it runs, so each holds one item more than it runs.
Stock schedulers send whatever comes next, and a long item may so wait behind another long one. Here the item
behind a long one is the shortest that is left; while that runs, the longest left is sent behind it. So long
items start as early as they can, and hardly anything is committed to a worker before it is needed. Taking the
second item back is no way out: the worker has left its queue with it by then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from xdist.scheduler import LoadScheduling

if TYPE_CHECKING:
    import pytest
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

Estimate = Callable[[Sequence[str]], Sequence[float]]
"""Seconds that items will take, by their node ids; only their order and ratios matter."""

_ABOUT_ONE_LENGTH: Final = 3
"""How often an item may be as long as the mean of the others: estimates that err by 1.65 either way make
equal items differ by 2.7."""


class LongestFirstScheduling(LoadScheduling):  # type: ignore[misc]
    """Keeps `pending` sorted, longest first, and sends its two ends in turn.

    What is inherited: the bookkeeping of nodes and collections, and putting a lost worker's items back.
    """

    collection: list[str] | None
    pending: list[int]

    def __init__(self, config: pytest.Config, log: Producer | None, estimate: Estimate) -> None:
        """Take the function that estimates the seconds of an item."""
        super().__init__(config, log)
        self._estimate = estimate
        self._seconds: list[float] = []

    def schedule(self) -> None:
        """Send each worker a longest and a shortest item; later, send new workers theirs."""
        if self.collection is None:
            if not self._check_nodes_have_same_collection():
                self.log("**Different tests collected, aborting run**")
                return
            self.collection = next(iter(self.node2collection.values()))
            self._seconds = list(self._estimate(self.collection))
            self.pending[:] = range(len(self.collection))
            if not self.collection:
                return
            self._sort()
            # A first round of the longest for all, before anybody gets a second item.
            for node in self.nodes:
                self._send(node, 0)
        for node in self.nodes:
            self.check_schedule(node)

    def _sort(self) -> None:
        # The index breaks ties, so that equal items keep the order of the collection.
        self.pending.sort(key=lambda index: (-self._seconds[index], index))

    def _send(self, node: WorkerController, position: int) -> None:
        if self.pending:
            index = self.pending.pop(position)
            self.node2pending[node].append(index)
            node.send_runtest_some([index])

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:
        """Fill the node up to two items: after a long one the shortest, after a short one the longest."""
        if node.shutting_down:
            return
        held = self.node2pending[node]
        while self.pending and len(held) < 2:
            self._send(node, 0 if not held or self._wants_longest(held[-1]) else -1)
        if not self.pending:
            node.shutdown()

    def _wants_longest(self, running: int) -> bool:
        """Return whether the longest item comes next: after a short one, or where all are about equal.

        Items of one length are best taken in order, so that the shortest are there to even out the end.
        """
        own = self._seconds[running]
        longest, *others = (self._seconds[index] for index in self.pending)
        if max(own, longest) * len(others) <= _ABOUT_ONE_LENGTH * sum(others):
            return True
        return own - others[-1] <= longest - own

    def mark_test_pending(self, item: str) -> None:
        """Put an item back into the queue."""
        super().mark_test_pending(item)
        self._sort()

    def remove_node(self, node: WorkerController) -> str | None:
        """Put the items of a lost worker back, and return the one it was running."""
        held = self.node2pending.pop(node)
        if not held:
            return None
        crashed: str = (self.collection or [])[held[0]]
        self.pending.extend(held[1:])
        self._sort()
        for other in self.nodes:
            self.check_schedule(other)
        return crashed
