"""`predictions:DIR`: answers that were made elsewhere, replayed so that they can be scored.

A file answers one task. It is a list of `{"id": …, "prediction": …}`, or an object with such a
list under `data`. It belongs to the task whose id is its path below DIR
(`nlp/causal-reasoning.json`), whose folder it lies in (`nlp/Causal-Reasoning/prediction.json`,
as the authors' tool writes it), or which its key `task` names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pytest_generalbench.errors import ModelError
from pytest_generalbench.instance import Output, Request
from pytest_generalbench.models.base import AnswerSheet, Failed, Model
from pytest_generalbench.task import Task, slug

_ANSWER_KEYS: Final = ("prediction", "prediction_final", "answer", "response")


def _names(task: Task) -> set[str]:
    names = {task.id.rsplit("/", 1)[-1], task.official_name, task.name, task.short_name, *task.folders}
    return {_plain(name) for name in names}


def _plain(name: str) -> str:
    return slug(name).replace("-", "")


class Predictions(Model):
    """Replays the files of a folder; a task without a file is unsupported."""

    batch_size = 256

    def __init__(self, folder: Path) -> None:
        """List the files of `folder`; they are read when their task comes."""
        if not folder.is_dir():
            raise ModelError(f"predictions:{folder}: there is no such folder")
        self.folder = folder
        self.files = sorted(folder.rglob("*.json"))
        if not self.files:
            raise ModelError(f"predictions:{folder}: no .json file in it")
        self._answers: Mapping[str, Any] = {}

    def find(self, task: Task) -> Path | None:
        """Return the file that answers `task`."""
        exact = self.folder / f"{task.id}.json"
        if exact in self.files:
            return exact
        wanted = _names(task)
        for path in self.files:
            parts = [part.lower() for part in path.relative_to(self.folder).parts[:-1]]
            # A folder of another modality may carry the same name.
            if any(part in {"image", "video", "audio", "3d", "nlp"} - {task.modality} for part in parts):
                continue
            if any(part in {"comprehension", "generation"} - {task.paradigm} for part in parts):
                continue
            candidates = {_plain(path.parent.name)} if path.parent != self.folder else set()
            if path.name != "prediction.json":
                candidates.add(_plain(path.stem))
            if candidates & wanted:
                return path
        return self._find_by_key(wanted)

    def _find_by_key(self, wanted: set[str]) -> Path | None:
        for path in self.files:
            content = _content(path)
            if isinstance(content, dict) and _plain(str(content.get("task", ""))) in wanted:
                return path
        return None

    def unsupported(self, task: Task) -> str | None:
        """Return why there is nothing to replay for `task`, or None."""
        return None if self.find(task) else f"no predictions for it in {self.folder.name}"

    def begin(self, task: Task, sheet: AnswerSheet | None) -> None:
        """Read the task's file."""
        path = self.find(task)
        self._answers = {} if path is None else dict(_answers(path))

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Return the stored answers; an id that is not in the file is an error of that instance."""
        return [self._one(request.instance_id) for request in requests]

    def _one(self, instance: str) -> Output | Failed:
        if instance not in self._answers:
            return Failed("the predictions have no answer for this id")
        answer = self._answers[instance]
        if isinstance(answer, str):
            return Output(answer)
        if answer is None:
            return Failed("the prediction is null")
        return Output(json.dumps(answer, ensure_ascii=False))

    def identity(self) -> dict[str, Any]:
        """Return a digest over all files, so that other answers are another model."""
        digest = hashlib.sha256()
        for path in self.files:
            digest.update(path.relative_to(self.folder).as_posix().encode() + b"\0" + path.read_bytes())
        return {"class": "predictions", "folder": self.folder.name, "sha256": digest.hexdigest()[:16]}


def _content(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read as JSON ({error})") from error


def _answers(path: Path) -> Iterator[tuple[str, Any]]:
    content = _content(path)
    records = content.get("data") if isinstance(content, dict) else content
    if not isinstance(records, list):
        raise ModelError(f"{path}: a prediction file is a list of {{id, prediction}}, or has it under 'data'")
    for position, record in enumerate(records):
        keys = [key for key in _ANSWER_KEYS if isinstance(record, dict) and key in record]
        if not keys or "id" not in record:
            raise ModelError(
                f"{path}: record {position} needs the keys 'id' and 'prediction', has {record!r:.80}"
            )
        yield str(record["id"]), record[keys[0]]
