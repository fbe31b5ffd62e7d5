"""pytest-xdist's workers in virtual time: they run an item when they hold the next one, or are to stop."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Node:
    """What a scheduler sees of a worker."""

    name: str
    held: list[int] = field(default_factory=list)
    shutting_down: bool = False
    is_busy: bool = False

    @property
    def gateway(self) -> Node:
        return self

    @property
    def id(self) -> str:
        return self.name

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        self.held.extend(indices)

    def send_runtest_all(self) -> None:
        raise NotImplementedError

    def shutdown(self) -> None:
        self.shutting_down = True


class Config:
    """What a scheduler asks of pytest's configuration."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def getoption(self, name: str) -> Any:
        return None

    def getvalue(self, name: str) -> Any:
        return [f"{self.workers}*popen"] if name == "tx" else None


Make = Callable[[Any], Any]
"""Makes a scheduler from a config."""


def makespan(make: Make, seconds: Sequence[float], workers: int) -> float:
    """Return when the last item ends, under the scheduler that `make` makes."""
    scheduler = make(Config(workers))
    items = [f"item{number}" for number in range(len(seconds))]
    nodes = [Node(f"gw{number}") for number in range(workers)]
    for node in nodes:
        scheduler.add_node(node)
    for node in nodes:
        scheduler.add_node_collection(node, items)
    scheduler.schedule()
    clock, done, ends = 0.0, 0, []

    def start() -> None:
        for node in nodes:
            if not node.is_busy and node.held and (len(node.held) >= 2 or node.shutting_down):
                node.is_busy = True
                heapq.heappush(ends, (clock + seconds[node.held[0]], nodes.index(node)))

    start()
    while ends:
        clock, number = heapq.heappop(ends)
        node = nodes[number]
        node.is_busy = False
        index = node.held.pop(0)
        done += 1
        scheduler.mark_test_complete(node, index, seconds[index])
        start()
    assert done == len(seconds), f"{len(seconds) - done} items were never run"
    return clock
