"""One task from its data to its result: ask in batches, keep, judge, score."""

from __future__ import annotations

import time
import warnings
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from pytest_generalbench import __version__
from pytest_generalbench.answers import Answer, AnswerFormatError, check_answer
from pytest_generalbench.errors import DataError, MediaError, ModelUnavailableError
from pytest_generalbench.human import NO_RATINGS, Ratings
from pytest_generalbench.instance import INCOMPLETE_STATES, Output, Request
from pytest_generalbench.ledger import RECORDS, LedgerReader, LedgerWriter, Record
from pytest_generalbench.ledgers import settled, verdict_digest
from pytest_generalbench.models.base import AnswerSheet, Failed, Model, foreign
from pytest_generalbench.preparing import Prepared, TaskScoring, facts_of
from pytest_generalbench.result import TaskResult, absent
from pytest_generalbench.resume import Earlier, Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_generalbench.backbones import Backbones
    from pytest_generalbench.data import DataSource
    from pytest_generalbench.judge import Judge
    from pytest_generalbench.settings import Settings
    from pytest_generalbench.task import Task


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


def _failure(error: BaseException) -> Failed:
    """Name the state that an exception from a model means."""
    if isinstance(error, AnswerFormatError):
        state = "unparsable"  # the model gave something that its form cannot hold
    elif isinstance(error, MediaError):
        state = "missing_media"
    elif isinstance(error, MemoryError) or type(error).__name__ in (
        "OutOfMemoryError",
        "OutOfMemoryException",
    ):
        state = "oom"
    elif isinstance(error, TimeoutError):
        state = "timeout"
    else:
        state = "error"
    return Failed(f"{type(error).__name__}: {' '.join(str(error).split())}"[:500], state)


def _checked(given: object) -> Output | Failed:
    """Accept what a model may return for one request; anything else is that request's error."""
    if isinstance(given, str):
        return Output(given)
    if isinstance(given, Failed):
        if given.state in (*INCOMPLETE_STATES, "refused", "unparsable"):
            return given
        return Failed(f"the model gave the unknown state {given.state!r}: {given.message}")
    if isinstance(given, Answer):
        given = Output(medium=given.medium, answer=given)
    if isinstance(given, Output):
        try:
            held = given.read()
            if held is not None:
                check_answer(held)  # one that no file can hold must not cost the batch its ledger lines
        except DataError as error:
            return Failed(f"the model's answer cannot be kept: {error}")
        if given.refused or isinstance(given.text, str) or given.answer is not None:
            return given
        return Failed(f"the model returned an Output whose text is {type(given.text).__name__}")
    return Failed(f"the model returned {type(given).__name__} instead of a text or an answer")


def ask(model: Model, requests: Sequence[Request]) -> list[Output | Failed]:
    """Ask a batch; when it fails as a whole, halve it until the failing request stands alone."""
    try:
        with warnings.catch_warnings():
            # A repository that turns warnings into errors means its own code, not the model's libraries.
            warnings.simplefilter("default")
            outputs = list(model.generate(requests))
    except ModelUnavailableError:
        raise  # it was to be loaded only now, and cannot be: no fault of these requests
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a model is foreign code and may raise anything
        failed = _failure(error)
    else:
        if len(outputs) == len(requests):
            return [_checked(output) for output in outputs]
        failed = Failed(f"the model returned {len(outputs)} outputs for {len(requests)} requests")
    if len(requests) == 1:
        return [failed]
    middle = len(requests) // 2
    return [*ask(model, requests[:middle]), *ask(model, requests[middle:])]


def _record(request: Request, answer: Output | Failed, seconds: float, coordinates: str | None) -> Record:
    record = Record(request.task_id, request.instance_id, digest=request.digest(), seconds=seconds)
    if isinstance(answer, Failed):
        return replace(record, state=answer.state, message=answer.message)
    if coordinates is not None and request.form != "text":
        answer = replace(answer, details={**answer.details, "coordinates": coordinates})
    return replace(record, state="refused" if answer.refused else "ok", output=answer)


