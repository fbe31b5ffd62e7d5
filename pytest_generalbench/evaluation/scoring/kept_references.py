"""References that were read while a task was prepared, kept for its scoring."""

from __future__ import annotations

from typing import Any, Final

_ROOM: Final = 100_000
"""Numbers and short texts that the references of one task may have together; more are read again."""

_TEXT: Final = 64
"""Characters of a text that count as one number."""


class KeptReferences:
    """The small references of a task by instance; large ones, such as masks, are read again to be scored.

    >>> kept = KeptReferences()
    >>> kept.add("1", ("a cat", "cat"))
    >>> kept.add("2", [1, 2])
    >>> "1" in kept, kept["1"], "2" in kept
    (True, ('a cat', 'cat'), False)
    """

    def __init__(self) -> None:
        """Keep none yet."""
        self._kept: dict[str, Any] = {}
        self._room = _ROOM

    def add(self, instance: str, reference: Any) -> None:
        """Keep the reference of an instance, if it cannot be changed and there is room for it."""
        size = _size(reference, self._room)
        if size is not None:
            self._kept[instance] = reference
            self._room -= size

    def __contains__(self, instance: str) -> bool:
        """Whether the instance's reference is kept."""
        return instance in self._kept

    def __getitem__(self, instance: str) -> Any:
        """Return the reference of an instance. Raises KeyError where it is not kept."""
        return self._kept[instance]


def _size(reference: Any, room: int) -> int | None:
    """Return how many numbers and short texts a reference has; None for one that is not to be kept."""
    if isinstance(reference, str):
        size = 1 + len(reference) // _TEXT
    elif reference is None or isinstance(reference, int | float):
        size = 1
    elif isinstance(reference, tuple):
        size = 1
        for item in reference:
            inner = _size(item, room - size)
            if inner is None:
                return None
            size += inner
    else:
        return None
    return size if size <= room else None
