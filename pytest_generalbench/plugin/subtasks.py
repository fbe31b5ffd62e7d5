"""Subtasks: items that answer a part of a task that takes longer than a worker's share of all tasks.

Each asks batches of its task that no other worker has taken; the task's own item does so too, and scores what
all answered. No item waits for another to begin, so that any of them may run first, late or never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_generalbench.core.node_ids import ITEM
from pytest_generalbench.evaluation.schedule import part_places
from pytest_generalbench.plugin.context import PART_PROPERTY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pytest_generalbench.core.task import Task

    Help = Callable[[pytest.Session, Task, int, int], int]


class Part(pytest.Item):
    """Answers a part of one task; the task's own item scores the answers.

    Attributes:
        task: the task it helps with.
    """

    def __init__(self, *, task: Task, place: int, parts: int, run: Help, **given: Any) -> None:
        """Take number and count of the parts; `run` answers one and returns the number of instances."""
        super().__init__(**given)
        self.task = task
        self._place = place
        self._parts = parts
        self._run = run

    def runtest(self) -> None:
        """Answer the batches that no other process has claimed."""
        count = self._run(self.session, self.task, self._place, self._parts)
        self.user_properties.append((PART_PROPERTY, count))

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return where it is, for headings of failures."""
        return self.path, None, self.name


def part_items(items: Iterable[tuple[pytest.Item, Task]], parts: Mapping[str, int], run: Help) -> list[Part]:
    """Return the subtask items of the tasks that are divided."""
    by_id = {task.id: (item, task) for item, task in items}
    return [
        Part.from_parent(
            item.session if item.parent is None else item.parent,
            name=f"test_part[{name}-{place + 1}of{parts[name]}]",
            task=task,
            place=place,
            parts=parts[name],
            run=run,
        )
        for name, place in part_places(by_id, parts)
        for item, task in (by_id[name],)
    ]


def task_ids(nodeids: Sequence[str]) -> list[str]:
    """Return the id of the task of each item, of a part that which it helps with; empty for another test."""
    matches = [ITEM.fullmatch(nodeid) for nodeid in nodeids]
    return [match[1] or match[2] if match else "" for match in matches]
