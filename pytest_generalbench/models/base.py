"""Base class of models: the media that a model takes and gives, and `generate`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.errors import GeneralBenchError, ModelError
from pytest_generalbench.models.foreign_code import ForeignCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.core.request import Output, Request
    from pytest_generalbench.core.task import Task


@contextmanager
def model_errors(what: str) -> Iterator[None]:
    """Run code of a model: whatever it raises becomes a ModelError of one line that starts with `what`."""
    try:
        with ForeignCode():
            yield
    except (GeneralBenchError, KeyboardInterrupt):
        raise
    except BaseException as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{what}: {type(error).__name__}: {reason}") from error


@dataclass(frozen=True, slots=True)
class Failed:
    """What `generate` returns in place of an Output for a request that got no answer.

    Args:
        message: the reason, in one line; shown in the report.
        state: the state of the instance: error, timeout, oom, missing_media, refused, or unparsable (what the
            model returned cannot be an answer). All count as wrong; the first four make the task incomplete.

    >>> Failed("the server answered 503").state
    'error'
    """

    message: str
    state: str = "error"


@dataclass(frozen=True, slots=True)
class ReferenceSheet:
    """The right answers of a task, for baselines alone.

    Args:
        ids: the instances that are asked and have a reference.
        ideal: returns the right answer of an instance, by its id (`Protocol.ideal`).
        choices: returns every possible answer of an instance, by its id; () where the question is open.

    >>> sheet = ReferenceSheet(("1",), lambda instance: "B", lambda instance: ("A", "B"))
    >>> sheet.ideal("1"), sheet.choices("1")
    ('B', ('A', 'B'))
    """

    ids: tuple[str, ...]
    ideal: Callable[[str], str | StructuredOutput]
    choices: Callable[[str], tuple[str, ...]]


class Model(ABC):
    """Base class of models. An adapter defines `generate`, and says which media it takes and gives.

    >>> class Shouting(Model):
    ...     input_media = frozenset({"text"})
    ...
    ...     def generate(self, requests):
    ...         return [request.text.upper() for request in requests]
    >>> from pytest_generalbench.core.request import Request
    >>> Shouting().generate([Request("nlp/some-task", "1", ("hello",))])
    ['HELLO']
    """

    input_media: frozenset[str] = frozenset(vocabulary.MEDIA)
    """The media that it takes; tasks with another input are unsupported."""
    output_media: frozenset[str] = frozenset({"text"})
    """The media that it gives; tasks with another output are unsupported."""
    batch_size: int = 8
    """Requests a `generate` call is given at most, unless the user says otherwise."""
    coordinates: str | None = None
    """How the model writes boxes and points in text, one of `CONVENTIONS` in
    `core.outputs.codecs.boxes.conventions`; None: inferred from its answers, task by task."""
    deterministic: bool = False
    """Whether the same request always gets the same answer; only such answers are cached unless asked."""
    wants_answers: ClassVar[bool] = False
    """Whether `begin` is given the answer sheet; True for baselines only."""

    @abstractmethod
    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed | StructuredOutput | str]:
        """Answer a batch of requests.

        Args:
            requests: at most `batch_size` requests of one task.

        Returns:
            One answer for each request, in the same order: an Output, a StructuredOutput, a text (the same
            as a text Output), or Failed.

        Raises:
            Exception: anything; the batch is then halved and asked again until the failing request stands
                alone, whose state is error (oom when memory ran out).
        """

    def begin(self, task: Task, sheet: ReferenceSheet | None) -> None:  # noqa: B027 - optional to override
        """Prepare for a task; called once before its first batch.

        Args:
            task: the task that is asked next.
            sheet: its right answers where `wants_answers` is set, else None.
        """

    def unsupported(self, task: Task) -> str | None:
        """Return why the model cannot take part in a task, or None when it can.

        Args:
            task: the task; its data are not opened for this.

        Returns:
            The reason, in a line. An override also asks the base class, which compares the media.
        """
        missing = [medium for medium in task.input_media if medium not in self.input_media]
        if missing:
            return f"the model does not take {', '.join(missing)}"
        in_text = "text" in self.output_media and task.output in vocabulary.TEXT_ALSO_OUTPUTS
        if task.output_medium not in self.output_media and not in_text:
            return f"the model does not give {task.output_medium}"
        return None

    def shown(self, request: Request) -> str | None:
        """Return what the model is given for a request, as text for people; None: the request as it is.

        Args:
            request: the request; its media are read where they have a part in the text.
        """
        return None

    def identity(self) -> dict[str, Any]:
        """Return what distinguishes this model from others, such as name, revision and dtype.

        Returns:
            Plain values for JSON. They go into the result; a run is continued, and answers are taken from
            the cache, only where they are equal.
        """
        return {"class": type(self).__name__}

    @property
    def knows_itself(self) -> bool:
        """Whether `identity` distinguishes these weights from any others: without it no answer is cached."""
        return type(self).identity is not Model.identity

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about how the model was asked, a line each; told at the end of a run."""
        return ()

    def close(self) -> None:  # noqa: B027 - optional to override
        """Free memory, threads and connections; called once at the end."""
