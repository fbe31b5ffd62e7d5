"""Finding a task by what people write for it: its id, its official name, its name."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pytest_generalbench.core.errors import UnknownWordError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_generalbench.core.task import Task


def normalised(text: str) -> str:
    """Fold full-width forms, case and runs of blanks, in which copies of the names differ."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class TaskNames:
    """An index over ids and names; an exact spelling goes before a normalised one."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        """Index `tasks`."""
        self._exact: dict[str, Task] = {}
        self._folded: dict[str, Task | None] = {}
        for task in tasks:
            for spelling in (task.id, task.official_name, task.name):
                self._exact.setdefault(spelling, task)
                key = normalised(spelling)
                # Two tasks that differ in blanks or case alone are found by exact spelling only.
                same = self._folded.get(key, task)
                self._folded[key] = task if same is task else None

    def find(self, text: str) -> Task | None:
        """Return the task of this id or name, or None."""
        return self._exact.get(text) or self._folded.get(normalised(text))

    def unknown(self, text: str) -> UnknownWordError:
        """Return the error for a text that names no task; it lists the nearest spellings."""
        near = get_close_matches(normalised(text), self._folded, n=3, cutoff=0.4)
        spellings = [task.id for key in near if (task := self._folded[key]) is not None]
        return UnknownWordError("task", text, spellings or ["what `generalbench tasks` lists"])
