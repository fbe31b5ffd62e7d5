"""From the halves of the modalities to the scores of a board.

Both scorings share this arithmetic; they differ in how a half comes about, in the
harmonic mean, and in which modalities the overall mean is over.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pytest_generalbench.suite.level.result import Half, LanguageLevel, ModalityLevel
from pytest_generalbench.suite.selection import boards

if TYPE_CHECKING:
    from pytest_generalbench.core.task import Task

Side = tuple[str, str | None]
"""(modality, paradigm); the paradigm of language is None."""

LANGUAGE: Side = ("nlp", None)

Harmonic = Callable[[float, float], float]


class BoardScores(NamedTuple):
    """The scores of a board; None where it has no such level."""

    modalities: tuple[ModalityLevel, ...]
    language: LanguageLevel | None
    S2: float
    S3: float
    S4: float | None
    S5: float | None


def _modality(name: str, halves: Mapping[Side, Half], harmonic: Harmonic) -> ModalityLevel:
    left = halves.get((name, "comprehension"))
    right = halves.get((name, "generation"))
    one, two = left or Half(), right or Half()
    return ModalityLevel(
        modality=name,
        comprehension=left,
        generation=right,
        S2=(one.S2 + two.S2) / 2,
        S3=(one.S3 + two.S3) / 2,
        S4=harmonic(one.S3, two.S3),
    )


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0


def _pooled(halves: Sequence[Half]) -> Half:
    """Return the plain mean over the tasks of all `halves`."""
    if len(halves) == 1:
        return halves[0]
    tasks = sum(half.tasks for half in halves)
    return Half(
        S2=math.fsum(half.S2 * half.tasks for half in halves) / tasks if tasks else 0.0,
        S3=math.fsum(half.S3 * half.tasks for half in halves) / tasks if tasks else 0.0,
        tasks=tasks,
        scored=sum(half.scored for half in halves),
        wins=sum(half.wins for half in halves),
    )


def _one_side(halves: Mapping[Side, Half]) -> BoardScores:
    """Boards C and D: the plain mean over their tasks, nothing halved, Level-3 at most."""
    names = dict.fromkeys(modality for modality, paradigm in halves if paradigm is not None)
    shown = []
    for name in names:
        sides = {paradigm: half for (modality, paradigm), half in halves.items() if modality == name}
        whole = _pooled(list(sides.values()))
        left, right = sides.get("comprehension"), sides.get("generation")
        shown.append(ModalityLevel(name, left, right, S2=whole.S2, S3=whole.S3, S4=None))
    whole = _pooled(list(halves.values()))
    language = LanguageLevel(halves[LANGUAGE]) if LANGUAGE in halves else None
    return BoardScores(tuple(shown), language, whole.S2, whole.S3, None, None)


def combine(
    board: str, halves: Mapping[Side, Half], modalities: Sequence[str], harmonic: Harmonic
) -> BoardScores:
    """Return the scores of `board` from its `halves`.

    On board A the overall S2, S3 and S4 are plain means over `modalities`, and S5 is S4
    times the language weight. A B board is its one modality. See `_one_side` for C and D.
    """
    letter = board[:1]
    if letter in {"C", "D"}:
        return _one_side(halves)
    names = modalities if letter == "A" else [board.partition(":")[2]]
    levels = tuple(_modality(name, halves, harmonic) for name in names)
    overall = [_mean([getattr(level, name) for level in levels]) for name in ("S2", "S3", "S4")]
    language = LanguageLevel(halves.get(LANGUAGE, Half())) if letter == "A" else None
    fifth = None if language is None else overall[2] * language.w_L
    return BoardScores(levels, language, overall[0], overall[1], overall[2], fifth)


def s2_weights(tasks: Sequence[Task], board: str, modalities: Sequence[str]) -> dict[str, float]:
    """Return what a point of each task is in the S2 of a board: S2 is the weighted sum of the points.

    On board A that is 1 / (8 · tasks of the task's side), and language tasks have no part.

    Args:
        tasks: The tasks of the board.
        board: Its name.
        modalities: Those that board A is the mean of.
    """
    letter = board[:1]
    if letter in {"C", "D"}:
        return {task.id: 1.0 / len(tasks) for task in tasks}
    names = modalities if letter == "A" else [board.partition(":")[2]]
    counts = Counter((task.modality, task.paradigm) for task in tasks)
    return {
        task.id: 1.0 / (2 * len(names) * counts[task.modality, task.paradigm])
        for task in tasks
        if task.modality in names
    }


def recognised_board(tasks: Sequence[Task], board: str, selected: Collection[str] | None) -> str:
    """Return the board that `selected` is exactly, or `board` when it is none or everything of `board`."""
    known = boards(tasks)
    if selected is None or known.get(board, frozenset()) <= set(selected):
        return board
    part = frozenset(selected)
    return next((name for name in sorted(known) if known[name] == part), board)


def qualifier(tasks: int, selected: int, limit: int | None, demo: bool) -> str | None:
    """Say what keeps a tier over `selected` of `tasks` tasks from being a leaderboard tier, or None."""
    reasons = []
    if demo:
        reasons.append("demo data")
    if selected < tasks:
        reasons.append(f"partial: {selected} of {tasks} tasks")
    if limit is not None:
        reasons.append(f"limited: {limit} instances a task")
    return "; ".join(reasons) or None
