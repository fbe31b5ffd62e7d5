"""`result.json`: what it holds, how it is written, and how those of other versions are read.

Everything that differs between two runs of the same thing (times, paths, hosts, how often it was
interrupted) lies under the one key `run`; without it the file of an interrupted and resumed run is
byte for byte that of a run that was never interrupted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, Self

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.json_files import parse_json
from pytest_generalbench.core.new_files import atomic_write
from pytest_generalbench.core.plain_types import MISFIT, check_types
from pytest_generalbench.core.regular_files import read_regular
from pytest_generalbench.core.result import TaskResult, result_from_dict
from pytest_generalbench.core.settings import Settings
from pytest_generalbench.runs.manifest import check_unchanged
from pytest_generalbench.runs.result_sections import (
    DataSection,
    DefinitionsSection,
    EnvironmentSection,
    ModelSection,
    RunSection,
    SettingsSection,
)
from pytest_generalbench.suite.level.result import LevelDict

SCHEMA_VERSION: Final = "2.5"
RESULT_FILE: Final = "result.json"
SCHEMA_FILE: Final = Path(__file__).parent / "result.schema.json"
"""JSON Schema of the files that this version writes."""

SET_ASIDE: Final = ("run",)
"""Top-level keys that may differ between two runs of the same thing."""


@dataclass(frozen=True, slots=True)
class TaskFacets:
    """What a reader of a task's entry needs beside the result; it follows from the task and its score."""

    modality: str
    paradigm: str | None
    """None for language tasks."""
    skill: str
    direction: str
    """`higher` or `lower`: which scores are better."""
    points: float | None
    """The score mapped to 0..100; None without a score."""
    reached: bool | None
    """Whether it is a win: the specialist is reached, with 5 % of unreadable answers at most. None where
    there is no score or no specialist."""
    no_win: str | None = None
    """Why the score cannot be a win."""


