"""`paper` scoring: General-Level as the paper defines it.

Per modality, S_C and S_G are the means over its comprehension and its generation tasks
of the points of those tasks where the specialist is reached:

    S2 = half the sum of the plain means of points     S3 = (S_C + S_G) / 2
    S4 = 2 S_C S_G / (S_C + S_G)                       S5 = S4 * S_L / 100

Overall S2, S3 and S4 are plain means over the four modalities; S_L is the mean over the
language tasks. Every task of the board is in its denominator, with a score or without.
Sums are exactly rounded, so the order of the tasks changes no digit.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_generalbench.suite.level.aggregation import BoardScores, Side, combine
from pytest_generalbench.suite.level.mapping import impossible, to_points
from pytest_generalbench.suite.level.result import Half

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_generalbench.core.task import Task

MODALITIES: Final = ("image", "video", "audio", "3d")
"""The overall mean is over these four, supported or not."""

_NAMED: Final = 3
"""Tasks that a note names."""


class Standing(NamedTuple):
    """One task's part in the scores."""

    points: float
    """0..100; 0 without a score."""
    reached: bool
    """Whether the specialist is reached."""
    scored: bool


class PaperScores(NamedTuple):
    """The scores of a board with what was left out on the way."""

    scores: BoardScores
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    wins: tuple[str, ...]


def reaches_sota(task: Task, score: float, specialist: float | None) -> bool:
    """Whether `score` is as good as the specialist's, in the metric's own direction.

    Decided on raw values, because the maps saturate; a tie counts. Without a specialist
    there is nothing to reach.
    """
    if specialist is None or not math.isfinite(specialist):
        return False
    return score >= specialist if task.metric.higher_is_better else score <= specialist


def standing(
    task: Task, score: float | None, specialist: float | None, no_win: str | None = None
) -> Standing:
    """Return what one task contributes; an impossible score counts as missing.

    With `no_win`, the reason why the task is no win, its points count and the specialist is not reached.
    """
    if score is None or impossible(task.metric.mapping, score) is not None:
        return Standing(0.0, reached=False, scored=False)
    reached = no_win is None and reaches_sota(task, score, specialist)
    return Standing(to_points(task.metric.mapping, score), reached, scored=True)


def points(task: Task, score: float | None) -> float:
    """Return the 0..100 points of a raw score; a missing or impossible one has 0."""
    return standing(task, score, None).points


def half(standings: Sequence[Standing]) -> Half:
    """Return the means over one side's tasks."""
    if not standings:
        return Half()
    return Half(
        S2=math.fsum(item.points for item in standings) / len(standings),
        S3=math.fsum(item.points for item in standings if item.reached) / len(standings),
        tasks=len(standings),
        scored=sum(item.scored for item in standings),
        wins=sum(item.reached for item in standings),
    )


def harmonic(one: float, two: float) -> float:
    """Return the harmonic mean of two scores, 0 if either is; never above their mean."""
    if one <= 0 or two <= 0:
        return 0.0
    # Rounding may end one digit above the mean, and S4 <= S3 is a law.
    return min(2.0 * one * (two / (one + two)), (one + two) / 2)


def _left_out(tasks: Iterable[Task], scores: Mapping[str, float | None]) -> Iterable[str]:
    for task in tasks:
        score = scores.get(task.id)
        # NaN and infinity are how a missing score is written; only a real number is worth a line.
        if score is not None and math.isfinite(score):
            reason = impossible(task.metric.mapping, score)
            if reason is not None:
                yield f"{task.id}: {reason}; it counts as missing"


def _lost_wins(
    tasks: Iterable[Task],
    scores: Mapping[str, float | None],
    sota: Mapping[str, float | None],
    no_wins: Mapping[str, str],
) -> Iterable[str]:
    """Name the tasks that would be wins in one line, the first of them with their reasons."""
    lost = [
        f"{task.id} ({no_wins[task.id]})"
        for task in tasks
        if task.id in no_wins and standing(task, scores.get(task.id), sota.get(task.id)).reached
    ]
    if lost:
        more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
        yield f"no win though the specialist is reached: {', '.join(lost[:_NAMED])}{more}"


def score_paper(
    tasks: Sequence[Task],
    scores: Mapping[str, float | None],
    sota: Mapping[str, float | None],
    board: str,
    no_wins: Mapping[str, str] | None = None,
) -> PaperScores:
    """Score the tasks of `board` by the paper's definitions; `no_wins` says of some why they are no win."""
    why = no_wins or {}
    standings = {
        task.id: standing(task, scores.get(task.id), sota.get(task.id), why.get(task.id)) for task in tasks
    }
    sides: dict[Side, list[Standing]] = {}
    for task in tasks:
        sides.setdefault((task.modality, task.paradigm), []).append(standings[task.id])
    halves = {side: half(items) for side, items in sides.items()}
    return PaperScores(
        scores=combine(board, halves, MODALITIES, harmonic),
        missing=tuple(task.id for task in tasks if not standings[task.id].scored),
        notes=(*_left_out(tasks, scores), *_lost_wins(tasks, scores, sota, why)),
        wins=tuple(task.id for task in tasks if standings[task.id].reached),
    )
