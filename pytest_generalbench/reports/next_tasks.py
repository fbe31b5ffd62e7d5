"""What to fix next: the tasks that the next level needs, and how far each is from its specialist."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.core.result import asked_instances
from pytest_generalbench.core.vocabulary import MODALITIES, side_of
from pytest_generalbench.reports.run_data import load_run
from pytest_generalbench.runs.certainty import evidence_in, interval_of, scored_tasks
from pytest_generalbench.statistics.certified import certified_wins, hangs_on
from pytest_generalbench.statistics.intervals import INTERVAL_METHODS
from pytest_generalbench.statistics.standings import BoardSides
from pytest_generalbench.suite.level import to_points
from pytest_generalbench.suite.selection import board_tasks
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.runs.result_file import TaskEntry
    from pytest_generalbench.statistics.standings import Scored

NEXT_ORDERS: Final = ("distance", "gain")
_HIGHEST: Final = 5


@dataclass(frozen=True, slots=True)
class NextTask:
    """One task of a run, seen from the next level."""

    task: str
    side: str
    """`image/comprehension` …, or `nlp`."""
    state: str
    score: float | None
    """In `unit`; None where the task has no score."""
    low: float | None
    """Lower bound of the score's 95 % interval, in `unit`; None where it is not known."""
    high: float | None
    unit: str
    sota: float
    """The specialist's score in `unit`."""
    gap: float | None
    """Points of the score minus those of the specialist; None without a score."""
    distance: float | None
    """The distance to the specialist in standard errors, negative where it is not reached; None where the
    standard error is not known or 0."""
    reached: bool
    certified: bool
    """Whether it is a win that is significant over all tasks of the board together."""
    hangs: bool
    """Whether losing this win alone lowers the tier."""
    gain: float
    """What the score of the next level rises by when this task alone reaches its specialist, in points; 0 for
    a win."""
    instances: int
    """The price: instances to ask, each as often as the run did."""
    method: str | None
    """How the interval comes about, one of `gb.INTERVAL_METHODS`."""


