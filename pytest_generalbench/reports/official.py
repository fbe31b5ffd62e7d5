"""A run in the authors' forms: prediction files, submission objects, the workbook their scorer reads."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.json_files import parse_json
from pytest_generalbench.core.outputs import form_of
from pytest_generalbench.core.outputs.media_output import MediaOutput
from pytest_generalbench.core.regular_files import read_regular_text
from pytest_generalbench.reports.comparison import answers_of
from pytest_generalbench.runs.ledger.index import Ledgers, read_ledgers
from pytest_generalbench.runs.ledger.records import MEDIA_FOLDER, StoredRecord
from pytest_generalbench.runs.result_file import RESULT_FILE, RunResult, read_result
from pytest_generalbench.runs.run_manifest import RunManifest, read_run
from pytest_generalbench.suite import tasks as registry
from pytest_generalbench.suite.data import open_data
from pytest_generalbench.suite.level import write_workbook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.data import DataSource

PREDICTION_FILE: Final = "prediction.json"
SUBMISSION_FILE: Final = "submission.json"
_TOPS: Final = {"3d": "3D"}
"""Folders of the data set whose name is not the modality's."""


@dataclass(frozen=True, slots=True)
class ExportedRun:
    """A run folder opened for export."""

    folder: Path
    manifest: RunManifest
    ledgers: Ledgers
    tasks: tuple[Task, ...]
    """The benchmark's own tasks that the run has answers to."""
    shipped: Sequence[Task]
    result: RunResult | None
    """None when the run has not ended."""

    @property
    def scores(self) -> dict[str, float | None]:
        """The run's scores by task id."""
        return {entry.id: entry.result.score for entry in self.result.tasks} if self.result else {}


def open_run(folder: Path) -> ExportedRun:
    """Open a run folder. Raises GeneralBenchError when it is none."""
    manifest = read_run(folder)
    ledgers = read_ledgers(folder)
    shipped = registry.load_tasks()
    answered = tuple(task for task in shipped if task.id in ledgers.spans)
    result = read_result(folder) if (folder / RESULT_FILE).is_file() else None
    return ExportedRun(folder, manifest, ledgers, answered, shipped, result)


def model_name(manifest: RunManifest) -> str:
    """Return a name for the model that a file can bear: the last part of its specification."""
    spec = manifest.settings.model.rstrip("/")
    last = re.split(r"[/:]", spec)[-1] or spec
    return re.sub(r"[^A-Za-z0-9._-]+", "-", last).strip("-.") or "model"


def task_folders(shipped: Sequence[Task]) -> dict[str, Path]:
    """Return where each task's files go: its folder in the data set where it has one of its own."""
    found = {}
    for task in shipped:
        name = task.folders[0] if task.folders else "-".join(task.official_name.split())
        name = re.sub(r"[^\w.+-]+", "-", name.split("/")[-1]).strip("-.")
        found[task.id] = Path(_TOPS.get(task.modality, task.modality), task.paradigm or "", name)
    used = Counter(str(path).lower() for path in found.values())
    return {
        name: path if used[str(path).lower()] == 1 else path.with_name(name.split("/")[-1])
        for name, path in found.items()
    }


def export_official(run: ExportedRun, out: Path) -> list[str]:
    """Write prediction files, submission objects and, where there are scores, the workbook."""
    folders = task_folders(run.shipped)
    headers = _Annotations(run)
    for task in run.tasks:
        place = out / folders[task.id]
        place.mkdir(parents=True, exist_ok=True)
        ids, kind = headers.read(task)
        answers = answers_of(run.ledgers, task.id)
        order = {text: position for position, text in enumerate(ids)}
        data = [
            {"id": ids.get(instance, instance), "prediction": _prediction(run.folder, answer, place)}
            for instance, answer in sorted(
                answers.items(), key=lambda item: (order.get(item[0], len(order)), item[0])
            )
        ]
        write_json(place / PREDICTION_FILE, data)
        told = {"task": task.official_name, "skill": task.skill, "type": kind, "data": data}
        write_json(place / SUBMISSION_FILE, told)
    lines = [f"{len(run.tasks)} tasks: {PREDICTION_FILE} and {SUBMISSION_FILE} in each one's folder"]
    if any(score is not None for score in run.scores.values()):
        name = model_name(run.manifest)
        known = {task.id for task in run.shipped}
        scores = {key: value for key, value in run.scores.items() if key in known}
        path = out / f"{name}_result.xlsx"
        write_workbook(path, run.shipped, scores, name)
        lines.append(f"{path.name}: {sum(score is not None for score in scores.values())} scores")
    else:
        lines.append("no workbook: the run has no score")
    return lines


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file; half a surrogate pair, which no file can hold, is escaped."""
    text = json.dumps(content, ensure_ascii=False, indent=2)
    path.write_bytes((text + "\n").encode("utf-8", "backslashreplace"))


def _prediction(folder: Path, record: StoredRecord, place: Path) -> Any:
    """Return an answer as prediction files have it, None where there is none; its file goes beside it."""
    plain = record.answer
    if plain is None:
        return record.text
    if record.file:
        source, target = folder / MEDIA_FOLDER / record.file, place / record.file
        if not target.is_file():
            try:
                shutil.copyfile(source, target)
            except OSError as error:
                raise GeneralBenchError(f"{source} cannot be copied: {error.strerror or error}") from error
        if issubclass(form_of(plain["form"]), MediaOutput):
            return record.file
    return {key: value for key, value in plain.items() if key != "preview"}


class _Annotations:
    """The ids and kinds of the tasks as their annotation files have them; without the data, as we do."""

    def __init__(self, run: ExportedRun) -> None:
        settings = run.manifest.settings
        source: str | Path = settings.data
        if source not in ("demo", "hub"):
            source = Path(run.manifest.invocation) / settings.data
        self._data: DataSource | None
        try:
            self._data = open_data(source, settings.split, run.shipped, offline=True)
        except GeneralBenchError:
            self._data = None  # exported where the data are not: ids are texts then

    def read(self, task: Task) -> tuple[dict[str, Any], str]:
        """Return the instances' own ids by our text of them, in file order, and the task's type."""
        ids: dict[str, Any] = {}
        kind = task.paradigm_or_language
        files = self._data.files(task) if self._data else None
        if files is None or not files.annotation.is_file():
            return ids, kind
        try:
            content = parse_json(read_regular_text(files.annotation, "utf-8-sig"))
        except (OSError, ValueError):
            return ids, kind
        entries = content.get("data", ()) if isinstance(content, dict) else content
        for entry in entries if isinstance(entries, list) else ():
            given = entry.get("id") if isinstance(entry, dict) else None
            if isinstance(given, str | int):
                ids[str(given)] = given
        told = content.get("type") if isinstance(content, dict) else None
        return ids, told if isinstance(told, str) and told else kind
