"""One task from its data to its result: prepare, ask in batches, keep, score."""

from __future__ import annotations

import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pytest_generalbench import metrics, protocols
from pytest_generalbench.ahead import NextTask
from pytest_generalbench.asking import ask_all
from pytest_generalbench.background import Background
from pytest_generalbench.behind import WriteBehind
from pytest_generalbench.deadlines import Deadlines
from pytest_generalbench.decoding import AHEAD
from pytest_generalbench.errors import DataError, GeneralBenchError, MissingDependencyError
from pytest_generalbench.human import (
    AUTOMATIC,
    HUMAN_METRICS,
    NO_RATINGS,
    Ratings,
    automatic,
    score_rated,
)
from pytest_generalbench.ledger import LedgerReader, LedgerWriter, Record, answers_and_verdicts
from pytest_generalbench.media import decode_ahead
from pytest_generalbench.models.base import AnswerSheet, Failed, Model, foreign
from pytest_generalbench.probe import chosen, probe
from pytest_generalbench.result import TaskResult, absent
from pytest_generalbench.scoring import JUDGE_METRIC, ScoringInput, score_task
from pytest_generalbench.selection import limited

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_generalbench.answers import Answer
    from pytest_generalbench.backbones import Backbones
    from pytest_generalbench.data import DataSource
    from pytest_generalbench.instance import Instance, Output, Request
    from pytest_generalbench.judge import Judge
    from pytest_generalbench.settings import Settings
    from pytest_generalbench.task import Task


@dataclass(frozen=True, slots=True)
class Prepared:
    """A task ready to be asked."""

    scoring: ScoringInput
    requests: tuple[Request, ...]
    """One per instance that can be asked, longest text first; the order is the same for every worker."""
    impossible: tuple[Record, ...]
    """One per instance that cannot be asked, with its state and why."""


def not_possible(task: Task, judge: Judge | None, backbones: Backbones) -> TaskResult | None:
    """Return why this installation cannot score `task`, or None when it can."""
    lacking = protocols.get(task.protocol).requires
    if lacking and find_spec(lacking[0]) is None:
        error = MissingDependencyError(*lacking, f"the protocol {task.protocol}")
        return absent(task, "unavailable", str(error))
    lacking_weights = backbones.missing(metrics.get(task.metric.name).backbones)
    if lacking_weights:
        return absent(task, "unavailable", lacking_weights)
    try:
        if not metrics.get(task.metric.name).backbones:
            metrics.make(task.metric.name, task.metric.options)
    except MissingDependencyError as error:
        return absent(task, "unavailable", str(error))
    if task.metric.name == JUDGE_METRIC and judge is None:
        return absent(task, "unavailable", "needs a judge: --generalbench-judge=MODEL")
    return None


def _cannot_ask(instance: Instance, scoring: ScoringInput) -> Record | None:
    """Return the record of an instance that must not be asked, or None."""
    if instance.problem is not None:
        return Record(
            instance.task_id, instance.id, state=instance.problem.state, message=instance.problem.message
        )
    message = None
    if scoring.protocol.has_reference(instance, scoring.context):
        try:
            scoring.protocol.reference(instance, scoring.context)
        except DataError as error:
            message = str(error)
    elif scoring.split == "open":
        message = "the instance has no reference"
    if message is None:
        return None
    return Record(instance.task_id, instance.id, state="error", message=message)


def prepare(scoring: ScoringInput) -> Prepared:
    """Turn instances into requests; what cannot be asked keeps its state and its reason."""
    requests: list[Request] = []
    impossible: list[Record] = []
    for instance in scoring.instances:
        record = _cannot_ask(instance, scoring)
        if record is None:
            try:
                requests.append(scoring.protocol.request(instance, scoring.context))
                continue
            except DataError as error:
                record = Record(instance.task_id, instance.id, state="error", message=str(error))
        impossible.append(record)
    requests.sort(key=lambda request: (-len(request.text), request.instance_id))
    return Prepared(scoring, tuple(requests), tuple(impossible))


