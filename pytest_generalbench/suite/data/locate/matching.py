"""Matching of folders to tasks by name.

General-Bench's folder names follow no rule, so several spellings of a task count as its
name, in tiers from sure to weak. A name is compared as a whole after both sides are
reduced to lower-case letters and digits: nothing is guessed from similarity, because a
folder taken for the wrong task gives a score that looks right and is not. The same
matching serves a folder on disk, the listing of a repository, and the task name that an
annotation file gives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.task import Task

_SPELLINGS: Final = (
    ("geneation", "gen"),
    ("generation", "gen"),
    ("visualquestionanswering", "vqa"),
    ("questionanswering", "qa"),
    ("namedentityrecognition", "ner"),
    ("videoobjectsegmentation", "vos"),
)
"""Long and short spellings of one thing, seen side by side in titles, ids and folder names."""

EXACT, KNOWN, TITLE, SPELLING, SHORT = range(5)
"""The tiers: a folder name seen on disk (to the letter, then normalised), a title or id, a
spelling variant of these, a short name (weakest: two tasks share one)."""


def normalise(text: str) -> str:
    """Reduce a name to lower-case letters and digits: 'Car Brands' and 'car_brands' become one."""
    return re.sub(r"[^a-z0-9]+", "", text.lower())


def _spelling(name: str) -> str:
    """Replace long spellings in a normalised name by short ones."""
    for long, short in _SPELLINGS:
        name = name.replace(long, short)
    return name


def _titles(task: Task) -> tuple[str, ...]:
    """Return the whole-title spellings of a task; remarks in brackets may be missing on disk."""
    bare = re.sub(r"[(（].*?[)）]", " ", task.official_name)
    return (task.official_name, bare, task.name, task.id.rsplit("/", 1)[-1])


def names_of(task: Task) -> frozenset[str]:
    """Return every normalised name that a file of the task may carry."""
    given = (*task.folders, *_titles(task), task.short_name)
    plain = {normalise(name) for name in given}
    return frozenset(plain | {_spelling(name) for name in plain}) - {""}


@dataclass(frozen=True, slots=True)
class Match:
    """The tasks that a name matches; several where it is ambiguous."""

    tier: int
    task_ids: tuple[str, ...]


class NameTable:
    """Looks a name up among the tasks of one modality and paradigm."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        """Index the spellings of `tasks`, tier by tier."""
        self._tiers: tuple[dict[str, list[str]], ...] = ({}, {}, {}, {}, {})
        for task in tasks:
            titles = [normalise(name) for name in _titles(task)]
            known = [normalise(name) for name in task.folders]
            short = normalise(task.short_name)
            self._add(EXACT, task, task.folders)
            self._add(KNOWN, task, known)
            self._add(TITLE, task, titles)
            self._add(SPELLING, task, [_spelling(name) for name in (*known, *titles)])
            self._add(SHORT, task, [short, _spelling(short)])

    def _add(self, tier: int, task: Task, names: Sequence[str]) -> None:
        for name in filter(None, dict.fromkeys(names)):
            self._tiers[tier].setdefault(name, []).append(task.id)

    def match(self, name: str) -> Match | None:
        """Return the tasks that `name` matches in the strictest tier that has a match."""
        plain = normalise(name)
        for tier, key in enumerate((name, plain, plain, _spelling(plain), plain)):
            result = self._tiers[tier].get(key) or (tier == SHORT and self._tiers[tier].get(_spelling(plain)))
            if result:
                return Match(tier, tuple(result))
        return None


@dataclass(frozen=True, slots=True)
class Assignment:
    """The assignment of a set of folders to tasks."""

    folders: Mapping[str, tuple[str, ...]]
    """Task id to the folders of its surest tier; more than one is for the caller to decide."""
    surplus: Mapping[str, str]
    """Folders of a task that has a surer one, with the task's id."""
    undecided: Mapping[str, tuple[str, ...]]
    """Folders whose name stands for several tasks alike, with the ids."""
    unmatched: tuple[str, ...]
    """Folders whose name is no task's."""


def assign(named: Mapping[str, str], table: NameTable) -> Assignment:
    """Assign folders to tasks; `named` maps what identifies a folder to the name it is judged by."""
    by_task: dict[str, dict[int, list[str]]] = {}
    undecided: dict[str, tuple[str, ...]] = {}
    unmatched: list[str] = []
    for folder, name in named.items():
        match = table.match(name)
        if match is None:
            unmatched.append(folder)
        elif len(match.task_ids) > 1:
            undecided[folder] = match.task_ids
        else:
            by_task.setdefault(match.task_ids[0], {}).setdefault(match.tier, []).append(folder)
    folders = {task_id: tuple(tiers[min(tiers)]) for task_id, tiers in by_task.items()}
    surplus = {
        folder: task_id
        for task_id, tiers in by_task.items()
        for tier, members in tiers.items()
        if tier != min(tiers)
        for folder in members
    }
    return Assignment(folders, surplus, undecided, tuple(unmatched))
