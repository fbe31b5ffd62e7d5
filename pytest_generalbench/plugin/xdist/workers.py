"""Management of pytest-xdist workers by the controller: their GPUs and the order of items."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import models
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.evaluation import gpu_leases as gpu
from pytest_generalbench.evaluation.schedule import Division, item_seconds, late_items
from pytest_generalbench.plugin import options
from pytest_generalbench.plugin.context import WORK_INPUT, usage_error
from pytest_generalbench.plugin.subtasks import task_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.evaluation.schedule import Work
    from pytest_generalbench.plugin.context import Benchmark
    from pytest_generalbench.plugin.controller import Controller


class Workers:
    """Assigns GPUs and items to workers."""

    def __init__(self, benchmark: Benchmark, controller: Controller) -> None:
        """Keep the benchmark and the controller."""
        self.benchmark = benchmark
        self.controller = controller
        self.leases: list[dict[str, str]] = []
        """What was set in each local worker's environment."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: Sequence[Any]) -> None:
        """Give each local worker its GPUs before it starts; one that replaces it inherits them.

        Workers on other machines see what their machine shows them, and those whose `--tx` names GPUs, these.
        """
        settings = self.benchmark.settings
        if not models.kind_of(settings.model, self.benchmark.folder).uses_gpu:
            return
        named = (gpu.CUDA, gpu.HIP)
        local = [spec for spec in specs if spec.popen and not any(name in spec.env for name in named)]
        try:
            self.leases = gpu.plan(
                gpu.visible_devices(), settings.gpus_per_worker, len(local), settings.share_gpus
            )
        except GeneralBenchError as error:
            self.controller.give_up_run()
            raise usage_error(error) from error
        for spec, environment in zip(local, self.leases, strict=True):
            spec.env.update(environment)

    @cached_property
    def work(self) -> dict[str, Work]:
        """What each task takes; no time where an earlier session of the run has finished it."""
        from pytest_generalbench.evaluation.dividing import work_of
        from pytest_generalbench.evaluation.durations import task_estimates
        from pytest_generalbench.runs.listing import DEFAULT_PARENT

        settings, finished = self.benchmark.settings, self.controller.finished
        tasks = {task.id: task for task in self.benchmark.tasks}
        estimates = task_estimates(tasks, settings, self.benchmark.folder / DEFAULT_PARENT)
        kind = models.kind_of(settings.model, self.benchmark.folder)
        work = {name: work_of(task, estimates[name], settings, kind) for name, task in tasks.items()}
        return {name: one._replace(seconds=0.0) if name in finished else one for name, one in work.items()}

    def divides(self, config: pytest.Config) -> bool:
        """Return whether long tasks are divided among workers."""
        from pytest_generalbench.evaluation.dividing import divides

        # Other schedulers would give one worker all parts.
        return divides(self.benchmark.settings) and not options.chose_distribution(config)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send what the tasks take to a worker where long ones are divided."""
        if self.divides(node.config):
            node.workerinput[WORK_INPUT] = {name: list(one) for name, one in self.work.items()}

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Start the longest tasks first, unless the user chose a way to distribute."""
        if options.chose_distribution(config):
            return None
        from pytest_generalbench.plugin.xdist.scheduler import LongestFirstScheduling

        return LongestFirstScheduling(config, log, self._expected)

    def _expected(self, nodeids: Sequence[str], workers: int) -> tuple[list[float], set[int]]:
        """Return the seconds that items are expected to take, and the numbers of those that come late."""
        from pytest_generalbench.evaluation.dividing import divided

        tasks = task_ids(nodeids)
        work = {name: self.work[name] for name in tasks if name in self.work}
        division = Division({})
        if len(tasks) > len(set(tasks)):  # as the workers have divided them
            division = divided(work, workers)
        seconds = {name: one.seconds for name, one in work.items()}
        return item_seconds(tasks, seconds), late_items(tasks, division)
