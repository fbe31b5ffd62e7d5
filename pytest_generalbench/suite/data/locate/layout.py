"""Layout of a General-Bench tree: where the data of each task are.

Real trees agree on little: `Image` or `image`, folder names in three styles, annotation
files under five names. Everything is looked up in listings that are made once, and a
file is opened only in folders that no name could place.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.errors import DataError, UnknownWordError
from pytest_generalbench.suite.data.locate.annotation_file import find_annotation, inside_names
from pytest_generalbench.suite.data.locate.matching import Assignment, NameTable, assign, names_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_generalbench.core.task import Task

SPLITS: Final = ("open", "close")
"""The open set has the answers; the close set has only the questions."""

_SPLIT_FOLDERS: Final = {"open": "general-bench-openset", "close": "general-bench-closeset"}

ARCHIVE_ENDINGS: Final = (".zip", ".tar.gz", ".tgz", ".tar")

Group = tuple[str, str | None]
"""Modality and paradigm: the two upper levels of the tree."""


@dataclass(frozen=True, slots=True)
class TaskFiles:
    """The paths of one task's data."""

    task_id: str
    folder: Path
    annotation: Path
    split: str = "open"


def group_of(task: Task) -> Group:
    """Return the part of the tree that the task's folder is in."""
    return (task.modality, task.paradigm)


def group_at(parts: Sequence[str]) -> Group | None:
    """Return the group that a path of the tree stands for (`3D/comprehension`, `nlp`), or None."""
    words = tuple(part.lower() for part in parts)
    if words == ("nlp",):
        return ("nlp", None)
    if len(words) == 2 and words[0] in vocabulary.MODALITIES and words[0] != "nlp":
        return (words[0], words[1]) if words[1] in vocabulary.PARADIGMS else None
    return None


def archive_stem(name: str) -> str | None:
    """Return an archive's name without its ending, or None for a file that is no archive."""
    ending = next((ending for ending in ARCHIVE_ENDINGS if name.lower().endswith(ending)), None)
    return name[: -len(ending)] if ending else None


