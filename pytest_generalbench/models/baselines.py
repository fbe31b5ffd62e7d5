"""Baselines: models that answer with the reference, the most frequent answer, a constant, or at random."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.models.base import Failed, Model, ReferenceSheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.core.task import Task


BASELINES: Final = ("oracle", "majority", "constant", "random")


def split_baseline(name: str) -> tuple[str, str]:
    """Return kind and text of `oracle`, `majority`, `constant`, `constant:TEXT` or `random`.

    Raises UnknownWordError for a name that is none of these.
    """
    kind, _, text = name.partition(":")
    if kind not in BASELINES or (text and kind != "constant"):
        raise UnknownWordError("baseline", name, [*BASELINES, "constant:TEXT"])
    return kind, text


NO_ANSWERS = ReferenceSheet((), lambda instance: "", lambda instance: ())


class Baseline(Model):
    """A model that is given the right answers of each task; its scores show what a score is worth.

    It takes and gives every medium.

    >>> sheet = ReferenceSheet(("1", "2"), {"1": "B", "2": "A"}.__getitem__, lambda instance: ("A", "B"))
    >>> oracle = Oracle()
    >>> oracle.begin(None, sheet)
    >>> [output.text for output in oracle.generate([Request("a/task", "1", ("?",))])]
    ['B']
    """

    wants_answers: ClassVar[bool] = True
    input_media = frozenset(vocabulary.MEDIA)
    output_media = frozenset(vocabulary.MEDIA)
    batch_size = 256

    def __init__(self) -> None:
        """Start without a task."""
        self.sheet = NO_ANSWERS

    def begin(self, task: Task, sheet: ReferenceSheet | None) -> None:
        """Keep the right answers of the task that comes next."""
        self.sheet = sheet or NO_ANSWERS

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Answer each request from the reference sheet."""
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Output | Failed:
        answer = self.answer(request)
        if answer is None:
            return Failed("the instance has no reference")
        return Output(answer) if isinstance(answer, str) else Output(medium=answer.medium, answer=answer)

    @abstractmethod
    def answer(self, request: Request) -> str | StructuredOutput | None:
        """Return the answer, or None when the reference sheet has none for the instance."""

    def identity(self) -> dict[str, Any]:
        """Return the baseline's name."""
        return {"class": "baseline", "name": type(self).__name__.lower()}

    def _by_key(self) -> dict[str, list[str]]:
        """Return the instances of each distinct right answer; the answers themselves may be large."""
        from pytest_generalbench.core.outputs import answer_key

        by_key: dict[str, list[str]] = {}
        for instance in self.sheet.ids:
            answer = self.sheet.ideal(instance)
            by_key.setdefault(answer if isinstance(answer, str) else answer_key(answer), []).append(instance)
        return by_key


class Oracle(Baseline):
    """Answers with the reference (`Protocol.ideal`): the best score that protocol and metric allow.

    An instance without a reference is an error.

    >>> oracle = Oracle()
    >>> oracle.begin(None, ReferenceSheet(("1",), lambda instance: "B", lambda instance: ()))
    >>> oracle.answer(Request("a/task", "1", ("?",)))
    'B'
    """

    def begin(self, task: Task, sheet: ReferenceSheet | None) -> None:
        """Keep the sheet."""
        super().begin(task, sheet)
        self._known = frozenset(self.sheet.ids)

    def answer(self, request: Request) -> str | StructuredOutput | None:
        """Return the right answer."""
        return self.sheet.ideal(request.instance_id) if request.instance_id in self._known else None


class Majority(Baseline):
    """Answers every instance with the most frequent right answer of the task.

    >>> majority = Majority()
    >>> right = {"1": "B", "2": "A", "3": "A"}
    >>> majority.begin(None, ReferenceSheet(tuple(right), right.__getitem__, lambda instance: ()))
    >>> majority.answer(Request("a/task", "1", ("?",)))
    'A'
    """

    _instance: str | None = None

    def begin(self, task: Task, sheet: ReferenceSheet | None) -> None:
        """Count the right answers; of equally frequent ones the first in alphabetical order is taken."""
        super().begin(task, sheet)
        result = self._by_key()
        key = min(result, key=lambda key: (-len(result[key]), key), default=None)
        self._instance = None if key is None else result[key][0]

    def answer(self, request: Request) -> str | StructuredOutput | None:
        """Return the most frequent answer."""
        return None if self._instance is None else self.sheet.ideal(self._instance)


class Constant(Baseline):
    """Answers every instance with one text: `baseline:constant` with A, `baseline:constant:TEXT` with TEXT.

    >>> Constant("yes").answer(Request("a/task", "1", ("?",)))
    'yes'
    """

    wants_answers: ClassVar[bool] = False
    output_media = frozenset({"text"})

    def __init__(self, text: str = "A") -> None:
        """Keep the text."""
        super().__init__()
        self.text = text

    def answer(self, request: Request) -> str:
        """Return the text."""
        return self.text

    def identity(self) -> dict[str, Any]:
        """Return the baseline's name and text."""
        return {**super().identity(), "text": self.text}


class Random(Baseline):
    """Draws from the possible answers of an instance, or from the task's right answers for an open question.

    The draw depends on task and instance only, so that every run and every worker draws the same.

    >>> chance = Random()
    >>> chance.begin(None, ReferenceSheet(("1",), lambda instance: "B", lambda instance: ("A", "B", "C")))
    >>> chance.answer(Request("a/task", "1", ("?",))) in ("A", "B", "C")
    True
    """

    _pool: tuple[str, ...] = ()

    def begin(self, task: Task, sheet: ReferenceSheet | None) -> None:
        """Keep one instance of every distinct right answer."""
        super().begin(task, sheet)
        result = self._by_key()
        self._pool = tuple(result[key][0] for key in sorted(result))

    def answer(self, request: Request) -> str | StructuredOutput | None:
        """Return the answer drawn for this instance."""
        again = f"|{request.repeat}" if request.repeat else ""
        seed = hashlib.sha256(f"random|{request.task_id}|{request.instance_id}{again}".encode()).digest()
        number = int.from_bytes(seed[:8], "big")
        choices = self.sheet.choices(request.instance_id)
        if choices:
            return choices[number % len(choices)]
        return self.sheet.ideal(self._pool[number % len(self._pool)]) if self._pool else None


_CLASSES: Final[dict[str, type[Baseline]]] = {
    "oracle": Oracle,
    "majority": Majority,
    "constant": Constant,
    "random": Random,
}


def make_baseline(name: str) -> Baseline:
    """Return the baseline for `oracle`, `majority`, `constant`, `constant:TEXT` or `random`."""
    kind, text = split_baseline(name)
    return Constant(text) if text else _CLASSES[kind]()
