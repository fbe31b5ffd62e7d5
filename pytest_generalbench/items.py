"""The items: collecting one per task, and evaluating them in whatever process runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_generalbench.activation import MODULE_NODEID, Benchmark, is_worker
from pytest_generalbench.errors import GeneralBenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_generalbench.evaluation import Evaluation
    from pytest_generalbench.models import Model
    from pytest_generalbench.result import TaskResult
    from pytest_generalbench.task import Task

PROPERTY: Final = "generalbench"
"""Name of the user property that carries a task's digest to the controller."""

DIGEST_BYTES: Final = 1000

RUN_INPUT: Final = "generalbench_run"
MODEL_OUTPUT: Final = "generalbench_model"


class TaskModule(pytest.Module):
    """The shipped module; its items are found whatever the repository's naming rules are."""

    def funcnamefilter(self, name: str) -> bool:
        """Collect the one test function, and nothing else."""
        return name == "test_task"


def digest_of(result: TaskResult) -> dict[str, Any]:
    """Return what travels in the report: plain builtins, at most 1 KB; a long reason is cut to fit."""
    plain = result.to_dict()
    del plain["definition"]  # the controller knows it from the task
    reason = (result.reason or "").encode()
    size = len(json.dumps({**plain, "reason": ""}, ensure_ascii=False).encode())
    if size + len(reason) > DIGEST_BYTES:
        plain["reason"] = reason[: max(0, DIGEST_BYTES - size)].decode(errors="ignore")
    return plain


class ModelUnavailableError(GeneralBenchError):
    """The model could not be made; every later task of this process ends at once with the same words."""


