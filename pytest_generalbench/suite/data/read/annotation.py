"""Reader of annotation files; an error in one instance affects that instance alone."""

from __future__ import annotations

import gc
import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_generalbench.core.errors import DataError, MediaError
from pytest_generalbench.core.request import Instance, Problem, UnopenedInstance
from pytest_generalbench.suite.data.read.ids import ids_of
from pytest_generalbench.suite.data.read.media_fields import media_of
from pytest_generalbench.suite.data.read.media_files import MediaFinder, inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_generalbench.core.media.media import Media
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.data.locate.layout import TaskFiles

MAX_BYTES: Final = 1 << 30
"""The largest annotation file that is read; the whole open set's are far below."""

MAX_DEPTH: Final = 64
"""The deepest nesting of an instance; polygons and RLE masks need about ten."""

FLAT_REFERENCES: Final = (
    "label", "labels", "answer", "answers", "answerKey", "answer_key", "correct_answer", "correct_option",
    "answer_idx", "answer_index", "ground_truth", "groundtruth", "gt", "gold", "reference", "references",
    "trajectory", "mask", "mask_file", "mask_path", "masks", "segmentation", "alpha", "flow",
)  # fmt: skip
"""Keys that are the reference where an instance has no `output`, the first that is there."""

INPUT_REFERENCES: Final = ("gt_dir", "gt_folder")
"""Folders of reference frames that some video tasks name in their `input`."""

_NAMES_OF_LABELS: Final = (
    "label_name",
    "label_names",
    "label_text",
    "class_name",
    "category_name",
    "answer_text",
)
"""Keys beside a flat answer that say it in another way; the model must see none of them."""

_WITH_TRAJECTORY: Final = ("tube_start_frame", "tube_end_frame")
"""The grounding tasks' answer is in three keys; the model must see none of them."""


