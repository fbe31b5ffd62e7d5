"""The benchmark's tasks: task files, read once and kept as a JSON index.

The 145 YAML files are the truth. Reading them takes a tenth of a second, which every
xdist worker would pay, so collection reads `index.json`: built into the wheel, and in
a checkout rewritten whenever a task file is newer than it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.errors import TaskFileError, UnknownWordError
from pytest_generalbench.core.new_files import atomic_write
from pytest_generalbench.core.plain_types import MISFIT
from pytest_generalbench.core.task import Task, task_from_dict, validate
from pytest_generalbench.core.yaml_files import read_yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

INDEX_VERSION: Final = 2
_HEAD_KEYS: Final = ("modality", "paradigm", "sheet", "skill", "skill_code")


def tasks_folder() -> Path:
    """Return the folder of task files: inside the installed package, or at the top of the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "benchmark_tasks"
    return installed if installed.is_dir() else package.parent / "benchmark_tasks"


def _yaml_value(path: Path) -> Any:
    import yaml

    try:
        return read_yaml(path)
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise TaskFileError(f"{path}: {' '.join(str(error).split())}") from error


def read_task_file(path: Path) -> list[Task]:
    """Read one skill's YAML file: a head with the fields of the skill, and `tasks`, a list.

    Raises TaskFileError that names the file and what is wrong in it.
    """
    content = _yaml_value(path)
    if not isinstance(content, dict) or not isinstance(content.get("tasks"), list):
        raise TaskFileError(
            f"{path}: a task file is a mapping with {', '.join(_HEAD_KEYS)} and a list `tasks`"
        )
    head = {key: value for key, value in content.items() if key != "tasks"}
    for key in head:
        if key not in _HEAD_KEYS:
            raise TaskFileError(f"{path}: {UnknownWordError('key', key, (*_HEAD_KEYS, 'tasks'))}")
    head.setdefault("paradigm", None)
    tasks = []
    for given in content["tasks"]:
        if not isinstance(given, dict):
            raise TaskFileError(f"{path}: every entry of `tasks` is a mapping, not {given!r}")
        try:
            tasks.append(_with_protocol({**head, **given}))
        except TaskFileError as error:
            raise TaskFileError(f"{path}: {error}") from error
    return tasks


def _with_protocol(given: Mapping[str, Any]) -> Task:
    """Build a Task; the archetype names its protocol unless the file does."""
    archetype = given.get("archetype")
    if "protocol" not in given:
        if archetype not in vocabulary.ARCHETYPE_PROTOCOL:
            known = vocabulary.ARCHETYPE_PROTOCOL
            raise TaskFileError(
                f"task {given.get('id')!r}: {UnknownWordError('archetype', archetype, known)}"
            )
        given = {**given, "protocol": vocabulary.ARCHETYPE_PROTOCOL[archetype]}
    return task_from_dict(given)


def read_task_folder(folder: Path) -> list[Task]:
    """Read every task file below `folder`, sorted by id; two tasks of one id are an error."""
    tasks = [task for path in sorted(folder.rglob("*.yaml")) for task in read_task_file(path)]
    return sorted_unique(tasks)


def sorted_unique(tasks: Iterable[Task]) -> list[Task]:
    """Sort by id; raise TaskFileError when an id occurs twice."""
    result: dict[str, Task] = {}
    for task in tasks:
        if task.id in result:
            raise TaskFileError(f"task {task.id!r} is there twice")
        result[task.id] = task
    return [result[key] for key in sorted(result)]


def index_from_files(folder: Path, metrics: Collection[str] | None = None) -> dict[str, Any]:
    """Return the index of all task files below `folder`, validated against the built-in words.

    Args:
        folder: Where the task files lie.
        metrics: The names of metrics. None leaves them unchecked: their registry needs libraries that
            building a wheel does not have.

    Raises:
        TaskFileError: a file has a slip; the message names file, task and the good words.
    """
    tasks = [validate(task, metrics) for task in read_task_folder(folder)]
    return {"version": INDEX_VERSION, "tasks": [task.to_dict() for task in tasks]}


def _is_fresh(index: Path, folder: Path) -> bool:
    try:
        made = index.stat().st_mtime_ns
    except OSError:
        return False
    if folder.parent.name == "pytest_generalbench":
        return True  # inside an installed wheel both were written by the build
    # A removed file changes its folder's time, so folders count as well.
    return all(path.stat().st_mtime_ns <= made for path in folder.rglob("*") if _shapes_index(path))


def _shapes_index(path: Path) -> bool:
    return path.suffix == ".yaml" or (path.is_dir() and path.name != "__pycache__")


def _read_index(index: Path) -> tuple[Task, ...] | None:
    try:
        state = index.stat()
    except OSError:
        return None
    return _tasks_of(index, (state.st_mtime_ns, state.st_size, state.st_ino))


@lru_cache(maxsize=2)
def _tasks_of(index: Path, stamp: tuple[int, int, int]) -> tuple[Task, ...] | None:
    """Return the tasks of an index, read once as long as its time, size and inode are the same."""
    try:
        content = json.loads(index.read_text(encoding="utf-8"))
        if content["version"] != INDEX_VERSION:
            return None
        return tuple(task_from_dict(given) for given in content["tasks"])
    except (OSError, *MISFIT, TaskFileError):
        return None  # a torn or older index is rebuilt from the files, which are the truth


def _write_index(index: Path, content: Mapping[str, Any]) -> None:
    """Replace the index in one step, so that workers that start together never read half of one."""
    with suppress(OSError):  # a read-only checkout works without the index, only slower
        atomic_write(index, json.dumps(content).encode())


def load_tasks(folder: Path | None = None) -> tuple[Task, ...]:
    """Return every shipped task, sorted by id."""
    folder = folder or tasks_folder()
    index = folder / "index.json"
    if _is_fresh(index, folder):
        tasks = _read_index(index)
        if tasks is not None:
            return tasks
    from pytest_generalbench.metrics import names

    content = index_from_files(folder, names())
    _write_index(index, content)
    return tuple(task_from_dict(given) for given in content["tasks"])


def find_task(tasks: Sequence[Task], task_id: str) -> Task:
    """Return the task with this id or official name; raise UnknownWordError with the nearest ids."""
    for task in tasks:
        if task_id in (task.id, task.official_name, task.name):
            return task
    tail = task_id.rsplit("/", 1)[-1]
    near = [task.id for task in tasks if tail in task.id] or [task.id for task in tasks]
    raise UnknownWordError("task", task_id, near[:12])
