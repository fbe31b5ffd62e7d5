"""The controller's side: the run folder, the results as they arrive, and what the session ends with."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.activation import MODULE_NODEID, Benchmark
from pytest_generalbench.errors import GeneralBenchError
from pytest_generalbench.items import MODEL_OUTPUT, PROPERTY, RUN_INPUT
from pytest_generalbench.report import terminal
from pytest_generalbench.result import TaskResult, absent, result_from_dict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_generalbench.judge import Judge
    from pytest_generalbench.level import LevelResult, SotaTable

MEASURED_STATES = ("scored", "unsupported")
"""States that are the model's own doing; any other makes a tier partial."""

_PREFIX = f"{MODULE_NODEID}::test_task["


def task_id_of(nodeid: str) -> str | None:
    """Return the task that an item evaluates, or None when it is no benchmark item."""
    return nodeid[len(_PREFIX) : -1] if nodeid.startswith(_PREFIX) else None


class Controller:
    """Collects the digests of all items and turns them into the run's result.

    Attributes:
        folder: the run folder; set at session start, unset with --collect-only.
        selected: ids of the tasks that were collected and not deselected.
        results: what was reported, by task id; a selected id without one is `not_run`.
    """

    def __init__(self, benchmark: Benchmark, config: pytest.Config) -> None:
        """Prepare; nothing is written before the session starts."""
        from pytest_generalbench.level import sota_table

        self.benchmark = benchmark
        self.config = config
        self.folder: Path | None = None
        self.selected: set[str] = set()
        self.results: dict[str, TaskResult] = {}
        self.tasks = {task.id: task for task in benchmark.tasks}
        self.level: LevelResult | None = None
        self._started = time.time()
        self._model: dict[str, Any] | None = None
        self._judge: Judge | None = None
        self._data: dict[str, Any] = {}
        try:
            self.sota: SotaTable = sota_table(benchmark.registered, self._sota_source())
        except GeneralBenchError as error:
            raise pytest.UsageError(str(error)) from error

    def _sota_source(self) -> str:
        given = self.benchmark.settings.sota
        return given if given in ("released", "paper") else str(self.benchmark.folder / given)

    @property
    def collect_only(self) -> bool:
        """Whether nothing will be run."""
        return bool(self.config.option.collectonly)

    def pytest_sessionstart(self) -> None:
        """Open the data and make the run folder, before any worker starts."""
        if self.collect_only:
            return
        from pytest_generalbench.backbones import make_backbones
        from pytest_generalbench.data import open_data
        from pytest_generalbench.human import make_ratings
        from pytest_generalbench.judge import make_judge
        from pytest_generalbench.run import create_run_folder

        settings = self.benchmark.settings
        source = self.benchmark.data_source
        try:
            data = open_data(source, settings.split, self.benchmark.registered, offline=settings.offline)
            # A wrong address, folder or rating ends the session here.
            self._judge = make_judge(settings, data.is_demo)
            make_backbones(settings, data.is_demo, self.benchmark.folder)
            make_ratings(settings, data, self.benchmark.registered, self.benchmark.folder)
            self.folder = create_run_folder(settings.run, self.benchmark.folder)
        except GeneralBenchError as error:
            raise pytest.UsageError(str(error)) from error
        self._data = {"name": data.name, "split": settings.split, "is_demo": data.is_demo}
        if data.is_demo:
            self._data["note"] = terminal.DEMO_NOTE

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker, also one that replaces a lost one, where the run folder is."""
        node.workerinput[RUN_INPUT] = str(self.folder)

    def pytest_report_header(self) -> list[str]:
        """Say what is about to be measured, and loudly when it measures nothing."""
        settings = self.benchmark.settings
        lines = [f"generalbench: model {settings.model}, data {settings.data} ({settings.split}), "
                 f"board {settings.board}, scoring {settings.scoring}, SoTA {self.sota.name}"]  # fmt: skip
        if settings.data == "demo":
            lines.append(f"generalbench: {terminal.DEMO_NOTE}")
        return lines

    def _select(self, nodeids: Sequence[str]) -> None:
        self.selected.update(filter(None, map(task_id_of, nodeids)))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember what was selected, in a session without workers."""
        self._select([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        """Remember what a worker selected; all workers select the same."""
        self._select(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a task's result from its report; a report without one is a failure of the item."""
        task_id = task_id_of(report.nodeid)
        if task_id is None or task_id not in self.tasks:
            return
        digest = dict(report.user_properties).get(PROPERTY)
        if isinstance(digest, dict):
            self.results[task_id] = result_from_dict(digest)
        elif report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            told = crash.message if crash else report.longreprtext
            self.results[task_id] = absent(self.tasks[task_id], "failed", " ".join(told.split())[:300])

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Keep what a worker says of its model; a node can go down twice."""
        output = getattr(node, "workeroutput", None) or {}
        self._model = output.get(MODEL_OUTPUT) or self._model

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.TestReport | pytest.CollectReport
    ) -> tuple[str, str, str | tuple[str, dict[str, bool]]] | None:
        """Show an item as its score, not as passed."""
        digest = dict(getattr(report, "user_properties", ())).get(PROPERTY)
        if report.when != "call" or not isinstance(digest, dict):
            return None
        result = result_from_dict(digest)
        return terminal.status(result, self.sota.values.get(result.id))

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Write the result; a selected task that never reported makes a green session red."""
        result = yield
        if self.folder is None:
            return result
        lost = self.selected - self.results.keys()
        for task_id in lost:
            reason = "selected, but never reported"
            self.results[task_id] = absent(self.tasks[task_id], "not_run", reason)
        if lost and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self.selected:
            self._write()
        else:
            self.discard_folder()
        return result

    def discard_folder(self) -> None:
        """Remove the run folder of a session that ran no task."""
        from pytest_generalbench.run import discard_run_folder

        if self.folder is not None:
            discard_run_folder(self.folder)
            self.folder = None

    def _write(self) -> None:
        from pytest_generalbench.human import write_sheet
        from pytest_generalbench.level import compute_level
        from pytest_generalbench.run import RunResult, write_result

        settings = self.benchmark.settings
        results = [self._with_definition(self.results[key]) for key in sorted(self.results)]
        shipped = {task.id for task in self.benchmark.shipped}
        self.level = compute_level(
            self.benchmark.shipped,
            {result.id: result.score for result in results if result.id in shipped},
            scoring=settings.scoring,
            sota=self.sota,
            board=settings.board,
            selected=self.selected & shipped,
            measured={result.id for result in results if result.state in MEASURED_STATES},
            limit=settings.limit,
            demo=bool(self._data["is_demo"]),
        )
        if all(result.score is None for result in results):
            self.level = replace(self.level, tier=None, reason="nothing was scored")
        if self._model is None:
            items: Any = self.config.pluginmanager.get_plugin("generalbench-items")
            self._model = items.model_identity()
        told = "".join(f"{result.id} {result.data}\n" for result in results if result.data)
        self._data["fingerprint"] = hashlib.sha256(told.encode()).hexdigest()[:16] if told else None
        run = RunResult(
            settings=settings,
            started=self._started,
            data=self._data,
            model={"spec": settings.model, **(self._model or {})},
            tasks=results,
            sota=self.sota.values,
            level=self.level.to_dict(),
        )
        assert self.folder is not None  # noqa: S101 - only called once the session has started
        write_result(self.folder, run)
        write_sheet(self.folder, [result.id for result in results if result.state == "human"])

    def _with_definition(self, result: TaskResult) -> TaskResult:
        from pytest_generalbench.scoring import JUDGE_METRIC, metric_definition

        if result.score is None and result.state not in ("scored", "incomplete", "answered"):
            return result
        name = self._judge.name if self._judge and result.metric == JUDGE_METRIC else None
        told = metric_definition(self.tasks[result.id], name, result.notes, result.backbones, result.metric)
        return replace(result, definition=told)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table, the levels, what is missing and why."""
        if self.folder is None or self.level is None:
            return
        results = [self.results[key] for key in sorted(self.results)]
        lines = terminal.summary(self.tasks, results, self.sota.values, self.level, self._data, self.folder)
        terminalreporter.section("General-Bench", sep="=")
        for line in lines:
            terminalreporter.write_line(line)
