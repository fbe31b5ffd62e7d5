"""Base class of protocols whose answer is text: request, choice of the parser, checks."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_generalbench.core.asking import FIELD
from pytest_generalbench.core.errors import DataError, UnknownWordError
from pytest_generalbench.core.request import Instance, Output, Request
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols import references
from pytest_generalbench.protocols.base import Protocol, TaskContext
from pytest_generalbench.protocols.text.parsers.registry import PARSERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from re import Match


def render(template: str, values: Mapping[str, str]) -> str:
    """Fill `{name}` in a prompt template; a line whose fields are all empty is left out.

    Only names in lower case count as fields, and values are not looked at again, so braces
    in either are safe. Raises UnknownWordError for a name that `values` does not have.
    """

    def value(match: Match[str]) -> str:
        if match.group(1) not in values:
            raise UnknownWordError("prompt field", match.group(1), values)
        return values[match.group(1)]

    lines = []
    for line, names in _lines_of(template):
        text = FIELD.sub(value, line) if names else line
        if not names or any(values[name] for name in names):
            lines.append(text)
    return "\n".join(lines).strip()


@lru_cache(maxsize=1024)  # one for each task
def _lines_of(template: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the lines of a template with the fields in each."""
    return tuple((line, tuple(FIELD.findall(line))) for line in template.split("\n"))


def seed_of(task_id: str, instance_id: str) -> int:
    """Return 32 bits that depend on task and instance only."""
    return int.from_bytes(hashlib.sha256(f"{task_id}\n{instance_id}".encode()).digest()[:4], "big")


class TextProtocol(Protocol):
    """A protocol whose answer is text.

    Prompt fields that every one of them has: `{question}`, all that the instance says in
    text; and `{instruction}`, what the protocol adds so that its parser can read the answer.
    """

    prompt: ClassVar[str] = "{question}\n{instruction}"
    version: ClassVar[int] = 2
    parsers: ClassVar[tuple[str, ...]]
    """The parsers that give this protocol's type of prediction; a task may choose among them."""
    keys: ClassVar[tuple[str, ...]] = references.TEXT_KEYS
    """Where the ground truth may stand in `output`, best first."""
    needs_question: ClassVar[bool] = True
    """Whether an instance without text cannot be asked, its media notwithstanding."""
    own_keys: ClassVar[frozenset[str]] = frozenset()
    """Fields that the protocol shows in its own way, so that `{question}` leaves them out."""

    def request(self, instance: Instance, context: TaskContext) -> Request:
        """Put the media first, then the text."""
        values = self.values(instance, context)
        template = context.task.prompt or self.prompt
        if any("question" in names for _, names in _lines_of(template)):
            self._check_askable(instance, values)
        return Request(
            task_id=context.task.id,
            instance_id=instance.id,
            parts=(*instance.media, render(template, values)),
            output_medium=self.output_medium,
            max_new_tokens=context.task.max_new_tokens or self.max_new_tokens,
            seed=seed_of(context.task.id, instance.id),
            labels=self.choices(instance, context),
        )

    def _check_askable(self, instance: Instance, values: Mapping[str, str]) -> None:
        if values["question"] or (instance.media and not self.needs_question):
            return
        raise DataError(
            f"{fields.place(instance)}: nothing to ask; no question was found under the keys: "
            f"{', '.join(map(str, instance.fields)) or 'none'}"
        )

    def values(self, instance: Instance, context: TaskContext) -> dict[str, str]:
        """Return the fields of the prompt template."""
        return {
            "question": fields.statement(instance, self.own_keys),
            "instruction": self.instruction(instance, context),
        }

    @abstractmethod
    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Return what the answer must look like for the parser, in a sentence."""

    def parser_for(self, context: TaskContext) -> str:
        """Return the name of the parser in force; a word that does not fit is UnknownWordError."""
        name = context.task.parser or self.parser
        if name not in self.parsers:
            raise UnknownWordError(f"parser for protocol {self.name!r}", name, self.parsers)
        return name

    def read(self, text: str, context: TaskContext, choices: tuple[str, ...] = ()) -> Any:
        """Run the parser in force over an answer text."""
        return PARSERS[self.parser_for(context)](text, choices)

    def parse(self, output: Output, instance: Instance, context: TaskContext) -> Any:
        """Read the output's text; None when there is none or it cannot be read."""
        return None if output.text is None else self.read(output.text, context)

    def reference(self, instance: Instance, context: TaskContext) -> Any:
        """Return the accepted texts, the first as the main one."""
        key, value = references.ground_truth(instance, self.keys)
        return references.accepted_texts(instance, key, value)
