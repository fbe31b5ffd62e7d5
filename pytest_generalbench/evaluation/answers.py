"""The answers of a run, read again with their questions and references: what a person looks through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_generalbench import protocols
from pytest_generalbench.core.answered import AnsweredInstance
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.result import TaskResult
from pytest_generalbench.evaluation.preparation import Loaded, TaskScoring
from pytest_generalbench.evaluation.resources import open_resources
from pytest_generalbench.evaluation.scoring.score_task import ScoringInput, read_answer
from pytest_generalbench.protocols.guard import one_instance, reference_of
from pytest_generalbench.runs.instance_rows import read_rows
from pytest_generalbench.runs.ledger.index import read_ledgers, resolve_records
from pytest_generalbench.runs.run_manifest import read_run
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pytest_generalbench.core.outputs import StructuredOutput
    from pytest_generalbench.core.request import Instance, Request
    from pytest_generalbench.core.result import InstanceRow
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.runs.ledger.records import Record

NOT_ASKED = "not_asked"
"""The run has no answer to the request that the data make today."""


class RunAnswers:
    """The answers of a run, task by task; the data it was asked about must still be there.

    >>> answers = answers_of("generalbench-runs/20261127T101500Z-4711")  # doctest: +SKIP
    >>> next(answers.of_task("nlp/causal-reasoning")).question  # doctest: +SKIP
    """

    def __init__(self, folder: Path) -> None:
        """Open ledger and data; use `answers_of`."""
        manifest = read_run(folder)
        shipped = load_tasks()
        self.folder = folder
        self._tasks: Mapping[str, Task] = {task.id: task for task in shipped}
        self._ledgers = read_ledgers(folder)
        resources = open_resources(manifest.settings, shipped, Path(manifest.invocation), offline=True)
        self._scoring = TaskScoring(manifest.settings, *resources)

    def is_text(self, task: str) -> bool:
        """Return whether the task is answered in plain text."""
        known = self._tasks.get(task)
        return known is not None and protocols.get(known.protocol).form == "text"

    def of_task(self, task: str, instances: Collection[str] | None = None) -> Iterator[AnsweredInstance]:
        """Yield the answered instances of a task in the order of its file.

        Args:
            task: Its id.
            instances: The ids that are wanted; None is every instance of the run.

        Raises:
            GeneralBenchError: the task is unknown here, or its data are gone or cannot be read.
        """
        known = self._tasks.get(task)
        if known is None:
            raise GeneralBenchError(f"{task} is no task of the benchmark; a hook may have brought it")
        loaded = self._scoring.load(known)
        if isinstance(loaded, TaskResult):
            raise GeneralBenchError(f"{task}: {loaded.reason}")
        yield from self._answered(loaded, instances)

    def _answered(self, loaded: Loaded, wanted: Collection[str] | None) -> Iterator[AnsweredInstance]:
        given = self._scoring.scoring_of(loaded)
        rows = {row.instance: row for row in read_rows(self.folder, given.task.id)}
        requests = dict(_requests(given, wanted))
        digests = {name: request.digest() if request else None for name, request in requests.items()}
        # The first answer stands for all where an instance was asked several times.
        records = (one for one in self._ledgers.records(given.task.id) if not one.plain.get("repeat"))
        answers, _ = resolve_records(records, digests, self.folder)
        if given.protocol.form != "text":
            given = _with_conventions(given, answers)
        for instance in given.instances:
            if instance.id in requests:
                record, row = answers.get(instance.id), rows.get(instance.id)
                yield _answered(given, instance, requests[instance.id], record, row)


def _requests(given: ScoringInput, wanted: Collection[str] | None) -> Iterator[tuple[str, Request | None]]:
    """Yield the request of every wanted instance, None where there can be none."""
    for instance in given.instances:
        if wanted is not None and instance.id not in wanted:
            continue
        try:
            with one_instance(instance):
                request = (
                    given.protocol.request(instance, given.context) if instance.problem is None else None
                )
        except GeneralBenchError:
            request = None
        yield instance.id, given.asking.applied(request) if request else None


def _with_conventions(given: ScoringInput, answers: Mapping[str, Record]) -> ScoringInput:
    """Return what is known once all answers were seen, such as the unit of coordinates in text."""
    outputs = (
        (instance, output)
        for instance in given.instances
        if instance.id in answers and (output := answers[instance.id].output)
    )
    return replace(given, context=given.protocol.infer_conventions(outputs, given.context))


def _answered(
    given: ScoringInput,
    instance: Instance,
    request: Request | None,
    record: Record | None,
    row: InstanceRow | None,
) -> AnsweredInstance:
    message = record.message if record else None
    answer: str | StructuredOutput | None = None
    if record is not None and record.output is not None:
        try:
            answer = record.output.read() or record.output.text
        except GeneralBenchError as error:
            message = str(error)
    elif instance.problem is not None:
        message = instance.problem.message
    text = given.protocol.form == "text"
    known = row.state if row else record.state if record else NOT_ASKED
    return AnsweredInstance(
        task=given.task.id,
        instance=instance.id,
        state=known,
        score=row.score if row else None,
        question=request.parts if request else (),
        answer=answer,
        reading=row.prediction if row else "",
        prediction=_prediction(given, instance, record) if isinstance(answer, str) and not text else None,
        reference=_reference(given, instance),
        is_cut_off=bool(record and record.output and record.output.is_cut_off),
        message=message,
    )


def _reference(given: ScoringInput, instance: Instance) -> str | StructuredOutput | None:
    """Return an answer that is right, None where the reference cannot be read."""
    try:
        with one_instance(instance):
            if not given.protocol.has_reference(instance, given.context):
                return None
            reference = reference_of(given.protocol, instance, given.context)
            return given.protocol.ideal(reference, instance, given.context)
    except GeneralBenchError:
        return None  # the row of the instance says what is wrong


def _prediction(given: ScoringInput, instance: Instance, record: Record | None) -> StructuredOutput | None:
    """Return what was read from an answer in words as a structured output, where it is one."""
    if record is None:
        return None
    prediction = read_answer(record, instance, given).prediction
    if prediction is None:
        return None
    try:
        return given.protocol.as_output(prediction, instance, given.context)
    except GeneralBenchError:
        return None


def answers_of(run: str | Path) -> RunAnswers:
    """Open the answers of a run with their questions and references.

    Args:
        run: The run folder. The data it was asked about must be where they were.

    Raises:
        GeneralBenchError: the folder is no run, or its data are gone.
    """
    return RunAnswers(Path(run))
