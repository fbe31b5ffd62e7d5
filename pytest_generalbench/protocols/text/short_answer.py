"""Protocols for short answers and final answers: one line that is right or wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from pytest_generalbench.protocols import references
from pytest_generalbench.protocols.text.base import TextProtocol
from pytest_generalbench.protocols.text.parsers import normalization as cleaning
from pytest_generalbench.protocols.text.parsers.numbers.final import normal_number

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.protocols.base import TaskContext


class ShortAnswer(TextProtocol):
    """Answer a question in a few words.

    Prompt fields: `{question}`, `{instruction}`. Parser `first_line`: without reasoning,
    `Answer:` or `The answer is`, emphasis and enclosing quotes, the first line that is not
    empty (`plain` keeps all lines). Prediction: str. Reference: tuple of accepted texts,
    each in one line.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("short_answer", {"question": "Who wrote Faust?"}, ["Goethe", "J. W. Goethe"])
    >>> print(example.prompt)
    Who wrote Faust?
    Answer with a word or a short phrase only.
    >>> example.reference, example.read("Answer: Goethe")
    (('Goethe', 'J. W. Goethe'), 'Goethe')
    """

    name: ClassVar[str] = "short_answer"
    max_new_tokens: ClassVar[int] = 64
    parser: ClassVar[str] = "first_line"
    parsers: ClassVar[tuple[str, ...]] = ("first_line", "plain", "final_answer", "written")
    keys: ClassVar[tuple[str, ...]] = ("answer", "answers", *references.TEXT_KEYS)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for few words."""
        return "Answer with a word or a short phrase only."

    def reference(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return the accepted texts, whitespace collapsed."""
        accepted = super().reference(instance, context)
        return tuple(dict.fromkeys(cleaning.one_line(cleaning.last_boxed(text) or text) for text in accepted))

    def ideal(self, reference: tuple[str, ...], instance: Instance, context: TaskContext) -> str:
        """Say the first accepted text."""
        return cleaning.readable_form(
            cleaning.first_nonempty(reference), lambda text: self.read(text, context)
        )


class FinalAnswer(TextProtocol):
    r"""Work a problem out and end with the answer.

    Prompt fields: `{question}` (a `problem` with its constraints included), `{instruction}`.
    Parser `final_answer`: the last `\boxed{…}`, else what follows the last `Final Answer:` (in
    any case and in bold), else `answer is`, else the last number, else the last line; numbers
    are normalised (`18.` is `18`, `$1,234.50` is `1234.5`, `1/2` stays). Prediction: str.
    Reference: tuple of accepted texts, normalised in the same way.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("final_answer", {"problem": "What is 9 + 9?"}, "18")
    >>> print(example.prompt)
    Problem: What is 9 + 9?
    Solve it step by step. Write the result alone on the last line, after "Final Answer:".
    >>> example.reference, example.read("9 + 9 = 18. Final Answer: 18.")
    (('18',), '18')
    """

    name: ClassVar[str] = "final_answer"
    max_new_tokens: ClassVar[int] = 512
    parser: ClassVar[str] = "final_answer"
    parsers: ClassVar[tuple[str, ...]] = ("final_answer",)
    keys: ClassVar[tuple[str, ...]] = (
        "solution.final_answer",
        "final_answer",
        "answer",
        *references.TEXT_KEYS,
    )

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for steps and a labelled last line."""
        return 'Solve it step by step. Write the result alone on the last line, after "Final Answer:".'

    def reference(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return the accepted answers, normalised."""
        accepted = super().reference(instance, context)
        return tuple(dict.fromkeys(normal_number(text) or text for text in accepted))

    def ideal(self, reference: tuple[str, ...], instance: Instance, context: TaskContext) -> str:
        """Say the first accepted answer behind its label."""
        return cleaning.readable_form(
            cleaning.first_nonempty(reference), lambda text: self.read(text, context), ("Final Answer: {}",)
        )


PROTOCOLS: Final = (ShortAnswer(), FinalAnswer())
