"""Instance, Request and Output: an item of a task, what a model is given, what it returned."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from pytest_generalbench.core.media.media import Media

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_generalbench.core.outputs import StructuredOutput

INSTANCE_STATES: Final = (
    "ok", "unparsable", "refused", "error", "timeout", "oom", "missing_media", "unjudged", "unrated",
)  # fmt: skip
"""`unparsable` and `refused` count as wrong; the five after them make the task incomplete."""

INCOMPLETE_STATES: Final = ("error", "timeout", "oom", "missing_media")
"""No answer was had."""

UNJUDGED: Final = "unjudged"
"""An answer was had, and its judge failed: neither right nor wrong, and no doing of the model."""

UNRATED: Final = "unrated"
"""An answer was had that only people can rate, and nobody has."""

OPEN_STATES: Final = (*INCOMPLETE_STATES, UNJUDGED, UNRATED)
"""What a complete task has none of."""


_SEEDS: Final = 2**32
"""Seeds have 32 bits: that is what every library and server takes."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an instance cannot be asked."""

    state: str
    """`error` or `missing_media`."""
    message: str


class ReferenceFiles(Protocol):
    """Finds the files that a reference names, inside the task's folder and nowhere else."""

    def file(self, given: str, keep: int = 1) -> Path:
        """Return the file behind a path of the annotation. Raises MediaError when there is none."""

    def frames(self, given: str) -> tuple[Path, ...]:
        """Return the image files in the folder behind a path, in natural order."""


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
    files: ReferenceFiles | None = None
    """For references that lie in files: masks, depth maps, flow, labels of points."""

    @property
    def has_reference(self) -> bool:
        """Whether a ground truth is there (the close set has none)."""
        return self.reference_key is not None

    def changed(self, **values: Any) -> Instance:
        """Return the instance with other values of the fields that are named."""
        own = {item.name: getattr(self, item.name) for item in fields(Instance) if item.name not in values}
        return Instance(**own, **values)


