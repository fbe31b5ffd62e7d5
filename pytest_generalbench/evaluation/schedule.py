"""The order in which workers are given items, and when the last ends: no process and no clock.

What pytest-xdist's workers are given and what a plan simulates is decided here, by the same code.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ABOUT_ONE_LENGTH: Final = 3
"""How often an item may be as long as the mean of the others: estimates that err by 1.65 either way make
equal items differ by 2.7."""

HELD: Final = 2
"""Items that a worker holds: it begins one only when it has the next, or knows that there is none."""


class LongestFirst:
    """The items that no worker has yet: the longest goes first, behind a long one goes the shortest.

    Attributes:
        pending: The items: those that are not late, longest first, then the late ones, longest first; of
            equal ones the first of the collection comes first.
    """

    def __init__(self, pending: list[int] | None = None) -> None:
        """Keep the list of items; `start` fills it."""
        self.pending: list[int] = [] if pending is None else pending
        self._seconds: Sequence[float] = ()
        self._late: frozenset[int] = frozenset()
        self._end = 0
        """Of the items that may be given out now; the late ones are behind, until no other is left."""
        self._total = 0.0
        """The seconds of these."""

    def start(self, seconds: Sequence[float], late: Iterable[int] = ()) -> None:
        """Take all items.

        Args:
            seconds: What each is expected to take; only order and ratios matter.
            late: Those that are given out when all others have been.
        """
        self._seconds, self._late = seconds, frozenset(late)
        self.pending[:] = sorted(range(len(seconds)), key=self._place)
        self._count()

    def _place(self, index: int) -> tuple[bool, float, int]:
        return index in self._late, -self._seconds[index], index

    def _count(self) -> None:
        early = sum(index not in self._late for index in self.pending)
        self._end = early or len(self.pending)
        self._total = sum(self._seconds[index] for index in self.pending[: self._end])

    def put_back(self, indices: Iterable[int]) -> None:
        """Take items back that a worker has not run."""
        for index in indices:
            insort(self.pending, index, key=self._place)
        self._count()

    def take(self, held: Sequence[int]) -> int:
        """Return the item that a worker is given next.

        Args:
            held: The items that it has, in their order; the last decides.
        """
        is_longest = not held or self._wants_longest(held[-1])
        index = self.pending.pop(0 if is_longest else self._end - 1)
        self._end -= 1
        self._total -= self._seconds[index]
        if not self._end:
            self._count()
        return index

    def _wants_longest(self, running: int) -> bool:
        """Return whether the longest item comes next: after a short one, or where all are about equal.

        Items of one length are best taken in order, so that the shortest are there to even out the end.
        """
        own, longest = self._seconds[running], self._seconds[self.pending[0]]
        others = self._end - 1
        if max(own, longest) * others <= _ABOUT_ONE_LENGTH * (self._total - longest):
            return True
        return own - self._seconds[self.pending[self._end - 1]] <= longest - own


def part_places(tasks: Iterable[str], parts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the items that help with divided tasks, as (task, place from 1), in the order of collection."""
    return [(task, place) for task in tasks for place in range(1, parts.get(task, 1))]


def item_seconds(tasks: Sequence[str], seconds: Mapping[str, float]) -> list[float]:
    """Return the expected seconds of each item, given the task of each; the items of a task are equal."""
    counts = Counter(tasks)
    return [seconds.get(task, 0.0) / counts[task] for task in tasks]


def late_items(tasks: Sequence[str], division: Division) -> set[int]:
    """Return the items that come after all others, by their numbers, given the task of each."""
    return {number for number, task in enumerate(tasks) if division.is_late and task in division.parts}


class Work(NamedTuple):
    """What a task takes."""

    seconds: float
    """Of one worker that answers it alone."""
    batches: int = 1
    """In which it is asked; they are taken to be equal."""
    most: int = 1
    """Items that it may be divided into; 1: it is not divided."""


class Division(NamedTuple):
    """How tasks are divided among workers."""

    parts: Mapping[str, int]
    """Number of items of each task that is divided."""
    is_late: bool = False
    """Whether their items come after all others: workers that are done with those then end together."""


class Timetable(NamedTuple):
    """What workers did, and when."""

    makespan: float
    """When the last item ended, in seconds after the first began."""
    begun: tuple[tuple[int, str, int], ...]
    """Worker, task and place (0: the task's own item) of each item, in the order in which they began."""
    ended: tuple[tuple[int, str, int], ...]
    """The same in the order in which they ended."""


