"""Protocols for numbers: counts and forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from pytest_generalbench.protocols import references
from pytest_generalbench.protocols.text.base import TextProtocol

if TYPE_CHECKING:
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.protocols.base import TaskContext


def number_text(value: float) -> str:
    """Write a number the shortest way that reads back as the same one."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


class Counting(TextProtocol):
    """Count something.

    Prompt fields: `{question}`, `{instruction}`. Parser `count`: a lone number, else the one
    that the answer's words mark as the count (see `count_reading.read_count`), else the last
    one; `1,234` is one number, words count (`twenty-one`), `There are no cats.` is 0. An
    answer without a number is None. Prediction and reference: float; the raw reference is a
    finite number, its text, or a list of one.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("counting", {"question": "How many cats are there?"}, 3, media=["image"])
    >>> print(example.prompt)
    How many cats are there?
    Answer with one number in digits and nothing else.
    >>> example.reference, example.read("There are two cats and one dog, so two cats.")
    (3.0, 2.0)
    """

    name: ClassVar[str] = "counting"
    max_new_tokens: ClassVar[int] = 32
    parser: ClassVar[str] = "count"
    parsers: ClassVar[tuple[str, ...]] = ("count", "series")
    keys: ClassVar[tuple[str, ...]] = (
        "count",
        "number",
        "answer",
        "text",
        "prediction",
        "label",
        "target",
        "response",
    )
    needs_question: ClassVar[bool] = False

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for digits."""
        return "Answer with one number in digits and nothing else."

    def reference(self, instance: Instance, context: TaskContext) -> float:
        """Return the true number."""
        return references.accepted_number(instance, *references.ground_truth(instance, self.keys))

    def ideal(self, reference: float, instance: Instance, context: TaskContext) -> str:
        """Say the number."""
        return number_text(reference)


class TimeSeries(Counting):
    """Forecast the next value of a series.

    Prompt fields: `{question}` (the series under `data`, separated by `, `), `{instruction}`.
    Parser `series`: the first number inside the last brackets that hold one, else as `count`;
    a bare `1.5` works. A comma before exactly three digits without a blank groups thousands,
    so `[1,234.5]` is 1234.5 and `[1, 234.5]` is 1. No number: None, never 0. Prediction and
    reference: float; the raw reference is `target`, a number or a list of one.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("time_series", {"data": [1.0, 1.5, 2.0]}, [2.5])
    >>> example.reference, example.read("[2.25]"), example.read("I do not know.")
    (2.5, 2.25, None)
    """

    name: ClassVar[str] = "time_series"
    max_new_tokens: ClassVar[int] = 64
    parser: ClassVar[str] = "series"
    keys: ClassVar[tuple[str, ...]] = ("target", "answer", "prediction", "text", "value")
    needs_question: ClassVar[bool] = True

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for one step ahead."""
        return "Predict the next value of the series. Answer with that one number and nothing else."


PROTOCOLS: Final = (Counting(), TimeSeries())