class UnopenedInstance(Instance):
    """An instance whose media files are located when `media` or `problem` is first read."""

    __slots__ = ("_find", "_opened")
    _find: Callable[[], tuple[tuple[Media, ...], Problem | None]] | None
    """None once it was called: what it holds is not needed any more."""
    _opened: tuple[tuple[Media, ...], Problem | None] | None

    def __init__(
        self,
        id: str,
        task_id: str,
        fields: Mapping[str, Any],
        reference: Any,
        reference_key: str | None,
        files: ReferenceFiles | None,
        find: Callable[[], tuple[tuple[Media, ...], Problem | None]],
    ) -> None:
        """Keep what an instance has; `find` returns its media, and why it cannot be asked, if so."""
        set_field = object.__setattr__
        set_field(self, "id", id)
        set_field(self, "task_id", task_id)
        set_field(self, "fields", fields)
        set_field(self, "reference", reference)
        set_field(self, "reference_key", reference_key)
        set_field(self, "files", files)
        set_field(self, "_find", find)
        set_field(self, "_opened", None)

    def changed(self, **values: Any) -> Instance:
        """Return the instance with other values; its media stay unopened unless they are given."""
        if not values.keys().isdisjoint(("media", "problem")):
            return super().changed(**values)
        kept = ("id", "task_id", "fields", "reference", "reference_key", "files")
        return UnopenedInstance(**{**{name: getattr(self, name) for name in kept}, **values}, find=self._open)

    def _open(self) -> tuple[tuple[Media, ...], Problem | None]:
        find = self._find
        if find is not None:
            object.__setattr__(self, "_opened", find())
            object.__setattr__(self, "_find", None)  # last: another thread sees both or neither
        return self._opened or ((), None)

    @property
    def media(self) -> tuple[Media, ...]:
        """The media, located on first use."""
        return (self._opened or self._open())[0]

    @property
    def problem(self) -> Problem | None:
        """Why the instance cannot be asked: a fault of its entry, or media that are not there."""
        return (self._opened or self._open())[1]


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is given: text and media in order, and the form of the answer."""

    task_id: str
    instance_id: str
    parts: tuple[str | Media, ...]
    """Text and media in reading order."""
    output_medium: str = "text"
    content: str = ""
    """The words to be spoken or drawn, without instructions, for models that take no others; may be empty."""
    form: str = "text"
    """The form of the answer that is wanted: `text`, or the name of one of `answers.form_names()`."""
    max_new_tokens: int = 256
    seed: int = 0
    repeat: int = 0
    """Which answer to the instance it asks for, from 0 on; each has a seed of its own."""
    system: str = ""
    """The system prompt; empty where there is none."""
    labels: tuple[str, ...] = field(default=(), compare=False)
    """Every answer that can be right, where they are a closed set: letters of options, labels, yes and no."""
    _digest: str | None = field(default=None, init=False, compare=False, repr=False)

    @property
    def text(self) -> str:
        """All text parts, a line each."""
        return "\n".join(part for part in self.parts if isinstance(part, str))

    @property
    def media(self) -> tuple[Media, ...]:
        """All media parts, in order."""
        return tuple(part for part in self.parts if isinstance(part, Media))

    def repeated(self, repeat: int) -> Request:
        """Return the request for another answer: the seed is the base seed and the number of the repeat.

        >>> request = Request("nlp/some-task", "1", ("hello",), seed=7)
        >>> request.repeated(2).seed, request.repeated(0) is request
        (9, True)
        """
        if not repeat:
            return self
        return replace(self, repeat=repeat, seed=(self.seed + repeat) % _SEEDS)

    def digest(self) -> str:
        """Return 16 hex digits over everything that can change the answer; worked out once."""
        if self._digest is None:
            object.__setattr__(self, "_digest", self._hashed())
        return str(self._digest)

    def _hashed(self) -> str:
        parts = [part if isinstance(part, str) else part.identity() for part in self.parts]
        items = [self.task_id, self.instance_id, parts, self.output_medium, self.max_new_tokens, self.seed]
        if self.form != "text":
            items.append(self.form)
        if self.content:
            items.append(["content", self.content])
        if self.system:
            items.append(["system", self.system])
        return hashlib.sha256(_JSON.encode(items).encode()).hexdigest()[:16]


_JSON: Final = json.JSONEncoder(ensure_ascii=False)

CUT_OFF: Final = re.compile(
    r"length|max_?(output_?|completion_?|new_?)?tokens|token_?limit|budget", re.IGNORECASE
)
"""Finish reasons, as servers and libraries word them, of an answer that was not allowed to go on."""


EMPTY: Final = "empty"
"""The key of `Output.details` under which a model says why an answer has no text."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a model returned for one request."""

    text: str | None = None
    """The answer, when it is text."""
    medium: str = "text"
    answer: StructuredOutput | Callable[[], StructuredOutput] | None = None
    """The answer, when it is not text; read back from a ledger it is opened only when it is needed."""
    key: str | None = None
    """Tells equal answers that are not text from others; set by the ledger."""
    file: str | None = None
    """Name of the kept file that holds the answer, when one does; set by the ledger."""
    refused: bool = False
    """The model or its server declined to answer."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Anything worth keeping in the ledger: token counts, finish reason."""

    @property
    def is_cut_off(self) -> bool:
        """Whether the allowed length was used up before the answer ended, as far as the model says."""
        reason = self.details.get("finish_reason") if self.details else None
        return reason is not None and CUT_OFF.search(str(reason)) is not None

    @property
    def is_empty(self) -> bool:
        """Whether it is a text without a word, and nothing else."""
        return self.answer is None and self.file is None and not (self.text or "").strip()

    def read(self) -> StructuredOutput | None:
        """Return the answer that is not text, or None. Raises DataError when its file cannot be read."""
        return self.answer() if callable(self.answer) else self.answer
