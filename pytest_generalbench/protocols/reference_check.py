"""Checks of a task's references that can be read and cannot be right."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance

_ENOUGH: Final = 4
"""References that must be alike before that is worth a warning."""


class ReferenceCheck:
    """Collects the references of a task one by one, and warns of what cannot be right.

    The base class looks for references that are all empty, or all alike. A protocol whose references can
    be wrong in other ways has a class of its own, which also gives the warnings of this one.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.count = 0
        self._empty = 0
        self._kinds: set[bytes] = set()
        self._first: Any = None

    def add(self, instance: Instance, reference: Any) -> None:
        """Add the reference of an instance, as the protocol reads it."""
        self.count += 1
        self._empty += is_empty(reference)
        if len(self._kinds) < 2:  # two kinds tell that they are not alike
            self._kinds.add(_digest(reference))
            self._first = reference if self.count == 1 else self._first

    def warnings(self) -> Iterator[str]:
        """Yield one warning for each problem; none for references that may be right."""
        if self.count and self._empty == self.count:
            yield f"all {self.count} references are empty"
        elif self.count >= _ENOUGH and len(self._kinds) == 1:
            shown = f": {self._first!r:.60}" if isinstance(self._first, str | tuple | float | int) else ""
            yield f"all {self.count} references are alike{shown}"


def is_empty(reference: Any) -> bool:
    """Whether a reference holds nothing: no text, no item, no pixel."""
    if isinstance(reference, str):
        return not reference.strip()
    if isinstance(reference, tuple):
        return all(map(is_empty, reference))
    if hasattr(reference, "any"):  # an array
        return not reference.any()
    if isinstance(reference, Mapping | list | frozenset | set):
        values = reference.values() if isinstance(reference, Mapping) else reference
        return all(is_empty(one) for one in values)
    return reference is None


def _digest(reference: Any) -> bytes:
    """Return a digest that is equal for equal references."""
    content = reference.tobytes() if hasattr(reference, "tobytes") else repr(reference).encode()
    return hashlib.blake2b(content, digest_size=16).digest()


def examples(ids: list[str], most: int = 3) -> str:
    """Return ids for a message, the first few of them."""
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + more
