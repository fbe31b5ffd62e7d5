"""Selection of tasks by board, and of a limited number of instances of each."""

from __future__ import annotations

import hashlib
import heapq
from typing import TYPE_CHECKING

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.task import Task, slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_generalbench.core.request import Instance


def boards(tasks: Iterable[Task]) -> Mapping[str, frozenset[str]]:
    """Return every board's task ids by its name.

    A: all tasks. B:image …: one modality without language. C:image-generation …: one
    paradigm of a modality. D:object-detection …: one skill.
    """
    result: dict[str, set[str]] = {"A": set()}
    for task in tasks:
        names = ["A", f"D:{slug(task.skill)}"]
        if task.paradigm is not None:
            names += [f"B:{task.modality}", f"C:{task.modality}-{task.paradigm}"]
        for name in names:
            result.setdefault(name, set()).add(task.id)
    return {name: frozenset(ids) for name, ids in result.items()}


def board_tasks(tasks: Sequence[Task], board: str) -> tuple[Task, ...]:
    """Return the tasks of `board`, in the given order."""
    known = boards(tasks)
    if board not in known:
        same_letter = [name for name in known if name[:1] == board[:1].upper()]
        raise UnknownWordError("board", board, same_letter or [n for n in known if not n.startswith("D:")])
    return tuple(task for task in tasks if task.id in known[board])


def limited(instances: Sequence[Instance], limit: int | None) -> tuple[Instance, ...]:
    """Return at most `limit` instances, in file order.

    The draw depends on the ids alone, and a larger limit contains every smaller one.
    """
    if limit is None or limit >= len(instances):
        return tuple(instances)

    # Of a file the ids are known before its instances are made.
    ids: Sequence[str] = getattr(instances, "ids", None) or [instance.id for instance in instances]
    return tuple(instances[position] for position in drawn(ids, instances[0].task_id, limit))


def drawn(ids: Sequence[str], task_id: str, limit: int) -> list[int]:
    """Return the places of the instances that a limit draws of a task, in order."""
    ranks = [hashlib.sha256(f"limit|{task_id}|{name}".encode()).digest() for name in ids]
    return sorted(heapq.nsmallest(limit, range(len(ids)), key=ranks.__getitem__))