def _children(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the folders and the files in `folder`, sorted by name, hidden ones left out."""
    try:
        with os.scandir(folder) as entries:
            listed = sorted((entry.name, entry.is_dir()) for entry in entries if entry.name[0] != ".")
    except OSError:
        return [], []
    folders = [folder / name for name, is_folder in listed if is_folder]
    return folders, [folder / name for name, is_folder in listed if not is_folder]


@dataclass
class _GroupFolders:
    """The folders of one modality and paradigm, and their tasks."""

    tasks: Sequence[Task] = ()
    folders: dict[str, Path] = field(default_factory=dict)
    archives: dict[str, Path] = field(default_factory=dict)
    inner: Assignment | None = None
    """Made when a task is asked for, or a folder is left, that no name could place."""
    inside: dict[str, str] = field(default_factory=dict)
    """The task name in the annotation file of each folder that was opened."""

    # Made when a task of the group is asked for: most processes ask for those of a few groups.

    @cached_property
    def table(self) -> NameTable:
        """The names of the group's tasks."""
        return NameTable(self.tasks)

    @cached_property
    def by_name(self) -> Assignment:
        """The assignment of folders to tasks by name."""
        return assign(_names(self.folders), self.table)

    @cached_property
    def packed(self) -> Assignment:
        """The assignment of archives to tasks by name."""
        stems = {path: archive_stem(Path(path).name) or "" for path in self.archives}
        return assign(stems, self.table)


class DataFolder:
    """Finds the folder and the annotation file of each task below a root.

    Needs every task, also those not wanted: what a folder is not decides as much as what
    it is.
    """

    def __init__(self, root: Path, tasks: Sequence[Task], split: str = "open") -> None:
        """Take the tree at `root`, or the one for `split` that lies in it.

        Raises DataError when `root` is no folder or holds no part of General-Bench.
        """
        if split not in SPLITS:
            raise UnknownWordError("split", split, SPLITS)
        self.split = split
        self.root = _tree(root, split)
        self._tasks: dict[Group, list[Task]] = {}
        for task in tasks:
            self._tasks.setdefault(group_of(task), []).append(task)
        self._found: dict[str, TaskFiles | None] = {}

    @cached_property
    def _groups(self) -> dict[Group, _GroupFolders]:
        groups = {group: _GroupFolders(tasks) for group, tasks in self._tasks.items()}
        for first in _children(self.root)[0]:
            second = [first] if first.name.lower() == "nlp" else _children(first)[0]
            for folder in second:
                place = group_at(folder.relative_to(self.root).parts)
                if place is not None:
                    self._add_children(groups.setdefault(place, _GroupFolders()), folder)
        return groups

    def _add_children(self, group: _GroupFolders, folder: Path) -> None:
        folders, files = _children(folder)
        group.folders.update((self._relative(path), path) for path in folders)
        archives = (path for path in files if archive_stem(path.name) is not None)
        group.archives.update((self._relative(path), path) for path in archives)

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _inner(self, key: Group) -> Assignment:
        """Assign the remaining folders: by the folders inside, then by the task name inside."""
        group = self._groups[key]
        if group.inner is not None:
            return group.inner
        left = [*group.by_name.unmatched, *group.by_name.undecided]
        nested: dict[str, Path] = {}
        for name in left:
            annotation = _annotation_or_none(group.folders[name])
            if annotation is not None:
                group.inside[name] = next(iter(inside_names(annotation)), "")
            else:
                # The 3D part is sorted by groups of rows, so a task may lie one level deeper.
                nested.update((self._relative(path), path) for path in _children(group.folders[name])[0])
        deeper = assign(_names(nested), group.table)
        placed = {name for names in deeper.folders.values() for name in names}
        group.folders.update((name, nested[name]) for name in placed)
        named = {name: self._inside_name(group, name) for name in group.inside}
        named.update((name, nested[name].name) for name in placed)
        group.inner = assign({name: text for name, text in named.items() if text}, group.table)
        return group.inner

    @staticmethod
    def _inside_name(group: _GroupFolders, name: str) -> str:
        """Return the first name in the folder's annotation file that is a task's."""
        annotation = _annotation_or_none(group.folders[name])
        names = inside_names(annotation) if annotation is not None else ()
        return next((text for text in names if group.table.match(text)), "")

    def find(self, task: Task) -> TaskFiles | None:
        """Return the paths of the task's data, or None when they are not there.

        Raises DataError when folders contend for the task, or the task for a folder, and
        nothing decides; and when its folder has no annotation file.
        """
        if task.id not in self._found:
            self._found[task.id] = self._search(task)
        return self._found[task.id]

    def _search(self, task: Task) -> TaskFiles | None:
        group = self._groups.get(group_of(task))
        if group is None:
            return None
        names = group.by_name.folders.get(task.id) or self._inner(group_of(task)).folders.get(task.id)
        if not names:
            self._refuse_undecided(task, group)
            return None
        chosen = self._choose(task, [group.folders[name] for name in names])
        annotation = find_annotation(chosen, names_of(task))
        if annotation is None:
            raise DataError(f"{self._relative(chosen)}: no annotation file in the folder of task {task.id!r}")
        return TaskFiles(task.id, chosen, annotation, self.split)

    def _choose(self, task: Task, folders: list[Path]) -> Path:
        """Return the only folder with an annotation file. Raises DataError where several have one."""
        if len(folders) == 1:
            return folders[0]
        filled = [path for path in folders if find_annotation(path, names_of(task)) is not None]
        if len(filled) > 1:
            listed = " and ".join(self._relative(path) for path in filled)
            raise DataError(f"task {task.id!r} has two folders, {listed}: remove or rename all but one")
        return (filled or folders)[0]

    def _refuse_undecided(self, task: Task, group: _GroupFolders) -> None:
        for name, task_ids in self._undecided(group).items():
            if task.id in task_ids:
                raise DataError(
                    f"{name}: its name stands for {' and for '.join(task_ids)}; rename the folder"
                )

    @staticmethod
    def _undecided(group: _GroupFolders) -> Mapping[str, tuple[str, ...]]:
        """Return the folders that stand for several tasks, less those that the name inside has placed."""
        inner = group.inner or assign({}, group.table)
        placed = {name for names in inner.folders.values() for name in names}
        listed = {**group.by_name.undecided, **inner.undecided}
        return {name: ids for name, ids in listed.items() if name not in placed}

    def packed(self, task: Task) -> Path | None:
        """Return the archive that holds the task's data, when it lies beside and is not unpacked."""
        group = self._groups.get(group_of(task))
        names = group.packed.folders.get(task.id, ()) if group else ()
        return group.archives[names[0]] if group and names else None

    def unmatched(self) -> list[Path]:
        """Return the folders that match no task, neither by name nor by the task name inside."""
        left: list[Path] = []
        for key, group in self._groups.items():
            inner = self._inner(key)
            placed = {*inner.surplus, *self._undecided(group)}
            placed.update(name for names in inner.folders.values() for name in names)
            names = set(group.by_name.unmatched) - placed
            holding = {Path(name).parent.as_posix() for name in placed}
            left.extend(group.folders[name] for name in names - holding)
        return sorted(left)

    def inside_name(self, folder: Path) -> str | None:
        """Return the task name in the annotation file of a folder that `unmatched` listed."""
        annotation = _annotation_or_none(folder)
        return next(iter(inside_names(annotation)), None) if annotation else None

    def doubts(self) -> list[str]:
        """Return a warning for each second folder of a task, and for each folder that fits several tasks."""
        lines: list[str] = []
        for key, group in self._groups.items():
            inner = self._inner(key)
            owners = {
                task_id: names for part in (inner, group.by_name) for task_id, names in part.folders.items()
            }
            second = {**group.by_name.surplus, **inner.surplus}
            for task_id, names in inner.folders.items():
                if task_id in group.by_name.folders:
                    second.update(dict.fromkeys(names, task_id))
            lines.extend(
                f"{name}: a second folder of {task_id}, which has {owners[task_id][0]}; not read"
                for name, task_id in second.items()
            )
            lines.extend(
                f"{name}: its name stands for {' and for '.join(ids)}; not read"
                for name, ids in self._undecided(group).items()
            )
        return sorted(lines)


def _names(folders: Iterable[str]) -> dict[str, str]:
    return {path: path.rsplit("/", 1)[-1] for path in folders}


def _annotation_or_none(folder: Path) -> Path | None:
    try:
        return find_annotation(folder)
    except DataError:
        return None


def _tree(root: Path, split: str) -> Path:
    """Return the folder that holds `image`, `video`, … for the split."""
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; give a General-Bench folder, 'hub' or 'demo'")
    root = root.resolve()
    folders = _children(root)[0]
    if any(folder.name.lower() in vocabulary.MODALITIES for folder in folders):
        return root
    wrappers = {folder.name.lower(): folder for folder in folders}
    chosen = wrappers.get(_SPLIT_FOLDERS[split])
    if chosen is not None:
        return chosen.resolve()
    other = next((name for name in SPLITS if name != split and _SPLIT_FOLDERS[name] in wrappers), None)
    if other:
        raise DataError(f"{root}: holds the {other} set only; use --generalbench-split={other}")
    raise DataError(
        f"{root}: no part of General-Bench in it; expected folders named {', '.join(vocabulary.MODALITIES)}"
    )
