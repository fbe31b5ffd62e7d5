"""A plugin for `pytest --collect-only`: writes which tasks are selected, and what each is expected to take.

It runs where hooks are registered, so that tasks of other repositories count too.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

VARIABLE: Final = "GENERALBENCH_SELECTION_FILE"
"""Environment variable: the file that the selection is written to."""

RUNS_VARIABLE: Final = "GENERALBENCH_SELECTION_RUNS"
"""Environment variable: the folder of earlier run folders."""

SUBSETS: Final = ("5%", "10%", "25%")
"""Subsets whose instances are counted."""


def pytest_collection_finish(session: Any) -> None:
    """Write the selection of the session."""
    collection = session.config.pluginmanager.get_plugin("generalbench-collection")
    if collection is not None:
        content = _selection(collection.benchmark, session, collection)
        Path(os.environ[VARIABLE]).write_text(json.dumps(content), encoding="utf-8")


def _selection(benchmark: Any, session: Any, collection: Any) -> dict[str, Any]:
    from pytest_generalbench.evaluation.cost_priors import prior
    from pytest_generalbench.evaluation.dividing import work_of
    from pytest_generalbench.evaluation.durations import task_estimates
    from pytest_generalbench.evaluation.run_times import session_overhead
    from pytest_generalbench.evaluation.subset import limit_of
    from pytest_generalbench.models.registry import kind_of
    from pytest_generalbench.runs.listing import DEFAULT_PARENT

    settings = benchmark.settings
    workers = session.config.pluginmanager.get_plugin("generalbench-workers")
    tasks = {task.id: task for item in session.items if (task := collection.task_of(item))}
    kind = kind_of(settings.model, benchmark.folder)
    runs = benchmark.folder / os.environ.get(RUNS_VARIABLE, DEFAULT_PARENT)
    estimates = task_estimates(tasks, settings, runs)
    asked = settings if workers.divides(session.config) else replace(settings, divide="never")
    return {
        "settings": settings.to_dict(),
        "uses_gpu": kind.uses_gpu,
        "workers": getattr(session.config.option, "numprocesses", None) or 1,
        "overhead": session_overhead(runs, settings, tasks, kind),
        "tasks": {
            name: {
                "kind": f"{task.input_media} {task.output_medium}",
                "unit": prior(task, 1),
                "cost": prior(task, limit_of(task, settings)),
                "estimate": estimates[name],
                "work": work_of(task, estimates[name], asked, kind),
                "subsets": [_subset(task, estimates[name], asked, subset, kind) for subset in SUBSETS],
            }
            for name, task in tasks.items()
        },
    }


def _subset(task: Any, estimate: Any, settings: Any, subset: str, kind: Any) -> tuple[int, float, Any]:
    """Return the instances of a task in a subset, their share of all, and what they take."""
    from pytest_generalbench.evaluation.dividing import work_of
    from pytest_generalbench.evaluation.subset import expected_instances

    count = min(estimate.instances, expected_instances(task, replace(settings, subset=subset)))
    share = count / estimate.instances if estimate.instances else 0.0
    part = estimate._replace(instances=count, seconds=share * estimate.seconds)
    return count, share, work_of(task, part, settings, kind)
