"""The tasks of a board with what is known of their true scores; the level formulas over many draws."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pytest_generalbench.suite.level import points_slope, standing, to_points
from pytest_generalbench.suite.level.aggregation import s2_weights
from pytest_generalbench.suite.level.scorings.paper import MODALITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.statistics.intervals import Spread

    Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """One scored task of a board beside its specialist."""

    task: Task
    score: float
    """In the task's unit."""
    spread: Spread | None
    """How sure the score is; None where that is not known."""
    specialist: float | None
    """In the task's unit; None or not finite where there is none to reach."""
    no_win: str | None = None
    """Why the task is no win whatever its score."""
    degenerate: str | None = None
    """Why the score is no sign of skill, and a win none to certify."""

    @property
    def points(self) -> float:
        """The score in points, 0..100."""
        return to_points(self.task.metric.mapping, self.score)

    @property
    def stderr(self) -> float | None:
        """The standard error in points, by the delta method."""
        if self.spread is None:
            return None
        return abs(points_slope(self.task.metric.mapping, self.score)) * self.spread.stderr

    @property
    def reached(self) -> bool:
        """Whether the task is a win."""
        return standing(self.task, self.score, self.specialist, self.no_win).reached

    @property
    def can_be_won(self) -> bool:
        """Whether there is a specialist to reach, and nothing that rules a win out."""
        return self.no_win is None and self.specialist is not None and math.isfinite(self.specialist)

    @property
    def distance(self) -> float | None:
        """The distance to the specialist in standard errors, positive beyond it; None where not known."""
        if self.spread is None or self.specialist is None or not math.isfinite(self.specialist):
            return None
        gap = self.score - self.specialist
        gap = gap if self.task.metric.higher_is_better else -gap
        if self.spread.stderr > 0:
            return gap / self.spread.stderr
        return math.copysign(math.inf, gap) if gap else 0.0

    @property
    def p_value(self) -> float:
        """The one-sided p value of "no better than the specialist"; 1 where that cannot be tested."""
        if self.spread is None or self.specialist is None or not self.can_be_won or self.degenerate:
            return 1.0
        direction = self.task.metric.higher_is_better
        return self.spread.tail(self.score, self.specialist, higher_is_better=direction)


@dataclass(frozen=True)
class BoardSides:
    """The sides of a board, and the level formulas over arrays of draws.

    The formulas are those of `suite.level` in `paper` scoring; they are repeated here for arrays, and a test
    holds the two to the same numbers.
    """

    board: str
    sizes: Mapping[tuple[str, str | None], int]
    """Tasks of each side, scored or not: the denominators."""
    weights: Mapping[str, float]
    """What a point of each task is in S2, by task id."""

    @classmethod
    def of(cls, board: str, tasks: Sequence[Task]) -> BoardSides:
        """Return the sides of a board.

        Args:
            board: Its name.
            tasks: All of its tasks.
        """
        sizes = Counter((task.modality, task.paradigm) for task in tasks)
        return cls(board, dict(sizes), s2_weights(tasks, board, MODALITIES))

    @cached_property
    def sides(self) -> tuple[tuple[str, str | None], ...]:
        """The sides in a fixed order: the columns of arrays."""
        return tuple(sorted(self.sizes, key=lambda side: (side[0], side[1] or "")))

    def place(self, task: Task) -> int:
        """Return the column of a task's side."""
        return self.sides.index((task.modality, task.paradigm))

    def weight(self, task: Task) -> float:
        """Return what one point of a task adds to S2 (and, won, to S3)."""
        return self.weights.get(task.id, 0.0)

    def levels(self, sums: Array) -> dict[str, Array]:
        """Return S3, S4 and S5 of every draw; levels that the board lacks are absent.

        Args:
            sums: Points of won tasks summed over each side, shape (draws, sides).
        """
        letter = self.board[:1]
        if letter in {"C", "D"}:
            return {"S3": sums.sum(axis=1) / sum(self.sizes.values())}
        means = {side: sums[:, place] / self.sizes[side] for place, side in enumerate(self.sides)}
        none = np.zeros(len(sums))
        names = MODALITIES if letter == "A" else (self.board.partition(":")[2],)
        halves = [
            tuple(means.get((name, paradigm), none) for paradigm in ("comprehension", "generation"))
            for name in names
        ]
        third = sum(((one + two) / 2.0 for one, two in halves), none) / len(names)
        fourth = sum((_harmonic(one, two) for one, two in halves), none) / len(names)
        if letter != "A":
            return {"S3": third, "S4": fourth}
        return {"S3": third, "S4": fourth, "S5": fourth * means.get(("nlp", None), none) / 100.0}

    def tiers(self, sums: Array, has_points: bool) -> npt.NDArray[np.int64]:
        """Return the tier of every draw: the highest level above 0.

        Args:
            sums: As for `levels`.
            has_points: Whether S2 is above 0.
        """
        tiers = np.full(len(sums), 2 if has_points else 1, dtype=np.int64)
        for level, values in self.levels(sums).items():
            tiers[values > 0] = np.maximum(tiers[values > 0], int(level[1:]))
        return tiers

    def won_sums(self, won: Sequence[Scored]) -> Array:
        """Return the points of `won` tasks summed over each side, shape (sides,)."""
        sums = np.zeros(len(self.sides))
        for item in won:
            sums[self.place(item.task)] += item.points
        return sums


def _harmonic(one: Array, two: Array) -> Array:
    total = one + two
    value: Array = 2.0 * one * two / np.where(total > 0, total, 1.0)
    return value


def s2_stderr(sides: BoardSides, scored: Iterable[Scored]) -> float | None:
    """Return the standard error of S2 in points, √Σ w² SE²; None where a task's is not known.

    A task without a score has 0 points for certain.
    """
    parts = []
    for item in scored:
        if sides.weight(item.task) > 0.0:
            stderr = item.stderr
            if stderr is None:
                return None
            parts.append((sides.weight(item.task) * stderr) ** 2)
    return math.sqrt(math.fsum(parts))
