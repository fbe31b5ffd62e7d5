"""`predictions:DIR`: answers that were made elsewhere, read from files so that they can be scored.

A file answers one task; it is JSON (`.json`) or JSON Lines (`.jsonl`), in UTF-8, UTF-16 or UTF-32. It is a
list of `{"id": …, "prediction": …}`, or an object with such a list under `data`. It belongs to the task whose
id is its path below DIR (`nlp/causal-reasoning.json`), whose folder it lies in
(`nlp/Causal-Reasoning/prediction.json`, as the authors' tool writes it), or which its key `task` names.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.errors import DataError, ModelError
from pytest_generalbench.core.json_files import parse_json
from pytest_generalbench.core.outputs import answer_from_plain, form_of
from pytest_generalbench.core.regular_files import read_regular
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.core.task import Task, slug
from pytest_generalbench.models.base import Failed, Model, ReferenceSheet

if TYPE_CHECKING:
    from pathlib import Path

_FILE: Final = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,7}$")
_ENDINGS: Final = (".json", ".jsonl")
_ANSWER_KEYS: Final = ("prediction", "prediction_final", "answer", "response")


def _names(task: Task) -> set[str]:
    names = {task.id.rsplit("/", 1)[-1], task.official_name, task.name, task.short_name, *task.folders}
    return {_plain(name) for name in names}


def _plain(name: str) -> str:
    return slug(name).replace("-", "")


def _file_names(path: Path, folder: Path) -> set[str]:
    """Return the task names that a file's path may stand for: its folder's and its own."""
    names = set() if path.parent == folder else {_plain(path.parent.name)}
    return names if path.stem == "prediction" else {*names, _plain(path.stem)}


class Predictions(Model):
    """Answers from the prediction files in a folder; a task without a file is unsupported.

    Args:
        folder: the folder; which file belongs to which task is said at the top of this module.

    Raises:
        ModelError: there is no such folder, or no .json or .jsonl file in it.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from pytest_generalbench.suite.tasks import load_tasks
    >>> task = next(task for task in load_tasks() if task.id == "nlp/causal-reasoning")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "nlp", "causal-reasoning.json")
    ...     path.parent.mkdir()
    ...     _ = path.write_text('[{"id": "7", "prediction": "B"}]')
    ...     model = Predictions(Path(folder))
    ...     model.begin(task, None)
    ...     model.generate([Request(task.id, "7", ("?",))])[0].text
    'B'
    """

    deterministic = True

    batch_size = 256
    output_media = frozenset(vocabulary.MEDIA)

    def __init__(self, folder: Path) -> None:
        """List the files of `folder`; each is read when its task is asked."""
        if not folder.is_dir():
            raise ModelError(f"predictions:{folder}: there is no such folder")
        self.folder = folder
        self.files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS)
        if not self.files:
            raise ModelError(f"predictions:{folder}: no .json file in it, nor a .jsonl")
        self._answers: Mapping[str, Any] = {}
        self._place = folder

    def find(self, task: Task) -> Path | None:
        """Return the file that answers `task`."""
        for ending in _ENDINGS:
            exact = self.folder / f"{task.id}{ending}"
            if exact in self.files:
                return exact
        names = _names(task)
        mine = [path for path in self.files if self._may_be(path, task)]
        by_name = (path for path in mine if _file_names(path, self.folder) & names)
        by_key = (path for path in mine if self._keys.get(path) in names)
        return next(by_name, None) or next(by_key, None)

    def _may_be(self, path: Path, task: Task) -> bool:
        """Return whether the folders above the file fit the task, whose name other modalities may have."""
        above = {part.lower() for part in path.relative_to(self.folder).parts[:-1]}
        others = {*vocabulary.MODALITIES, *vocabulary.PARADIGMS} - {task.modality, task.paradigm}
        return not above & others

    @cached_property
    def _keys(self) -> dict[Path, str]:
        """The task that each file names itself; a file that cannot be read names none."""
        keys: dict[Path, str] = {}
        for path in self.files:
            try:
                content = _content(path)
            except ModelError:
                continue  # the task that its name stands for says so
            if isinstance(content, dict) and content.get("task"):
                keys[path] = _plain(str(content["task"]))
        return keys

    def unsupported(self, task: Task) -> str | None:
        """Return that no file answers the task, or None when one does."""
        return None if self.find(task) else f"no predictions for it in {self.folder.name}"

    def begin(self, task: Task, sheet: ReferenceSheet | None) -> None:
        """Read the task's file."""
        path = self.find(task)
        self._answers = {} if path is None else _answers(path)
        self._place = self.folder if path is None else path.parent

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Return the stored answers; an id that is not in the file is an error of that instance."""
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Output | Failed:
        if request.instance_id not in self._answers:
            return Failed("the predictions have no answer for this id")
        answer = self._answers[request.instance_id]
        if answer is None:
            return Failed("the prediction is null")
        if request.form != "text" and (not isinstance(answer, str) or self._is_file(answer)):
            return self._kept(request.form, answer)
        if isinstance(answer, str):
            return Output(answer)
        return Output(json.dumps(answer, ensure_ascii=False))

    def _kept(self, form: str, value: Any) -> Output | Failed:
        """Read an answer that is not text: an object, or the name of a file beside the prediction file."""
        try:
            if isinstance(value, Mapping) and "form" in value:
                answer = answer_from_plain(value, self._read)
            else:
                answer = form_of(form).from_prediction(value, self._read)
        except DataError as error:
            return Failed(f"the prediction cannot be read: {error}")
        return Output(medium=answer.medium, answer=answer)

    def _is_file(self, text: str) -> bool:
        """Return whether a text names a file: it has an ending, and has no blanks or exists."""
        if not _FILE.search(text) or "\n" in text:
            return False
        return " " not in text.strip() or (self._place / text).is_file()

    def _read(self, name: str) -> bytes:
        path = (self._place / name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise DataError(f"{name!r:.80} lies outside the predictions folder")
        try:
            return read_regular(path)
        except OSError as error:
            raise DataError(f"{name!r:.80}: {error.strerror or error}") from error

    def identity(self) -> dict[str, Any]:
        """Return a digest of all files: a folder with other answers is another model."""
        digest = hashlib.sha256()
        for path in self.files:
            digest.update(path.relative_to(self.folder).as_posix().encode() + b"\0" + _bytes(path))
        return {"class": "predictions", "folder": self.folder.name, "sha256": digest.hexdigest()[:16]}


def _bytes(path: Path) -> bytes:
    try:
        return read_regular(path)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from error


def _content(path: Path) -> Any:
    """Return what a JSON file holds, in UTF-8, UTF-16 or UTF-32, with or without a byte order mark."""
    content = _bytes(path)
    try:
        text = content.decode(json.detect_encoding(content)).strip("\ufeff\0 \t\r\n")
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: not UTF-8, UTF-16 or UTF-32 ({error}): save it as UTF-8") from error
    try:
        return parse_json(text) if path.suffix.lower() == ".json" else _lines(text)
    except RecursionError as error:
        raise ModelError(f"{path}: cannot be read as JSON (nested too deeply)") from error
    except ValueError as error:
        raise ModelError(f"{path}: cannot be read as JSON ({error})") from error


def _lines(text: str) -> list[Any]:
    """Return the records of JSON Lines. Raises ValueError that names the line."""
    records = []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            if line.strip():
                records.append(parse_json(line))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    return records


def _answers(path: Path) -> dict[str, Any]:
    content = _content(path)
    records = content.get("data") if isinstance(content, dict) else content
    if not isinstance(records, list):
        raise ModelError(f"{path}: a prediction file is a list of {{id, prediction}}, or has it under 'data'")
    answers: dict[str, Any] = {}
    for position, record in enumerate(records):
        keys = [key for key in _ANSWER_KEYS if isinstance(record, dict) and key in record]
        if not keys or "id" not in record:
            text = f"record {position} needs the keys 'id' and 'prediction', has {record!r:.80}"
            raise ModelError(f"{path}: {text}")
        instance = str(record["id"])
        if instance in answers:
            raise ModelError(f"{path}: the id {instance!r} is answered twice")
        answers[instance] = record[keys[0]]
    return answers
