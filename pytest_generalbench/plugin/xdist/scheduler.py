"""Scheduling of items on pytest-xdist workers: longest first, each followed by the shortest.

A worker needs the next item before it may finish the one it runs, so each holds one item more than it runs.
Stock schedulers send whatever comes next, and a long item may so wait behind another long one. Here the item
behind a long one is the shortest that is left; while that runs, the longest left is sent behind it. So long
items start as early as they can, and hardly anything is committed to a worker before it is needed. Taking the
second item back is no way out: the worker has left its queue with it by then. What is decided, and not sent,
is in `evaluation.schedule`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from xdist.scheduler import LoadScheduling

from pytest_generalbench.evaluation.schedule import HELD, LongestFirst

if TYPE_CHECKING:
    import pytest
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

Estimate = Callable[[Sequence[str], int], tuple[Sequence[float], Iterable[int]]]
"""Given node ids and the number of workers: the seconds that the items will take, of which only order and
ratios matter, and the numbers of those that come late."""


class LongestFirstScheduling(LoadScheduling):  # type: ignore[misc]
    """Keeps `pending` sorted, longest first, and sends its two ends in turn.

    What is inherited: the bookkeeping of nodes and collections.
    """

    collection: list[str] | None
    pending: list[int]

    def __init__(self, config: pytest.Config, log: Producer | None, estimate: Estimate) -> None:
        """Take the function that estimates the seconds of an item."""
        super().__init__(config, log)
        self._estimate = estimate
        self._queue = LongestFirst(self.pending)

    def schedule(self) -> None:
        """Send each worker a longest and a shortest item; later, send new workers theirs."""
        if self.collection is None:
            if not self._check_nodes_have_same_collection():
                self.log("**Different tests collected, aborting run**")
                return
            self.collection = next(iter(self.node2collection.values()))
            self._queue.start(*self._estimate(self.collection, len(self.nodes)))
            if not self.collection:
                return
            # A first round of the longest for all, before anybody gets a second item.
            for node in self.nodes:
                if self.pending:
                    self._send(node)
        for node in self.nodes:
            self.check_schedule(node)

    def _send(self, node: WorkerController) -> None:
        held = self.node2pending[node]
        index = self._queue.take(held)
        held.append(index)
        node.send_runtest_some([index])

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:
        """Fill the node up to two items: after a long one the shortest, after a short one the longest."""
        if node.shutting_down:
            return
        while self.pending and len(self.node2pending[node]) < HELD:
            self._send(node)
        if not self.pending:
            node.shutdown()

    def mark_test_pending(self, item: str) -> None:
        """Put an item back into the queue."""
        self._put_back([(self.collection or []).index(item)])

    def remove_node(self, node: WorkerController) -> str | None:
        """Put the items of a lost worker back, and return the one it was running."""
        held = self.node2pending.pop(node)
        if not held:
            return None
        crashed: str = (self.collection or [])[held[0]]
        self._put_back(held[1:])
        return crashed

    def _put_back(self, indices: Sequence[int]) -> None:
        self._queue.put_back(indices)
        for node in self.nodes:
            self.check_schedule(node)
