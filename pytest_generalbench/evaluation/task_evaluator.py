"""Evaluation of one task: answer in batches, write the ledger, judge, score."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from pytest_generalbench import __version__, metrics
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.media.media import prefetch_media
from pytest_generalbench.core.media.prefetch import PREFETCH
from pytest_generalbench.core.result import TaskResult
from pytest_generalbench.core.threads import Background
from pytest_generalbench.evaluation.inference.batching import generate_batches
from pytest_generalbench.evaluation.inference.consistency import chosen, probe
from pytest_generalbench.evaluation.inference.model_loading import ModelLoading
from pytest_generalbench.evaluation.inference.shared_batches import (
    ask_shared,
    batches_of,
    unanswered_requests,
)
from pytest_generalbench.evaluation.inference.task_prefetch import NextTask
from pytest_generalbench.evaluation.inference.timeouts import Timeouts
from pytest_generalbench.evaluation.kept_results import KeptResults
from pytest_generalbench.evaluation.preparation import (
    PreparedTask,
    TaskScoring,
    answer_basis,
    answer_sheet,
    not_possible,
)
from pytest_generalbench.evaluation.scoring.background_scorer import BackgroundScorer, BackgroundScoring, Job
from pytest_generalbench.evaluation.scoring.human_ratings import HUMAN_METRICS, NO_RATINGS, Ratings
from pytest_generalbench.evaluation.scoring.judge_queue import JudgeQueue
from pytest_generalbench.evaluation.scoring.live_records import LiveRecords
from pytest_generalbench.evaluation.task_records import read_task, record_of, tally_of
from pytest_generalbench.models.base import Failed, Model, model_errors
from pytest_generalbench.runs.batch_claims import BatchClaims
from pytest_generalbench.runs.instance_rows import write_rows
from pytest_generalbench.runs.ledger.async_writer import AsyncLedgerWriter
from pytest_generalbench.runs.resume import Plan, PreviousSessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_generalbench.core.request import Output, Request
    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.inference.batching import BatchResult, Generate
    from pytest_generalbench.evaluation.scoring.backbones import Backbones
    from pytest_generalbench.evaluation.scoring.judge import Judge
    from pytest_generalbench.runs.ledger.files import LedgerWriter
    from pytest_generalbench.runs.ledger.records import Record
    from pytest_generalbench.suite.data import DataSource


def _has_gpu() -> bool:
    """Return whether this process has loaded torch and there is a GPU."""
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.cuda.is_available())


class Opened(NamedTuple):
    """A prepared task, of one repeat, with the instances that are left to ask."""

    prepared: PreparedTask
    repeat: int
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
        self.model = ModelLoading(model)
        self.earlier = earlier or PreviousSessions()
        self.kept = KeptResults(settings, data, ledger.path.parent, self.earlier)
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
        if before is not None and self._holds(task):
            return before
        claims = self._together(task, 0, parts)
        result, prepared = self._run(task, before, claims)
        if result.rows:
            write_rows(self.ledger.path.parent, task.id, result.rows)
        facts = {}
        if prepared is not None:
            tally = tally_of(task.id, self.earlier, self.ledger, claims)
            facts = self.kept.facts(task, prepared, tally)
        if result is not before or facts != self.earlier.facts(task.id):
            self.ledger.conclude(result, __version__, facts)
        return result

    def _holds(self, task: Task) -> bool:
        """Return whether the result of an earlier session is taken as it is, and the data stay unread."""
        return self.kept.hold(task) and not_possible(self.measured(task), self.judge, self.backbones) is None

    def help(self, task: Task, place: int, parts: int) -> int:
        """Answer batches of `task` that no other process has claimed, and return the number of instances.

        `place` is from 1 on; 0 is the process that runs the task and scores it. Raises as `run` does.
        """
        claims = self._together(task, place, parts)
        if all(shared.is_over for shared in claims):
            return 0
        before = self.earlier.result(task.id, task.metric.name)
        if before is not None and self._holds(task):
            return 0
        passes = self._open(task, before)
        if isinstance(passes, TaskResult):
            return 0  # the process that runs the task says why
        batched = [one._replace(plan=Plan(batched=one.plan.batched)) for one in passes]
        self._answer_all(batched, claims)
        return sum(shared.count_answered for shared in claims)

    def _together(self, task: Task, place: int, parts: int) -> list[BatchClaims]:
        """Return the claims on the batches of each repeat; none where the task is not shared."""
        path = self.ledger.path
        return [
            BatchClaims(path.parent, self.ledger.session, task.id, path.name, place, parts, repeat)
            for repeat in range(self.repeats_of(self.measured(task)) if parts > 1 else 0)
        ]

    def _run(
        self, task: Task, before: TaskResult | None, claims: list[BatchClaims]
    ) -> tuple[TaskResult, PreparedTask | None]:
        """Return the result of a task, and the task as it was prepared, if it was."""
        started = (
            time.perf_counter() - self.model.seconds
        )  # the model is loaded once, by whatever task is first
        passes = self._open(task, before)
        if isinstance(passes, TaskResult):
            return passes, None
        prepared = passes[0].prepared
        if before is not None and all(one.plan.is_empty for one in passes) and self.kept.has_rows(task.id):
            return before, prepared
        start = self.ledger.position()
        judging = None
        if self.judge and prepared.scoring.judge:
            judging = JudgeQueue(self.judge, prepared, self.ledger, self._judges)
        is_alone = not claims and len(passes) == 1
        with (
            self._background_scoring(task, passes[0], start, is_alone) as background,
            judging or nullcontext(),
        ):
            probed = self._answer_all(passes, claims, background, judging)
            scored = background.result()
            if scored is None or scored.data != prepared.scoring.fingerprint:
                scored = self._score(start, passes, claims, judging)
        seconds = time.perf_counter() - self.model.seconds - started
        seconds += sum(span.seconds for shared in claims for span in shared.stretches().values())
        return replace(scored, seconds=seconds, probe=probed), prepared

    def _score(
        self,
        start: int,
        passes: Sequence[Opened],
        claims: Sequence[BatchClaims],
        judging: JudgeQueue | None,
    ) -> TaskResult:
        """Score the task from the ledgers, after the judge has finished."""
        scoring = passes[0].prepared.scoring
        if judging is not None:
            judging.finish()
        kept = self._read(start, passes, claims)
        if judging is not None:
            judging.ask(
                answers[instance.id]
                for answers, verdicts in kept
                for instance in scoring.instances
                if self._is_open(verdicts.get(instance.id))
            )
            kept = self._read(start, passes, claims)
        return self.score_repeats(scoring, kept, 0.0)

    def _is_open(self, verdict: Record | None) -> bool:
        """Return whether the answer has no verdict yet, or a failed one that is to be repeated."""
        return verdict is None or (verdict.verdict is None and self.earlier.retry)

    def _background_scoring(
        self, task: Task, opened: Opened, start: int, is_alone: bool
    ) -> BackgroundScoring:
        """Return the background scoring of a task whose score follows from its answers, all given here.

        `is_alone` says that this process asks every instance, and once.
        """
        scoring, plan = opened.prepared.scoring, opened.plan
        metric = metrics.get(scoring.task.metric.name)
        job = Job(task, self.ledger.path, start, frozenset())
        alone = is_alone and scoring.judge is None and metric.name not in HUMAN_METRICS
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

    def _open(self, task: Task, before: TaskResult | None) -> list[Opened] | TaskResult:
        """Return each repeat with the instances left to ask, or the result of a task that needs none."""
        prepared = self._ready_for(task, before)
        if isinstance(prepared, TaskResult):
            return prepared
        basis = answer_basis(prepared.scoring)
        self.earlier.check(task.id, basis)
        passes = []
        for repeat in range(self.repeats_of(prepared.scoring.task)):
            again = prepared.repeated(repeat)
            impossible = () if repeat else prepared.impossible  # written once, for all
            plan = self.earlier.plan(task.id, again.requests, impossible)
            passes.append(Opened(again, repeat, plan, basis))
        return passes

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
        if task is None or not_possible(task, self.judge, self.backbones) is not None or self.kept.hold(task):
            return
        with suppress(GeneralBenchError), model_errors("the model's unsupported"):  # told when it is its turn
            if not model.unsupported(task):
                self.next.begin()

    def _read(
        self, start: int, passes: Sequence[Opened], claims: Iterable[BatchClaims]
    ) -> list[tuple[dict[str, Record], dict[str, Record]]]:
        """Return the task's answers and verdicts of each repeat; those of this process begin at `start`."""
        task, digests = passes[0].prepared.scoring.task.id, [one.prepared.digests() for one in passes]
        return read_task(task, digests, self.earlier, self.ledger, start, claims)

    def _answer_all(
        self,
        passes: Sequence[Opened],
        claims: Sequence[BatchClaims],
        beside: BackgroundScoring | None = None,
        judging: JudgeQueue | None = None,
    ) -> dict[str, int]:
        """Answer the requests that are left, repeat by repeat; return the batch-consistency check."""
        probed: dict[str, int] = {}
        is_begun = False
        for number, opened in enumerate(passes):
            if opened.plan.records:
                self.ledger.append(opened.plan.records)
            if not (opened.plan.batched or opened.plan.isolated):
                continue
            if not is_begun:
                self._begin(opened.prepared)
                is_begun = True
            probed |= self._answer(opened, claims[number] if claims else None, beside, judging)
        return probed

    def _begin(self, prepared: PreparedTask) -> None:
        """Announce the task to the model, prepare the next one, and start its time."""
        model = self.model()
        sheet = answer_sheet(prepared) if model.wants_answers else None
        with model_errors("the model's begin"):
            model.begin(prepared.scoring.task, sheet)
        self._begin_next(model)
        self.deadlines.begin()

    def _answer(
        self,
        opened: Opened,
        shared: BatchClaims | None,
        beside: BackgroundScoring | None,
        judging: JudgeQueue | None,
    ) -> dict[str, int]:
        """Answer the requests of one repeat, write every answer, and return the batch-consistency check."""
        plan, model = opened.plan, self.model()
        task = opened.prepared.scoring.task
        generate = partial(self.deadlines.call, model.generate)
        size = self.settings.batch_size or model.batch_size
        again = 0 if opened.repeat else self.probes.get(task.id, 0)
        probed = frozenset(chosen(plan.batched, again))
        first: dict[str, Output | Failed] = {}
        left = len(plan.batched) + len(plan.isolated)
        ledger = AsyncLedgerWriter(self.ledger, self._writing)
        if shared is not None:
            shared.join()
        try:
            for asked in self._asked(generate, opened, size, shared):
                pairs = list(zip(asked.requests, asked.answers, strict=True))
                records = [record_of(*pair, asked.seconds, model.coordinates) for pair in pairs]
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
