"""Inference of whether the indices of a file count from 0 or from 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.protocols.reading import decide

if TYPE_CHECKING:
    from pytest_generalbench.core.task import Task

BASE: Final = "index_base"
"""The word of a reading that says the base."""


@dataclass(slots=True)
class IndexEvidence:
    """Statistics over the indices of a file from which their base is inferred.

    A 0 shows that they count from 0, one as large as its list is long that they count from 1. What is
    below 0 or above that is no index under either and shows nothing.
    """

    items: str = "items"
    """What the lists hold, for messages."""
    seen: int = 0
    zero: str | None = None
    """The first place with a 0."""
    last: str | None = None
    """The first place with an index that is the length of its list."""

    unread: str = ""
    """The first place without an index of its list, which might have shown it."""

    def add(self, index: int, length: int, place: str) -> None:
        """Add an index into a list of `length`, and its place in the file."""
        if not 0 <= index <= length:
            self.unread = self.unread or place
            return
        self.seen += 1
        if index == 0:
            self.zero = self.zero or place
        elif index == length:
            self.last = self.last or f"{place} has {index} of {length} {self.items}"

    def readings(self) -> dict[str, str]:
        """Return the bases that fit all indices, with their evidence."""
        fits = {}
        if self.last is None:
            fits["0"] = f"{self.zero} has 0" if self.zero else f"none is as large as there are {self.items}"
        if self.zero is None:
            fits["1"] = self.last or "none is 0"
        return fits if self.seen else {}

    def decided(self, task: Task) -> tuple[int, str]:
        """Return the base, and the note on it.

        Raises AmbiguousReferenceError when both bases fit or neither does.
        """
        where = f"{self.zero} has 0, but {self.last}" if self.zero and self.last else ""
        if not where and self.unread:
            where = f"{self.unread} has no number of one of the {self.items}"
        result = decide(task, BASE, self.readings(), where)
        return int(result.value), result.note


def whole_number(value: Any) -> int | None:
    """Return the integer that an int, a whole float or a text of digits is; None for all else, bools too.

    >>> whole_number("2"), whole_number(2.0), whole_number("2 cats"), whole_number(True)
    (2, 2, None, None)
    """
    if isinstance(value, str):
        bare = value.strip()
        return int(bare) if bare.lstrip("-").isdecimal() and bare.isascii() and len(bare) < 10 else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if abs(value) < 1e9 and float(value).is_integer() else None
