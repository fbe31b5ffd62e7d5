"""Baselines: what no answer sheet, a constant, chance and a perfect student score."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_generalbench import vocabulary
from pytest_generalbench.errors import UnknownWordError
from pytest_generalbench.instance import Output, Request
from pytest_generalbench.models.base import AnswerSheet, Failed, Model

if TYPE_CHECKING:
    from pytest_generalbench.task import Task


class Baseline(Model):
    """A model that may look at the answers; it shows what a score is worth."""

    wants_answers: ClassVar[bool] = True
    input_media = frozenset(vocabulary.MEDIA)
    output_media = frozenset({"text"})
    batch_size = 256

    def __init__(self) -> None:
        """Start without a task."""
        self.sheet = AnswerSheet({}, {})

    def begin(self, task: Task, sheet: AnswerSheet | None) -> None:
        """Keep the answer sheet of the task that comes next."""
        self.sheet = sheet or AnswerSheet({}, {})

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Answer each request from the sheet."""
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Output | Failed:
        answer = self.answer(request)
        return Failed("the instance has no reference") if answer is None else Output(answer)

    @abstractmethod
    def answer(self, request: Request) -> str | None:
        """Return the answer text, or None when the sheet has nothing to make one from."""

    def identity(self) -> dict[str, Any]:
        """Return the baseline's name."""
        return {"class": "baseline", "name": type(self).__name__.lower()}


class Oracle(Baseline):
    """Says the reference: the best score that the task's protocol and metric allow."""

    def answer(self, request: Request) -> str | None:
        """Return the perfect answer."""
        return self.sheet.ideal.get(request.instance_id)


class Majority(Baseline):
    """Says the most frequent perfect answer of the task, always."""

    _answer: str | None = None

    def begin(self, task: Task, sheet: AnswerSheet | None) -> None:
        """Count the perfect answers; among equals the first in alphabetical order wins."""
        super().begin(task, sheet)
        counts = Counter(self.sheet.ideal.values())
        self._answer = min(counts, key=lambda text: (-counts[text], text), default=None)

    def answer(self, request: Request) -> str | None:
        """Return the most frequent answer."""
        return self._answer


class Constant(Baseline):
    """Says one text, always: `baseline:constant` says A, `baseline:constant:TEXT` says TEXT."""

    wants_answers: ClassVar[bool] = False

    def __init__(self, text: str = "A") -> None:
        """Keep the text."""
        super().__init__()
        self.text = text

    def answer(self, request: Request) -> str | None:
        """Return the text."""
        return self.text

    def identity(self) -> dict[str, Any]:
        """Return the baseline's name and text."""
        return {**super().identity(), "text": self.text}


class Random(Baseline):
    """Draws among the possible answers, or among the task's perfect answers when the question is open.

    The draw depends on task and instance only, so that every run and every worker draws the same.
    """

    _pool: tuple[str, ...] = ()

    def begin(self, task: Task, sheet: AnswerSheet | None) -> None:
        """Keep the pool of the task's answers, one entry per distinct text."""
        super().begin(task, sheet)
        self._pool = tuple(sorted(set(self.sheet.ideal.values())))

    def answer(self, request: Request) -> str | None:
        """Return the answer drawn for this instance."""
        pool = self.sheet.choices.get(request.instance_id) or self._pool
        if not pool:
            return None
        seed = hashlib.sha256(f"random|{request.task_id}|{request.instance_id}".encode()).digest()
        return pool[int.from_bytes(seed[:8], "big") % len(pool)]


BASELINES: dict[str, type[Baseline]] = {
    "oracle": Oracle,
    "majority": Majority,
    "constant": Constant,
    "random": Random,
}


def make_baseline(name: str) -> Baseline:
    """Return the baseline for `oracle`, `majority`, `constant`, `constant:TEXT` or `random`."""
    kind, _, text = name.partition(":")
    if kind not in BASELINES or (text and kind != "constant"):
        raise UnknownWordError("baseline", name, [*BASELINES, "constant:TEXT"])
    return Constant(text) if text else BASELINES[kind]()
