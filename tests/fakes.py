"""Small fakes of the parts an evaluation needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_generalbench.core.request import Instance, Output, Request
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.evaluation.scoring.backbones import Backbones
from pytest_generalbench.evaluation.scoring.backbones.demo_weights import DemoWeights
from pytest_generalbench.evaluation.task_evaluator import TaskEvaluator
from pytest_generalbench.models.base import Failed, Model
from pytest_generalbench.runs.ledger.files import LedgerWriter
from pytest_generalbench.suite.data import TaskData

if TYPE_CHECKING:
    from pytest_generalbench.core.result import TaskResult
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.scoring.judge import Judge

StructuredOutput = Callable[[Sequence[Request]], Sequence[Any]]


class FakeModel(Model):
    """Answers with a function and remembers the sizes of its batches."""

    batch_size = 4

    def __init__(self, answer: StructuredOutput) -> None:
        self.answer = answer
        self.batches: list[int] = []

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed | str]:
        self.batches.append(len(requests))
        return self.answer(requests)


@dataclass
class FakeData:
    """Holds the instances of every task in memory."""

    instances: Sequence[Instance]
    header: dict[str, Any] = field(default_factory=dict)
    name: str = "folder"
    split: str = "open"
    is_demo: bool = False
    root: Path = Path()

    def load(self, task: Task) -> TaskData | None:
        if not self.instances:
            return None
        return TaskData(task.id, self.header, tuple(self.instances), "f" * 16)

    def files(self, task: Task) -> None:
        return None

    def strays(self) -> list[str]:
        return []

    def lacks(self, task: Task) -> bool:
        return not self.instances


class FakeEvaluation(TaskEvaluator):
    """The real thing, but for a ledger that is open only while a task runs."""

    def run(self, task: Task, parts: int = 1) -> TaskResult:
        with LedgerWriter(self.ledger.path) as self.ledger:
            return super().run(task, parts)


def evaluation(
    folder: Path,
    model: Model,
    instances: Sequence[Instance],
    judge: Judge | None = None,
    **settings: Any,
) -> TaskEvaluator:
    """Return an evaluation of `instances` with its ledger in `folder`."""
    with LedgerWriter(folder / "ledger-test-1.jsonl") as writer:
        given = Settings(model="fake", **settings)
        return FakeEvaluation(
            given, FakeData(instances), writer, lambda: model, judge, Backbones([DemoWeights()])
        )
