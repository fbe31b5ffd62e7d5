"""Execution of pytest items in this process by the `EvaluationWorker`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.visible_text import visible_text
from pytest_generalbench.plugin.context import (
    MODEL_OUTPUT,
    PROPERTY,
    REFUSED_PROPERTY,
    RUN_INPUT,
    SESSION_INPUT,
    is_worker,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.worker import EvaluationWorker, RunPlace
    from pytest_generalbench.plugin.collection import Collection
    from pytest_generalbench.plugin.context import Benchmark
    from pytest_generalbench.plugin.controller import Controller


class Execution:
    """Runs items in this process, a worker's or the only one."""

    def __init__(
        self,
        benchmark: Benchmark,
        config: pytest.Config,
        collection: Collection,
        controller: Controller | None,
    ) -> None:
        """Keep the benchmark; nothing is loaded before the first task needs it.

        Args:
            benchmark: What the session runs.
            config: Pytest's configuration.
            collection: Knows into how many parts a task is divided.
            controller: The session's controller; None in a worker of pytest-xdist.
        """
        self.benchmark = benchmark
        self.config = config
        self.collection = collection
        self.controller = controller
        self._worker: EvaluationWorker | None = None
        self._next: Task | None = None
        collection.help = self.help

    def worker(self) -> EvaluationWorker:
        """Return the EvaluationWorker, created with the first item."""
        if self._worker is None:
            from pytest_generalbench.evaluation.worker import EvaluationWorker

            benchmark = self.benchmark
            self._worker = EvaluationWorker(
                benchmark.settings, benchmark.registered, benchmark.folder, self._place, self._warn
            )
            self._worker.probes = self.collection.probes
        return self._worker

    def _place(self) -> RunPlace:
        from pytest_generalbench.evaluation.worker import RunPlace

        if is_worker(self.config):
            given: dict[str, Any] = self.config.workerinput  # type: ignore[attr-defined]
            return RunPlace(Path(given[RUN_INPUT]), given[SESSION_INPUT], given["workerid"])
        if self.controller is None or self.controller.run is None:
            raise GeneralBenchError("the session has no run folder")
        run = self.controller.run
        return RunPlace(run.path, run.session, "main", self.controller.earlier)

    def _warn(self, message: str) -> None:
        warning = pytest.PytestWarning(visible_text(message, lines=False))
        self.config.issue_config_time_warning(warning, stacklevel=2)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, nextitem: pytest.Item | None) -> None:
        """Remember which task this process evaluates next."""
        self._next = self.collection.task_of(nextitem)

    @pytest.fixture
    def generalbench(self, request: pytest.FixtureRequest) -> Callable[[Task], None]:
        """Return the function that evaluates a task and records its result on the item."""

        def evaluate(task: Task) -> None:
            from pytest_generalbench.core.result import digest_of

            result = self.worker().run(task, self.collection.parts.get(task.id, 1), self._next)
            request.node.user_properties.append((PROPERTY, digest_of(result)))
            if self.worker().refusal is not None:
                request.node.user_properties.append((REFUSED_PROPERTY, self.worker().refusal))
            self._end_early(request.session)
            line = visible_text(f"{result.state}: {result.reason}", lines=False)
            if result.state in ("incomplete", "failed"):
                pytest.fail(line, pytrace=False)
            if result.state not in ("scored", "answered"):
                pytest.skip(line)

        return evaluate

    def help(self, session: pytest.Session, task: Task, place: int, parts: int) -> int:
        """Answer a part of a task, and return how many instances were answered here."""
        try:
            return self.worker().help(task, place, parts, self._next)
        except GeneralBenchError as error:
            self._end_early(session)
            pytest.fail(visible_text(str(error)[:300], lines=False), pytrace=False)

    def _end_early(self, session: pytest.Session) -> None:
        """Stop the session when every later item would fail for the same reason."""
        worker = self.worker()
        if worker.model_error is not None:
            session.shouldfail = visible_text(worker.model_error, lines=False) or False
        if worker.ledger_error is not None:
            session.shouldstop = visible_text(worker.ledger_error, lines=False) or False

    def model_identity(self) -> dict[str, Any] | None:
        """Return the model's identity, or None when no task needed the model here."""
        return self._worker.model_identity() if self._worker else None

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Send the model's identity to the controller, and close ledger and model."""
        if is_worker(self.config):
            output: dict[str, Any] = self.config.workeroutput  # type: ignore[attr-defined]
            output[MODEL_OUTPUT] = self.model_identity()
        if self._worker is not None:
            self._worker.close_ledger()  # before the controller reads the ledgers, and writes their digests
        try:
            return (yield)
        finally:
            if self._worker is not None:
                self._worker.close_model()
                self._worker.end_leftovers(lambda: session.exitstatus)
