"""A registry for everything that is found by name: metrics, protocols, kinds of model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Entry = TypeVar("Entry")


class Registry(Generic[Entry]):
    """Entries by name: the built-in ones stay, those of a session's hooks are removed at its end.

    >>> colours = Registry("colour", {"red": 1})
    >>> colours.add("blue", 2)
    >>> colours.names()
    ('blue', 'red')
    >>> colours.remove_added()
    >>> colours.names()
    ('red',)
    """

    def __init__(self, kind: str, built_in: Mapping[str, Entry]) -> None:
        """Start with the built-in entries.

        Args:
            kind: What an entry is, for messages: `metric`, `protocol`.
            built_in: Entries that cannot be replaced or removed.
        """
        self.kind = kind
        self._built_in = dict(built_in)
        self._added: dict[str, Entry] = {}

    def add(self, name: str, entry: Entry) -> None:
        """Add an entry; adding the same object again changes nothing.

        Raises:
            GeneralBenchError: the name is taken by another entry.
        """
        present = self._built_in.get(name, self._added.get(name))
        if present is entry:
            return
        if present is not None:
            where = "built in" if name in self._built_in else "registered already"
            raise GeneralBenchError(f"{self.kind} {name!r} is {where}: choose another name")
        self._added[name] = entry

    def get(self, name: str) -> Entry:
        """Return the entry of that name.

        Raises:
            UnknownWordError: there is none; the message lists the names that there are.
        """
        result = self._built_in.get(name, self._added.get(name))
        if result is None:
            raise UnknownWordError(self.kind, name, self.names())
        return result

    def names(self) -> tuple[str, ...]:
        """Return every name, sorted."""
        return tuple(sorted({*self._built_in, *self._added}))

    def entries(self) -> dict[str, Entry]:
        """Return all entries by name, the built-in ones first."""
        return {**self._built_in, **self._added}

    def remove_added(self) -> None:
        """Remove every entry that was added after the start."""
        self._added.clear()

    def __contains__(self, name: object) -> bool:
        """Whether there is an entry of that name."""
        return name in self._built_in or name in self._added


def by_name(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Return entries that have a `name`, by it. Raises ValueError when two have the same."""
    result: dict[str, Entry] = {}
    for entry in entries:
        name: str = entry.name  # type: ignore[attr-defined]
        if name in result:
            raise ValueError(f"two entries are named {name!r}")
        result[name] = entry
    return result
