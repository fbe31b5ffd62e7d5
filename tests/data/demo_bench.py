"""A task of the demo set with what scores answers to it, for tests of what the set is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_generalbench import metrics, protocols
from pytest_generalbench.core.outputs import AnswerFormatError, StructuredOutput
from pytest_generalbench.core.request import Output
from pytest_generalbench.suite.data import open_data
from tests.data.trees import all_tasks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_generalbench.core.request import Instance, Request
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols import Protocol, TaskContext
    from pytest_generalbench.suite.data import DataSource

Answer = str | StructuredOutput | None
"""None is an answer that cannot be read."""

POINTS = 5_000
"""How many points `coarse` leaves to be drawn from a surface."""


def coarse(task: Task) -> Task:
    """Return the task with at most `POINTS` drawn from a surface: 100,000 take seconds an instance."""
    options = dict(task.metric.options)
    if "points" in options:
        options["points"] = min(options["points"], POINTS)
    return replace(task, metric=replace(task.metric, options=options))


@dataclass(frozen=True)
class Bench:
    """A task, opened."""

    task: Task
    instances: tuple[Instance, ...]
    protocol: Protocol
    context: TaskContext
    references: tuple[Any, ...]

    @property
    def requests(self) -> list[Request]:
        """What a model is given."""
        return [self.protocol.request(instance, self.context) for instance in self.instances]

    def ideals(self) -> list[Any]:
        """Return the perfect answers: texts, or structured outputs of one form."""
        pairs = zip(self.references, self.instances, strict=True)
        return [self.protocol.ideal(reference, instance, self.context) for reference, instance in pairs]

    def score(self, answers: Sequence[Answer]) -> float:
        """Return the score of an answer for each instance, in the metric's unit."""
        outputs = [_output(answer) for answer in answers]
        pairs = list(zip(self.instances, outputs, strict=True))
        context = self.protocol.infer_conventions(
            ((one, out) for one, out in pairs if out is not None), self.context
        )
        accumulator = metrics.make(self.task.metric.name, self.task.metric.options, {})
        for (instance, output), reference in zip(pairs, self.references, strict=True):
            accumulator.add(_parsed(self.protocol, output, instance, context), reference)
        return float(accumulator.result([instance.id for instance in self.instances]).score)

    def gain(self, score: float) -> float:
        """Return the score so that more is better."""
        return score if self.task.metric.higher_is_better else -score


def _output(answer: Answer) -> Output | None:
    if answer is None:
        return None
    if isinstance(answer, str):
        return Output(answer)
    return Output(medium=answer.medium, answer=answer)


def _parsed(protocol: Protocol, output: Output | None, instance: Instance, context: TaskContext) -> Any:
    if output is None:
        return None
    try:
        return protocol.parse(output, instance, context)
    except AnswerFormatError:
        return None


@cache
def _source(cache_folder: Path) -> DataSource:
    return open_data("demo", "open", all_tasks(), cache=cache_folder)


@cache
def bench(name: str, cache_folder: Path) -> Bench:
    """Open the task `name` of the demo set below the cache folder."""
    task = coarse(next(task for task in all_tasks() if task.id == name))
    data = _source(cache_folder).load(task)
    assert data is not None
    protocol = protocols.get(task.protocol)
    context = protocol.context(task, data.header, data.instances)
    references = tuple(protocol.reference(instance, context) for instance in data.instances)
    return Bench(task, tuple(data.instances), protocol, context, references)
