"""The notes of a worker in its ledger, one class for each kind of line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final, Self

from pytest_generalbench.core.result import TaskResult, result_from_dict


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the ledger that is no record; its fields are the keys of the line."""

    kind: ClassVar[str]
    """The word in the line that names the class."""

    def to_plain(self) -> dict[str, Any]:
        """Return the line's object without version and kind."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Return the event of a line's object. Raises KeyError when the line lacks a key."""
        return cls(**{item.name: plain[item.name] for item in fields(cls)})


@dataclass(frozen=True, slots=True)
class WorkerOpened(Event):
    """A worker opened the file; the lines that follow are its own."""

    kind: ClassVar[str] = "opened"
    worker: str
    session: int


@dataclass(frozen=True, slots=True)
class BatchAsked(Event):
    """A batch is about to be asked; it is in flight until its records follow."""

    kind: ClassVar[str] = "asked"
    task: str
    instances: tuple[str, ...]
    basis: Mapping[str, str] = field(default_factory=dict)
    """What the answers hold under: fingerprint of the data, version of the protocol."""

    def to_plain(self) -> dict[str, Any]:
        """Return the line's object without version and kind; `basis` lies flat in it."""
        return {"task": self.task, "instances": list(self.instances), **self.basis}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Return the event of a line's object. Raises KeyError when the line lacks a key."""
        own = ("v", "kind", "task", "instances")
        basis = {key: value for key, value in plain.items() if key not in own}
        return cls(plain["task"], tuple(plain["instances"]), basis)


@dataclass(frozen=True, slots=True)
class TaskConcluded(Event):
    """A task has its result."""

    kind: ClassVar[str] = "task"
    task: str
    session: int
    by: str
    """Version of this package that made the result."""
    result: TaskResult
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the result follows from (`runs.facts`): where all is the same, it holds as it is."""

    def to_plain(self) -> dict[str, Any]:
        """Return the line's object without version and kind."""
        plain = {"task": self.task, "session": self.session, "by": self.by, "result": self.result.to_dict()}
        return {**plain, "facts": dict(self.facts)} if self.facts else plain

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Return the event of a line's object. Raises KeyError when the line lacks a key."""
        result = result_from_dict(plain["result"])
        return cls(plain["task"], plain["session"], plain["by"], result, plain.get("facts", {}))


@dataclass(frozen=True, slots=True)
class ModelIntroduced(Event):
    """The identity of the model that gives the answers that follow."""

    kind: ClassVar[str] = "model"
    session: int
    identity: Mapping[str, Any]
    """What the model says of itself, in plain builtins."""


@dataclass(frozen=True, slots=True)
class CacheCounted(Event):
    """The number of instances answered from the cache and by the model."""

    kind: ClassVar[str] = "cache"
    session: int
    hits: int
    asked: int


@dataclass(frozen=True, slots=True)
class WorkerCrashed(Event):
    """A worker crashed; the batch that it had in flight may be the cause."""

    kind: ClassVar[str] = "crashed"
    worker: str
    session: int


@dataclass(frozen=True, slots=True)
class WorkerClosed(Event):
    """The worker ended normally: a batch that it left unanswered is not the cause of a crash."""

    kind: ClassVar[str] = "closed"


EVENTS: Final[Mapping[str, type[Event]]] = {
    event.kind: event
    for event in (
        WorkerOpened, BatchAsked, TaskConcluded, ModelIntroduced, CacheCounted, WorkerCrashed, WorkerClosed,
    )
}  # fmt: skip
"""Every class of event by the word in its line."""
