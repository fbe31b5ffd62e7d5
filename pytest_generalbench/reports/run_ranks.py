"""Several runs ranked by S2, with those that cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.reports.run_comparison import compare_runs
from pytest_generalbench.reports.run_data import Run, load_run
from pytest_generalbench.runs.certainty import evidence_in, scored_tasks
from pytest_generalbench.statistics.layers import Change, combined
from pytest_generalbench.statistics.ranks import RankedRun, ranks
from pytest_generalbench.suite.level.aggregation import s2_weights
from pytest_generalbench.suite.level.scorings.paper import MODALITIES
from pytest_generalbench.suite.selection import board_tasks
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.reports.run_comparison import LeftOut, RunComparison
    from pytest_generalbench.statistics.standings import Scored

_MANY: Final = 1e9
"""Degrees of freedom of a standard error that counts as known."""

_SCORED: Final = ("scored", "incomplete")


@dataclass(frozen=True, slots=True)
class _Board:
    """A run with what its rank needs."""

    run: Run
    board: str
    score: float
    scored: Mapping[str, Scored]


def rank_runs(runs: Sequence[str | Path]) -> list[RankedRun]:
    """Return the places of finished runs by S2, the highest first, each with the runs it may be tied with.

    Every two runs are compared instance by instance (`compare_runs`), and the p values of their differences
    of S2 are adjusted by Holm: at 95 % no two runs are told apart wrongly. A task that one of them does not
    support counts as 0 for it, as in S2.

    Args:
        runs: Run folders over the same tasks and data; each folder is the name of its run.

    Raises:
        GeneralBenchError: fewer than two runs, the same twice, one without S2, runs that cannot be compared,
            or that are not over the same tasks: S2 of another selection is no score to rank by.
    """
    names = [str(run) for run in runs]
    if len(names) < 2 or len(set(names)) < len(names):
        raise GeneralBenchError("ranks are of two or more runs, each given once")
    opened = {name: _opened(name) for name in names}
    p_values = {
        (one, other): _p_value(opened[one], opened[other], compare_runs(one, other, instances=0))
        for one, other in combinations(names, 2)
    }
    return ranks({name: item.score for name, item in opened.items()}, p_values)


def _opened(name: str) -> _Board:
    run = load_run(name)
    level = run.level()
    if level.get("scoring") != "paper" or level.get("S2") is None:
        raise GeneralBenchError(f"{name} has no S2 of `paper` scoring to rank by")
    board = str(level.get("board") or "A")
    entries = run.result.tasks
    scored = scored_tasks(
        board_tasks(load_tasks(), board),
        [entry.result for entry in entries],
        {entry.id: entry.sota for entry in entries},
        evidence_in(run.folder),
    )
    return _Board(run, board, float(level["S2"]), {item.task.id: item for item in scored})


def _p_value(one: _Board, other: _Board, compared: RunComparison) -> float:
    """Return the two-sided p value of the difference of S2, tasks of one run alone included."""
    if one.board != other.board:
        raise GeneralBenchError(
            f"{one.run.folder} is scored on board {one.board}, {other.run.folder} on {other.board}"
        )
    weights = s2_weights(board_tasks(load_tasks(), one.board), one.board, MODALITIES)
    alone = [
        change for item in compared.left_out for change in _alone(item, one, other) if item.task in weights
    ]
    difference = combined("S2", [*compared.tested.tasks, *alone], weights)
    if difference is None:
        raise GeneralBenchError(f"{one.run.folder} and {other.run.folder} have no task that counts in S2")
    return difference.p


def _alone(item: LeftOut, one: _Board, other: _Board) -> Iterator[Change]:
    """Yield the difference of a task that is not compared; nothing where neither run has points for it."""
    states = (item.first, item.second)
    if None in states or not set(states) <= {*_SCORED, "unsupported"}:
        if set(states) <= {"no_data", "unavailable", "human", "answered"}:
            return
        raise GeneralBenchError(
            f"{one.run.folder} and {other.run.folder} cannot be ranked, {item.task} is not measured in both: "
            f"{item.reason}"
        )
    if states == ("unsupported", "unsupported"):
        return
    if "unsupported" not in states:
        raise GeneralBenchError(
            f"{one.run.folder} and {other.run.folder} cannot be ranked, {item.task} is not compared: "
            f"{item.reason}"
        )
    sign, scored = (1.0, other.scored) if item.first == "unsupported" else (-1.0, one.scored)
    if item.task not in scored:  # not one answer could be read: no points either
        return
    task = scored[item.task]
    if task.spread is None or task.stderr is None:
        raise GeneralBenchError(f"{item.task} has no standard error, so that no rank is sure")
    yield Change(item.task, sign * task.points, task.stderr, min(task.spread.degrees, _MANY), 1.0)