class Evaluation(TaskScoring):
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
        earlier: Earlier | None = None,
    ) -> None:
        """Keep the parts; `model` is called when the first task really needs the model."""
        super().__init__(settings, data, judge, backbones, ratings)
        self.ledger = ledger
        self.model = model
        self.earlier = earlier or Earlier()

    def run(self, task: Task) -> TaskResult:
        """Evaluate `task`, and note what became of it.

        Raises GeneralBenchError when its data or the model cannot be had.
        """
        before = self.earlier.result(task.id, task.metric.name)
        result = self._run(task, before)
        if result is not before:
            self.ledger.conclude(task.id, result.to_dict(), __version__)
        return result

    def _run(self, task: Task, before: TaskResult | None) -> TaskResult:
        started = time.perf_counter()
        loaded = self.load(task)
        if isinstance(loaded, TaskResult):
            return loaded
        if before is not None and before.state == "unsupported":
            return before
        if before is None:
            with foreign("the model's unsupported"):
                unsupported = self.model().unsupported(loaded.task)
            if unsupported:
                return absent(loaded.task, "unsupported", unsupported)
        prepared = self.prepare(loaded)
        facts = facts_of(prepared.scoring)
        self.earlier.check(task.id, facts)
        plan = self.earlier.plan(task.id, prepared.requests, prepared.impossible)
        if before is not None and plan.is_empty:
            return before
        start = self.ledger.position()
        self._answer(prepared, plan, facts)
        answers, verdicts = self._read(start, prepared)
        if prepared.scoring.judge:
            self._judge(prepared, answers, verdicts)
            answers, verdicts = self._read(start, prepared)
        return self.score(prepared.scoring, answers, verdicts, time.perf_counter() - started)

    def _read(self, start: int, prepared: Prepared) -> tuple[dict[str, Record], dict[str, Record]]:
        """Return what the ledgers say of the task; this process's part of it begins at `start`."""
        task = prepared.scoring.task.id
        lines = LedgerReader(self.ledger.path).lines(start)
        own = (plain for _, _, plain in lines if plain["kind"] in RECORDS and plain["task"] == task)
        records = chain(self.earlier.records(task), own)
        return settled(records, prepared.digests(), self.ledger.path.parent)

    def _answer(self, prepared: Prepared, plan: Plan, facts: Mapping[str, str]) -> None:
        """Ask what is left, keeping each batch's answers before the next is asked."""
        task = prepared.scoring.task
        if plan.records:
            self.ledger.append(plan.records)
        if not (plan.together or plan.alone):
            return
        model = self.model()
        sheet = answer_sheet(prepared) if model.wants_answers else None
        with foreign("the model's begin"):
            model.begin(task, sheet)
        for batch in chain(self._batches(plan.together, model), ((request,) for request in plan.alone)):
            self.ledger.mark(task.id, [request.instance_id for request in batch], facts)
            started = time.perf_counter()
            answers = ask(model, batch)
            each = (time.perf_counter() - started) / len(batch)
            pairs = zip(batch, answers, strict=True)
            self.ledger.append(_record(*pair, each, model.coordinates) for pair in pairs)

    def _batches(self, requests: Sequence[Request], model: Model) -> Iterator[Sequence[Request]]:
        size = self.settings.batch_size or model.batch_size
        for start in range(0, len(requests), size):
            yield requests[start : start + size]

    def _judge(
        self, prepared: Prepared, answers: Mapping[str, Record], verdicts: Mapping[str, Record]
    ) -> None:
        """Ask the judge about every answer that can be read and has no verdict, and keep what it says."""
        judge, scoring = self.judge, prepared.scoring
        if judge is None:
            return
        questions = {request.instance_id: request.text for request in prepared.requests}
        for instance in scoring.instances:
            record = answers[instance.id]
            if record.state != "ok" or record.output is None or not instance.has_reference:
                continue
            before = verdicts.get(instance.id)
            if before is not None and not (before.verdict is None and self.earlier.retry):
                continue
            answer = scoring.protocol.parse(record.output, instance, scoring.context)
            if answer is None:
                continue
            references = scoring.protocol.reference(instance, scoring.context)
            verdict, said = judge.verdict(questions[instance.id], references, str(answer))
            told = Record(
                scoring.task.id,
                instance.id,
                kind="verdict",
                digest=verdict_digest(record),
                verdict=verdict,
                message=said,
            )
            self.ledger.append([told])
