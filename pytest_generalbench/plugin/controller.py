"""The controller: the run folder, results as they arrive, and the end of the session."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.node_ids import is_part, task_id_of
from pytest_generalbench.core.result import TaskResult, result_from_dict
from pytest_generalbench.core.visible_text import visible_text
from pytest_generalbench.plugin.baseline import Baseline
from pytest_generalbench.plugin.context import (
    MODEL_OUTPUT,
    PART_PROPERTY,
    PROPERTY,
    REFUSED_PROPERTY,
    RUN_INPUT,
    SESSION_INPUT,
    usage_error,
)
from pytest_generalbench.plugin.exit_status import exit_status
from pytest_generalbench.plugin.header import header_lines
from pytest_generalbench.plugin.junit import add_level, show_result
from pytest_generalbench.plugin.run_opening import open_run, repeats_failed
from pytest_generalbench.reports import terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_generalbench.evaluation.scoring.judge import Judge
    from pytest_generalbench.plugin.context import Benchmark
    from pytest_generalbench.runs.finalize import Setting
    from pytest_generalbench.runs.folder import RunFolder
    from pytest_generalbench.runs.ledger.files import LedgerWriter
    from pytest_generalbench.runs.ledger.index import Ledgers
    from pytest_generalbench.runs.result_sections import DataSection, RunSection
    from pytest_generalbench.suite.data import DataSource
    from pytest_generalbench.suite.level import LevelResult, SotaTable


_SHOWN_STRAYS = 3


class Controller:
    """Collects the digests of all items and turns them into the run's result.

    Attributes:
        run: the run folder; set at session start, unset with --collect-only.
        selected: ids of the tasks that were collected and not deselected.
        results: what was reported, by task id; a selected id without one is `not_run`.
        notes: lines that the summary ends with.
    """

    def __init__(self, benchmark: Benchmark, config: pytest.Config) -> None:
        """Keep the settings; nothing is written before the session starts."""
        from pytest_generalbench.suite.level import sota_table

        self.benchmark = benchmark
        self.config = config
        self.run: RunFolder | None = None
        self.selected: set[str] = set()
        self.results: dict[str, TaskResult] = {}
        self.notes: list[str] = []
        self.tasks = {task.id: task for task in benchmark.tasks}
        self.level: LevelResult | None = None
        self.own_model: Callable[[], dict[str, Any] | None] = lambda: None
        """Says which model this process used itself; set where it executes items."""
        self._started = time.perf_counter()
        self._model: dict[str, Any] | None = None
        self._judge: Judge | None = None
        self._data: DataSection = {"name": "", "split": "", "is_demo": False}
        self._source: DataSource | None = None
        self._earlier: Ledgers | None = None
        self._ledger: LedgerWriter | None = None
        self._baseline: Baseline | None = None
        self._refused = False
        self._refusal: str | None = None
        """Why a worker found that the run cannot be continued."""
        self._broken = 0
        """Failed reports that are no incomplete task."""
        try:
            self.sota: SotaTable = sota_table(benchmark.registered, self._sota_source())
        except GeneralBenchError as error:
            raise usage_error(error) from error

    def _sota_source(self) -> str:
        given = self.benchmark.settings.sota
        return given if given in ("released", "paper") else str(self.benchmark.folder / given)

    @property
    def earlier(self) -> Ledgers | None:
        """What earlier sessions of the run kept; None in a new run."""
        return self._earlier

    @cached_property
    def finished(self) -> frozenset[str]:
        """The tasks whose result an earlier session of the run has."""
        from pytest_generalbench.runs.resume import PreviousSessions

        before = PreviousSessions(self._earlier, self.benchmark.settings.retry_errors)
        return frozenset(task.id for task in self.benchmark.tasks if before.result(task.id, task.metric.name))

    @property
    def collect_only(self) -> bool:
        """Whether the session only collects."""
        return bool(self.config.option.collectonly)

    def pytest_sessionstart(self) -> None:
        """Open the data and the run folder, before any worker starts."""
        if self.collect_only:
            return
        from pytest_generalbench.evaluation.resources import open_resources

        settings = self.benchmark.settings
        try:
            # A wrong address, folder or rating ends the session here.
            self._baseline = Baseline(settings, self.benchmark.folder)
            resources = open_resources(settings, self.benchmark.registered, self.benchmark.folder)
            data, self._judge = resources.data, resources.judge
            self.run, self._earlier = open_run(self.benchmark, self.config, self.tasks, data)
            self.notes += filter(None, [self.run.lock.caveat])
        except GeneralBenchError as error:
            raise usage_error(error) from error
        self._data = {"name": data.name, "split": settings.split, "is_demo": data.is_demo}
        self._source = data
        self._note_strays(data)
        if data.is_demo:
            self._data["note"] = terminal.DEMO_NOTE

    def _note_strays(self, data: DataSource) -> None:
        """Warn of the data folders that match no task: their tasks will have no data."""
        strays = data.strays()
        if strays:
            more = f" and {len(strays) - _SHOWN_STRAYS} more" if len(strays) > _SHOWN_STRAYS else ""
            names = ", ".join(strays[:_SHOWN_STRAYS])
            count = "1 folder matches" if len(strays) == 1 else f"{len(strays)} folders match"
            self.notes.append(f"{count} no task: {names}{more} (`generalbench doctor {data.root}` says more)")

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send the path of the run folder to a worker, also to one that replaces a lost one."""
        if self.run is not None:
            node.workerinput[RUN_INPUT] = str(self.run.path)
            node.workerinput[SESSION_INPUT] = self.run.session

    def pytest_report_header(self) -> list[str]:
        """Return the header: model, data and run folder, with a warning for the demo set."""
        benchmark = self.benchmark
        lines = header_lines(benchmark.settings, self.sota.name, benchmark.folder)
        lines += self._baseline.lines if self._baseline else ()
        if self.run is not None and self._earlier is not None:
            text = f"{self._earlier.count} records of earlier sessions"
            lines.append(f"continues {self.run.path}, {text}")
        return [f"generalbench: {line}" for line in lines]

    def _select(self, nodeids: Sequence[str]) -> None:
        self.selected.update(filter(None, map(task_id_of, nodeids)))
        if self.run is None or not self.selected:
            return
        try:
            self.run.select(self.selected, some=repeats_failed(self.config))
        except GeneralBenchError as error:
            self._refused = True
            raise usage_error(error) from error

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember what was selected, in a session without workers."""
        self._select([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        """Remember what a worker selected; all workers select the same."""
        self._select(ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Store a task's result from its report; a report without one is a failure of the item."""
        task_id = task_id_of(report.nodeid)
        self._broken += report.failed and is_part(report.nodeid)
        if task_id is None or task_id not in self.tasks:
            return
        properties = dict(report.user_properties)
        self._refusal = str(properties[REFUSED_PROPERTY]) if REFUSED_PROPERTY in properties else self._refusal
        digest = properties.get(PROPERTY)
        if isinstance(digest, dict):
            self.results[task_id] = result_from_dict(digest)
            show_result(report, self.results[task_id], self.sota.values.get(task_id))
            self._broken += report.failed and self.results[task_id].state != "incomplete"
        elif report.failed:
            self._broken += 1
            crash = getattr(report.longrepr, "reprcrash", None)
            value = crash.message if crash else report.longreprtext
            self.results[task_id] = TaskResult.unscored(
                self.tasks[task_id], "failed", " ".join(value.split())[:300]
            )

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object | None) -> None:
        """Store the model identity of a worker that ends, and note its crash; a node can go down twice."""
        output = getattr(node, "workeroutput", None) or {}
        self._model = output.get(MODEL_OUTPUT) or self._model
        if error and not output and self.run is not None:
            self._note_crash(self.run, node.gateway.id)

    def _note_crash(self, run: RunFolder, worker: str) -> None:
        from pytest_generalbench.runs.folder import ledger_path
        from pytest_generalbench.runs.ledger.files import LedgerWriter

        try:
            if self._ledger is None:
                self._ledger = LedgerWriter(ledger_path(run.path, "controller"), "controller", run.session)
            self._ledger.crashed(worker)
        except GeneralBenchError as problem:
            self.notes.append(str(problem))

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.TestReport | pytest.CollectReport
    ) -> tuple[str, str, str | tuple[str, dict[str, bool]]] | None:
        """Show the score of an item instead of passed."""
        properties = dict(getattr(report, "user_properties", ()))
        if report.when == "call" and PART_PROPERTY in properties:
            return terminal.part_status(properties[PART_PROPERTY])
        result = self.results.get(task_id_of(report.nodeid) or "")
        if report.when != "call" or result is None or PROPERTY not in properties:
            return None
        return terminal.status(result, self.sota.values.get(result.id))

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Write the result; a selected task that never reported makes the exit status 1."""
        result = yield
        run = self.run
        if run is None:
            return result
        try:
            self._end(run, session)
        finally:
            if self._ledger is not None:
                self._ledger.close()
            if self._baseline is not None:
                self._baseline.close()
            run.lock.release()
        return result

    def _end(self, run: RunFolder, session: pytest.Session) -> None:
        if self._refused or (self._refusal and run.session > 1):
            run.give_back()
            if self._refusal:
                self.notes.append(f"NOT CONTINUED, the run is as it was: {self._refusal}")
                session.exitstatus = pytest.ExitCode.USAGE_ERROR
        elif not self.selected or run.is_untouched:
            run.discard()
        else:
            self._fill(session)
            try:
                self._write(run)
            except (GeneralBenchError, OSError) as error:
                self.notes.append(f"NOT SAVED: {error}")
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
            else:
                if self._baseline is not None:
                    session.exitstatus, lines = self._baseline.compare(session.exitstatus, run.path)
                    self.notes += lines
            return
        self.run = None

    def give_up_run(self) -> None:
        """Restore the run folder: the session is refused before any inference."""
        run, self.run = self.run, None
        if run is not None and run.session > 1:
            run.give_back()
        elif run is not None:
            run.discard()

    def _fill(self, session: pytest.Session) -> None:
        """Give every selected task a result: its own, that of an earlier session, or none."""
        lost = self.selected - self.results.keys()
        for task_id in (self.run.selection if self.run else None) or self.selected:
            if task_id in self.results:
                continue
            concluded = self._earlier.conclusions.get(task_id) if self._earlier else None
            self.results[task_id] = (
                concluded.result
                if concluded
                else TaskResult.unscored(self.tasks[task_id], "not_run", "selected, but never reported")
            )
        self.selected = set(self.results)
        status, notes = exit_status(
            session.exitstatus,
            self.benchmark.settings,
            self.results.values(),
            has_lost=bool(lost),
            has_broken=bool(self._broken),
        )
        session.exitstatus = status
        self.notes.extend(notes)

    def _setting(self) -> Setting:
        from pytest_generalbench.runs.finalize import Setting

        judge = self._judge.name if self._judge else None
        return Setting(self.benchmark.settings, self.benchmark.shipped, self.tasks, self.sota, judge)

    def _write(self, run: RunFolder) -> None:
        from pytest_generalbench.evaluation.scoring.human_ratings import write_sheet
        from pytest_generalbench.plugin.run_closing import call_reports, export_predictions
        from pytest_generalbench.runs.batch_claims import forget
        from pytest_generalbench.runs.certainty import evidence_in
        from pytest_generalbench.runs.finalize import level_of, run_result
        from pytest_generalbench.runs.listing import continue_command
        from pytest_generalbench.runs.manifest import write_manifest
        from pytest_generalbench.runs.provenance import environment
        from pytest_generalbench.runs.result_file import write_result
        from pytest_generalbench.suite.data import revision_of

        results = list(self.results.values())
        revision = revision_of(self._source, self.results) if self._source else None
        if revision is not None:
            self._data["revision"] = revision
        is_demo = bool(self._data["is_demo"])
        self.level = level_of(self._setting(), results, self.selected, is_demo, evidence_in(run.path))
        states = {result.state for result in results}
        is_finished = not states & {"not_run", "failed"}
        is_complete = is_finished and "incomplete" not in states
        run.finish(is_finished, is_complete, round(time.perf_counter() - self._started, 3))
        content = run_result(
            self._setting(),
            results,
            self.level,
            data=self._data,
            model=self._identity(run),
            environment=environment(),
            run=self._aside(run),
        )
        self._data = content.data
        forget(run.path)
        write_result(run.path, content)
        add_level(self.config, self.level)
        if self.benchmark.settings.split == "close":
            self.notes.append(export_predictions(run.path))
        write_sheet(run.path, [result.id for result in results if result.state == "human"])
        if self._ledger is not None:
            self._ledger.close()
        self.notes += call_reports(self.config, run.path)
        write_manifest(run.path)
        if not is_complete:
            self.notes.append(f"to go on: {continue_command(run.path, run.manifest)}")

    def _identity(self, run: RunFolder) -> dict[str, Any]:
        """Return the model's identity, from this session or an earlier one."""
        if self._model is None:
            self._model = self.own_model()
        if self._model is None and self._earlier is not None and self._earlier.model is not None:
            self._model = dict(self._earlier.model.identity)
        return self._model or {}

    def _aside(self, run: RunFolder) -> RunSection:
        """Return the part of the result that comparisons ignore."""
        from pytest_generalbench.plugin.run_closing import LedgerFacts
        from pytest_generalbench.runs.finalize import run_section

        facts = LedgerFacts([], (0, 0))
        if self._earlier is not None or self._ledger is not None or self.benchmark.settings.cache:
            facts = LedgerFacts.read(run.path)
            self.notes += facts.notes()
        return run_section(
            self.benchmark.settings,
            run.manifest.sessions,
            self.results.values(),
            torn_lines=facts.torn,
            cached=facts.cached,
        )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table, the levels, what is missing and why."""
        if self.run is None or self.level is None:
            for line in self.notes if self._refusal else ():
                terminalreporter.write_line(visible_text(line, lines=False), red=True)
            return
        results = [self.results[key] for key in sorted(self.results)]
        folder = self.run.path
        lines = terminal.summary(
            self.tasks,
            results,
            self.sota.values,
            self.level,
            self._data,
            folder,
            with_letters=self.config.get_verbosity() == 0,
        )
        terminalreporter.section("General-Bench", sep="=")
        for line in (*lines, *self.notes):
            terminalreporter.write_line(visible_text(line, lines=False))
