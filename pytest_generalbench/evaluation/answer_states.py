"""The latest state of each answer of a task, in little memory: a run may have 300,000 of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable

_HASHES: Final = 1 << 64


class AnswerStates:
    """The latest state of each of some answers, nine bytes an answer.

    An answer is known by the 64-bit hash of its key: of 5,000 answers two have the same one with a
    probability of 7e-13.

    >>> states = AnswerStates()
    >>> states.replace("q1", "error"), states.replace("q1", "ok"), states.replace("q2", "ok")
    (None, 'error', None)
    """

    __slots__ = ("_codes", "_hashes", "_names")

    def __init__(self) -> None:
        """Begin without an answer."""
        self._hashes = array("Q")  # sorted
        self._codes = array("B")
        self._names: list[str] = []

    def replace(self, key: Hashable, state: str) -> str | None:
        """Set the answer's state, and return the one before, None for an answer that is new.

        Args:
            key: What names the answer within its task.
            state: One of at most 256 different words.
        """
        value = hash(key) % _HASHES
        place = bisect_left(self._hashes, value)
        is_known = place < len(self._hashes) and self._hashes[place] == value
        before = self._names[self._codes[place]] if is_known else None
        if is_known:
            self._codes[place] = self._code(state)
        else:
            self._hashes.insert(place, value)
            self._codes.insert(place, self._code(state))
        return before

    def _code(self, state: str) -> int:
        if state not in self._names:
            self._names.append(state)
        return self._names.index(state)
