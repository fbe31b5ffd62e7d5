"""Yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pytest_generalbench.protocols import references
from pytest_generalbench.protocols.text.base import TextProtocol
from pytest_generalbench.protocols.text.parsers.labels.yes_no import polarity

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.protocols.base import TaskContext


class YesNo(TextProtocol):
    """Answer a question with yes or no.

    Prompt fields: `{question}`, `{instruction}`. Parser `yes_no`: boxed, behind `the answer
    is`, as the first word, or the only one of both in the answer; true/false, 是/否, 对/不对
    and their kin count. Prediction: `yes` or `no`. Reference: tuple of one of them; the raw
    one is such a word, a bool, or 1/0.
    """

    name: ClassVar[str] = "yes_no"
    max_new_tokens: ClassVar[int] = 64
    parser: ClassVar[str] = "yes_no"
    parsers: ClassVar[tuple[str, ...]] = ("yes_no",)
    keys: ClassVar[tuple[str, ...]] = (
        "answer",
        "label",
        "text",
        "prediction",
        "category",
        "response",
        "target",
        "gt",
    )

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for the word."""
        return "Answer with yes or no only."

    def reference(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return `yes` or `no` as a tuple of one."""
        key, value = references.ground_truth(instance, self.keys, nested=False)
        if isinstance(value, list | tuple) and len(value) == 1:
            value = value[0]
        if isinstance(value, bool) or (isinstance(value, int) and value in (0, 1)):
            return ("yes" if value else "no",)
        found = polarity(value) if isinstance(value, str) else None
        if isinstance(value, str) and value.strip() in ("0", "1"):
            found = "yes" if value.strip() == "1" else "no"
        if found is None:
            raise references.malformed(instance, key, value, "yes or no")
        return (found,)

    def ideal(self, reference: tuple[str, ...], instance: Instance, context: TaskContext) -> str:
        """Say the word."""
        return reference[0]

    def choices(self, instance: Instance, context: TaskContext) -> tuple[str, ...]:
        """Return both words."""
        return ("yes", "no")
