"""The protocol for yes-or-no questions."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols import references
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.index_base import BASE
from pytest_generalbench.protocols.text.base import TextProtocol
from pytest_generalbench.protocols.text.choice_references import WORD
from pytest_generalbench.protocols.text.parsers.labels.yes_no import read_yes_no
from pytest_generalbench.protocols.text.yes_no_references import YES, Code, code_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.request import Instance, Output
    from pytest_generalbench.core.task import Task


class YesNo(TextProtocol):
    """Answer a question with yes or no.

    Prompt fields: `{question}`, `{instruction}`. Parser `yes_no`: boxed, behind `the answer
    is`, as the first word, or the only one of both in the answer; true/false, 是/否, 对/不对
    and their kin in other languages count, and a statement that says what the question asks (`There is a
    dog`) or denies it. Prediction: `yes` or `no`. Reference: tuple of one of them. The raw
    one is such a word, one of `entailment`, `supported`, `present`, `positive` and their
    opposites, a bool, 1 or 0, or 1 or -1; or a letter or number of the words that the instance
    lists as its options, or that the file lists as its classes. What numbers mean is decided over the
    whole file; where 0 may be `no` as well as the first option, and that is `yes`, the task is refused
    (`reading:` with `answers` and `index_base`), and where numbers are no such, so too (`yes`).

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("yes_no", {"question": "Is it raining?"}, "no", media=["image"])
    >>> print(example.prompt)
    Is it raining?
    Answer with yes or no only.
    >>> example.reference, example.read("Yes, it is.")
    (('no',), 'yes')
    """

    name: ClassVar[str] = "yes_no"
    max_new_tokens: ClassVar[int] = 64
    parser: ClassVar[str] = "yes_no"
    parsers: ClassVar[tuple[str, ...]] = ("yes_no",)
    reading_words: ClassVar[tuple[str, ...]] = (WORD, BASE, YES)
    version: ClassVar[int] = 3
    keys: ClassVar[tuple[str, ...]] = (
        "answer_text", "label_text", "label_name", "answer", "label", "text", "prediction", "category",
        "response", "target", "gt",
    )  # fmt: skip

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Find out what the numbers of the file mean; AmbiguousReferenceError when it is not certain."""
        given = []
        for instance in instances:
            if instance.has_reference:
                with suppress(DataError):
                    given.append((instance, self._raw(instance)[1]))
        code, note = code_of(task, header, given)
        return TaskContext(task, header=header, facts={"code": code}, notes=tuple(filter(None, [note])))

    def _raw(self, instance: Instance) -> tuple[str, Any]:
        key, value = references.ground_truth(instance, self.keys, nested=False)
        return key, value[0] if isinstance(value, list | tuple) and len(value) == 1 else value

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for the word."""
        return "Answer with yes or no only."

    def parse(self, output: Output, instance: Instance, context: TaskContext) -> str | None:
        """Return `yes` or `no`; a statement without either is compared with the question."""
        self.parser_for(context)
        return None if output.text is None else read_yes_no(output.text, fields.statement(instance))

    def reference(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return `yes` or `no` as a tuple of one."""
        key, value = self._raw(instance)
        result = context.facts.get("code", Code()).read(instance, value)
        if result is None:
            raise references.malformed(instance, key, value, "yes or no")
        return (result,)

    def ideal(self, reference: tuple[str, ...], instance: Instance, context: TaskContext) -> str:
        """Say the word."""
        return reference[0]

    def choices(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return both words."""
        return ("yes", "no")


PROTOCOLS: Final = (YesNo(),)
