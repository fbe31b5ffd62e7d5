"""`result.json`: what it holds, how it is written, and how those of other versions are read.

Everything that differs between two runs of the same thing (times, paths, hosts, how often it was
interrupted) lies under the one key `run`; without it the file of an interrupted and resumed run is
byte for byte that of a run that was never interrupted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.runs.files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.result import TaskResult

SCHEMA_VERSION: Final = "2.2"
RESULT_FILE: Final = "result.json"
SCHEMA_FILE: Final = Path(__file__).parent / "result.schema.json"
"""JSON Schema of the files that this version writes."""

SET_ASIDE: Final = ("run",)
"""Top-level keys that may differ between two runs of the same thing."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything a finished run says, in the order it is written."""

    model: Mapping[str, Any]
    """The specification and what the loaded model says of itself."""
    data: Mapping[str, Any]
    """name, split, fingerprint, is_demo, and the note that goes with demo data."""
    settings: Mapping[str, Any]
    """Those that answers, scores or levels depend on."""
    environment: Mapping[str, Any]
    definitions: Mapping[str, Any]
    """Fingerprint of the task files, versions of metrics and protocols."""
    level: Mapping[str, Any]
    tasks: Sequence[TaskResult]
    sota: Mapping[str, float | None]
    """The specialist's score by task id, in the task's unit where it can be compared."""
    facets: Mapping[str, Mapping[str, Any]]
    """By task id: what a reader of its entry needs beside the score (`finalize.task_facets`)."""
    run: Mapping[str, Any]
    """What is set aside in comparisons: times, sessions, counts of the ledger."""
    schema: str = SCHEMA_VERSION
    """A run that was written in 2.0 keeps to it when it is rescored, so that its bytes stay."""

    def to_dict(self) -> dict[str, Any]:
        """Return the content of `result.json` (docs/result.md)."""
        counts: dict[str, int] = {}
        for task in self.tasks:
            counts[task.state] = counts.get(task.state, 0) + 1
        return {
            "schema": self.schema,
            "model": dict(self.model),
            "data": dict(self.data),
            "settings": dict(self.settings),
            "environment": dict(self.environment),
            "definitions": dict(self.definitions),
            "counts": dict(sorted(counts.items())),
            "level": dict(self.level),
            "tasks": [self._entry(task) for task in self.tasks],
            "run": dict(self.run),
        }

    def _entry(self, task: TaskResult) -> dict[str, Any]:
        entry = task_entry(task, self.sota.get(task.id))
        return entry if self.schema == "2.0" else {**entry, **self.facets.get(task.id, {})}


def task_entry(task: TaskResult, sota: float | None) -> dict[str, Any]:
    """Return the entry of one task; its time is under `run`."""
    entry = {**task.to_dict(), "sota": sota}
    entry["states"] = dict(sorted(entry["states"].items()))
    return {
        key: entry.get(key)
        for key in (
            "id", "state", "metric", "score", "unit", "sota", "stderr", "n", "coverage", "reason",
            "definition", "states", "data", "backbones", "notes", "top_answer", "top_share",
        )
    }  # fmt: skip


def encode(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of a result file: the order of its keys is fixed, numbers are exact."""
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode("utf-8", "backslashreplace")


def write_result(folder: Path, content: Mapping[str, Any]) -> Path:
    """Write `result.json` in one step and return its path. Raises GeneralBenchError when it cannot be."""
    path = folder / RESULT_FILE
    try:
        atomic_write(path, encode(content))
    except OSError as error:
        raise GeneralBenchError(
            f"{path} cannot be written: {error.strerror or error}; every answer is in the ledger: make room, "
            "then go on with --generalbench-resume, or use 'generalbench rescore'"
        ) from error
    return path


def comparable(content: Mapping[str, Any]) -> bytes:
    """Return the bytes that are the same for two runs of the same thing."""
    return encode({key: value for key, value in content.items() if key not in SET_ASIDE})


def read_result(path: Path) -> dict[str, Any]:
    """Return the content of a result file in this version's shape.

    Files of older versions are brought into it; of newer minor versions the keys that are not known
    are kept. Raises GeneralBenchError for a newer major version, and for what is no result file.
    """
    if path.is_dir():
        path = path / RESULT_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        major = int(str(content["schema"]).partition(".")[0])
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        raise GeneralBenchError(f"{path} is no result file: {reason}") from error
    newest = int(SCHEMA_VERSION.partition(".")[0])
    if major > newest:
        raise GeneralBenchError(
            f"{path} has schema {content['schema']}, this program reads up to {newest}.x: "
            "pip install --upgrade pytest-generalbench"
        )
    return _from_first(content) if major == 1 else content


def _from_first(old: Mapping[str, Any]) -> dict[str, Any]:
    """Bring a file of schema 1.x into the shape of 2.0: its times move under `run`."""
    tasks = [dict(task) for task in old["tasks"]]
    seconds = {task["id"]: task.pop("seconds", 0.0) for task in tasks}
    run: dict[str, Any] = {key: old.get(key) for key in ("started", "seconds")}
    run |= {"tasks": seconds, "torn_lines": [], "cached": {"hits": 0, "asked": 0}, "settings": {}}
    run["sessions"] = []
    kept = {key: value for key, value in old.items() if key not in ("started", "seconds", "tasks")}
    empty: dict[str, Any] = {"tasks": None, "metrics": {}, "protocols": {}}
    return {**kept, "definitions": empty, "tasks": tasks, "run": run}