@dataclass(frozen=True, slots=True)
class TaskData:
    """The content of an annotation file."""

    task_id: str
    header: Mapping[str, Any]
    """The top-level keys except `data` (`type`, `intent_label`, `others`, …)."""
    instances: tuple[Instance, ...]
    fingerprint: str
    """16 hex digits over the annotation file's bytes."""
    remarks: tuple[str, ...] = ()
    """A line for everything that is wrong with the file as a whole."""

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each problem, of the file first, then of its instances, in order.

        Looks at the media of every instance.
        """
        of_instances = (instance.problem.message for instance in self.instances if instance.problem)
        return (*self.remarks, *of_instances)

    @property
    def references(self) -> int:
        """How many instances have a ground truth."""
        return sum(instance.has_reference for instance in self.instances)


class _Document(NamedTuple):
    header: dict[str, Any]
    entries: list[Any]
    remarks: list[str]


def load(files: TaskFiles, task: Task, root: Path) -> TaskData:
    """Read the annotation file of `task`, and find its media inside the data folder `root`.

    Raises DataError, one line that names the file, when the file as a whole cannot be
    used. An instance that cannot be asked carries a Problem, and all others stay good. The media of
    an instance are looked for when they are first asked of it, so that a limited run pays for its own.
    """
    with _without_collector():
        return _load(files, task, root)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Pause the garbage collector: it would look through a large file's many objects again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _load(files: TaskFiles, task: Task, root: Path) -> TaskData:
    name = _relative(files.annotation, root)
    raw = _read(files.annotation, name, root)
    document = _document(_parse(raw, name), name)
    reader = _InstanceReader(files, task, name, root, document.entries)
    instances = tuple(reader.read(position, entry) for position, entry in enumerate(document.entries, 1))
    remarks = [*document.remarks, *reader.remarks, *_split_remarks(task, files, document, instances)]
    return TaskData(
        task_id=task.id,
        header=document.header,
        instances=instances,
        fingerprint=hashlib.sha256(raw).hexdigest()[:16],
        remarks=tuple(f"{name}: {remark}" for remark in remarks),
    )


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _read(path: Path, name: str, root: Path) -> bytes:
    if not inside(path, root):
        raise DataError(f"{name}: a link that leaves the data folder, refused")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DataError(f"{name}: {size} bytes, more than the {MAX_BYTES} that are read")
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{name}: cannot be read ({error.strerror or error})") from error
    if not raw.strip():
        raise DataError(f"{name}: the file is empty")
    return raw


def _parse(raw: bytes, name: str) -> Any:
    try:
        text = raw.decode("utf-8-sig")
        content = json.loads(text)
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: not UTF-8 text (byte {error.start})") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise DataError(f"{name}: not JSON, {where}: {error.msg}") from error
    except ValueError as error:
        raise DataError(f"{name}: not JSON that can be read: {error}") from error
    except RecursionError as error:
        raise DataError(f"{name}: nested too deeply to be read") from error
    # Half a surrogate pair is legal JSON and no text: nothing could write it down again.
    return _mended(content) if "\\ud" in text.lower() else content


def _mended(value: Any, depth: int = 0) -> Any:
    """Return `value` with unpaired surrogates replaced in every string."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if depth > MAX_DEPTH + 4:
        return value  # refused as too deep later on
    if isinstance(value, list):
        return [_mended(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_mended(key, depth + 1): _mended(item, depth + 1) for key, item in value.items()}
    return value


def _keys(value: Mapping[str, Any]) -> str:
    return ", ".join(sorted(value)[:12]) or "none"


def _document(content: Any, name: str) -> _Document:
    """Split the file's content into header and instances; only a list of instances is tolerated."""
    remarks: list[str] = []
    if isinstance(content, list):
        header, entries = {}, content
        remarks.append("a bare list of instances, without the object around it")
    elif not isinstance(content, dict):
        raise DataError(f"{name}: expected an object with a list 'data', found {type(content).__name__}")
    elif "data" not in content:
        raise DataError(f"{name}: no 'data'; keys found: {_keys(content)}")
    elif not isinstance(content["data"], list):
        raise DataError(f"{name}: 'data' must be a list, found {type(content['data']).__name__}")
    else:
        header, entries = {key: content[key] for key in content if key != "data"}, content["data"]
    if not entries:
        raise DataError(f"{name}: no instance in it")
    if _deeper_than(header, MAX_DEPTH):
        raise DataError(f"{name}: its header is nested deeper than {MAX_DEPTH} levels")
    return _Document(header, entries, remarks)


def _deeper_than(value: Any, limit: int) -> bool:
    """Whether `value` nests deeper than `limit`, looked at level by level."""
    level = [value]
    for _ in range(limit):
        level = [
            item
            for holder in level
            for item in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return False
    return True


def _needs_outputs(task: Task) -> bool:
    """Return whether the metric needs something that only the file's outputs can hold."""
    from pytest_generalbench import metrics  # brings in numpy, which finding the data does without

    return task.paradigm != "generation" or "medium" in (metrics.get(task.metric.name).needs or ())


def _split_remarks(
    task: Task, files: TaskFiles, document: _Document, instances: tuple[Instance, ...]
) -> Iterator[str]:
    """Yield a remark where the file contradicts the split it is read as."""
    answer = document.header.get("set_type")
    wanted = {"open": "openset", "close": "closeset"}[files.split]
    if isinstance(answer, str) and answer.lower() in {"openset", "closeset"} and answer.lower() != wanted:
        yield f"set_type is {answer!r}, read as the {files.split} set"
    has_references = any(instance.has_reference for instance in instances)
    if files.split == "open" and not has_references and _needs_outputs(task):
        yield "no instance has an output; is this the close set?"


class _InstanceReader:
    """Makes the entries of one file into instances; ids are unique afterwards."""

    def __init__(self, files: TaskFiles, task: Task, name: str, root: Path, entries: list[Any]) -> None:
        self._task = task
        self._name = name
        self._close = files.split == "close"
        self._finder = MediaFinder(files.folder, root)
        self._reference_files = MediaFinder(files.folder, root, references=True)
        self._ids = ids_of(entries)
        # One look over the whole file spares a look at each entry of nearly every file.
        self._may_be_deep = _deeper_than(entries, MAX_DEPTH + 1)
        self._references_expected = any(_reference(entry)[1] for entry in entries)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks on the ids."""
        if self._ids.key is None:
            return ("no entry has an id: each is named by its place in the file, #1 the first",)
        return () if self._ids.key == "id" else (f"{self._ids.key!r} is taken as the id",)

    def read(self, position: int, entry: Any) -> Instance:
        """Return the instance at `position` (counted from 1)."""
        instance_id, fault = self._ids.entries[position - 1]
        if not isinstance(entry, dict):
            kind = type(entry).__name__
            return self._instance(instance_id, {}, fault=f"expected an object, found {kind}")
        if self._may_be_deep and _deeper_than(entry, MAX_DEPTH):
            return self._instance(instance_id, {}, fault=f"nested deeper than {MAX_DEPTH} levels")
        fields = _fields(entry, self._ids.key)
        reference, key = (None, None) if self._close else _reference(entry)
        if key is None and self._references_expected and not self._close:
            fault = fault or f"no output; keys found: {_keys(entry)}"
        return self._instance(instance_id, fields, reference, key, fault, _sources(entry, fields))

    def _instance(
        self,
        instance_id: str,
        fields: Mapping[str, Any],
        reference: Any = None,
        key: str | None = None,
        fault: str | None = None,
        sources: Mapping[str, Any] | None = None,
    ) -> Instance:
        where = f"{self._name}: instance {instance_id!r}"
        problem = Problem("error", f"{where}: {fault}") if fault else None

        def find() -> tuple[tuple[Media, ...], Problem | None]:
            try:
                media = () if sources is None else media_of(sources, self._task, self._finder)
            except MediaError as error:
                return (), problem or Problem("missing_media", f"{where}: {error}")
            return media, problem

        files = self._reference_files
        return UnopenedInstance(instance_id, self._task.id, fields, reference, key, files, find)


_NO_INPUT: Final = frozenset({*INPUT_REFERENCES, "pred_dir"})
"""Keys of an `input` object that a model must not see."""


def _fields(entry: Mapping[str, Any], id_key: str | None) -> dict[str, Any]:
    """Return what the model may see: the `input` object, or the entry without id and answer."""
    given = entry.get("input")
    if isinstance(given, dict):
        return {key: value for key, value in given.items() if key not in _NO_INPUT}
    hidden = {"id", "output", id_key}
    if entry.get("output") is None:
        hidden.update(FLAT_REFERENCES)
        hidden.update(_NAMES_OF_LABELS)
        hidden.update(_WITH_TRAJECTORY if "trajectory" in entry or "tube_start_frame" in entry else ())
    fields = {key: value for key, value in entry.items() if key not in hidden}
    if isinstance(given, str) and len(fields) == 1:
        fields["text"] = given
    return fields


def _sources(entry: Mapping[str, Any], fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields in which media are looked for; frames may be named in the reference alone."""
    given = entry.get("input")
    return given if isinstance(given, dict) else fields


def _reference(entry: Any) -> tuple[Any, str | None]:
    """Return the raw reference and the key it was under, or None twice."""
    if not isinstance(entry, dict):
        return None, None
    if entry.get("output") is not None:
        return entry["output"], "output"
    key = next((key for key in FLAT_REFERENCES if entry.get(key) is not None), None)
    if key == "trajectory":
        return {name: entry[name] for name in (*_WITH_TRAJECTORY, key) if name in entry}, key
    given = entry.get("input")
    if key is None and isinstance(given, dict):
        folder = next((name for name in INPUT_REFERENCES if isinstance(given.get(name), str)), None)
        return ({folder: given[folder]}, f"input.{folder}") if folder else (None, None)
    if key is None:
        return None, None
    beside = {name: entry[name] for name in _NAMES_OF_LABELS if entry.get(name) is not None}
    return ({key: entry[key], **beside}, key) if beside else (entry[key], key)