def bound(work: Mapping[str, Work], workers: int) -> float:
    """Return the seconds that no schedule can beat: an equal share of all, or the longest single batch."""
    longest = max((one.seconds / one.batches for one in work.values()), default=0.0)
    return max(longest, sum(one.seconds for one in work.values()) / workers)


def simulate(work: Mapping[str, Work], division: Division, workers: int) -> Timetable:
    """Return what workers do with the tasks, as the scheduler gives them out.

    A worker begins an item when it has the next or knows that there is none. The items of a divided task take
    its batches one by one until none is left; the task's own item then waits for those that still answer one.

    Args:
        work: The tasks, in the order of collection.
        division: How they are divided.
        workers: How many there are.

    >>> work = {"long": Work(6.0, 6), "short": Work(2.0)}
    >>> [simulate(work, Division({"long": 2}, is_late), 2).makespan for is_late in (False, True)]
    [5.0, 4.0]
    """
    return _Simulation(work, division, workers).run()


class _Simulation:
    """Workers in virtual time."""

    def __init__(self, work: Mapping[str, Work], division: Division, workers: int) -> None:
        self.work = work
        self.division = division
        self.items = [(name, 0) for name in work] + part_places(work, division.parts)
        self.queue = LongestFirst()
        self.held: list[list[int]] = [[] for _ in range(workers)]
        self.knows_the_end = [False] * workers
        self.left = {name: work[name].batches for name in division.parts if name in work}
        self.answering = Counter[str]()
        self.waiting: dict[str, int] = {}
        """The worker of a divided task's own item that waits for others, by task."""
        self.ends: list[tuple[float, int]] = []
        """When a worker has the answers to what it asks."""
        self.begun: list[tuple[int, str, int]] = []
        self.ended: list[tuple[int, str, int]] = []
        self.clock = 0.0

    def run(self) -> Timetable:
        names = [name for name, _ in self.items]
        seconds = {name: one.seconds for name, one in self.work.items()}
        self.queue.start(item_seconds(names, seconds), late_items(names, self.division))
        # A first round of the longest for all, before anybody gets a second item.
        for held in self.held:
            if self.queue.pending:
                held.append(self.queue.take(held))
        for worker in range(len(self.held)):
            self._fill(worker)
        for worker in range(len(self.held)):
            self._begin(worker)
        while self.ends:
            self.clock, worker = heapq.heappop(self.ends)
            self._answered(worker)
        return Timetable(self.clock, tuple(self.begun), tuple(self.ended))

    def _fill(self, worker: int) -> None:
        held = self.held[worker]
        while self.queue.pending and len(held) < HELD:
            held.append(self.queue.take(held))
        self.knows_the_end[worker] = self.knows_the_end[worker] or not self.queue.pending

    def _begin(self, worker: int) -> None:
        """Begin what the worker holds, until it has something to do or to wait for."""
        held = self.held[worker]
        while held and (len(held) >= HELD or self.knows_the_end[worker]):
            name, place = self.items[held[0]]
            self.begun.append((worker, name, place))
            if name not in self.left:
                heapq.heappush(self.ends, (self.clock + self.work[name].seconds, worker))
            elif self.left[name]:
                self.answering[name] += 1
                self._take_batch(worker, name)
            elif place == 0 and self.answering[name]:
                self.waiting[name] = worker
            else:  # others have answered all
                self._end(worker)
                continue
            return

    def _take_batch(self, worker: int, name: str) -> None:
        self.left[name] -= 1
        one = self.work[name]
        heapq.heappush(self.ends, (self.clock + one.seconds / one.batches, worker))

    def _answered(self, worker: int) -> None:
        name, place = self.items[self.held[worker][0]]
        if name in self.left:
            if self.left[name]:
                self._take_batch(worker, name)
                return
            self.answering[name] -= 1
            if place == 0 and self.answering[name]:
                self.waiting[name] = worker
                return
        free = [worker]
        if name in self.waiting and not self.answering[name]:
            free.append(self.waiting.pop(name))
        for one in free:
            self._end(one)
            self._begin(one)

    def _end(self, worker: int) -> None:
        self.ended.append((worker, *self.items[self.held[worker].pop(0)]))
        self._fill(worker)
