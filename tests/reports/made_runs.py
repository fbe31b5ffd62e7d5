"""Finished runs made of rows, without a model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pytest_generalbench.core.result import InstanceRow, TaskResult
from pytest_generalbench.runs.instance_rows import write_rows
from pytest_generalbench.runs.provenance import definitions
from pytest_generalbench.runs.result_file import RunResult, TaskEntry, TaskFacets, write_result
from pytest_generalbench.suite.tasks import load_tasks

TASKS = {task.id: task for task in load_tasks()}
CAUSAL, BIRDS, CAPTIONS = (
    "nlp/causal-reasoning",
    "image/comprehension/bird-detection",
    "audio/generation/audio-edit",
)
"""Right or wrong, a corpus score, and a mean."""


def scored_rows(scores: Sequence[float | None], **changes: Any) -> list[InstanceRow]:
    """Return a row for each score, of instances i0000, i0001 …"""
    return [
        InstanceRow(
            f"i{number:04}", "ok", score, cluster=f"i{number:04}", prediction=f"says {score}"
        )._replace(**changes)
        for number, score in enumerate(scores)
    ]


def scored_task(task: str, rows: Sequence[InstanceRow], **changes: Any) -> TaskEntry:
    """Return the entry of a task whose score is the mean of its rows."""
    spec = TASKS[task]
    values = [row.score for row in rows if row.score is not None]
    result = {
        "score": math.fsum(values) / len(values),
        "stderr": float(np.std(values, ddof=1) / len(values) ** 0.5) if len(values) > 1 else None,
        "n": len(values), "coverage": 1.0, "states": {"ok": len(rows)}, "data": "d" * 16,
    }  # fmt: skip
    facets = TaskFacets(spec.modality, spec.paradigm, spec.skill, spec.metric.direction, None, None)
    state = changes.pop("state", "scored")
    return TaskEntry(
        TaskResult(task, state, spec.metric.name, spec.metric.unit, **{**result, **changes}), None, facets
    )


def lacking_task(task: str, state: str) -> TaskEntry:
    """Return the entry of a task without a score."""
    return TaskEntry(TaskResult.unscored(TASKS[task], state, f"is {state}"))


def made_run(
    folder: Path,
    tasks: Mapping[str, Sequence[InstanceRow] | str],
    *,
    entries: Mapping[str, Mapping[str, Any]] | None = None,
    **changes: Any,
) -> Path:
    """Write a run folder and return it.

    Args:
        folder: Where.
        tasks: The rows of each task, or the state of one without a score.
        entries: By task, what its result has otherwise.
        changes: Sections of `result.json` that are otherwise.
    """
    folder.mkdir(parents=True)
    made = []
    for task, rows in sorted(tasks.items()):
        if isinstance(rows, str):
            made.append(lacking_task(task, rows))
            continue
        write_rows(folder, task, rows)
        made.append(scored_task(task, rows, **(entries or {}).get(task, {})))
    sections: dict[str, Any] = {
        "model": {"spec": "baseline:oracle"},
        "data": {"name": "made", "split": "open", "is_demo": False},
        "settings": {"scoring": "paper", "limit": None},
        "definitions": definitions(TASKS[task] for task in tasks),
        "run": {},
    }
    write_result(folder, RunResult(**{**sections, **changes}, tasks=tuple(made)))
    return folder
