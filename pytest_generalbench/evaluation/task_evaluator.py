"""Evaluation of one task: answer in batches, write the ledger, judge, score."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from pytest_generalbench import __version__, metrics
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.media.media import prefetch_media
from pytest_generalbench.core.media.prefetch import PREFETCH
from pytest_generalbench.core.result import TaskResult
from pytest_generalbench.core.threads import Background
from pytest_generalbench.evaluation.inference.batching import generate_batches
from pytest_generalbench.evaluation.inference.consistency import chosen, probe
from pytest_generalbench.evaluation.inference.shared_batches import (
    ask_shared,
    batches_of,
    unanswered_requests,
)
from pytest_generalbench.evaluation.inference.task_prefetch import NextTask
from pytest_generalbench.evaluation.inference.timeouts import Timeouts
from pytest_generalbench.evaluation.preparation import PreparedTask, TaskScoring, answer_basis, not_possible
from pytest_generalbench.evaluation.scoring.background_scorer import BackgroundScorer, BackgroundScoring, Job
from pytest_generalbench.evaluation.scoring.human_ratings import HUMAN_METRICS, NO_RATINGS, Ratings
from pytest_generalbench.evaluation.scoring.judge_queue import JudgeQueue
from pytest_generalbench.evaluation.scoring.live_records import LiveRecords
from pytest_generalbench.models.base import Failed, Model, ReferenceSheet, model_errors
from pytest_generalbench.runs.batch_claims import BatchClaims, LedgerSpan
from pytest_generalbench.runs.instance_rows import write_rows
from pytest_generalbench.runs.ledger.async_writer import AsyncLedgerWriter
from pytest_generalbench.runs.ledger.files import LedgerReader, LedgerWriter
from pytest_generalbench.runs.ledger.index import resolve_records
from pytest_generalbench.runs.ledger.records import Record
from pytest_generalbench.runs.resume import Plan, PreviousSessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.core.request import Output, Request
    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.inference.batching import BatchResult, Generate
    from pytest_generalbench.evaluation.scoring.backbones import Backbones
    from pytest_generalbench.evaluation.scoring.judge import Judge
    from pytest_generalbench.suite.data import DataSource


def answer_sheet(prepared: PreparedTask) -> ReferenceSheet:
    """Return the right and the possible answers of every instance that is asked."""
    scoring = prepared.scoring
    asked = {request.instance_id for request in prepared.requests}
    instances = {item.id: item for item in scoring.instances if item.id in asked}

    def ideal(instance_id: str) -> str | StructuredOutput:
        instance = instances[instance_id]
        reference = scoring.protocol.reference(instance, scoring.context)
        return scoring.protocol.ideal(reference, instance, scoring.context)

    def choices(instance_id: str) -> tuple[str, ...]:
        return scoring.protocol.choices(instances[instance_id], scoring.context)

    known = (key for key, item in instances.items() if scoring.protocol.has_reference(item, scoring.context))
    return ReferenceSheet(tuple(known), ideal, choices)


def _record(request: Request, answer: Output | Failed, seconds: float, coordinates: str | None) -> Record:
    record = Record(request.task_id, request.instance_id, digest=request.digest(), seconds=seconds)
    if isinstance(answer, Failed):
        return replace(record, state=answer.state, message=answer.message)
    if coordinates is not None and request.form != "text":
        answer = replace(answer, details={**answer.details, "coordinates": coordinates})
    return replace(record, state="refused" if answer.refused else "ok", output=answer)


def _has_gpu() -> bool:
    """Return whether this process has loaded torch and there is a GPU."""
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.cuda.is_available())


class Opened(NamedTuple):
    """A prepared task with the instances that are left to ask."""

    prepared: PreparedTask
    plan: Plan
    basis: Mapping[str, str]
    """What its answers hold under."""


class TaskEvaluator(TaskScoring):
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
        earlier: PreviousSessions | None = None,
    ) -> None:
        """Keep the parts; `model` is called when the first task really needs the model."""
        super().__init__(settings, data, judge, backbones, ratings)
        self.ledger = ledger
        self.model = model
        self.earlier = earlier or PreviousSessions()
        self.deadlines = Timeouts(settings.instance_timeout, settings.task_timeout)
        self.next = NextTask(self._ready)
        self.probes: Mapping[str, int] = {}
        """How many instances of a task the probe asks again, by task id."""
        self.scorer: BackgroundScorer | None = None
        """The process that scores beside the model, where there is one."""
        self._writing = Background("ledger")
        self._judges = Background("judge")

    def run(self, task: Task, parts: int = 1) -> TaskResult:
        """Evaluate `task`, and write its result to the ledger.

        With more than one part, other processes may answer some of its batches (`help`).
        Raises GeneralBenchError when its data or the model cannot be had.
        """
        before = self.earlier.result(task.id, task.metric.name)
        result = self._run(task, before, parts)
        if result is not before:
            if result.rows:
                write_rows(self.ledger.path.parent, task.id, result.rows)
            self.ledger.conclude(result, __version__)
        return result

    def help(self, task: Task, place: int, parts: int) -> int:
        """Answer batches of `task` that no other process has claimed, and return the number of instances.

        `place` is from 1 on; 0 is the process that runs the task and scores it. Raises as `run` does.
        """
        shared = self._together(task, place, parts)
        if shared.is_over:
            return 0
        opened = self._open(task, self.earlier.result(task.id, task.metric.name))
        if isinstance(opened, TaskResult) or not opened.plan.batched:
            return 0  # the process that runs the task says why
        plan = replace(opened.plan, isolated=(), records=())
        self._answer(opened._replace(plan=plan), shared)
        return shared.count_answered

    def _together(self, task: Task, place: int, parts: int) -> BatchClaims:
        path = self.ledger.path
        return BatchClaims(path.parent, self.ledger.session, task.id, path.name, place, parts)

    def _run(self, task: Task, before: TaskResult | None, parts: int) -> TaskResult:
        started = time.perf_counter()
        opened = self._open(task, before)
        if isinstance(opened, TaskResult):
            return opened
        prepared = opened.prepared
        start = self.ledger.position()
        shared = self._together(task, 0, parts) if parts > 1 else None
        judging = None
        if self.judge and prepared.scoring.judge:
            judging = JudgeQueue(self.judge, prepared, self.ledger, self._judges)
        with self._background_scoring(task, opened, start, shared) as background, judging or nullcontext():
            probed = self._answer(opened, shared, background, judging)
            scored = background.result()
            others = tuple(shared.stretches().values()) if shared else ()
            if scored is None or scored.data != prepared.scoring.fingerprint:
                scored = self._score(start, prepared, others, judging)
        seconds = time.perf_counter() - started + sum(stretch.seconds for stretch in others)
        return replace(scored, seconds=seconds, probe=probed)

    def _score(
        self, start: int, prepared: PreparedTask, others: Sequence[LedgerSpan], judging: JudgeQueue | None
    ) -> TaskResult:
        """Score the task from the ledgers, after the judge has finished."""
        if judging is not None:
            judging.finish()
        answers, verdicts = self._read(start, prepared, others)
        if judging is not None:
            judging.ask(
                answers[instance.id]
                for instance in prepared.scoring.instances
                if self._is_open(verdicts.get(instance.id))
            )
            answers, verdicts = self._read(start, prepared, others)
        return self.score(prepared.scoring, answers, verdicts, 0.0)

    def _is_open(self, verdict: Record | None) -> bool:
        """Return whether the answer has no verdict yet, or a failed one that is to be repeated."""
        return verdict is None or (verdict.verdict is None and self.earlier.retry)

    def _background_scoring(
        self, task: Task, opened: Opened, start: int, shared: BatchClaims | None
    ) -> BackgroundScoring:
        """Return the background scoring of a task whose score follows from its answers, all given here."""
        scoring, plan = opened.prepared.scoring, opened.plan
        metric = metrics.get(scoring.task.metric.name)
        job = Job(task, self.ledger.path, start, frozenset())
        alone = scoring.judge is None and metric.name not in HUMAN_METRICS and shared is None
        # A network of the metric's would take memory from the model's GPU, and make its batches smaller.
        alone = alone and not metric.in_order and not (metric.backbones and _has_gpu())
        if self.scorer is None or not alone or scoring.split != "open":
            return BackgroundScoring(None, job)
        awaited = [request.instance_id for request in (*plan.batched, *plan.isolated)]
        awaited += [record.instance for record in plan.records]
        return BackgroundScoring(self.scorer, job._replace(awaited=frozenset(awaited)))

    def score_in_background(self, job: Job, is_written: Callable[[], bool]) -> TaskResult:
        """Score a task whose answers are still being written; runs in the scoring process."""
        loaded = self.load(job.task)
        if isinstance(loaded, TaskResult):
            return loaded
        prepared = self.prepare(loaded)
        answers = LiveRecords(
            job.ledger,
            job.start,
            job.task.id,
            prepared.digests(),
            job.awaited,
            self.earlier.records(job.task.id),
            is_written,
        )
        return self.score(prepared.scoring, answers, {}, 0.0)

    def _open(self, task: Task, before: TaskResult | None) -> Opened | TaskResult:
        """Return the task with the instances left to ask, or the result of a task that needs no inference."""
        prepared = self._ready_for(task, before)
        if isinstance(prepared, TaskResult):
            return prepared
        basis = answer_basis(prepared.scoring)
        self.earlier.check(task.id, basis)
        plan = self.earlier.plan(task.id, prepared.requests, prepared.impossible)
        if before is not None and plan.is_empty:
            return before
        return Opened(prepared, plan, basis)

    def _ready_for(self, task: Task, before: TaskResult | None) -> PreparedTask | TaskResult:
        """Return the prepared task, prefetched or prepared now, or the result of one that is not asked."""
        ahead: PreparedTask | TaskResult | None = self.next.take(task)
        if ahead is not None:
            return ahead
        if before is not None and before.state == "unsupported":
            return before
        if before is None:
            # Asked before the data are opened, or fetched: a text model downloads no video.
            task = self.measured(task)
            with model_errors("the model's unsupported"):
                unsupported = self.model().unsupported(task)
            if unsupported:
                return TaskResult.unscored(task, "unsupported", unsupported)
        return self._ready(task)

    def _ready(self, task: Task) -> PreparedTask | TaskResult:
        """Prepare a task that the model supports, as far as no model is needed."""
        loaded = self.load(task)
        return loaded if isinstance(loaded, TaskResult) else self.prepare(loaded)

    def expect(self, task: Task | None) -> None:
        """Set the next task, so that it is prepared during the inference of this one."""
        self.next.task = task

    def _begin_next(self, model: Model) -> None:
        """Prepare the next task in a thread, if it will be asked at all."""
        task = self.next.task
        if task is None or not_possible(task, self.judge, self.backbones) is not None:
            return
        with suppress(GeneralBenchError), model_errors("the model's unsupported"):  # told when it is its turn
            if not model.unsupported(task):
                self.next.begin()

    def _read(
        self, start: int, prepared: PreparedTask, others: Iterable[LedgerSpan]
    ) -> tuple[dict[str, Record], dict[str, Record]]:
        """Return the task's records and verdicts; those of this process begin at `start`."""
        task, folder = prepared.scoring.task.id, self.ledger.path.parent
        stretches = [(folder / item.ledger, item.begin, item.end) for item in others if item.end > item.begin]
        records = chain(
            self.earlier.records(task),
            LedgerReader(self.ledger.path).of_task(task, start),
            *(LedgerReader(path).of_task(task, begin, end) for path, begin, end in stretches),
        )
        return resolve_records(records, prepared.digests(), folder)

    def _answer(
        self,
        opened: Opened,
        shared: BatchClaims | None,
        beside: BackgroundScoring | None = None,
        judging: JudgeQueue | None = None,
    ) -> dict[str, int]:
        """Answer the requests that are left, write every answer, and return the batch-consistency check."""
        prepared, plan = opened.prepared, opened.plan
        task = prepared.scoring.task
        if plan.records:
            self.ledger.append(plan.records)
        if not (plan.batched or plan.isolated):
            return {}
        model = self.model()
        sheet = answer_sheet(prepared) if model.wants_answers else None
        with model_errors("the model's begin"):
            model.begin(task, sheet)
        self._begin_next(model)
        self.deadlines.begin()
        generate = partial(self.deadlines.call, model.generate)
        size = self.settings.batch_size or model.batch_size
        probed = frozenset(chosen(plan.batched, self.probes.get(task.id, 0)))
        first: dict[str, Output | Failed] = {}
        left = len(plan.batched) + len(plan.isolated)
        ledger = AsyncLedgerWriter(self.ledger, self._writing)
        if shared is not None:
            shared.join()
        try:
            for asked in self._asked(generate, opened, size, shared):
                pairs = list(zip(asked.requests, asked.answers, strict=True))
                records = [_record(*pair, asked.seconds, model.coordinates) for pair in pairs]
                ledger.append(records)
                first |= {
                    request.instance_id: answer for request, answer in pairs if request.instance_id in probed
                }
                left -= len(pairs)
                if left and beside is not None:
                    beside.go_on()
                if judging is not None:
                    judging.begin(records)
        finally:
            ledger.flush()
            if shared is not None:
                shared.leave()
        return probe(generate, plan.batched, first, size) if first else {}

    def _asked(
        self, generate: Generate, opened: Opened, size: int, shared: BatchClaims | None
    ) -> Iterator[BatchResult]:
        """Answer batched, then isolated requests; mark each batch, and prefetch the media of the next."""
        plan = opened.plan

        def before(batch: Sequence[Request], following: Sequence[Request]) -> None:
            self.ledger.mark(batch[0].task_id, [request.instance_id for request in batch], opened.basis)
            self._prefetch_next(size, following)

        if shared is None:
            yield from generate_batches(generate, plan.batched, size, before)
            yield from generate_batches(generate, plan.isolated, 1, before)
            return
        batches = batches_of(
            opened.prepared.requests, {request.instance_id for request in plan.batched}, size
        )
        yield from ask_shared(generate, batches, shared, self.ledger.position, before)
        if shared.place == 0:
            shared.wait()
            yield from generate_batches(
                generate, [*plan.isolated, *unanswered_requests(batches, shared)], 1, before
            )

    def _prefetch_next(self, size: int, requests: Sequence[Request]) -> None:
        """Start decoding the next batch's media while the model answers this one."""
        PREFETCH.begin_turn()
        following = None if requests else self.next.done()
        coming = following.requests[:size] if isinstance(following, PreparedTask) else requests
        prefetch_media(medium for request in coming for medium in request.media)
