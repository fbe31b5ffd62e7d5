"""Reader of annotation files; an error in one instance affects that instance alone."""

from __future__ import annotations

import gc
import hashlib
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.core.json_files import parse_json
from pytest_generalbench.core.regular_files import read_regular
from pytest_generalbench.suite.data.read.instances import MAX_DEPTH, FileInstances, deeper_than, named_keys
from pytest_generalbench.suite.data.read.media_files import inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.data.locate.layout import TaskFiles


@dataclass(frozen=True, slots=True)
class TaskData:
    """The content of an annotation file."""

    task_id: str
    header: Mapping[str, Any]
    """The top-level keys except `data` (`type`, `intent_label`, `others`, …)."""
    instances: Sequence[Instance]
    fingerprint: str
    """16 hex digits over the annotation file's bytes."""
    remarks: tuple[str, ...] = ()
    """A line for everything that is wrong with the file as a whole."""
    opened: int = 0
    """When reading began, in nanoseconds since 1970; 0 where the data are in no file."""

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


def entries_of(files: TaskFiles, root: Path) -> list[Any]:
    """Return the entries of an annotation file as they stand there. Raises DataError as `load` does."""
    name = _relative(files.annotation, root)
    return _document(_parse(_read(files.annotation, name, root), name), name).entries


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
    name, opened = _relative(files.annotation, root), time.time_ns()
    raw = _read(files.annotation, name, root)
    document = _document(_parse(raw, name), name)
    instances = FileInstances(files, task, name, root, document.entries)
    remarks = [*document.remarks, *instances.remarks, *_split_remarks(task, files, document, instances)]
    return TaskData(
        task_id=task.id,
        header=document.header,
        instances=instances,
        fingerprint=hashlib.sha256(raw).hexdigest()[:16],
        remarks=tuple(f"{name}: {remark}" for remark in remarks),
        opened=opened,
    )


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _read(path: Path, name: str, root: Path) -> bytes:
    if not inside(path, root):
        raise DataError(f"{name}: a link that leaves the data folder, refused")
    try:
        raw = read_regular(path)
    except OSError as error:
        raise DataError(f"{name}: cannot be read ({error.strerror or error})") from error
    if not raw.strip():
        raise DataError(f"{name}: the file is empty")
    return raw


def _parse(raw: bytes, name: str) -> Any:
    try:
        text = raw.decode("utf-8-sig")
        content = parse_json(text)
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: not UTF-8 text (byte {error.start})") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise DataError(f"{name}: not JSON, {where}: {error.msg}") from error
    except ValueError as error:
        raise DataError(f"{name}: not JSON that can be read: {error}") from error
    except RecursionError as error:
        raise DataError(f"{name}: nested too deeply to be read") from error
    except MemoryError as error:
        raise DataError(f"{name}: its values do not fit into memory") from error
    # Half a surrogate pair is legal JSON and no text: nothing could write it down again.
    return _mended(content) if "\\ud" in text or "\\uD" in text else content


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


def _document(content: Any, name: str) -> _Document:
    """Split the file's content into header and instances; only a list of instances is tolerated."""
    remarks: list[str] = []
    if isinstance(content, list):
        header, entries = {}, content
        remarks.append("a bare list of instances, without the object around it")
    elif not isinstance(content, dict):
        raise DataError(f"{name}: expected an object with a list 'data', found {type(content).__name__}")
    elif "data" not in content:
        raise DataError(f"{name}: no 'data'; keys found: {named_keys(content)}")
    elif not isinstance(content["data"], list):
        raise DataError(f"{name}: 'data' must be a list, found {type(content['data']).__name__}")
    else:
        header, entries = {key: content[key] for key in content if key != "data"}, content["data"]
    if not entries:
        raise DataError(f"{name}: no instance in it")
    if deeper_than(header, MAX_DEPTH):
        raise DataError(f"{name}: its header is nested deeper than {MAX_DEPTH} levels")
    return _Document(header, entries, remarks)


def _needs_outputs(task: Task) -> bool:
    """Return whether the metric needs something that only the file's outputs can hold."""
    from pytest_generalbench import metrics  # brings in numpy, which finding the data does without

    return task.paradigm != "generation" or "medium" in (metrics.get(task.metric.name).needs or ())


def _split_remarks(
    task: Task, files: TaskFiles, document: _Document, instances: Sequence[Instance]
) -> Iterator[str]:
    """Yield a remark where the file contradicts the split it is read as."""
    answer = document.header.get("set_type")
    wanted = {"open": "openset", "close": "closeset"}[files.split]
    if isinstance(answer, str) and answer.lower() in {"openset", "closeset"} and answer.lower() != wanted:
        yield f"set_type is {answer!r}, read as the {files.split} set"
    lacks_references = files.split == "open" and not any(one.has_reference for one in instances)
    if lacks_references and _needs_outputs(task):
        yield "no instance has an output; is this the close set?"
