"""The way in: scores of a run or a file, to a LevelResult."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.vocabulary import SCORINGS
from pytest_generalbench.suite.level.aggregation import BoardScores, qualifier, recognised_board
from pytest_generalbench.suite.level.result import LevelResult, tier
from pytest_generalbench.suite.level.scorings.pairing import pair_scores, pair_workbook
from pytest_generalbench.suite.level.scorings.paper import score_paper
from pytest_generalbench.suite.level.scorings.released import ReleasedRow, score_released
from pytest_generalbench.suite.level.tables.sota import disputed_wins, doubtful_wins, sota_table
from pytest_generalbench.suite.selection import board_tasks
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.level.tables.sota import SotaTable
    from pytest_generalbench.suite.level.tables.workbook import Workbook


def _result(
    scoring: str,
    sota: str,
    board: str,
    scores: BoardScores | None,
    *,
    qualified: str | None = None,
    missing: tuple[str, ...] = (),
    wins: tuple[str, ...] = (),
    reason: str | None = None,
    notes: Iterable[str] = (),
) -> LevelResult:
    second, third, fourth, fifth = (None,) * 4 if scores is None else scores[-4:]
    return LevelResult(
        scoring=scoring,
        sota=sota,
        board=board,
        S2=second,
        S3=third,
        S4=fourth,
        S5=fifth,
        tier=None if scores is None else tier((second, third, fourth, fifth)),
        qualified=qualified,
        modalities=() if scores is None else scores.modalities,
        language=None if scores is None else scores.language,
        missing=missing,
        wins=wins,
        reason=reason,
        notes=tuple(notes),
    )


def _strangers(tasks: Sequence[Task], scores: Mapping[str, float | None]) -> tuple[str, ...]:
    known = {task.id for task in tasks}
    unknown = sorted(key for key in scores if key not in known)
    if not unknown:
        return ()
    more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
    return (f"scores left out, of no task of the benchmark: {', '.join(unknown[:3])}{more}",)


def compute_level(
    tasks: Sequence[Task],
    scores: Mapping[str, float | None],
    *,
    scoring: str,
    sota: SotaTable,
    board: str = "A",
    selected: Collection[str] | None = None,
    measured: Collection[str] | None = None,
    limit: int | None = None,
    demo: bool = False,
    no_wins: Mapping[str, str] | None = None,
) -> LevelResult:
    """Compute the levels of `board` from raw scores by task id.

    `tasks` are all tasks of the benchmark: each task of the board is in its denominator,
    whether `scores` has it or not. `selected` is what was run: exactly another board, and
    that board is scored instead; any other part, and the tier is qualified as partial.
    `measured` (default: all of them) are the selected tasks whose score, or lack of one,
    is the model's own: a task without data or not yet implemented makes the tier partial
    as well. `limit` (instances a task) and `demo` data qualify it too. `no_wins` has, by task id, why a
    task is no win even where its score reaches the specialist's; `released` scoring, which repeats the
    authors' tool, does not look at it.
    """
    if scoring not in SCORINGS:
        raise UnknownWordError("scoring", scoring, SCORINGS)
    board_tasks(tasks, board)  # an unknown board is an error before anything is recognised
    board = recognised_board(tasks, board, selected)
    members = board_tasks(tasks, board)
    told = [part for part in (selected, measured) if part is not None]
    run = sum(all(task.id in part for part in told) for task in members)
    qualified = qualifier(len(members), run, limit, demo)
    notes = _strangers(tasks, scores)
    if scoring == "released":
        found = score_released(pair_scores(members, scores, sota), board)
        return _result(
            scoring, sota.name, board, found.scores,
            qualified=qualified, missing=found.missing, wins=found.wins, reason=found.reason,
            notes=(*notes, *doubtful_wins(found.wins, sota)),
        )  # fmt: skip
    paper = score_paper(members, scores, sota.values, board, no_wins)
    return _result(
        scoring, sota.name, board, paper.scores,
        qualified=qualified, missing=paper.missing, wins=paper.wins,
        notes=(
            *notes, *paper.notes, *doubtful_wins(paper.wins, sota),
            *disputed_wins(members, scores, paper.wins, sota),
        ),
    )  # fmt: skip


def level(
    scores: Mapping[str, float | None],
    sota: str | Path = "released",
    *,
    scoring: str = "paper",
    board: str = "A",
) -> LevelResult:
    """Compute General-Level from raw scores of General-Bench's tasks.

    Args:
        scores: Raw score by task id, in the task's own unit; a task that is absent counts 0 points.
        sota: The table of specialists: `released`, `paper`, or a CSV file or workbook.
        scoring: `paper` or `released`.
        board: `A`, `B:image`, `C:image-generation`, `D:<skill>`.

    Raises:
        UnknownWordError: a table, scoring or board that does not exist.
    """
    tasks = load_tasks()
    return compute_level(
        tasks, scores, scoring=scoring, sota=sota_table(tasks, sota), board=board, selected=scores.keys()
    )


def released_level(
    rows: Sequence[ReleasedRow], *, sota: str, board: str = "A", notes: Iterable[str] = ()
) -> LevelResult:
    """Compute `released` scoring from rows as they stand in the sheets."""
    found = score_released(rows, board)
    return _result(
        "released",
        sota,
        board,
        found.scores,
        missing=found.missing,
        wins=found.wins,
        reason=found.reason,
        notes=notes,
    )


def released_workbook(tasks: Sequence[Task], workbook: Workbook, sota: SotaTable) -> LevelResult:
    """Compute `released` scoring of a workbook, whose rows pair with the specialists' by position."""
    paired = pair_workbook(tasks, workbook, sota)
    return released_level(paired.rows, sota=sota.name, notes=paired.notes)