_FACETS: Final = tuple(item.name for item in fields(TaskFacets))
_OF_RESULT: Final = (
    "stderr", "n", "coverage", "reason", "definition", "states", "data", "backbones", "notes", "top_answer",
    "top_share",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TaskEntry:
    """One task of a result file; its time lies under `run`."""

    result: TaskResult
    sota: float | None = None
    """The specialist's score in the task's unit, where it can be compared."""
    facets: TaskFacets | None = None
    """None in files of schema 2.0."""

    @property
    def id(self) -> str:
        """The task's id."""
        return self.result.id

    def to_plain(self) -> dict[str, Any]:
        """Return the entry in plain builtins, its keys in the order in which they are written."""
        plain = self.result.to_dict()
        plain["states"] = dict(sorted(plain["states"].items()))
        head = {key: plain[key] for key in ("id", "state", "metric", "score", "unit")}
        entry = {**head, "sota": self.sota, **{key: plain[key] for key in _OF_RESULT}}
        if self.facets is None:
            return entry
        names = ("warnings", "defects", "majority", "repeats")
        rest: dict[str, Any] = {key: plain[key] for key in names if key in plain}
        return {**entry, **asdict(self.facets), **rest}

    @classmethod
    def from_plain(cls, entry: Mapping[str, Any]) -> Self:
        """Return the entry of plain builtins. Raises KeyError or TypeError when it is none."""
        result = result_from_dict({"metric": "", "unit": "", **entry})
        known = {key: entry[key] for key in _FACETS if key in entry}
        return cls(result, entry.get("sota"), TaskFacets(**known) if "modality" in known else None)


_MAY_LACK: Final = ("environment", "definitions", "level")
"""Keys that a file may be without: no score of a task follows from them."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything a finished run says (`result.json`)."""

    model: ModelSection
    data: DataSection
    settings: SettingsSection
    tasks: tuple[TaskEntry, ...]
    """Sorted by id."""
    run: RunSection
    level: LevelDict = field(default_factory=LevelDict)
    environment: EnvironmentSection = field(default_factory=EnvironmentSection)
    definitions: DefinitionsSection = field(default_factory=DefinitionsSection)
    schema: str = SCHEMA_VERSION
    """A run that was written in 2.0 keeps to it when it is rescored, so that its bytes stay."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Keys of a newer minor version, kept as they are."""

    @property
    def counts(self) -> dict[str, int]:
        """The tasks by state."""
        return dict(sorted(Counter(entry.result.state for entry in self.tasks).items()))

    def setting(self, name: str) -> Any:
        """Return a setting of the run; one that its version did not have had its default."""
        return self.settings.get(name, getattr(Settings(model=""), name))

    def entry(self, task: str) -> TaskEntry | None:
        """Return the entry of a task, None where the run is not over it."""
        return next((entry for entry in self.tasks if entry.id == task), None)

    def version(self, kind: Literal["metrics", "protocols"], name: str) -> int | None:
        """Return the version of a metric or protocol that the result was made with; None: it is not told.

        Args:
            kind: `metrics` or `protocols`.
            name: The name of the metric or protocol.
        """
        return (self.definitions.get(kind) or {}).get(name)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of `result.json` (docs/result.md)."""
        return {
            "schema": self.schema,
            "model": dict(self.model),
            "data": dict(self.data),
            "settings": dict(self.settings),
            "environment": dict(self.environment),
            "definitions": dict(self.definitions),
            "counts": self.counts,
            "level": dict(self.level),
            "tasks": [entry.to_plain() for entry in self.tasks],
            "run": dict(self.run),
            **self.more,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Return the result of a file's content. Raises one of `MISFIT` when it is none."""
        names = [item.name for item in fields(cls) if item.name not in ("tasks", "more")]
        result = cls(
            **{name: plain[name] for name in names if name in plain or name not in _MAY_LACK},
            tasks=tuple(TaskEntry.from_plain(entry) for entry in plain["tasks"]),
            more={key: plain[key] for key in plain if key not in (*names, "tasks", "counts")},
        )
        check_types(result)
        return result


def encode(result: RunResult) -> bytes:
    """Return the bytes of a result file: the order of its keys is fixed, numbers are exact."""
    return _encoded(result.to_dict())


def _encoded(content: Mapping[str, Any]) -> bytes:
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode("utf-8", "backslashreplace")


def result_schema() -> Path:
    """Return the JSON Schema file that every `result.json` of this version is valid under."""
    return SCHEMA_FILE


def write_result(folder: Path, result: RunResult) -> Path:
    """Write `result.json` in one step and return its path. Raises GeneralBenchError when it cannot be."""
    path = folder / RESULT_FILE
    try:
        atomic_write(path, encode(result))
    except OSError as error:
        raise GeneralBenchError(
            f"{path} cannot be written: {error.strerror or error}; every answer is in the ledger: make room, "
            "then go on with --generalbench-resume, or use 'generalbench rescore'"
        ) from error
    return path


def comparable(result: RunResult) -> bytes:
    """Return the bytes that are the same for two runs of the same thing."""
    return _encoded({key: value for key, value in result.to_dict().items() if key not in SET_ASIDE})


def read_result(path: Path) -> RunResult:
    """Return the content of a result file.

    Files of older versions are brought into it; of newer minor versions the keys that are not known
    are kept. Raises GeneralBenchError for a newer major version, and for what is no result file;
    ChangedFileError where the run has ended and the file is not as it was then.
    """
    if path.is_dir():
        path = path / RESULT_FILE
    try:
        raw = read_regular(path)
        check_unchanged(path.parent, path.name, raw)
        content = parse_json(raw.decode("utf-8"))
        major = int(str(content["schema"]).partition(".")[0])
    except (OSError, *MISFIT) as error:
        raise _no_result(path, error) from error
    newest = int(SCHEMA_VERSION.partition(".")[0])
    if major > newest:
        raise GeneralBenchError(
            f"{path} has schema {content['schema']}, this program reads up to {newest}.x: "
            "pip install --upgrade pytest-generalbench"
        )
    try:
        return RunResult.from_dict(_from_first(content) if major == 1 else content)
    except MISFIT as error:
        raise _no_result(path, error) from error


def _no_result(path: Path, error: Exception) -> GeneralBenchError:
    reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
    return GeneralBenchError(f"{path} is no result file: {reason}")


def _from_first(old: Mapping[str, Any]) -> dict[str, Any]:
    """Bring a file of schema 1.x into the shape of 2.0: its times move under `run`."""
    tasks = [dict(task) for task in old["tasks"]]
    seconds = {task["id"]: task.pop("seconds", 0.0) for task in tasks}
    run: dict[str, Any] = {key: old.get(key) for key in ("started", "seconds")}
    run |= {"tasks": seconds, "torn_lines": [], "cached": {"hits": 0, "asked": 0}, "settings": {}}
    run["sessions"] = []
    kept = {key: value for key, value in old.items() if key not in ("started", "seconds", "tasks")}
    empty: dict[str, Any] = {"tasks": None, "metrics": {}, "protocols": {}}
    return {"environment": {}, **kept, "definitions": empty, "tasks": tasks, "run": run}
