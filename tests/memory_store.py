"""A store of objects in memory that fails as a test wants, and what any store must do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import pytest

from pytest_generalbench.runs.object_store import MissingObjectError, ObjectStore, StoreError


@dataclass
class MemoryStore:
    """A store in a dictionary, whose operations can fail and whose writes can be torn."""

    objects: dict[str, bytes] = field(default_factory=dict)
    address: str = "memory"
    failing: set[int] = field(default_factory=set)
    """Numbers of the operations that fail, from 1."""
    tearing: set[int] = field(default_factory=set)
    """Numbers of the writes that leave half of the object and fail."""
    done: int = 0
    written: int = 0
    """Bytes."""

    def _next(self) -> None:
        self.done += 1
        if self.done in self.failing:
            raise StoreError(f"operation {self.done} failed")

    def get(self, name: str) -> bytes:
        self._next()
        if name not in self.objects:
            raise MissingObjectError(name)
        return self.objects[name]

    def put(self, name: str, content: bytes) -> None:
        self._next()
        if self.done in self.tearing:
            self.objects[name] = content[: len(content) // 2]
            raise StoreError(f"write {self.done} was torn")
        self.objects[name] = content
        self.written += len(content)

    def names(self, folder: str) -> list[str]:
        self._next()
        below = [name.removeprefix(f"{folder}/") for name in self.objects if name.startswith(f"{folder}/")]
        return sorted({name.partition("/")[0] for name in below})

    def remove(self, name: str) -> None:
        self._next()
        self.objects.pop(name, None)

    def below(self, folder: str) -> Self:
        raise NotImplementedError


def try_operations(store: ObjectStore) -> None:
    """Try every operation of an empty store."""
    assert store.names("") == store.names("objects") == []
    store.put("objects/x", b"1")
    store.put("objects/x", b"22")
    store.put("checkpoints/y", b"")
    assert (store.names(""), store.names("objects")) == (["checkpoints", "objects"], ["x"])
    assert (store.get("objects/x"), store.get("checkpoints/y")) == (b"22", b"")
    with pytest.raises(MissingObjectError):
        store.get("objects/none")
    store.remove("objects/x")
    store.remove("objects/x")
    assert store.names("objects") == []
