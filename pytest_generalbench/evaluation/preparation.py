"""Preparation that inference and rescoring share: instances to requests, answers to a result."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from pytest_generalbench import metrics, protocols
from pytest_generalbench.core.asking import asking_of
from pytest_generalbench.core.errors import AmbiguousReferenceError, DataError, MissingDependencyError
from pytest_generalbench.core.reading import shown
from pytest_generalbench.core.request import Problem
from pytest_generalbench.core.result import TaskResult
from pytest_generalbench.evaluation.scoring.human_ratings import (
    AUTOMATIC,
    HUMAN_METRICS,
    Ratings,
    automatic,
    score_rated,
)
from pytest_generalbench.evaluation.scoring.repeats import folded
from pytest_generalbench.evaluation.scoring.score_task import ScoringInput, score_task
from pytest_generalbench.evaluation.subset import limit_of
from pytest_generalbench.metrics.definition import JUDGE_METRIC
from pytest_generalbench.models.base import ReferenceSheet, model_errors
from pytest_generalbench.protocols.guard import context_of, one_instance, reference_of
from pytest_generalbench.protocols.reading import reading_note, with_reading
from pytest_generalbench.runs.ledger.records import Record
from pytest_generalbench.suite.selection import limited

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.core.request import Instance, Request
    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.scoring.backbones import Backbones
    from pytest_generalbench.evaluation.scoring.judge import Judge
    from pytest_generalbench.evaluation.scoring.kept_references import KeptReferences
    from pytest_generalbench.protocols import Protocol, TaskContext
    from pytest_generalbench.protocols.reference_check import ReferenceCheck
    from pytest_generalbench.suite.data import DataSource, TaskData


NO_FOLDER: Final = "the data folder has no folder for it"


@dataclass(frozen=True, slots=True)
class PreparedTask:
    """A task ready to be asked."""

    scoring: ScoringInput
    requests: tuple[Request, ...]
    """One per instance that can be asked, longest text first; the order is the same for every worker."""
    impossible: tuple[Record, ...]
    """One per instance that cannot be asked, with its state and why."""

    def repeated(self, repeat: int) -> PreparedTask:
        """Return the task with the requests of another repeat."""
        if not repeat:
            return self
        return replace(self, requests=tuple(request.repeated(repeat) for request in self.requests))

    def digests(self) -> dict[str, str | None]:
        """Return the digest of every instance's request, None for those that cannot be asked."""
        result: dict[str, str | None] = {request.instance_id: request.digest() for request in self.requests}
        return {**result, **{record.instance: None for record in self.impossible}}


def not_possible(task: Task, judge: Judge | None, backbones: Backbones) -> TaskResult | None:
    """Return why this installation cannot score `task`, or None when it can."""
    lacking = protocols.get(task.protocol).requires
    if lacking and find_spec(lacking[0]) is None:
        error = MissingDependencyError(*lacking, f"the protocol {task.protocol}")
        return TaskResult.unscored(task, "unavailable", str(error))
    lacking_weights = backbones.missing(metrics.get(task.metric.name).backbones)
    if lacking_weights:
        return TaskResult.unscored(task, "unavailable", lacking_weights)
    try:
        if not metrics.get(task.metric.name).backbones:
            metrics.make(task.metric.name, task.metric.options)
    except MissingDependencyError as error:
        return TaskResult.unscored(task, "unavailable", str(error))
    if task.metric.name == JUDGE_METRIC and judge is None:
        return TaskResult.unscored(task, "unavailable", "needs a judge: --generalbench-judge=MODEL")
    return None


def refusal_of(
    instance: Instance,
    protocol: Protocol,
    context: TaskContext,
    split: str,
    check: ReferenceCheck,
    kept: KeptReferences | None = None,
) -> Problem | None:
    """Return why an instance must not be asked, or None; its reference is added to `check` and `kept`.

    Raises AmbiguousReferenceError when the reference contradicts what was decided for all.
    """
    if instance.problem is not None:
        return instance.problem
    try:
        with one_instance(instance):
            if protocol.has_reference(instance, context):
                reference = reference_of(protocol, instance, context)
                check.add(instance, reference)
                if kept is not None:
                    kept.add(instance.id, reference)
            elif split == "open":
                return Problem("error", "the instance has no reference")
    except AmbiguousReferenceError:
        raise  # it is about the whole task
    except DataError as error:
        return Problem("error", str(error))
    return None


def prepare(scoring: ScoringInput) -> PreparedTask:
    """Build the requests of instances; an instance that cannot be asked gets a state and a reason.

    Raises AmbiguousReferenceError when a reference contradicts what was decided for all.
    """
    requests: list[Request] = []
    impossible: list[Record] = []
    protocol, context = scoring.protocol, scoring.context
    check = protocol.reference_check(context)
    for instance in scoring.instances:
        refusal = refusal_of(instance, protocol, context, scoring.split, check, scoring.references)
        if refusal is None:
            try:
                with one_instance(instance):
                    requests.append(scoring.asking.applied(protocol.request(instance, context)))
                continue
            except DataError as error:
                refusal = Problem("error", str(error))
        impossible.append(Record(instance.task_id, instance.id, state=refusal.state, message=refusal.message))
    requests.sort(key=lambda request: (-len(request.text), request.instance_id))
    scoring = replace(_in_order(scoring, requests), warnings=tuple(check.warnings()))
    return PreparedTask(scoring, tuple(requests), tuple(impossible))


def _in_order(scoring: ScoringInput, requests: Sequence[Request]) -> ScoringInput:
    """Sort instances into the order of their requests, those that cannot be asked first.

    So the first can be scored while the last are asked. Every run adds up in this order, or in the file's.
    """
    if metrics.get(scoring.task.metric.name).in_order:
        return scoring
    place = {request.instance_id: number for number, request in enumerate(requests)}
    ordered = sorted(scoring.instances, key=lambda instance: place.get(instance.id, -1))
    return replace(scoring, instances=tuple(ordered))