class Items:
    """Collects the tasks, and evaluates those that this process is given."""

    def __init__(self, benchmark: Benchmark, config: pytest.Config) -> None:
        """Keep what to run; nothing is loaded before the first task needs it."""
        self.benchmark = benchmark
        self.config = config
        self._evaluation: Evaluation | None = None
        self._model: Model | None = None
        self._model_error: str | None = None
        self._next: Task | None = None
        self._probes: dict[str, int] = {}

    def pytest_pycollect_makemodule(
        self, module_path: Path, parent: pytest.Collector
    ) -> pytest.Module | None:
        """Hang the shipped module under the session, with its fixed node id.

        Its place on disk differs by installation, and folder names on the way to it
        would be words that `-k` matches.
        """
        if module_path != self.benchmark.module:
            return None
        module: pytest.Module = TaskModule.from_parent(
            parent.session, path=module_path, name=module_path.name, nodeid=MODULE_NODEID
        )
        return module

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one item per task, marked with its facets."""
        if "generalbench_task" in metafunc.fixturenames:
            metafunc.parametrize(
                "generalbench_task",
                [pytest.param(task, id=task.id, marks=_marks(task)) for task in self.benchmark.tasks],
            )

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Iterator[None]:
        """Keep this session's part of what was selected, the same in every process of the session."""
        result = yield
        if self.benchmark.settings.shard:
            kept = self._part_of([item for item in items if _task_of(item)])
            dropped = [item for item in items if item not in kept]
            items[:] = [item for item in items if item in kept]
            if dropped:
                self.config.hook.pytest_deselected(items=dropped)
        return result

    def _part_of(self, items: Sequence[pytest.Item]) -> set[pytest.Item]:
        from pytest_generalbench.estimates import parts, prior

        settings = self.benchmark.settings
        number, count = map(int, (settings.shard or "1/1").split("/"))
        # Not the times of earlier runs: every machine must come to the same parts.
        costs = {task.id: prior(task, settings.limit) for item in items if (task := _task_of(item))}
        mine = parts(costs, count)[number - 1]
        return {item for item in items if (task := _task_of(item)) and task.id in mine}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Spread the probe over the tasks that are run."""
        if self.benchmark.settings.probe:
            from pytest_generalbench.probe import shares

            tasks = {task.id for item in session.items if (task := _task_of(item))}
            self._probes = shares(tasks, self.benchmark.settings.probe)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, nextitem: pytest.Item | None) -> None:
        """Remember which task this process evaluates next."""
        self._next = _task_of(nextitem)

    @pytest.fixture
    def generalbench(self, request: pytest.FixtureRequest) -> Callable[[Task], None]:
        """Return the function that evaluates a task and records its result on the item."""

        def evaluate(task: Task) -> None:
            result = self._run(task)
            if self._model_error is not None:
                # Every task after this one would fail for the same reason: say it once.
                request.session.shouldfail = self._model_error
            request.node.user_properties.append((PROPERTY, digest_of(result)))
            if result.state in ("incomplete", "failed"):
                pytest.fail(f"{result.state}: {result.reason}", pytrace=False)
            if result.state not in ("scored", "answered"):
                pytest.skip(f"{result.state}: {result.reason}")

        return evaluate

    def _run(self, task: Task) -> TaskResult:
        from pytest_generalbench.result import absent

        try:
            evaluation = self.evaluation()
            evaluation.expect(self._next)
            return evaluation.run(task)
        except GeneralBenchError as error:
            return absent(task, "failed", str(error)[:300])

    def evaluation(self) -> Evaluation:
        """Return this process's evaluation, made when the first task needs it."""
        if self._evaluation is None:
            from pytest_generalbench.backbones import make_backbones
            from pytest_generalbench.data import open_data
            from pytest_generalbench.evaluation import Evaluation
            from pytest_generalbench.human import make_ratings
            from pytest_generalbench.judge import make_judge
            from pytest_generalbench.ledger import LedgerWriter
            from pytest_generalbench.run import ledger_path

            settings = self.benchmark.settings
            folder, worker = self._place()
            data = open_data(
                self.benchmark.data_source,
                settings.split,
                self.benchmark.registered,
                offline=settings.offline,
            )
            writer = LedgerWriter(ledger_path(folder, worker))
            judge = make_judge(settings, data.is_demo)
            backbones = make_backbones(settings, data.is_demo, self.benchmark.folder)
            ratings = make_ratings(settings, data, self.benchmark.registered, self.benchmark.folder)
            self._evaluation = Evaluation(settings, data, writer, self.model, judge, backbones, ratings)
            self._evaluation.probes = self._probes
        return self._evaluation

    def _place(self) -> tuple[Path, str]:
        """Return the run folder and this process's name."""
        if is_worker(self.config):
            given: dict[str, Any] = self.config.workerinput  # type: ignore[attr-defined]
            return Path(given[RUN_INPUT]), given["workerid"]
        controller: Any = self.config.pluginmanager.get_plugin("generalbench-controller")
        return controller.folder, "main"

    def model(self) -> Model:
        """Return the model, made once; when that failed, say so again at once."""
        if self._model_error is not None:
            raise ModelUnavailableError(self._model_error)
        if self._model is None:
            from pytest_generalbench.models import make_model
            from pytest_generalbench.models.base import foreign

            try:
                with foreign(self.benchmark.settings.model):
                    self._model = make_model(self.benchmark.settings, self.benchmark.folder)
            except GeneralBenchError as error:
                self._model_error = str(error)
                raise ModelUnavailableError(self._model_error) from error
        return self._model

    def model_identity(self) -> dict[str, Any] | None:
        """Return what the model says of itself, or None when no task needed it here."""
        if self._model is None:
            return None
        from pytest_generalbench.models.base import foreign

        try:
            with foreign("identity"):
                # A user's object may say anything of itself; only plain builtins travel and are written.
                plain = json.dumps(self._model.identity(), default=str, allow_nan=False)
        except GeneralBenchError as error:
            return {"identity_error": str(error)}
        told: dict[str, Any] = json.loads(plain)
        return told

    def _close(self, model: Model) -> None:
        from pytest_generalbench.models.base import foreign

        try:
            with foreign("the model's close"):
                model.close()
        except GeneralBenchError as error:
            self.config.issue_config_time_warning(pytest.PytestWarning(str(error)), stacklevel=2)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Iterator[None]:
        """Say which model it was, and close ledger and model."""
        if is_worker(self.config):
            output: dict[str, Any] = self.config.workeroutput  # type: ignore[attr-defined]
            output[MODEL_OUTPUT] = self.model_identity()
        try:
            return (yield)
        finally:
            if self._evaluation is not None:
                self._evaluation.ledger.close()
            # A model that was left behind in a call may wait for itself when it is closed.
            if self._model is not None and not (self._evaluation and self._evaluation.deadlines.has_hung):
                self._close(self._model)


def _task_of(item: pytest.Item | None) -> Task | None:
    """Return the task that an item evaluates, or None when it is no benchmark item."""
    callspec = getattr(item, "callspec", None)
    task: Task | None = callspec.params.get("generalbench_task") if callspec else None
    return task


def _marks(task: Task) -> list[pytest.MarkDecorator]:
    names = [task.modality, *([task.paradigm] if task.paradigm else [])]
    facts = pytest.mark.generalbench(task=task.id, skill=task.skill, metric=task.metric.name)
    return [facts, *(getattr(pytest.mark, name) for name in names)]
