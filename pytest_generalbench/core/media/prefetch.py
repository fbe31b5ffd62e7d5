"""Media prefetch: media of the next requests are decoded in threads while the model answers the current ones.

How a model opens media is seen from what it opens: after its first batch, the next one's are opened likewise
before they are asked for. A decoded medium is handed out once, so whoever gets it may change it.
"""

from __future__ import annotations

import os
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_generalbench.core.threads import Background

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    Key = tuple[Hashable, ...]

ROOM: Final = 512 * 1024 * 1024
"""Bytes that decoded media may take while they wait; what would be more is decoded when it is asked for."""

THREADS: Final = 4


class _Waiting(NamedTuple):
    job: Future[Any]
    size: int
    turn: int


class MediaPrefetch:
    """Decodes media in threads before the thread that runs the model opens them."""

    def __init__(self, room: int = ROOM) -> None:
        """Take the number of bytes that decoded media may occupy."""
        self.room = room
        self.habits: dict[str, tuple[Any, ...]] = {}
        """What each way of opening was last given beside the medium, by its name."""
        self._waiting: dict[Key, _Waiting] = {}
        self._turn = 0
        # Workers share a machine: together they decode in about as many threads as it has processors.
        share = (os.cpu_count() or 1) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        self._threads = Background("media", max(1, min(THREADS, share)))

    def take(self, way: str, medium: Hashable, given: tuple[Any, ...], decode: Callable[[], Any]) -> Any:
        """Return the prefetched medium, or decode it now; raises what decoding raises."""
        self.habits[way] = given
        result = self._waiting.pop((way, medium, *given), None)
        if result is None or result.job.cancel():  # nobody has begun it: do it here
            return decode()
        return result.job.result()

    def begin_turn(self) -> None:
        """Start a batch: drop media that were prefetched for the batch before the last and never opened."""
        self._turn += 1
        for key, item in list(self._waiting.items()):
            if item.turn < self._turn - 1:
                item.job.cancel()
                del self._waiting[key]

    def start(self, way: str, medium: Hashable, size: int, decode: Callable[..., Any]) -> None:
        """Start to decode a medium as its kind was opened before; `size` is an estimate in bytes."""
        given = self.habits.get(way)
        if given is None:
            return
        key = (way, medium, *given)
        if key in self._waiting or sum(item.size for item in self._waiting.values()) + size > self.room:
            return
        self._waiting[key] = _Waiting(self._threads.start(lambda: decode(*given)), size, self._turn)

    def drop(self) -> None:
        """Drop all prefetched media."""
        for item in self._waiting.values():
            item.job.cancel()
        self._waiting.clear()


PREFETCH: Final = MediaPrefetch()
"""The one of this process."""