def answer_sheet(prepared: PreparedTask) -> ReferenceSheet:
    """Return the right and the possible answers of every instance that is asked."""
    scoring = prepared.scoring
    asked = {request.instance_id for request in prepared.requests}
    instances = {item.id: item for item in scoring.instances if item.id in asked}

    def ideal(instance_id: str) -> str | StructuredOutput:
        instance = instances[instance_id]
        return scoring.protocol.ideal(scoring.reference(instance), instance, scoring.context)

    def choices(instance_id: str) -> tuple[str, ...]:
        return scoring.protocol.choices(instances[instance_id], scoring.context)

    known = (key for key, item in instances.items() if scoring.protocol.has_reference(item, scoring.context))
    return ReferenceSheet(tuple(known), ideal, choices)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A task that can be scored, and its data."""

    task: Task
    """With the metric that will score it: a predictor's in people's place, when that was asked for."""
    data: TaskData


def answer_basis(scoring: ScoringInput) -> dict[str, str]:
    """Return what answers depend on besides the model: data, protocol and reading."""
    protocol = scoring.protocol
    return {
        "data": scoring.fingerprint,
        "protocol": f"{protocol.name}/{protocol.version}",
        "reading": shown(scoring.task.reading),
    }


class TaskScoring:
    """Loads, prepares and scores tasks with one data source and one way of scoring."""

    def __init__(
        self,
        settings: Settings,
        data: DataSource,
        judge: Judge | None,
        backbones: Backbones,
        ratings: Ratings,
    ) -> None:
        """Keep the parts."""
        self.settings = settings
        self.data = data
        self.judge = judge
        self.backbones = backbones
        self.ratings = ratings

    def measured(self, task: Task) -> Task:
        """Return the task with the metric that scores it: a predictor instead of human ratings, if so set."""
        by_people = task.metric.name in HUMAN_METRICS and task.id not in self.ratings.by_task
        if by_people and self.settings.mos == "auto" and task.metric.name in AUTOMATIC:
            return automatic(task)
        return task

    def load(self, task: Task) -> Loaded | TaskResult:
        """Load the task's data, or return a result that says why it has no score. Raises DataError."""
        task = self.measured(task)
        if self.data.lacks(task):
            return TaskResult.unscored(task, "no_data", NO_FOLDER)
        impossible = not_possible(task, self.judge, self.backbones)
        if impossible is not None:
            return impossible
        data = self.data.load(task)
        if data is None:
            return TaskResult.unscored(task, "no_data", NO_FOLDER)
        return Loaded(task, data)

    def prepare(self, loaded: Loaded) -> PreparedTask:
        """Turn the task's instances, as many as the limit allows, into requests.

        Raises GeneralBenchError for references that are ambiguous, and a reading that cannot be.
        """
        return prepare(self.scoring_of(loaded))

    def scoring_of(self, loaded: Loaded) -> ScoringInput:
        """Return what scoring the task needs besides the ledger; no request is made.

        Raises GeneralBenchError for references that are ambiguous, and a reading that cannot be.
        """
        task, data = loaded.task, loaded.data
        protocol = protocols.get(task.protocol)
        task = with_reading(task, protocol, self.settings.reading)
        asking = asking_of(task, self.settings.prompts, self.settings.max_new_tokens)
        if asking.prompt is not None:
            task = replace(task, prompt=asking.prompt)
        limit = limit_of(task, self.settings)
        looked_at = None if limit is None or protocol.looks_at is None else max(limit, protocol.looks_at)
        seen = data.instances if looked_at is None else limited(data.instances, looked_at)
        context = context_of(protocol, task, data.header, seen)
        return ScoringInput(
            task=task,
            protocol=protocol,
            context=replace(context, notes=(*context.notes, *reading_note(task), *asking.notes())),
            instances=limited(seen, limit),  # a larger limit contains every smaller one
            fingerprint=data.fingerprint,
            size=len(data.instances),
            opened=data.opened,
            split=self.settings.split,
            judge=self.judge.name if self.judge and task.metric.name == JUDGE_METRIC else None,
            backbones=self.backbones,
            asking=asking,
        )

    def repeats_of(self, task: Task) -> int:
        """Return how often each instance of a task is asked; once where people rate the answers."""
        return 1 if task.metric.name in HUMAN_METRICS else self.settings.repeats

    def score_repeats(
        self,
        scoring: ScoringInput,
        repeats: Sequence[tuple[Mapping[str, Record], Mapping[str, Record]]],
        seconds: float,
    ) -> TaskResult:
        """Score the task from answers and verdicts of each repeat."""
        if len(repeats) == 1:
            return self.score(scoring, *repeats[0], seconds)
        answers = [found for found, _ in repeats]
        scoring = replace(scoring, repeats=answers)
        return folded([self.score(scoring, *one, seconds) for one in repeats], answers)

    def score(
        self,
        scoring: ScoringInput,
        answers: Mapping[str, Record],
        verdicts: Mapping[str, Record],
        seconds: float,
    ) -> TaskResult:
        """Score the task from its answers, one for every instance."""
        metric = scoring.task.metric.name
        if metric in HUMAN_METRICS:
            return score_rated(scoring, answers, self.ratings, seconds)
        # What a metric's pretrained model raises is told in a line; what a pure metric raises is our fault.
        measured = metrics.get(metric).backbones
        with model_errors(f"scoring with {metric}") if measured else nullcontext():
            return score_task(scoring, answers, verdicts, seconds)
