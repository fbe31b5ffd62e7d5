"""Activation of the benchmark: read settings and hooks, set what is collected, register the plugins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench import models
from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.asking import check_prompts
from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.node_ids import MODULE_NODEID
from pytest_generalbench.core.reading import check_tasks
from pytest_generalbench.core.task import Task, validate
from pytest_generalbench.plugin import options
from pytest_generalbench.plugin.context import Benchmark, is_worker, usage_error
from pytest_generalbench.plugin.run_opening import repeats_failed, with_last_run
from pytest_generalbench.suite import selection
from pytest_generalbench.suite import tasks as registry

if TYPE_CHECKING:
    from collections.abc import Iterable


def _hooked_tasks(config: pytest.Config) -> Iterable[Task]:
    for given in config.hook.pytest_generalbench_tasks(config=config):
        if isinstance(given, Path):
            yield from registry.read_task_folder(given)
        else:
            yield from given or ()


def _register_hooked(config: pytest.Config) -> None:
    # Metrics and protocols take most of the time to import, and collecting needs neither.
    for given in filter(None, config.hook.pytest_generalbench_metrics(config=config)):
        from pytest_generalbench.metrics import registry as metrics

        config.add_cleanup(metrics.REGISTRY.remove_added)
        for metric in given:
            metrics.register(metric)
    for given in filter(None, config.hook.pytest_generalbench_protocols(config=config)):
        from pytest_generalbench.protocols import registry as protocols

        config.add_cleanup(protocols.REGISTRY.remove_added)
        for protocol in given:
            protocols.register(protocol)
    for given in filter(None, config.hook.pytest_generalbench_models(config=config)):
        config.add_cleanup(models.registry.REGISTRY.remove_added)
        for name, kind in given.items():
            models.register(name, kind)


def _validated(tasks: Iterable[Task]) -> list[Task]:
    """Validate the tasks of hooks against all metrics and protocols."""
    from pytest_generalbench import metrics, protocols

    known_metrics = set(metrics.names())
    known_protocols = set(protocols.names())
    return [validate(task, known_metrics, known_protocols) for task in tasks]


def _benchmark(config: pytest.Config, module: Path) -> Benchmark:
    options.refuse_space_form(config.invocation_params.args)
    settings = options.read_settings(config)
    _register_hooked(config)
    given = list(_hooked_tasks(config))
    hooked = _validated(given) if given else []
    shipped = registry.load_tasks()
    tasks = tuple(registry.sorted_unique([*shipped, *hooked]))
    if repeats_failed(config):
        settings = with_last_run(settings, config.invocation_params.dir)
    check_tasks(settings.reading, [task.id for task in tasks])
    if settings.prompts:
        from pytest_generalbench import protocols

        check_prompts(settings.prompts, tasks, protocols.prompt_fields())
    folder = config.invocation_params.dir
    if not is_worker(config):
        models.check_spec(settings.model, folder)
    chosen = selection.board_tasks(tasks, settings.board)
    return Benchmark(settings, module, shipped, tasks, chosen, folder, _is_selective(config, module))


def _is_selective(config: pytest.Config, module: Path) -> bool:
    given = config.option
    named = any(arg.startswith((f"{module}::", MODULE_NODEID)) for arg in config.args)
    return bool(given.keyword or given.markexpr or named or repeats_failed(config))


def _translate_paths(config: pytest.Config, module: Path) -> None:
    """Replace pasted node ids, and missing arguments in a checkout, by the shipped module.

    Paths of the repository's own tests are run beside the benchmark.
    """
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [str(module)]
    config.args = [
        str(module) + arg.removeprefix(MODULE_NODEID) if arg.startswith(MODULE_NODEID) else arg
        for arg in config.args
    ]
    if not any(arg.startswith(str(module)) for arg in config.args):
        config.args.append(str(module))


def _add_markers(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "generalbench(task, skill, metric, board): a General-Bench task; "
        "select with -m \"generalbench(metric='accuracy')\".",
    )
    for name in (*vocabulary.MODALITIES, *vocabulary.PARADIGMS):
        config.addinivalue_line("markers", f"{name}: General-Bench tasks of this facet.")


def _share_rootdir(config: pytest.Config) -> None:
    """Pass the controller's rootdir to the workers, which would derive another from the shipped module."""
    if config.option.rootdir is None:
        config.option.rootdir = str(config.rootpath)
    if config.option.inifilename is None and config.inipath is not None:
        config.option.inifilename = str(config.inipath)


def auto_workers(config: pytest.Config) -> int | None:
    """Return the number of workers that the visible GPUs allow, or None to count processors as usual."""
    try:
        per_worker = options.gpus_per_worker(config)
    except GeneralBenchError:
        return None  # told when the settings are read
    try:
        used = models.kind_of(options.model_spec(config) or "", config.invocation_params.dir).uses_gpu
    except GeneralBenchError:
        used = True  # a kind that a plugin registers later; a word that is none is refused then
    from pytest_generalbench.evaluation import gpu_leases as gpu

    if not used or per_worker == 0:
        return None
    return len(gpu.leases(gpu.visible_devices(), per_worker)) or None


def activate(config: pytest.Config, module: Path) -> None:
    """Register everything that a benchmark session needs. A user's mistake ends as one line."""
    from pytest_generalbench.plugin.collection import Collection
    from pytest_generalbench.plugin.execution import Execution

    if config.getoption("dist", "no") == "each":
        raise pytest.UsageError("--dist each would run every task once per worker: use load or worksteal")
    _add_markers(config)
    try:
        benchmark = _benchmark(config, module)
    except GeneralBenchError as error:
        raise usage_error(error) from error
    _translate_paths(config, module)  # a worker is given the user's own arguments
    if is_worker(config):
        collection = Collection(benchmark, config, None)
        config.pluginmanager.register(collection, "generalbench-collection")
        execution = Execution(benchmark, config, collection, None)
        config.pluginmanager.register(execution, "generalbench-execution")
        return
    _share_rootdir(config)
    from pytest_generalbench.plugin.controller import Controller
    from pytest_generalbench.plugin.progress import SessionProgress
    from pytest_generalbench.plugin.xdist.workers import Workers

    controller = Controller(benchmark, config)
    collection = Collection(benchmark, config, controller)
    execution = Execution(benchmark, config, collection, controller)
    controller.own_model = execution.model_identity
    config.pluginmanager.register(Workers(benchmark, controller), "generalbench-workers")
    config.pluginmanager.register(controller, "generalbench-controller")
    if config.pluginmanager.hasplugin("html"):
        from pytest_generalbench.plugin import html_column

        config.pluginmanager.register(html_column, "generalbench-html-column")
    progress = SessionProgress(benchmark, controller, config)
    config.pluginmanager.register(progress, "generalbench-progress")
    config.pluginmanager.register(collection, "generalbench-collection")
    config.pluginmanager.register(execution, "generalbench-execution")
