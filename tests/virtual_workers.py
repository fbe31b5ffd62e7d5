"""pytest-xdist's workers in virtual time: they run an item when they hold the next one, or are to stop."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from xdist.remote import Producer
from xdist.scheduler import LoadScheduling, WorkStealingScheduling

from pytest_generalbench.plugin.xdist.scheduler import LongestFirstScheduling


@dataclass(eq=False)
class Node:
    """What a scheduler sees of a worker."""

    name: str
    held: list[int] = field(default_factory=list)
    shutting_down: bool = False
    is_busy: bool = False
    stolen: list[list[int]] = field(default_factory=list)
    """Answers to requests to give items back, which the scheduler has not seen yet."""

    @property
    def gateway(self) -> Node:
        return self

    @property
    def id(self) -> str:
        return self.name

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        self.held.extend(indices)

    def send_steal(self, indices: Sequence[int]) -> None:
        """Give items back: all of them or none, and never the one that runs or the one behind it."""
        taken = self.held[: 2 if self.is_busy else 1]
        given_back = [] if set(indices) & set(taken) else list(indices)
        self.held = [index for index in self.held if index not in given_back]
        self.stolen.append(given_back)

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


_QUIET = Producer("", enabled=False)


def long_short(estimates: Sequence[float]) -> Make:
    """Return what makes our scheduler, with these estimates of the items."""
    return lambda config: LongestFirstScheduling(
        config,
        _QUIET,
        lambda items, count: ([estimates[int(item.removeprefix("item"))] for item in items], ()),
    )


def load(config: Any) -> Any:
    """Make pytest-xdist's default scheduler."""
    return LoadScheduling(config, _QUIET)


def worksteal(config: Any) -> Any:
    """Make pytest-xdist's scheduler that takes items back."""
    return WorkStealingScheduling(config, _QUIET)


def unpinned(estimates: Sequence[float], seconds: Sequence[float], workers: int) -> float:
    """Return when the last item ends where no item is held ready: the longest left to whoever is free."""
    free = [0.0] * workers
    for index in sorted(range(len(seconds)), key=lambda index: -estimates[index]):
        heapq.heapreplace(free, free[0] + seconds[index])
    return max(free)


def bound(seconds: Sequence[float], workers: int) -> float:
    """Return the time that no schedule can beat."""
    return max(max(seconds), sum(seconds) / workers)


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
    clock, done = 0.0, 0
    ends: list[tuple[float, int]] = []

    def answer_steals() -> None:
        while any(node.stolen for node in nodes):
            for node in nodes:
                if node.stolen:
                    scheduler.remove_pending_tests_from_node(node, node.stolen.pop(0))

    def start() -> None:
        answer_steals()
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
