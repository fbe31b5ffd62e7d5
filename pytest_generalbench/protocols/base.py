"""What every protocol does: ask an instance, read the answer, read the reference."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_generalbench.protocols.reference_check import ReferenceCheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.core.reading import Reading
    from pytest_generalbench.core.request import Instance, Output, Request
    from pytest_generalbench.core.task import Task


@dataclass(frozen=True, slots=True)
class TaskContext:
    """What a protocol knows of a task beyond the instance at hand; the same for every instance of it."""

    task: Task
    labels: tuple[str, ...] = ()
    """The label set, when the task has a closed one."""
    several: bool = False
    """Whether one answer holds several of the labels."""
    header: Mapping[str, Any] = field(default_factory=dict)
    """Top-level keys of the annotation file without `data` (`type`, `intent_label`, …)."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What `infer_conventions` found out before the answers are read (the coordinates they are in)."""
    notes: tuple[str, ...] = ()
    """What a reader of the score must know; goes into its definition."""

    @property
    def reading(self) -> Reading:
        """How references are read, by word, where the task file or the run says it (`core.reading.WORDS`)."""
        return self.task.reading


class Protocol(ABC):
    """How a kind of task is asked and read.

    A protocol has no state: everything it needs is in its arguments. Predictions and
    references of one protocol have one type, which the task's metric takes.
    """

    name: ClassVar[str]
    prompt: ClassVar[str]
    """Template of the instruction; the fields in braces are the protocol's own and documented in it."""
    max_new_tokens: ClassVar[int]
    parser: ClassVar[str]
    """Name of the answer parser (`parsers.PARSERS`), for show and for override by a task."""
    output_medium: ClassVar[str] = "text"
    requires: ClassVar[tuple[str, str] | None] = None
    """A library that reading references or answers needs, and the extra that brings it."""
    form: ClassVar[str] = "text"
    """The form of the answer that is asked for: `text`, or one of `answers.form_names()`."""
    reading_words: ClassVar[tuple[str, ...]] = ()
    """The words of `core.reading.WORDS` that say how its references are read; others are refused."""
    looks_at: ClassVar[int | None] = None
    """With a limit, `context` is given so many instances, or as many as the limit allows, drawn by their ids:
    for protocols that learn from references how they are written, which costs time. None: it is given all,
    as without a limit."""
    version: ClassVar[int] = 1
    """Raised when the same instance would be asked otherwise."""

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Collect what all instances share; called once, with every instance of the task.

        Raises AmbiguousReferenceError when references can be read in several ways: the task is refused
        (`protocols.reading.decide`).
        """
        return TaskContext(task=task, header=header)

    @abstractmethod
    def request(self, instance: Instance, context: TaskContext) -> Request:
        """Put the instance to a model. Raises DataError when it lacks what must be asked."""

    @abstractmethod
    def reference(self, instance: Instance, context: TaskContext) -> Any:
        """Return the typed reference; ReferenceFormatError when the raw one has a form unknown here."""

    def has_reference(self, instance: Instance, context: TaskContext) -> bool:
        """Whether there is what the task's metric compares answers with."""
        return instance.has_reference

    def infer_conventions(
        self, outputs: Iterable[tuple[Instance, Output]], context: TaskContext
    ) -> TaskContext:
        """Look over all answers of the task before any is read, and return the context to read them in.

        For what one answer cannot tell: whether its coordinates are pixels or thousandths.
        `outputs` opens each answer as it comes; keep none.
        """
        return context

    def reference_check(self, context: TaskContext) -> ReferenceCheck:
        """Return what looks over the task's references for what cannot be right."""
        return ReferenceCheck()

    @abstractmethod
    def parse(self, output: Output, instance: Instance, context: TaskContext) -> Any:
        """Return the prediction, or None when the output cannot be read as one."""

    @abstractmethod
    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> str | StructuredOutput:
        """Return an answer that `parse` reads as `reference`; the oracle baseline says it."""

    def choices(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return every possible answer text, or () for an open question; `baseline:random` draws here."""
        return ()
