"""The items: collecting one per task, and evaluating them in whatever process runs them."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_generalbench.core.errors import GeneralBenchError, ModelUnavailableError
from pytest_generalbench.core.vocabulary import MODULE_NODEID
from pytest_generalbench.plugin.activation import Benchmark, is_worker
from pytest_generalbench.plugin.subtasks import SECONDS_INPUT, Part, part_items, task_id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_generalbench.core.result import TaskResult
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.scoring.background_scorer import Scorer
    from pytest_generalbench.evaluation.task_evaluator import Evaluation
    from pytest_generalbench.models import Model
    from pytest_generalbench.runs.resume import Earlier

PROPERTY: Final = "generalbench"
"""Name of the user property that carries a task's digest to the controller."""

_INSTANT: Final = ("baseline:", "predictions:")
"""Models that take no time, so that nothing is gained beside them."""

RUN_INPUT: Final = "generalbench_run"
SESSION_INPUT: Final = "generalbench_session"
MODEL_OUTPUT: Final = "generalbench_model"


class TaskModule(pytest.Module):
    """The shipped module; its items are found whatever the repository's naming rules are."""

    def funcnamefilter(self, name: str) -> bool:
        """Collect the one test function, and nothing else."""
        return name == "test_task"


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
        self._ledger_error: str | None = None
        self.parts: dict[str, int] = {}
        """How many items a task has that is divided, by task id."""

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
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Iterator[None]:
        """Keep this session's part of what was selected, the same in every process of the session."""
        result = yield
        kept = self._of_this_session(items)
        dropped = [item for item in items if item not in kept]
        if dropped:
            items[:] = [item for item in items if item in kept]
            config.hook.pytest_deselected(items=dropped)
        tasks = [(item, task) for item in items if (task := _task_of(item))]
        self.parts = self._divisions({task.id: task for _, task in tasks})
        items += part_items(tasks, self.parts, self._help)
        return result

    def _divisions(self, tasks: Mapping[str, Task]) -> dict[str, int]:
        """Return into how many parts long tasks are divided; the same in every worker."""
        given: dict[str, Any] = getattr(self.config, "workerinput", {})
        if SECONDS_INPUT not in given:
            return {}
        from pytest_generalbench.evaluation.durations import divisions

        seconds = {name: given[SECONDS_INPUT].get(name, 0.0) for name in tasks}
        return divisions(tasks, seconds, given["workercount"], self.benchmark.settings)

    def _of_this_session(self, items: Sequence[pytest.Item]) -> set[pytest.Item]:
        """Return what this session is over: what a resumed run was over, unless asked otherwise; a shard."""
        settings = self.benchmark.settings
        before = self._selection() if settings.resume and not self.benchmark.is_selective else None
        if before is not None:
            return {item for item in items if task_id_of(item.nodeid) in before}
        return self._part_of([item for item in items if _task_of(item)]) if settings.shard else set(items)

    def _part_of(self, items: Sequence[pytest.Item]) -> set[pytest.Item]:
        from pytest_generalbench.evaluation.durations import parts, prior

        settings = self.benchmark.settings
        number, count = map(int, (settings.shard or "1/1").split("/"))
        # Not the times of earlier runs: every machine must come to the same parts.
        costs = {task.id: prior(task, settings.limit) for item in items if (task := _task_of(item))}
        mine = parts(costs, count)[number - 1]
        return {item for item in items if (task := _task_of(item)) and task.id in mine}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Spread the probe over the tasks that are run."""
        if self.benchmark.settings.probe:
            from pytest_generalbench.evaluation.inference.consistency import shares

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
            from pytest_generalbench.core.result import digest_of

            result = self._run(task)
            request.node.user_properties.append((PROPERTY, digest_of(result)))
            self._end_early(request.session)
            if result.state in ("incomplete", "failed"):
                pytest.fail(f"{result.state}: {result.reason}", pytrace=False)
            if result.state not in ("scored", "answered"):
                pytest.skip(f"{result.state}: {result.reason}")

        return evaluate

    def _end_early(self, session: pytest.Session) -> None:
        """End the session when every item after this one would fail for the same reason: say it once."""
        if self._model_error is not None:
            session.shouldfail = self._model_error
        if self._ledger_error is not None:
            session.shouldstop = self._ledger_error

    def _help(self, session: pytest.Session, task: Task, place: int, parts: int) -> int:
        """Help with a task, and return how many instances were answered here."""
        try:
            return self._ready_evaluation().help(task, place, parts)
        except GeneralBenchError as error:
            self._note(error)
            self._end_early(session)
            pytest.fail(str(error)[:300], pytrace=False)

    def _run(self, task: Task) -> TaskResult:
        from pytest_generalbench.core.result import absent

        try:
            return self._ready_evaluation().run(task, self.parts.get(task.id, 1))
        except GeneralBenchError as error:
            self._note(error)
            return absent(task, "failed", str(error)[:300])

    def _ready_evaluation(self) -> Evaluation:
        evaluation = self.evaluation()
        evaluation.expect(self._next)
        return evaluation

    def _note(self, error: GeneralBenchError) -> None:
        """Remember an error after which no task could be kept, or would be of this run."""
        from pytest_generalbench.runs.ledger.records import LedgerError
        from pytest_generalbench.runs.resume import ResumeError

        if isinstance(error, LedgerError | ResumeError):
            self._ledger_error = str(error)

    def evaluation(self) -> Evaluation:
        """Return this process's evaluation, made when the first task needs it."""
        if self._evaluation is None:
            from pytest_generalbench.evaluation.scoring.backbones import make_backbones
            from pytest_generalbench.evaluation.scoring.background_scorer import Scorer, can_fork
            from pytest_generalbench.evaluation.scoring.human_ratings import make_ratings
            from pytest_generalbench.evaluation.scoring.judge import make_judge
            from pytest_generalbench.evaluation.task_evaluator import Evaluation
            from pytest_generalbench.runs.folder import ledger_path
            from pytest_generalbench.runs.ledger.records import LedgerWriter
            from pytest_generalbench.suite.data import open_data

            settings = self.benchmark.settings
            folder, session, worker = self._place()
            data = open_data(
                self.benchmark.data_source,
                settings.split,
                self.benchmark.registered,
                offline=settings.offline,
            )
            earlier = self._earlier(folder)  # before this process opens a ledger of its own
            writer = LedgerWriter(ledger_path(folder, worker), worker, session)
            judge = make_judge(settings, data.is_demo)
            backbones = make_backbones(settings, data.is_demo, self.benchmark.folder)
            ratings = make_ratings(settings, data, self.benchmark.registered, self.benchmark.folder)
            self._evaluation = Evaluation(
                settings, data, writer, self.model, judge, backbones, ratings, earlier
            )
            self._evaluation.probes = self._probes
            if can_fork() and not settings.model.startswith(_INSTANT):
                self._evaluation.scorer = Scorer(self._evaluation.score_beside)
        return self._evaluation

    def _earlier(self, folder: Path) -> Earlier:
        """Return what earlier sessions left in the run folder."""
        from pytest_generalbench.evaluation.scoring.human_ratings import HUMAN_METRICS
        from pytest_generalbench.runs.ledger.index import read_ledgers
        from pytest_generalbench.runs.resume import Earlier

        settings = self.benchmark.settings
        if not settings.resume:
            return Earlier()
        return Earlier(read_ledgers(folder), settings.retry_errors, frozenset(HUMAN_METRICS))

    def _place(self) -> tuple[Path, int, str]:
        """Return the run folder, the number of the session, and this process's name."""
        if is_worker(self.config):
            given: dict[str, Any] = self.config.workerinput  # type: ignore[attr-defined]
            return Path(given[RUN_INPUT]), given[SESSION_INPUT], given["workerid"]
        controller: Any = self.config.pluginmanager.get_plugin("generalbench-controller")
        return controller.run.path, controller.run.session, "main"

    def _selection(self) -> frozenset[str] | None:
        """Return the ids of the run's tasks, None before any session collected them."""
        from pytest_generalbench.runs.folder import read_run

        if not is_worker(self.config):
            controller: Any = self.config.pluginmanager.get_plugin("generalbench-controller")
            return None if controller.run is None else controller.run.selection
        told = read_run(self._place()[0]).get("selection")
        return None if told is None else frozenset(told)

    def model(self) -> Model:
        """Return the model, made once; when that failed, say so again at once."""
        if self._model_error is not None:
            raise ModelUnavailableError(self._model_error)
        if self._model is None:
            settings = self.benchmark.settings
            # A baseline looks at the answers, and costs nothing.
            if settings.cache and not settings.model.startswith("baseline:"):
                self._model = self._make_cached(settings.cache)
            else:
                self._model = self._make_model()
            self._introduce()
        return self._model

    def _make_model(self) -> Model:
        from pytest_generalbench.models import make_model
        from pytest_generalbench.models.base import foreign

        try:
            with foreign(self.benchmark.settings.model):
                return make_model(self.benchmark.settings, self.benchmark.folder)
        except GeneralBenchError as error:
            self._model_error = str(error)
            raise ModelUnavailableError(self._model_error) from error

    def _make_cached(self, given: str) -> Model:
        """Return the model behind the answer cache, which loads it when something must really be asked."""
        from pytest_generalbench.evaluation.inference.cached_model import CachedModel
        from pytest_generalbench.runs.answer_cache import AnswerCache
        from pytest_generalbench.runs.model_identity import identify, sources
        from pytest_generalbench.runs.provenance import backend

        settings, folder = self.benchmark.settings, self.benchmark.folder
        cache = AnswerCache(folder / Path(given).expanduser())
        return CachedModel(
            self._make_model,
            lambda: identify(settings, folder, cache),
            {**backend(settings), **sources(settings, folder)},
            cache,
            settings.cache_all,
        )

    def _tell_cached(self) -> None:
        """Note in the ledger what the cache answered, and warn when it could not be used."""
        counts = getattr(self._model, "cache_counts", None)
        if counts is None or self._evaluation is None:
            return
        with suppress(GeneralBenchError):
            self._evaluation.ledger.count_cached(*counts)
        off = getattr(self._model, "off", None)
        if off:
            self.config.issue_config_time_warning(pytest.PytestWarning(off), stacklevel=2)

    def _introduce(self) -> None:
        """Note in the ledger which model answers. Raises ResumeError when earlier answers are another's."""
        from pytest_generalbench.runs.resume import ResumeError, differences

        told = self.model_identity()
        if self._evaluation is None or told is None:
            return
        ledgers = self._evaluation.earlier.ledgers
        if ledgers is not None and ledgers.model is not None:
            before = {key: value for key, value in ledgers.model[1].items() if key != "device"}
            found = differences(before, told)
            if found:
                raise ResumeError(f"the run cannot be continued with another model: {'; '.join(found)}")
        self._evaluation.ledger.introduce(told)

    def model_identity(self) -> dict[str, Any] | None:
        """Return what the model says of itself, or None when no task needed it here."""
        if self._model is None:
            return None
        from pytest_generalbench.models.base import foreign
        from pytest_generalbench.runs.model_identity import sources

        settings, folder = self.benchmark.settings, self.benchmark.folder

        try:
            with foreign("identity"):
                # A user's object may say anything of itself; only plain builtins travel and are written.
                told = {**self._model.identity(), **sources(settings, folder)}
                plain = json.dumps(told, default=str, allow_nan=False)
        except GeneralBenchError as error:
            return {"identity_error": str(error)}
        found: dict[str, Any] = json.loads(plain)
        return found

    def _end_scorer(self, scorer: Scorer | None) -> None:
        if scorer is None:
            return
        scorer.close()
        if scorer.lost is not None:
            self.config.issue_config_time_warning(pytest.PytestWarning(scorer.lost), stacklevel=2)

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
        if self._evaluation is not None:
            # Before the controller reads the ledgers, and writes their digests down.
            self._tell_cached()
            self._end_scorer(self._evaluation.scorer)
            self._evaluation.ledger.close()
        try:
            return (yield)
        finally:
            # A model that was left behind in a call may wait for itself when it is closed.
            if self._model is not None and not (self._evaluation and self._evaluation.deadlines.has_hung):
                self._close(self._model)


def _task_of(item: pytest.Item | None) -> Task | None:
    """Return the task that an item evaluates, or None when it is no benchmark item."""
    if isinstance(item, Part):
        return item.task
    callspec = getattr(item, "callspec", None)
    task: Task | None = callspec.params.get("generalbench_task") if callspec else None
    return task


def _marks(task: Task) -> list[pytest.MarkDecorator]:
    names = [task.modality, *([task.paradigm] if task.paradigm else [])]
    facts = pytest.mark.generalbench(task=task.id, skill=task.skill, metric=task.metric.name)
    return [facts, *(getattr(pytest.mark, name) for name in names)]
