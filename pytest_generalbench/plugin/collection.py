"""Collection: one item per task, subtasks of long tasks, and the selection of this session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.node_ids import MODULE_NODEID, task_id_of
from pytest_generalbench.plugin.context import RUN_INPUT, WORK_INPUT
from pytest_generalbench.plugin.subtasks import Part, part_items

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.plugin.context import Benchmark
    from pytest_generalbench.plugin.controller import Controller
    from pytest_generalbench.plugin.subtasks import Help


class TaskModule(pytest.Module):
    """The shipped test module; it is collected whatever the repository's naming rules are."""

    def funcnamefilter(self, name: str) -> bool:
        """Collect the one test function, and nothing else."""
        return name == "test_task"


class Collection:
    """Collects the tasks, the same in every process of a session.

    Attributes:
        parts: How many items a task has that is divided, by task id.
        probes: How many instances of a task the consistency check asks again, by task id.
        help: Helps with a task, for its parts; set by what executes items.
    """

    def __init__(self, benchmark: Benchmark, config: pytest.Config, controller: Controller | None) -> None:
        """Keep what to collect; `controller` is None in a worker of pytest-xdist."""
        self.benchmark = benchmark
        self.config = config
        self.controller = controller
        self.parts: Mapping[str, int] = {}
        self.probes: dict[str, int] = {}
        self.help: Help | None = None

    def pytest_pycollect_makemodule(
        self, module_path: Path, parent: pytest.Collector
    ) -> pytest.Module | None:
        """Collect the shipped module directly under the session, with its fixed node id.

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
        """Deselect what this session does not run, the same in every process of the session."""
        result = yield
        kept = self._of_subset(self._of_this_session(items))
        dropped = [item for item in items if item not in kept]
        if dropped:
            items[:] = [item for item in items if item in kept]
            config.hook.pytest_deselected(items=dropped)
        tasks = [(item, task) for item in items if (task := self.task_of(item))]
        self.parts = self._divisions([task.id for _, task in tasks])
        items += part_items(tasks, self.parts, self._help)
        return result

    def _divisions(self, tasks: Sequence[str]) -> Mapping[str, int]:
        """Return the number of parts of each long task; the same in every worker."""
        given: dict[str, Any] = getattr(self.config, "workerinput", {})
        if WORK_INPUT not in given:
            return {}
        from pytest_generalbench.evaluation.dividing import divided
        from pytest_generalbench.evaluation.schedule import Work

        work = {name: Work(*given[WORK_INPUT][name]) for name in tasks}
        return divided(work, given["workercount"]).parts

    def _of_this_session(self, items: Sequence[pytest.Item]) -> set[pytest.Item]:
        """Return the tasks of this session: those of the resumed run by default, or its shard."""
        settings = self.benchmark.settings
        before = self._selection() if settings.resume and not self.benchmark.is_selective else None
        if before is not None:
            return {item for item in items if task_id_of(item.nodeid) in before}
        return self._part_of([item for item in items if self.task_of(item)]) if settings.shard else set(items)

    def _of_subset(self, items: set[pytest.Item]) -> set[pytest.Item]:
        """Return the items whose tasks have instances in the subset."""
        settings = self.benchmark.settings
        if settings.subset is None:
            return items
        from pytest_generalbench.evaluation.subset import limit_of

        tasks = {item: self.task_of(item) for item in items}
        return {item for item, task in tasks.items() if task is None or limit_of(task, settings) != 0}

    def _part_of(self, items: Sequence[pytest.Item]) -> set[pytest.Item]:
        from pytest_generalbench.evaluation.cost_priors import prior
        from pytest_generalbench.evaluation.durations import parts
        from pytest_generalbench.evaluation.subset import limit_of

        settings = self.benchmark.settings
        number, count = map(int, (settings.shard or "1/1").split("/"))
        # Not the times of earlier runs: every machine must come to the same parts.
        chosen = [task for item in items if (task := self.task_of(item))]
        costs = {task.id: prior(task, limit_of(task, settings)) for task in chosen}
        mine = parts(costs, count)[number - 1]
        return {item for item in items if (task := self.task_of(item)) and task.id in mine}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Distribute the instances of the batch-consistency check over the tasks that are run."""
        if self.benchmark.settings.probe:
            from pytest_generalbench.evaluation.inference.consistency import shares

            tasks = {task.id for item in session.items if (task := self.task_of(item))}
            self.probes = shares(tasks, self.benchmark.settings.probe)

    def _selection(self) -> frozenset[str] | None:
        """Return the ids of the run's tasks, None before any session collected them."""
        from pytest_generalbench.runs.run_manifest import read_run

        if self.controller is not None:
            return None if self.controller.run is None else self.controller.run.selection
        given: dict[str, Any] = self.config.workerinput  # type: ignore[attr-defined]
        selection = read_run(Path(given[RUN_INPUT])).selection
        return None if selection is None else frozenset(selection)

    def _help(self, session: pytest.Session, task: Task, place: int, parts: int) -> int:
        if self.help is None:
            raise RuntimeError("no execution was registered")
        return self.help(session, task, place, parts)

    def task_of(self, item: pytest.Item | None) -> Task | None:
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
