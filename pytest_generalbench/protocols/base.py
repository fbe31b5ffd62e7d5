"""Base class of protocols: make the request of an instance, read the answer, read the reference."""

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
    """What a protocol knows of a whole task; the same for every instance of it.

    Args:
        task: the task, with its metric and its `reading`.
        labels: the label set, when the task has a closed one.
        several: whether one answer holds several of the labels.
        header: top-level keys of the annotation file without `data` (`type`, `intent_label`, …).
        facts: what the protocol inferred from all references (`context`) or answers (`infer_conventions`):
            the unit of depths, the convention of coordinates, … The keys are the protocol's own.
        notes: what a reader of the score must know; they go into its definition.
        strays: why the reference of an instance fits nothing that all others agree on, by its id.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("label", {"text": "Well done!"}, "joy", header={"classes": ["anger", "joy"]})
    >>> example.context.labels
    ('anger', 'joy')
    """

    task: Task
    labels: tuple[str, ...] = ()
    several: bool = False
    header: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    strays: Mapping[str, str] = field(default_factory=dict)

    @property
    def reading(self) -> Reading:
        """The task's `reading`: how references are read, by word (`core.reading.WORDS`)."""
        return self.task.reading


class Protocol(ABC):
    """How instances of one kind of task are put to a model, and how answers and references are read.

    A protocol has no state: everything it needs is in its arguments. Predictions and references of one
    protocol have the types that the metrics of its tasks take. A subclass sets the class variables, and its
    docstring says what is asked, what the raw reference may look like, the types of prediction and reference,
    and the fields of its prompt template.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("yes_no", {"question": "Is it raining?"}, "no", media=["image"])
    >>> print(example.prompt)
    Is it raining?
    Answer with yes or no only.
    >>> example.reference, example.read("Yes, it is."), example.read("Perhaps.")
    (('no',), 'yes', None)
    """

    name: ClassVar[str]
    prompt: ClassVar[str]
    """Template of the prompt; the fields in braces are the protocol's own and documented in it."""
    prompt_fields: ClassVar[tuple[str, ...]] = ("question", "instruction")
    """The fields that a prompt template of a task or of a user may use."""
    max_new_tokens: ClassVar[int]
    """Length of an answer in tokens at most, unless the task says otherwise."""
    parser: ClassVar[str]
    """Name of the answer parser (`parsers.PARSERS`), shown by `tasks show`; a task may name another."""
    output_medium: ClassVar[str] = "text"
    """The medium of the answer: one of `vocabulary.MEDIA`."""
    requires: ClassVar[tuple[str, str] | None] = None
    """A library that reading references or answers needs, and the extra that installs it."""
    form: ClassVar[str] = "text"
    """The form of the answer that is asked for: `text`, or one of `core.outputs.form_names()`."""
    reading_words: ClassVar[tuple[str, ...]] = ()
    """The words of `core.reading.WORDS` that say how its references are read; others are refused."""
    looks_at: ClassVar[int | None] = None
    """With a limit, `context` is given so many instances, or as many as the limit allows, drawn by their ids:
    for protocols that learn from references how they are written, which costs time. None: it is given all,
    as without a limit."""
    version: ClassVar[int] = 1
    """Raised when the same instance would be asked or read otherwise."""

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Collect what all instances share; called once for a task.

        Args:
            task: the task.
            header: top-level keys of its annotation file.
            instances: every instance of the task.

        Returns:
            The context that every other method is given.

        Raises:
            AmbiguousReferenceError: references can be read in several ways (`protocols.reading.decide`); the
                task is refused.
        """
        return TaskContext(task=task, header=header)

    @abstractmethod
    def request(self, instance: Instance, context: TaskContext) -> Request:
        """Make the request that puts the instance to a model.

        Args:
            instance: the instance; its reference must not show in the request.
            context: what `context` returned.

        Returns:
            Media and text in reading order, the form of the answer, its length and a seed that depends on
            task and instance alone.

        Raises:
            DataError: the instance lacks what must be asked; it names the keys that are there.
        """

    @abstractmethod
    def reference(self, instance: Instance, context: TaskContext) -> Any:
        """Return the reference in the type that the task's metric takes.

        Args:
            instance: an instance of the open set.
            context: what `context` returned.

        Raises:
            ReferenceFormatError: the raw reference has a form that is unknown here.
            MediaError: a file that it names cannot be opened.
        """

    def has_reference(self, instance: Instance, context: TaskContext) -> bool:
        """Return whether the instance has what the task's metric compares answers with."""
        return instance.has_reference

    def infer_conventions(
        self, outputs: Iterable[tuple[Instance, Output]], context: TaskContext
    ) -> TaskContext:
        """Infer from all answers of a task what one answer cannot tell, such as the unit of its coordinates.

        Args:
            outputs: every answered instance with its output, opened as it comes; keep none.
            context: what `context` returned.

        Returns:
            The context in which each answer is parsed.
        """
        return context

    def reference_check(self, context: TaskContext) -> ReferenceCheck:
        """Return a check that warns of references that cannot be right (empty, all alike, out of range)."""
        return ReferenceCheck()

    @abstractmethod
    def parse(self, output: Output, instance: Instance, context: TaskContext) -> Any:
        """Return the prediction that an output holds.

        Args:
            output: what the model returned, text or a structured output.
            instance: the instance that was asked.
            context: what `infer_conventions` returned.

        Returns:
            The prediction, in the type that the task's metric takes; None when the output cannot be read as
            one. None counts as wrong.

        Raises:
            AnswerFormatError: a structured output does not fit the instance; it counts as wrong.
        """

    @abstractmethod
    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> str | StructuredOutput:
        """Return an answer that `parse` reads as the reference; the oracle baseline gives it.

        Args:
            reference: what `reference` returned.
            instance: the instance.
            context: what `context` returned.
        """

    def as_output(self, prediction: Any, instance: Instance, context: TaskContext) -> StructuredOutput | None:
        """Return what was read from an answer in words as a structured output, for people to look at.

        Args:
            prediction: what `parse` returned, not None.
            instance: the instance.
            context: what `infer_conventions` returned.

        Returns:
            The output; None where answers are plain text.
        """
        return None

    def choices(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return every possible answer text, or () for an open question; `baseline:random` draws one."""
        return ()
