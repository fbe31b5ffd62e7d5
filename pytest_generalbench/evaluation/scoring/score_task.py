"""Scoring of one task from its ledger records, without the model."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_generalbench import metrics
from pytest_generalbench.core.asking import Asking
from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.outputs import AnswerFormatError
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.core.request import EMPTY, INCOMPLETE_STATES, OPEN_STATES, UNJUDGED, Instance
from pytest_generalbench.core.result import DEFECTS, InstanceRow, TaskResult
from pytest_generalbench.evaluation.scoring.kept_references import KeptReferences
from pytest_generalbench.evaluation.scoring.majority import majority_score
from pytest_generalbench.evaluation.scoring.rows import escape_surrogates, instance_rows
from pytest_generalbench.metrics.definition import JUDGE_METRIC, metric_definition
from pytest_generalbench.protocols.guard import fault_text, reference_of
from pytest_generalbench.protocols.text.parsers import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.scoring.backbones import Backbones
    from pytest_generalbench.protocols import Protocol, TaskContext
    from pytest_generalbench.runs.ledger.records import Record


@dataclass(frozen=True, slots=True)
class ScoringInput:
    """What scoring a task needs besides the ledger."""

    task: Task
    protocol: Protocol
    context: TaskContext
    instances: tuple[Instance, ...]
    fingerprint: str
    split: str = "open"
    """`close`: answers are kept and nothing is scored."""
    judge: str | None = None
    """Name of the judge whose verdicts count, for tasks that need one."""
    backbones: Backbones | None = None
    """For metrics that measure with pretrained models."""
    size: int = 0
    """Instances that the task's data have, those included that are not asked."""
    opened: int = 0
    """When reading the data began, in nanoseconds since 1970; 0 where that is not known."""
    warnings: tuple[str, ...] = ()
    """What cannot be right in the task's references."""
    asking: Asking = field(default_factory=Asking)
    """How the task is asked, where that is not the protocol's own way."""
    references: KeptReferences = field(default_factory=KeptReferences, repr=False)
    """What preparing read of them already."""
    repeats: Sequence[Mapping[str, Record]] = ()
    """The answers of all repeats, where there are several: conventions are inferred from all of them."""

    def reference(self, instance: Instance) -> Any:
        """Return the reference of an instance. Raises DataError when it cannot be read."""
        if instance.id in self.references:
            return self.references[instance.id]
        return reference_of(self.protocol, instance, self.context)


def opened_backbones(given: ScoringInput) -> dict[str, Any]:
    """Return the pretrained models that the task's metric measures with, loaded."""
    roles = metrics.get(given.task.metric.name).backbones
    return {role: given.backbones.get(role) for role in roles} if given.backbones else {}


def backbone_identities(given: ScoringInput) -> dict[str, str]:
    """Return the identity of the weights of each role."""
    roles = metrics.get(given.task.metric.name).backbones
    return {role: given.backbones.identity(role) for role in roles} if given.backbones else {}


class AnswerRead(NamedTuple):
    """An answer with its instance, ready to be scored."""

    state: str
    prediction: Any = None
    """None unless the state is ok."""
    message: str | None = None


def read_answer(record: Record, instance: Instance, given: ScoringInput) -> AnswerRead:
    """Return the instance's final state and its prediction."""
    if record.state != "ok" or record.output is None:
        return AnswerRead(record.state, message=record.message)
    try:
        prediction = given.protocol.parse(record.output, instance, given.context)
    except AnswerFormatError:
        prediction = None  # what its form cannot hold is no answer
    except DataError as error:
        return AnswerRead("error", message=str(error))
    except MISFIT as error:  # no answer's, but ours: it is not counted as wrong
        return AnswerRead("error", message=f"the answer cannot be read ({fault_text(error)})")
    if prediction is not None:
        return AnswerRead("ok", prediction)
    return AnswerRead("refused" if refusal.is_refusal(record.output.text or "") else "unparsable")


