"""What became of an instance, for people: question, answer, how it was read, reference, score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from pytest_generalbench.core.media.media import Media
    from pytest_generalbench.core.outputs import StructuredOutput


@dataclass(frozen=True, slots=True)
class AnsweredInstance:
    """One instance of a run, with everything that its score came from."""

    task: str
    instance: str
    state: str
    """As in the run's instance table; `not_asked` where the run has no answer to this request."""
    score: float | None
    """In the metric's unit; of a corpus metric a pseudo-value (`InstanceRow.score`)."""
    question: tuple[str | Media, ...]
    """Text and media in reading order; () where the instance could not be asked."""
    answer: str | StructuredOutput | None
    """What the model returned; None where it returned nothing, or what it returned cannot be opened."""
    reading: str
    """What was read from the answer, cut to 120 characters; empty when nothing could be read."""
    prediction: StructuredOutput | None
    """What was read from an answer in words, such as boxes; None where the answer itself has that form."""
    reference: str | StructuredOutput | None
    """An answer that would be right; None in the close set and where the reference cannot be read."""
    is_cut_off: bool
    """Whether the allowed length was used up before the answer ended."""
    message: str | None
    """Why there is no answer."""


class Answers(Protocol):
    """The answers of one run."""

    @property
    def folder(self) -> Path:
        """The run folder."""

    def is_text(self, task: str) -> bool:
        """Return whether the task is answered in plain text, so that all of it is read in little time."""

    def of_task(self, task: str, instances: Collection[str] | None = None) -> Iterator[AnsweredInstance]:
        """Yield the answered instances of a task, those that are wanted or all."""