def answer_sheet(prepared: Prepared) -> AnswerSheet:
    """Return the perfect and the possible answers of every instance that is asked."""
    scoring = prepared.scoring
    asked = {request.instance_id for request in prepared.requests}
    instances = {item.id: item for item in scoring.instances if item.id in asked}

    def ideal(instance_id: str) -> str | Answer:
        instance = instances[instance_id]
        reference = scoring.protocol.reference(instance, scoring.context)
        return scoring.protocol.ideal(reference, instance, scoring.context)

    def choices(instance_id: str) -> tuple[str, ...]:
        return scoring.protocol.choices(instances[instance_id], scoring.context)

    known = (key for key, item in instances.items() if scoring.protocol.has_reference(item, scoring.context))
    return AnswerSheet(tuple(known), ideal, choices)


def _record(request: Request, answer: Output | Failed, seconds: float, coordinates: str | None) -> Record:
    record = Record(request.task_id, request.instance_id, digest=request.digest(), seconds=seconds)
    if isinstance(answer, Failed):
        return replace(record, state=answer.state, message=answer.message)
    if coordinates is not None and request.form != "text":
        answer = replace(answer, details={**answer.details, "coordinates": coordinates})
    return replace(record, state="refused" if answer.refused else "ok", output=answer)


class Evaluation:
    """Evaluates tasks one after another with one model, one data source and one ledger."""

    def __init__(
        self,
        settings: Settings,
        data: DataSource,
        ledger: LedgerWriter,
        model: Callable[[], Model],
        judge: Judge | None,
        backbones: Backbones,
        ratings: Ratings = NO_RATINGS,
    ) -> None:
        """Keep the parts; `model` is called when the first task really needs the model."""
        self.settings = settings
        self.data = data
        self.ledger = ledger
        self.model = model
        self.judge = judge
        self.backbones = backbones
        self.ratings = ratings
        self.deadlines = Deadlines(settings.instance_timeout, settings.task_timeout)
        self.next = NextTask(self._prepared)
        self.probes: Mapping[str, int] = {}
        """How many instances of a task the probe asks again, by task id."""
        self._writing = Background("ledger")

    def run(self, task: Task) -> TaskResult:
        """Evaluate `task`. Raises GeneralBenchError when its data or the model cannot be had."""
        started = time.perf_counter()
        task = self._as_scored(task)
        impossible = not_possible(task, self.judge, self.backbones)
        if impossible is not None:
            return impossible
        prepared = self.next.take(task)
        if prepared is None:
            return absent(task, "no_data", "the data folder has no folder for it")
        scoring = prepared.scoring
        model = self.model()
        with foreign("the model's unsupported"):
            unsupported = model.unsupported(task)
        if unsupported:
            return absent(task, "unsupported", unsupported)
        start = self.ledger.position()
        probed = self._answer(model, prepared)
        answers, verdicts = self._read(start, task)
        if scoring.judge:
            self._judge(prepared, answers)
            answers, verdicts = self._read(start, task)
        if task.metric.name in HUMAN_METRICS:
            rated = score_rated(scoring, answers, self.ratings, time.perf_counter() - started)
            return replace(rated, probe=probed)
        # What a metric's pretrained model raises is told in a line; what a pure metric raises is our fault.
        measured = metrics.get(task.metric.name).backbones
        with foreign(f"scoring with {task.metric.name}") if measured else nullcontext():
            scored = score_task(scoring, answers, verdicts, time.perf_counter() - started)
        return replace(scored, probe=probed)

    def _prepared(self, task: Task) -> Prepared | None:
        """Read a task's data and prepare its requests; None when there are none. Needs no model."""
        loaded = self.data.load(task)
        if loaded is None:
            return None
        protocol = protocols.get(task.protocol)
        scoring = ScoringInput(
            task=task,
            protocol=protocol,
            context=protocol.context(task, loaded.header, loaded.instances),
            instances=limited(loaded.instances, self.settings.limit),
            fingerprint=loaded.fingerprint,
            split=self.settings.split,
            judge=self.judge.name if self.judge and task.metric.name == JUDGE_METRIC else None,
            backbones=self.backbones,
        )
        return prepare(scoring)

    def _as_scored(self, task: Task) -> Task:
        """Return the task with a predictor for its metric, where one stands in for people."""
        by_people = task.metric.name in HUMAN_METRICS and task.id not in self.ratings.by_task
        replaced = by_people and self.settings.mos == "auto" and task.metric.name in AUTOMATIC
        return automatic(task) if replaced else task

    def expect(self, task: Task | None) -> None:
        """Say which task comes next, so that it can be prepared while this one is asked."""
        self.next.task = None if task is None else self._as_scored(task)

    def _begin_next(self, model: Model) -> None:
        """Prepare the next task in a thread, if it will be asked at all."""
        task = self.next.task
        if task is None or not_possible(task, self.judge, self.backbones) is not None:
            return
        with suppress(GeneralBenchError), foreign("the model's unsupported"):  # told when it is its turn
            if not model.unsupported(task):
                self.next.begin()

    def _look_ahead(self, size: int, requests: Sequence[Request]) -> None:
        """Have the next batch's media decoded while the model works on this one."""
        AHEAD.begin_turn()
        following = None if requests else self.next.done()
        coming = following.requests[:size] if following else requests
        decode_ahead(medium for request in coming for medium in request.media)

    def _read(self, start: int, task: Task) -> tuple[Mapping[str, Record], Mapping[str, Record]]:
        return answers_and_verdicts(LedgerReader(self.ledger.path).records(start), task.id)

    def _answer(self, model: Model, prepared: Prepared) -> dict[str, int]:
        """Ask every request, keep every answer, and return what the probe found."""
        if prepared.impossible:
            self.ledger.append(prepared.impossible)
        sheet = answer_sheet(prepared) if model.wants_answers else None
        with foreign("the model's begin"):
            model.begin(prepared.scoring.task, sheet)
        self._begin_next(model)
        self.deadlines.begin()
        generate = partial(self.deadlines.call, model.generate)
        size = self.settings.batch_size or model.batch_size
        probed = dict.fromkeys(chosen(prepared.requests, self.probes.get(prepared.scoring.task.id, 0)))
        first: dict[str, Output | Failed] = {}
        ledger = WriteBehind(self.ledger, self._writing)
        try:
            for asked in ask_all(generate, prepared.requests, size, partial(self._look_ahead, size)):
                pairs = list(zip(asked.requests, asked.answers, strict=True))
                ledger.append(_record(*pair, asked.seconds, model.coordinates) for pair in pairs)
                first |= {
                    request.instance_id: answer for request, answer in pairs if request.instance_id in probed
                }
        finally:
            ledger.flush()
        return probe(generate, prepared.requests, first, size) if first else {}

    def _judge(self, prepared: Prepared, answers: Mapping[str, Record]) -> None:
        """Ask the judge about every answer that can be read, and keep what it says."""
        judge, scoring = self.judge, prepared.scoring
        if judge is None:
            return
        questions = {request.instance_id: request.text for request in prepared.requests}
        for instance in scoring.instances:
            record = answers[instance.id]
            if record.state != "ok" or record.output is None or not instance.has_reference:
                continue
            answer = scoring.protocol.parse(record.output, instance, scoring.context)
            if answer is None:
                continue
            references = scoring.protocol.reference(instance, scoring.context)
            verdict, said = judge.verdict(questions[instance.id], references, str(answer))
            told = Record(scoring.task.id, instance.id, kind="verdict", verdict=verdict, message=said)
            self.ledger.append([told])
