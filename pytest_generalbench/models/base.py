"""What a model is to the benchmark: media it takes and gives, and `generate`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.errors import GeneralBenchError, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.core.request import Output, Request
    from pytest_generalbench.core.task import Task


@contextmanager
def model_errors(what: str) -> Iterator[None]:
    """Run code of a model: whatever it raises becomes a ModelError of one line that starts with `what`."""
    try:
        yield
    except GeneralBenchError:
        raise
    except (Exception, SystemExit) as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{what}: {type(error).__name__}: {reason}") from error


@dataclass(frozen=True, slots=True)
class Failed:
    """Returned in place of an Output for a request that got no answer."""

    message: str
    state: str = "error"
    """error, timeout, oom, missing_media, refused, or unparsable (an answer was given that is none)."""


@dataclass(frozen=True, slots=True)
class ReferenceSheet:
    """What only a baseline sees: the perfect answers of a task and the possible ones."""

    ids: tuple[str, ...]
    """The instances that are asked and have a reference."""
    ideal: Callable[[str], str | StructuredOutput]
    """The perfect answer of an instance, made when it is asked for."""
    choices: Callable[[str], tuple[str, ...]]
    """Every possible answer of an instance; () where the question is open."""


class Model(ABC):
    """Base of all models; an adapter needs `generate`, and says which media it takes and gives."""

    input_media: frozenset[str] = frozenset(vocabulary.MEDIA)
    output_media: frozenset[str] = frozenset({"text"})
    batch_size: int = 8
    """Requests a `generate` call is given at most, unless the user says otherwise."""
    coordinates: str | None = None
    """How the model writes boxes and points in text, one of `answers.coordinates.CONVENTIONS`; None: found
    from its answers, task by task."""
    deterministic: bool = False
    """Whether the same request always gets the same answer; only such answers are cached unless asked."""
    wants_answers: ClassVar[bool] = False
    """Whether `begin` is given the answer sheet; True for baselines only."""

    @abstractmethod
    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed | StructuredOutput | str]:
        """Answer each request, in order; a plain string is a text output."""

    def begin(self, task: Task, sheet: ReferenceSheet | None) -> None:  # noqa: B027 - optional to override
        """Learn which task comes next; called once before its first batch."""

    def unsupported(self, task: Task) -> str | None:
        """Return why the model cannot take part in `task`, or None when it can."""
        missing = [medium for medium in task.input_media if medium not in self.input_media]
        if missing:
            return f"the model does not take {', '.join(missing)}"
        in_text = "text" in self.output_media and task.output in vocabulary.TEXT_ALSO_OUTPUTS
        if task.output_medium not in self.output_media and not in_text:
            return f"the model does not give {task.output_medium}"
        return None

    def identity(self) -> dict[str, Any]:
        """Return what tells this model from others (name, revision, dtype); goes into the result."""
        return {"class": type(self).__name__}

    @property
    def knows_itself(self) -> bool:
        """Whether `identity` tells these weights from any others: without it no answer is cached."""
        return type(self).identity is not Model.identity

    def close(self) -> None:  # noqa: B027 - optional to override
        """Free what the model holds."""