@dataclass(frozen=True, slots=True)
class NextSteps:
    """What the next level of a run needs."""

    tier: int
    """That of the run as `paper` scoring has it."""
    certified_tier: int | None
    level: int
    """The level that the gains are for: the next one, at least 3 since wins move no lower one, 5 where it is
    reached."""
    missing: tuple[str, ...]
    """What the level needs and the run has not, in words."""
    tasks: tuple[NextTask, ...]
    """Every selected task of the board that has a specialist, in the order that was asked for."""
    repeats: int
    """How often the run asked each instance."""
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins."""
        return asdict(self)


def next_steps(run: str | Path, by: str = "distance") -> NextSteps:
    """Return what the next level of a run needs, with the tasks in the order in which to look at them.

    Args:
        run: A run folder; its rows give the standard errors.
        by: `distance`: those that add to the next level by their distance to the specialist in standard
            errors, the nearest first; `gain`: by what they add. Wins come last, what can be lost first.

    Raises:
        UnknownWordError: `by` is neither.
        GeneralBenchError: the folder is no finished run.
    """
    if by not in NEXT_ORDERS:
        raise UnknownWordError("order", by, NEXT_ORDERS)
    opened = load_run(run)
    shipped = load_tasks()
    members = board_tasks(shipped, str(opened.level().get("board") or "A"))
    entries = {entry.id: entry for entry in opened.result.tasks}
    sota = {name: entry.sota for name, entry in entries.items()}
    results = [entry.result for entry in entries.values()]
    scored = scored_tasks(members, results, sota, evidence_in(opened.folder))
    if not scored:
        raise GeneralBenchError(f"{opened.folder} has no score, so that there is no next level to speak of")
    sides = BoardSides.of(str(opened.level().get("board") or "A"), members)
    sums = sides.won_sums([item for item in scored if item.reached])
    has_points = any(item.points > 0 and sides.weight(item.task) > 0 for item in scored)
    tier = int(sides.tiers(sums[None, :], has_points)[0])
    level = max(3, min(tier + 1, _highest(sides)))
    made = _Made(sides, sums, level, scored, has_points)
    lacking = ("Level-2 needs a score above 0",) if tier < 2 else ()
    tasks = [made.task(task, entries[task.id]) for task in members if _has_specialist(entries.get(task.id))]
    absent = len(members) - len(entries.keys() & {task.id for task in members})
    certified = opened.level().get("certified_tier")
    return NextSteps(
        tier,
        certified,
        level,
        (*lacking, *_missing(sides, scored, level)),
        tuple(sorted(tasks, key=_by_gain if by == "gain" else _by_distance)),
        int(opened.result.setting("repeats")),
        (f"{absent} tasks of the board were not selected, and are not listed",) if absent else (),
    )


def _highest(sides: BoardSides) -> int:
    return max(int(name[1:]) for name in sides.levels(np.zeros((1, len(sides.sides)))))


def _has_specialist(entry: TaskEntry | None) -> bool:
    return entry is not None and entry.sota is not None


def _by_gain(item: NextTask) -> tuple[Any, ...]:
    return (-item.gain, *_by_distance(item))


def _by_distance(item: NextTask) -> tuple[Any, ...]:
    far = item.distance is None
    if item.reached:
        return (2, not item.hangs, item.certified, item.distance or 0.0, item.task)
    return (item.gain <= 0, far, -(item.distance or 0.0), -(item.gap or -100.0), item.task)


class _Made:
    """Makes the rows, with what is computed once for all of them."""

    def __init__(
        self,
        sides: BoardSides,
        sums: np.ndarray[Any, np.dtype[np.float64]],
        level: int,
        scored: Sequence[Scored],
        has_points: bool,
    ) -> None:
        self.sides, self.sums, self.name = sides, sums, f"S{level}"
        self.scored = {item.task.id: item for item in scored}
        self.certified = frozenset(certified_wins(sides, scored))
        self.hangs = frozenset(hangs_on(sides, scored, has_points))
        self.before = float(sides.levels(sums[None, :])[self.name][0])

    def task(self, task: Task, entry: TaskEntry) -> NextTask:
        item, specialist = self.scored.get(task.id), float(entry.sota or 0.0)
        best = to_points(task.metric.mapping, specialist)
        reached = item is not None and item.reached
        gain = 0.0
        if not reached and (item is None or item.can_be_won):
            after = self.sums.copy()
            after[self.sides.place(task)] += best
            gain = float(self.sides.levels(after[None, :])[self.name][0]) - self.before
        spread = None if item is None else item.spread
        low, high = (None, None) if item is None or spread is None else interval_of(task, item.score, spread)
        distance = None if item is None else item.distance
        return NextTask(
            task=task.id,
            side=side_of(task.modality, task.paradigm),
            state=entry.result.state,
            score=None if item is None else item.score,
            low=low,
            high=high,
            unit=task.metric.unit,
            sota=specialist,
            gap=None if item is None else item.points - best,
            distance=distance if distance is not None and np.isfinite(distance) else None,
            reached=reached,
            certified=task.id in self.certified,
            hangs=task.id in self.hangs,
            gain=max(0.0, gain),
            instances=asked_instances(entry.result) or task.instances,
            method=None if spread is None else spread.method,
        )


def _missing(sides: BoardSides, scored: Sequence[Scored], level: int) -> Iterator[str]:
    """Say what a level needs and the wins do not have."""
    wins: dict[tuple[str, str | None], int] = dict.fromkeys(sides.sides, 0)
    for item in scored:
        wins[item.task.modality, item.task.paradigm] += item.reached and item.points > 0
    if level == 3 and not any(count for (_, paradigm), count in wins.items() if paradigm is not None):
        yield "Level-3 needs a win: one task of a modality that reaches its specialist"
    if level == 4:
        yield from _missing_sides(wins)
    if level == 5 and not wins.get(("nlp", None), 0):
        yield "Level-5 needs a win in language"


def _missing_sides(wins: Mapping[tuple[str, str | None], int]) -> Iterator[str]:
    for modality in MODALITIES:
        left, right = wins.get((modality, "comprehension")), wins.get((modality, "generation"))
        if left is None or right is None:
            continue
        if left and right:
            return
        if left or right:
            lacking, has, count = (
                ("generation", "comprehension", left) if left else ("comprehension", "generation", right)
            )
            wins_text = "1 win" if count == 1 else f"{count} wins"
            yield f"Level-4 needs a win in {modality} {lacking}: {modality} {has} has {wins_text}"
    if not any(wins.values()):
        yield "Level-4 needs a win in both sides of one modality"


def explain_next(steps: NextSteps) -> list[str]:
    """Return how every figure comes about, a line each, with the methods that were used.

    Args:
        steps: What is explained.
    """
    used = {item.method for item in steps.tasks}
    return [
        *(f"interval, {name}: {text}" for name, text in INTERVAL_METHODS.items() if name in used),
        "score: as in result.json; SoTA: the specialist's score in the table that the run named, same unit",
        "tier: the highest level above 0; at 95 % at least: that of the certified wins alone",
        "missing: the side in which a win makes the next level more than 0",
        "distance: score minus specialist over the score's standard error, in the metric's direction",
        f"gain: what S{steps.level} rises by when this task alone scores as its specialist does",
        "instances: those that the run asked of the task, the price of asking it again; where it asked none, "
        "as many as the task is stated to have",
        "certified: one-sided p values of all tasks of the board, adjusted by Holm, at most 0.05",
        "hangs: losing this win alone lowers the tier",
        "S2 in the summary: normal interval from the tasks' standard errors in points (delta method)",
        "S3 to S5 in the summary: non-parametric empirical Bayes over the gaps to all specialists",
        "docs/statistics.md says more, and when to believe what",
    ]
