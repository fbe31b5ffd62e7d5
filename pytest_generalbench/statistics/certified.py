"""What of a tier is certain: wins that are significant, what the tier hangs on, wins that say nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from pytest_generalbench.statistics.intervals import LEVEL, Z
from pytest_generalbench.statistics.multiplicity import holm

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pytest_generalbench.core.result import InstanceRow, TaskResult
    from pytest_generalbench.statistics.standings import BoardSides, Scored

ONE_ANSWER: Final = 0.95
"""Share of one answer, of all instances or of the score, from which on a score is no sign of skill."""

LEAST_INSTANCES: Final = 5
"""With fewer instances the same answer to all may be chance."""

ALPHA: Final = 1.0 - LEVEL
"""The chance that a false win is certified at all, over all tasks of the board together."""


def certified_wins(sides: BoardSides, scored: Sequence[Scored]) -> tuple[str, ...]:
    """Return the wins that are significant under Holm over all tasks of the board, sorted by id.

    A task without a score has p = 1 and counts as a test, so that leaving tasks out certifies nothing; so has
    one whose score is no sign of skill.

    Args:
        sides: Of the board.
        scored: Its scored tasks.
    """
    tests = sorted(scored, key=lambda item: item.task.id)
    absent = sum(sides.sizes.values()) - len(tests)
    adjusted = holm([*(item.p_value for item in tests), *[1.0] * absent])
    return tuple(
        item.task.id for item, p in zip(tests, adjusted, strict=False) if p <= ALPHA and item.reached
    )


def tier_of_wins(sides: BoardSides, scored: Sequence[Scored], wins: Collection[str], has_points: bool) -> int:
    """Return the tier that the board would have with `wins` alone.

    Args:
        sides: Of the board.
        scored: Its scored tasks.
        wins: Ids of the tasks that count as won.
        has_points: Whether S2 is above 0.
    """
    sums = sides.won_sums([item for item in scored if item.task.id in wins])
    return int(sides.tiers(sums[None, :], has_points)[0])


def hangs_on(sides: BoardSides, scored: Sequence[Scored], has_points: bool) -> tuple[str, ...]:
    """Return the wins each of which alone lowers the tier when it is lost, sorted by id.

    Args:
        sides: Of the board.
        scored: Its scored tasks.
        has_points: Whether S2 is above 0.
    """
    won = sorted((item for item in scored if item.reached), key=lambda item: item.task.id)
    if not won:
        return ()
    counts = np.zeros((len(won) + 1, len(sides.sides)))
    # Counts of wins with points in the place of points: no rounding can leave a rest where the last is lost.
    for item in won:
        counts[:, sides.place(item.task)] += item.points > 0
    for row, item in enumerate(won):
        counts[row, sides.place(item.task)] -= item.points > 0
    tiers = sides.tiers(counts, has_points)
    return tuple(item.task.id for row, item in enumerate(won) if tiers[row] < tiers[-1])


def degenerate(result: TaskResult, rows: Sequence[InstanceRow] = ()) -> str | None:
    """Return why a score is no sign of skill, although it may be a high one; None where nothing says so.

    Nearly all answers are one and the same, or nearly all that scored are, or always giving the most frequent
    right answer scores as much.

    Args:
        result: Of the task.
        rows: Of a metric that is a mean and where higher is better; of others none.
    """
    if result.n < LEAST_INSTANCES:
        return None
    share = result.top_share
    if share is not None and share >= ONE_ANSWER:
        return f"one and the same answer ({result.top_answer!r}) to {100 * share:.1f} % of the instances"
    if result.majority is not None and result.score is not None and result.score <= result.majority:
        return (
            f"no better than always giving the most frequent right answer, which scores {result.majority:.1f}"
        )
    by_answer: dict[str, list[float]] = {}
    for row in rows:
        if row.score and row.prediction:
            by_answer.setdefault(row.prediction, []).append(row.score)
    if sum(map(len, by_answer.values())) < LEAST_INSTANCES:
        return None
    sums = {answer: math.fsum(scores) for answer, scores in by_answer.items()}
    best = max(sorted(sums), key=sums.__getitem__)
    share = sums[best] / math.fsum(sums.values())
    if share < ONE_ANSWER:
        return None
    return (
        f"{100 * share:.1f} % of the score comes from one answer ({best!r}): always giving it scores as much"
    )


def flips(scored: Sequence[Scored]) -> tuple[str, ...]:
    """Return the tasks within 1.96 standard errors of their specialist, the nearest first.

    Whether they are wins another draw of instances may decide otherwise.

    Args:
        scored: The scored tasks of a board.
    """
    near = [
        (abs(distance), item.task.id)
        for item in scored
        if item.can_be_won and (distance := item.distance) is not None and abs(distance) <= Z
    ]
    return tuple(task for _, task in sorted(near))
