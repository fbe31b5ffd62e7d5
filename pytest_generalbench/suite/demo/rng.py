"""Deterministic choice: the same bytes on every machine and with every Python version."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Dice:
    """Draws from a seed; `random` promises the same numbers, but not the same shuffles, for ever."""

    def __init__(self, seed: str) -> None:
        """Start the sequence of `seed`."""
        self._seed = seed.encode()
        self._count = 0
        self._pool = b""

    def below(self, limit: int) -> int:
        """Return a number from 0 up to, and without, `limit`."""
        if len(self._pool) < 4:
            self._count += 1
            self._pool = hashlib.sha256(self._seed + self._count.to_bytes(4, "big")).digest()
        number, self._pool = int.from_bytes(self._pool[:4], "big"), self._pool[4:]
        return number % limit

    def between(self, low: int, high: int) -> int:
        """Return a number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def pick(self, items: Sequence[T]) -> T:
        """Return one item."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return all items in another order."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in items]

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """Return `count` different items."""
        return self.shuffled(items)[:count]

    def spread(self, items: Sequence[T], count: int) -> list[T]:
        """Return `count` items in which each of `items` occurs as often as any other, one more or less."""
        repeated = [items[index % len(items)] for index in range(count)]
        return self.shuffled(repeated)