def score_task(
    given: ScoringInput, answers: Mapping[str, Record], verdicts: Mapping[str, Record], seconds: float
) -> TaskResult:
    """Score one task from its ledger records.

    Every instance is counted: unparsable and refused answers, and instances without answer
    (error, timeout, oom, missing media), enter the metric as wrong. Only two kinds cannot:
    one whose reference is unreadable, and one whose judge failed; both make the task incomplete.
    """
    task = given.task
    accumulator = metrics.make(task.metric.name, task.metric.options, opened_backbones(given))
    outputs = (
        (item, output)
        for found in given.repeats or (answers,)
        for item in given.instances
        if (output := found[item.id].output)
    )
    given = replace(given, context=given.protocol.infer_conventions(outputs, given.context))
    counts = _Counts()
    added: list[str] = []
    references: list[Any] = []
    for instance in given.instances:
        read = read_answer(answers[instance.id], instance, given)
        verdict = verdicts.get(instance.id)
        is_judged = read.state == "ok" and task.metric.name == JUDGE_METRIC and instance.has_reference
        if is_judged and (verdict is None or verdict.verdict is None):
            why = "no verdict" if verdict is None else verdict.message
            counts.add(
                instance, answers[instance.id], read._replace(state=UNJUDGED, message=f"unjudged ({why})")
            )
            continue
        try:
            if given.protocol.has_reference(instance, given.context):
                reference = given.reference(instance)
                accumulator.add(verdict.verdict if is_judged and verdict else read.prediction, reference)
                references.append(reference if isinstance(reference, (str, tuple)) else None)
                added.append(instance.id)
        except DataError as error:  # mostly its record already says error, and why
            if read.state not in INCOMPLETE_STATES:
                read = AnswerRead("error", message=str(error))
        counts.add(instance, answers[instance.id], read)
    value = accumulator.result(added)
    result = _result(given, value, counts.states, counts.predictions, counts.problems, seconds)
    if counts.hollow and result.reason is None:
        reason = f"{len(counts.hollow)} of {len(counts.rows)} answers hold nothing; first {counts.hollow[0]}"
        result = replace(result, reason=escape_surrogates(reason[:300]))
    majority = None
    if result.score is not None and task.metric.name != JUDGE_METRIC:
        majority = majority_score(task.metric.name, task.metric.options, references, added)
    return replace(
        result,
        majority=majority,
        asking=round(counts.seconds, 3),
        defects={name: count for name, count in sorted(counts.defects.items()) if count},
        rows=instance_rows(counts.rows, added, value, given.instances),
    )


_IS_DEFECT: Final = tuple((name, attrgetter(f"is_{name}")) for name in DEFECTS)


@dataclass(slots=True)
class _Counts:
    """What the answers of a task are, beside what they score."""

    states: Counter[str] = field(default_factory=Counter)
    predictions: Counter[str] = field(default_factory=Counter)
    defects: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    """A line for each instance that makes the task incomplete."""
    hollow: list[str] = field(default_factory=list)
    """A line for each answer that holds nothing, where the model says why."""
    rows: list[InstanceRow] = field(default_factory=list)
    seconds: float = 0.0
    """That the model took for the answers."""

    def add(self, instance: Instance, record: Record, read: AnswerRead) -> None:
        """Count one instance."""
        output = record.output
        self.seconds += record.seconds or 0.0
        if output is not None:
            for name, is_so in _IS_DEFECT:
                self.defects[name] += is_so(output)
        short = "" if read.prediction is None else (output and output.key) or str(read.prediction)
        if read.prediction is not None:
            self.predictions[short] += 1
        self.states[read.state] += 1
        self.rows.append(InstanceRow(instance.id, read.state, prediction=short))
        if read.state in (*INCOMPLETE_STATES, UNJUDGED):
            self.problems.append(f"{instance.id}: {read.message}")
        elif read.state == "unparsable" and (why := read.message or (output and output.details.get(EMPTY))):
            self.hollow.append(f"{instance.id}: {why}")


def _result(
    given: ScoringInput,
    value: metrics.MetricValue,
    states: Counter[str],
    text: Counter[str],
    problems: list[str],
    seconds: float,
) -> TaskResult:
    task = given.task
    total = len(given.instances)
    unanswered = sum(states[state] for state in OPEN_STATES)
    is_close = given.split == "close"
    answered = total - unanswered
    reason = reason_of(states, problems)
    state = "incomplete" if unanswered else "scored"
    if is_close and not unanswered:
        state, reason = "answered", "the close set has no references: answers are kept, nothing is scored"
    score = None if is_close or not answered or math.isnan(value.score) else value.score
    identities = backbone_identities(given)
    top, count = text.most_common(1)[0] if text else (None, 0)
    return TaskResult(
        id=task.id,
        state=state,
        metric=task.metric.name,
        unit=task.metric.unit,
        score=score,
        stderr=value.stderr if score is not None else None,
        n=value.n if score is not None else total,
        coverage=answered / total if total else 0.0,
        seconds=seconds,
        size=given.size if given.size > total else 0,
        reason=reason,
        definition=metric_definition(task, given.judge, given.context.notes, identities),
        states=dict(states),
        data=given.fingerprint,
        notes=given.context.notes,
        warnings=given.warnings,
        backbones=identities,
        top_answer=None if top is None else escape_surrogates(top[:40]),
        top_share=count / total if text else None,
    )


def reason_of(states: Counter[str], problems: list[str], also: Sequence[str] = ()) -> str | None:
    """Return how many instances have no final state, and the first problem; None where there is none.

    `also` says what else makes the task incomplete.
    """
    if not problems:
        return None
    counts = ", ".join([*(f"{states[state]} {state}" for state in OPEN_STATES if states[state]), *also])
    return escape_surrogates(f"{counts}; first {problems[0]}"[:300])
