"""Instance, Request and Output: what is asked, how it is put, what came back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_generalbench.media import Media

INSTANCE_STATES: Final = ("ok", "unparsable", "refused", "error", "timeout", "oom", "missing_media")
"""`unparsable` and `refused` count as wrong; the four after them make the task incomplete."""

INCOMPLETE_STATES: Final = ("error", "timeout", "oom", "missing_media")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an instance cannot be asked."""

    state: str
    """`error` or `missing_media`."""
    message: str


@dataclass(frozen=True, slots=True)
class Instance:
    """One item of a task as the annotation file gives it."""

    id: str
    task_id: str
    fields: Mapping[str, Any]
    """Everything the model may see: the `input` object, or the instance's own keys when it has none."""
    media: tuple[Media, ...] = ()
    reference: Any = None
    """The raw ground truth under whatever key it was found; None in the close set."""
    reference_key: str | None = None
    """Where it was found, e.g. `output.text`."""
    problem: Problem | None = None
    """Set when the instance cannot be asked; it then takes this state without reaching the model."""

    @property
    def has_reference(self) -> bool:
        """Whether a ground truth is there (the close set has none)."""
        return self.reference_key is not None


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is given: ordered parts and what is wanted back."""

    task_id: str
    instance_id: str
    parts: tuple[str | Media, ...]
    """Text and media in reading order."""
    output_medium: str = "text"
    max_new_tokens: int = 256
    seed: int = 0

    @property
    def text(self) -> str:
        """All text parts, a line each."""
        return "\n".join(part for part in self.parts if isinstance(part, str))

    @property
    def media(self) -> tuple[Media, ...]:
        """All media parts, in order."""
        return tuple(part for part in self.parts if isinstance(part, Media))

    def digest(self) -> str:
        """Return 16 hex digits over everything that can change the answer."""
        parts = [part if isinstance(part, str) else part.identity() for part in self.parts]
        told = [self.task_id, self.instance_id, parts, self.output_medium, self.max_new_tokens, self.seed]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Output:
    """What a model returned for one request."""

    text: str | None = None
    """The answer, when the medium is text."""
    medium: str = "text"
    refused: bool = False
    """The model or its server declined to answer."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Anything worth keeping in the ledger: token counts, finish reason."""
