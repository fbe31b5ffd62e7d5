"""A plugin for `pytest --collect-only`: writes which tasks are selected, and what each is expected to cost.

It runs where hooks are registered, so that tasks of other repositories count too.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

VARIABLE: Final = "GENERALBENCH_SELECTION_FILE"
"""Environment variable: the file that the selection is written to."""


def pytest_collection_finish(session: Any) -> None:
    """Write the selection of the session."""
    collection = session.config.pluginmanager.get_plugin("generalbench-collection")
    if collection is not None:
        content = _selection(collection.benchmark, session, collection)
        Path(os.environ[VARIABLE]).write_text(json.dumps(content), encoding="utf-8")


def _selection(benchmark: Any, session: Any, collection: Any) -> dict[str, Any]:
    from pytest_generalbench.core.errors import GeneralBenchError
    from pytest_generalbench.evaluation.cost_priors import prior
    from pytest_generalbench.evaluation.durations import earlier
    from pytest_generalbench.evaluation.progress import stated_instances
    from pytest_generalbench.models.registry import kind_of
    from pytest_generalbench.runs.listing import DEFAULT_PARENT

    settings = benchmark.settings
    tasks = {task.id: task for item in session.items if (task := collection.task_of(item))}
    try:
        uses_gpu = kind_of(settings.model, benchmark.folder).uses_gpu
    except GeneralBenchError:
        uses_gpu = True
    return {
        "settings": settings.to_dict(),
        "uses_gpu": uses_gpu,
        "workers": getattr(session.config.option, "numprocesses", None) or 1,
        "seconds": earlier(benchmark.folder / DEFAULT_PARENT, settings),
        "tasks": {
            task.id: {
                "kind": f"{task.input_media} {task.output_medium}",
                "unit": prior(task, 1),
                "stated": stated_instances(task, settings),
            }
            for task in tasks.values()
        },
    }
