"""The run folder: where a run's ledger and result live, and what the result says."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench import __version__
from pytest_generalbench.errors import GeneralBenchError
from pytest_generalbench.result import drift

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.result import TaskResult
    from pytest_generalbench.settings import Settings

SCHEMA_VERSION: Final = "1.0"
RESULT_FILE: Final = "result.json"
DEFAULT_PARENT: Final = "generalbench-runs"
_PACKAGES: Final = (
    "pytest", "pytest-xdist", "numpy", "torch", "transformers", "codebleu", "pillow", "snowballstemmer",
)  # fmt: skip


def create_run_folder(wanted: str | None, invocation: Path) -> Path:
    """Make and return the run folder.

    Without a name it is `generalbench-runs/<time>-<pid>` in the folder pytest was started in.
    Raises GeneralBenchError when the named one already holds something, or cannot be written.
    """
    if wanted is None:
        name = f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}-{os.getpid()}"
        folder = invocation / DEFAULT_PARENT / name
    else:
        folder = invocation / wanted
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise GeneralBenchError(f"the run folder {folder} is not empty: name a new one, or remove it")
    except OSError as error:
        reason = error.strerror or error
        raise GeneralBenchError(f"the run folder {folder} cannot be made: {reason}") from error
    return folder


def discard_run_folder(folder: Path) -> None:
    """Remove the folder of a session that ran no task; one that holds anything stays."""
    with contextlib.suppress(OSError):
        folder.rmdir()
        if folder.parent.name == DEFAULT_PARENT:
            folder.parent.rmdir()


def ledger_path(folder: Path, worker: str) -> Path:
    """Return the ledger file of one worker process; a replaced worker writes a file of its own."""
    return folder / f"ledger-{worker}-{os.getpid()}.jsonl"


def environment() -> dict[str, Any]:
    """Return what the scores may depend on: interpreter, platform, versions of the libraries there."""
    versions = {"pytest-generalbench": __version__}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "versions": versions,
    }


@dataclass(slots=True)
class RunResult:
    """Everything a finished run says, in the order it is written."""

    settings: Settings
    started: float
    data: Mapping[str, Any]
    """name, split, fingerprint, is_demo, and the note that goes with demo data."""
    model: Mapping[str, Any]
    """The specification and what the loaded model says of itself."""
    tasks: Sequence[TaskResult]
    sota: Mapping[str, float | None]
    """The specialist's score by task id, in the task's unit where it can be compared."""
    level: Mapping[str, Any]
    seconds: float = field(default=0.0)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of `result.json` (schema in docs/result.md)."""
        counts: dict[str, int] = {}
        for task in self.tasks:
            counts[task.state] = counts.get(task.state, 0) + 1
        return {
            "schema": SCHEMA_VERSION,
            "started": datetime.fromtimestamp(self.started, UTC).isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 3),
            "settings": self.settings.to_dict(),
            "model": dict(self.model),
            "data": dict(self.data),
            "environment": environment(),
            "counts": dict(sorted(counts.items())),
            "level": dict(self.level),
            **({"probe": drift(self.tasks)} if self.settings.probe else {}),
            "tasks": [_task_entry(task, self.sota.get(task.id)) for task in self.tasks],
        }


def _task_entry(task: TaskResult, sota: float | None) -> dict[str, Any]:
    entry = task.to_dict()
    entry["seconds"] = round(task.seconds, 3)
    return {
        key: entry.get(key) if key != "sota" else sota
        for key in (
            "id", "state", "metric", "score", "unit", "sota", "stderr", "n", "coverage", "seconds", "reason",
            "definition", "states", "data", "backbones", "notes", "top_answer",
            "top_share",
        )
    }  # fmt: skip


def write_result(folder: Path, result: RunResult) -> Path:
    """Write `result.json` in one step and return its path."""
    result.seconds = time.time() - result.started
    path = folder / RESULT_FILE
    temporary = path.with_suffix(".tmp")
    text = json.dumps(result.to_dict(), ensure_ascii=False, indent=1, allow_nan=False)
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(path)
    return path
