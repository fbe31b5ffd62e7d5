"""Management of pytest-xdist workers by the controller: their GPUs and the order of items."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench import models
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.evaluation import gpu_leases as gpu
from pytest_generalbench.plugin import options
from pytest_generalbench.plugin.context import SECONDS_INPUT, usage_error
from pytest_generalbench.plugin.subtasks import seconds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    def seconds(self) -> dict[str, float]:
        """The estimated seconds of each task; none for what an earlier session of the run has finished."""
        from pytest_generalbench.evaluation.durations import estimates
        from pytest_generalbench.runs.listing import DEFAULT_PARENT

        tasks = {task.id: task for task in self.benchmark.tasks}
        seconds = estimates(tasks, self.benchmark.settings, self.benchmark.folder / DEFAULT_PARENT)
        return {**seconds, **dict.fromkeys(self.controller.finished & seconds.keys(), 0.0)}

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send the estimated seconds of the tasks to a worker where long tasks are divided."""
        settings = self.benchmark.settings
        is_wanted = settings.divide == "always" or (settings.divide == "auto" and settings.data != "demo")
        # The probe compares what one process answered, and other schedulers would give one worker all parts.
        if is_wanted and not settings.probe and not options.chose_distribution(node.config):
            node.workerinput[SECONDS_INPUT] = self.seconds

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Start the longest tasks first, unless the user chose a way to distribute."""
        if options.chose_distribution(config):
            return None
        from pytest_generalbench.plugin.xdist.scheduler import LongestFirstScheduling

        return LongestFirstScheduling(config, log, partial(seconds_of, seconds=self.seconds))
