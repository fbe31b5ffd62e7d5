"""What all protocols share whose answer is about points, boxes in space, or poses."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

from pytest_generalbench.answers import Answer, AnswerFormatError
from pytest_generalbench.errors import DataError
from pytest_generalbench.instance import Request
from pytest_generalbench.protocols import fields
from pytest_generalbench.protocols.base import Protocol, TaskContext
from pytest_generalbench.protocols.space_reference import look
from pytest_generalbench.protocols.text_protocol import render, seed_of

if TYPE_CHECKING:
    from pytest_generalbench.instance import Instance, Output

Kind = TypeVar("Kind", bound=Answer)

_CLASS_KEYS: Final = (
    "classes", "class_names", "categories", "category_names", "label_names", "labels", "label_map", "parts",
)  # fmt: skip


def told_classes(header: Mapping[str, Any]) -> str:
    """Return the classes that the annotation file lists, as `0 wall, 1 floor`, or ''."""
    here = look(header, _CLASS_KEYS)
    others = header.get("others")
    if here is None and isinstance(others, Mapping):
        here = look(others, _CLASS_KEYS)
    if here is None:
        return ""
    if isinstance(here[1], Mapping):
        return ", ".join(f"{key} {value}" for key, value in here[1].items())
    if isinstance(here[1], list) and all(isinstance(name, str) for name in here[1]):
        return ", ".join(f"{number} {name}" for number, name in enumerate(here[1]))
    return ""


class SpaceProtocol(Protocol, Generic[Kind]):
    """A protocol whose answer is one of the forms of `answers.space`.

    Prompt fields: `{question}`, all that the instance says in text; `{instruction}`, what the
    form holds. A text answer cannot be read: the prediction is None. An answer that
    does not fit the instance (another number of points or frames) is an AnswerFormatError
    and counts as wrong.
    """

    prompt: ClassVar[str] = "{question}\n{instruction}"
    max_new_tokens: ClassVar[int] = 256
    parser: ClassVar[str] = "form"
    output_medium: ClassVar[str] = "map"
    kind: ClassVar[type[Answer]]
    """The answer form's class."""

    def request(self, instance: Instance, context: TaskContext) -> Request:
        """Put the media first, then the text. Raises DataError for an instance without media."""
        if not instance.media:
            keys = ", ".join(map(str, instance.fields)) or "none"
            raise DataError(f"{fields.place(instance)}: nothing to ask about, no cloud; keys found: {keys}")
        values = {
            "question": fields.statement(instance),
            "instruction": self.instruction(instance, context),
        }
        return Request(
            task_id=context.task.id,
            instance_id=instance.id,
            parts=(*instance.media, render(context.task.prompt or self.prompt, values)),
            output_medium=self.output_medium,
            form=self.form,
            max_new_tokens=context.task.max_new_tokens or self.max_new_tokens,
            seed=seed_of(context.task.id, instance.id),
        )

    @abstractmethod
    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say what the answer holds, in a sentence or two."""

    def parse(self, output: Output, instance: Instance, context: TaskContext) -> Any:
        """Return what the metric takes; AnswerFormatError for another form, or one that does not fit."""
        answer = output.read()
        if answer is None:
            return None
        if not isinstance(answer, self.kind):
            raise AnswerFormatError(f"a {answer.form} where a {self.form} is due")
        return self.fitted(answer, instance, context)  # type: ignore[arg-type]

    @abstractmethod
    def fitted(self, answer: Kind, instance: Instance, context: TaskContext) -> Any:
        """Return the prediction in an answer, checked against the instance's reference where it has one."""


def same_count(said: int, true: int, what: str) -> None:
    """Raise AnswerFormatError unless there are as many in the answer as in the reference."""
    if said != true:
        raise AnswerFormatError(f"{said} {what} where there are {true}")
