"""Base class of protocols whose answer is a structured output."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.outputs.base import AnswerFormatError, StructuredOutput
from pytest_generalbench.core.request import Instance, Output, Request
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.base import Protocol, TaskContext
from pytest_generalbench.protocols.text.base import render, seed_of


class StructuredProtocol(Protocol):
    """A protocol whose answer is one of the structured outputs in `answers`.

    A text answer cannot be read: the prediction is None. An answer of another form, and one
    that does not fit the instance (another size, another number of frames or points), is
    unparsable and counts as wrong. Prompt fields: `{question}`, all that the instance says in
    text; `{instruction}`, what the answer must be.
    """

    prompt: ClassVar[str] = "{question}\n{instruction}"
    parser: ClassVar[str] = "form"
    max_new_tokens: ClassVar[int] = 256
    output_medium: ClassVar[str] = "map"
    answers: ClassVar[tuple[type[StructuredOutput], ...]]
    """The forms that are taken."""
    media_word: ClassVar[str] = "image or video"
    """What an instance without media lacks, for the message."""
    needs_media: ClassVar[bool] = True
    """Whether an instance without media cannot be asked; otherwise one without a text cannot."""
    own_keys: ClassVar[frozenset[str]] = frozenset()
    """Fields that the protocol reads itself, so that `{question}` leaves them out."""

    def request(self, instance: Instance, context: TaskContext) -> Request:
        """Put the media first, then the text. Raises DataError for an instance that lacks what is needed."""
        question = self.question(instance)
        if not (instance.media if self.needs_media else question or instance.media):
            keys = ", ".join(map(str, instance.fields)) or "none"
            lacking = f"{self.media_word} to ask about" if self.needs_media else "text that says what to make"
            raise DataError(f"{fields.place(instance)}: no {lacking}; keys found: {keys}")
        values = {"question": question, "instruction": self.instruction(instance, context)}
        return Request(
            task_id=context.task.id,
            instance_id=instance.id,
            parts=(*instance.media, render(context.task.prompt or self.prompt, values)),
            output_medium=self.output_medium,
            content=self.content(instance),
            form=self.asked_form(context),
            max_new_tokens=context.task.max_new_tokens or self.max_new_tokens,
            seed=seed_of(context.task.id, instance.id),
        )

    def question(self, instance: Instance) -> str:
        """Return all that the instance says in text."""
        return fields.statement(instance, self.own_keys)

    def content(self, instance: Instance) -> str:
        """Return the text to be turned into a medium, without instructions; empty for maps."""
        return ""

    def asked_form(self, context: TaskContext) -> str:
        """Return the form of the answer that is asked for."""
        return self.form

    @abstractmethod
    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Return what the answer must be, in a sentence."""

    def parse(self, output: Output, instance: Instance, context: TaskContext) -> Any:
        """Return the prediction, or None when there is only text. Raises AnswerFormatError for a misfit."""
        answer = output.read()
        if answer is None:
            return None
        if not isinstance(answer, self.answers):
            due = " or ".join(form.form for form in self.answers)
            raise AnswerFormatError(f"a {answer.form} where a {due} is due")
        return self.prediction(answer, instance, context)

    @abstractmethod
    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> Any:
        """Return the prediction that an answer of a right form holds."""
