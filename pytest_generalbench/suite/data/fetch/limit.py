"""Which files a few instances of a task need: those that others name, and they do not, are left out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import DataError
from pytest_generalbench.suite.data.locate.annotation_file import find_annotation
from pytest_generalbench.suite.data.locate.layout import TaskFiles
from pytest_generalbench.suite.data.locate.matching import names_of
from pytest_generalbench.suite.data.read.annotation import entries_of
from pytest_generalbench.suite.data.read.ids import ids_of
from pytest_generalbench.suite.selection import drawn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.core.task import Task

_LONGEST_NAME: Final = 1000
_DEEPEST: Final = 64


def is_annotation(path: str, entry: str) -> bool:
    """Return whether a file may be the annotation of the task whose folder is `entry`, or beside it."""
    parts = PurePosixPath(path).relative_to(entry).parts
    return len(parts) <= 2 and path.lower().endswith(".json")


def may_be_limited(task: Task) -> bool:
    """Return whether nothing but its own media decides how an instance of the task is asked and scored.

    How references that are files, boxes or points are read is decided over the media of the whole file.
    """
    return task.output_medium == "text"


def unneeded(task: Task, target: Path, entry: str, paths: Sequence[str], limit: int) -> frozenset[str]:
    """Return the files of a task that no instance of a limited run may need.

    A file is left out where an instance outside the limit names it (by path, base name, or a folder that it
    lies in), and none inside the limit names it or, where that was not by path, a file of the same stem. All
    others stay: what no instance names may belong to every one.

    Args:
        task: The task; `may_be_limited` holds.
        target: Where the annotation lies, at its place in the repository.
        entry: The task's folder in the repository.
        paths: All files of the folder.
        limit: The number of instances, as `--generalbench-limit` draws them.

    Raises:
        DataError: the annotation cannot be read, so that all files are needed.
    """
    folder = target / entry
    annotation = find_annotation(folder, names_of(task))
    if annotation is None:
        raise DataError("no annotation file in the folder")
    entries = entries_of(TaskFiles(task.id, folder, annotation), target)
    kept = set(drawn(ids_of(entries).texts, task.id, limit))
    strings = [frozenset(_strings(one)) for one in entries]
    index = _Index.of(path[len(entry) + 1 :] for path in paths)
    own = [text for place in kept for text in strings[place]]
    others = {text for place, texts in enumerate(strings) if place not in kept for text in texts}
    by_path = {path for text in others for path in index.at_path(text)}
    by_name = {path for text in others for path in index.named(text)}
    named = {path for text in own for path in (index.at_path(text) or index.named(text))}
    meant = {path for text in own for path in index.of_stem(text)}
    return frozenset(f"{entry}/{path}" for path in (by_path | (by_name - meant)) - named)


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield every string in an entry that may be a name."""
    if isinstance(value, str):
        if len(value) <= _LONGEST_NAME and "\n" not in value:
            yield value.replace("\\", "/").strip().lower()
    elif isinstance(value, int):
        yield str(value)
    elif isinstance(value, dict | list) and depth < _DEEPEST:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one, depth + 1)


@dataclass(frozen=True, slots=True)
class _Index:
    """Files by what they may be called, in lower case."""

    by_name: Mapping[str, set[str]]
    """By base name."""
    by_folder: Mapping[str, set[str]]
    """By the name of each folder that they lie in."""
    by_stem: Mapping[str, set[str]]
    """By base name without its endings."""

    @classmethod
    def of(cls, paths: Iterable[str]) -> _Index:
        by_name, by_folder, by_stem = defaultdict(set), defaultdict(set), defaultdict(set)
        for path in paths:
            *folders, name = path.lower().split("/")
            by_name[name].add(path)
            by_stem[name.partition(".")[0]].add(path)
            by_stem[name.rpartition(".")[0]].add(path)
            for folder in folders:
                by_folder[folder].add(path)
        return cls(by_name, by_folder, by_stem)

    def named(self, text: str) -> set[str]:
        """Return the files whose base name, or a folder of theirs, is the last part of a string."""
        name = text.rstrip("/").rpartition("/")[2]
        return self.by_name.get(name, set()) | self.by_folder.get(name, set())

    def at_path(self, text: str) -> set[str]:
        """Return those of them that lie where a string of several parts says."""
        path = text.strip("/")
        if "/" not in path:
            return set()
        return {one for one in self.named(path) if f"/{path}/" in f"/{one.lower()}/"}

    def of_stem(self, text: str) -> set[str]:
        """Return the files that are called as the last part of a string but for their endings."""
        name = text.rstrip("/").rpartition("/")[2]
        stems = {name, name.partition(".")[0], name.rpartition(".")[0]} - {""}
        return {path for stem in stems for path in self.by_stem.get(stem, ())}
