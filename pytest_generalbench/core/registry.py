"""A registry for everything that is found by name: metrics, protocols, kinds of model.

Where an entry takes long to import, the registry knows its name and the module that has it, and imports that
module when the entry is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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

    def __init__(
        self,
        kind: str,
        built_in: Mapping[str, Entry] | None = None,
        *,
        later: Mapping[str, Callable[[], Entry]] | None = None,
    ) -> None:
        """Start with the built-in entries.

        Args:
            kind: What an entry is, for messages: `metric`, `protocol`.
            built_in: Entries that cannot be replaced or removed.
            later: More of them, each by the function that makes it when it is first asked for.
        """
        self.kind = kind
        self._built_in = dict(built_in or {})
        self._later = dict(later or {})
        self._added: dict[str, Entry] = {}

    def add(self, name: str, entry: Entry) -> None:
        """Add an entry; adding the same object again changes nothing.

        Raises:
            GeneralBenchError: the name is taken by another entry.
        """
        present = self._present(name)
        if present is entry:
            return
        if present is not None:
            where = "built in" if self.is_built_in(name) else "registered already"
            raise GeneralBenchError(f"{self.kind} {name!r} is {where}: choose another name")
        self._added[name] = entry

    def get(self, name: str) -> Entry:
        """Return the entry of that name.

        Raises:
            UnknownWordError: there is none; the message lists the names that there are.
        """
        result = self._present(name)
        if result is None:
            raise UnknownWordError(self.kind, name, self.names())
        return result

    def _present(self, name: str) -> Entry | None:
        if name not in self._built_in and name in self._later:
            self._built_in[name] = self._later[name]()
        return self._built_in.get(name, self._added.get(name))

    def is_built_in(self, name: str) -> bool:
        """Whether the entry of that name was there from the start; it is not made for that."""
        return name in self._built_in or name in self._later

    def names(self) -> tuple[str, ...]:
        """Return every name, sorted."""
        return tuple(sorted({*self._built_in, *self._later, *self._added}))

    def entries(self) -> dict[str, Entry]:
        """Return all entries by name, the built-in ones first."""
        return {name: self.get(name) for name in {**self._built_in, **self._later, **self._added}}

    def remove_added(self) -> None:
        """Remove every entry that was added after the start."""
        self._added.clear()

    def __contains__(self, name: object) -> bool:
        """Whether there is an entry of that name."""
        return name in self._built_in or name in self._later or name in self._added


def named_in(entries: str) -> Callable[[Any, str], Any]:
    """Return what finds an entry by its `name` in a module's sequence that is called `entries`."""
    return lambda module, name: next(one for one in getattr(module, entries) if one.name == name)


def by_module(
    package: str,
    modules: Mapping[str, Sequence[str]],
    find: Callable[[Any, str], Entry],
) -> dict[str, Callable[[], Entry]]:
    """Return, by name, the functions that import an entry's module and find it there.

    Args:
        package: The package of the modules.
        modules: By module, the names of its entries.
        find: Returns the entry of a name in an imported module.

    Raises:
        ValueError: two entries have the same name.
    """
    result: dict[str, Callable[[], Entry]] = {}
    for module, names in modules.items():
        for name in names:
            if name in result:
                raise ValueError(f"two entries are named {name!r}")
            result[name] = lambda module=module, name=name: find(import_module(f"{package}.{module}"), name)  # type: ignore[misc]
    return result
