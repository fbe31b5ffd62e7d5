"""Judge queue: a task's answers are judged in a thread while the model answers the next batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pytest_generalbench.protocols import Protocol
from pytest_generalbench.runs.ledger.index import verdict_digest
from pytest_generalbench.runs.ledger.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Future
    from types import TracebackType

    from pytest_generalbench.core.threads import Background
    from pytest_generalbench.evaluation.preparation import PreparedTask
    from pytest_generalbench.evaluation.scoring.judge import Judge
    from pytest_generalbench.runs.ledger.files import LedgerWriter


class JudgeQueue:
    """Sends the answers of one task to the judge, and writes its verdicts to the ledger."""

    def __init__(
        self, judge: Judge, prepared: PreparedTask, ledger: LedgerWriter, thread: Background
    ) -> None:
        """Keep the parts."""
        self._judge = judge
        self._scoring = prepared.scoring
        self._questions = {request.instance_id: request.text for request in prepared.requests}
        self._instances = {instance.id: instance for instance in prepared.scoring.instances}
        self._ledger = ledger
        self._thread = thread
        self._waiting: list[Future[None]] = []
        self._is_stopped = False

    def begin(self, records: Iterable[Record]) -> None:
        """Judge these answers in the thread; not where parsing needs all answers of the task."""
        if type(self._scoring.protocol).infer_conventions is Protocol.infer_conventions:
            kept = list(records)
            self._waiting.append(self._thread.start(lambda: self.ask(kept)))

    def finish(self) -> None:
        """Wait until all queued answers are judged. Raises LedgerError when a verdict was not written."""
        for begun in self._waiting:
            begun.result()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop after the current answer."""
        self._is_stopped = True

    def ask(self, records: Iterable[Record]) -> None:
        """Judge every answer that can be parsed, one after another, and write the verdicts."""
        for record in records:
            if self._is_stopped:
                return
            instance = self._instances[record.instance]
            if record.state != "ok" or record.output is None or not instance.has_reference:
                continue
            answer = self._scoring.protocol.parse(record.output, instance, self._scoring.context)
            if answer is None:
                continue
            references = self._scoring.protocol.reference(instance, self._scoring.context)
            verdict, output = self._judge.verdict(self._questions[record.instance], references, str(answer))
            value = Record(
                record.task,
                record.instance,
                kind="verdict",
                digest=verdict_digest(record),
                verdict=verdict,
                message=output,
            )
            self._ledger.append([value])
