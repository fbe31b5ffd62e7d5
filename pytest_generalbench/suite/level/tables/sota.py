"""The specialists' scores: the two published tables, or a user's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.vocabulary import SOTA_TABLES
from pytest_generalbench.suite.level.mapping import ratio_value, to_points
from pytest_generalbench.suite.level.tables.score_csv import read_csv
from pytest_generalbench.suite.level.tables.workbook import SheetRow, is_workbook, read_workbook

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pytest_generalbench.core.task import Task


@dataclass(frozen=True, slots=True)
class SotaTable:
    """A table of specialists."""

    name: str
    values: Mapping[str, float | None]
    """By task id, in the task's own unit, so that a raw score can be compared."""
    rows: Mapping[str, tuple[SheetRow, ...]] | None = None
    """The sheets of a SoTA workbook as they stand, which `released` scoring pairs by position."""


_OTHER_SCALE: Final = "a distance on another scale: between vectors of length 1 it is at most about 4"

DOUBTFUL: Final[Mapping[str, tuple[float, str]]] = {
    "nlp/mathematical-word-problem-solving": (1.0, "released 1.0 %, the paper prints 81"),
    "3d/generation/rgb-d-to-point-cloud-reconstruction": (6540.01724546398, "a Chamfer distance of 6540"),
    "3d/generation/rgb-d-to-mesh-reconstruction": (6540.01724546398, "a Chamfer distance of 6540"),
    "audio/generation/vid-to-audio": (11.52, _OTHER_SCALE),
    "audio/generation/song-gen": (3.87, _OTHER_SCALE),
}
"""Published specialists that nearly any answer reaches, by task: their score, and what is wrong with it."""


def doubtful_wins(wins: Iterable[str], sota: SotaTable) -> tuple[str, ...]:
    """Return a note that names the wins over doubtful specialists, or nothing.

    >>> doubtful_wins(["audio/generation/song-gen"], SotaTable("mine", {"audio/generation/song-gen": 0.5}))
    ()
    """
    named = [
        f"{task} ({DOUBTFUL[task][1]})"
        for task in wins
        if task in DOUBTFUL and sota.values.get(task) == DOUBTFUL[task][0]
    ]
    return (f"wins over specialists that nearly any answer reaches: {', '.join(named)}",) if named else ()


_FAR: Final = 20.0
"""Points between the two published tables from which on a specialist is disputed."""


def disputed_wins(
    tasks: Iterable[Task], scores: Mapping[str, float | None], wins: Collection[str], sota: SotaTable
) -> tuple[str, ...]:
    """Return a note that names the wins that are far from one by the other published table, or nothing.

    Args:
        tasks: Of the board.
        scores: Raw scores by task id.
        wins: Ids of the tasks that are won by `sota`.
        sota: One of the published tables; of a user's own table nothing is said.
    """
    others = [name for name in SOTA_TABLES if name != sota.name]
    if sota.name not in SOTA_TABLES:
        return ()
    named = []
    for task in tasks:
        score, own, other = scores.get(task.id), sota.values.get(task.id), task.sota_value(others[0])
        raw = raw_value(task, other)
        if task.id not in wins or task.id in DOUBTFUL or None in (score, own, raw):
            continue
        score, own, raw = float(score or 0.0), float(own or 0.0), float(raw or 0.0)
        is_won = score >= raw if task.metric.higher_is_better else score <= raw
        if not is_won and to_points(task.metric.mapping, raw) - to_points(task.metric.mapping, own) >= _FAR:
            named.append(f"{task.id} ({own:g}, there {raw:g})")
    if not named:
        return ()
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    table = f"the {others[0]} table, whose specialists are {_FAR:g} points or more better"
    return (f"no wins by {table}: {', '.join(named[:3])}{more}",)


def printed_values(task: Task) -> tuple[float, ...]:
    """Return the specialist's printed figures for a task whose figures are printed as points."""
    if not task.sota.mapped:
        return ()
    return tuple(value for value in (task.sota.released, task.sota.paper) if value is not None)


def raw_value(task: Task, printed: float | None) -> float | None:
    """Return a printed figure in the task's own unit: the printed EPE figures are points, not pixels."""
    if printed is None or not task.sota.mapped:
        return printed
    value = ratio_value(float(task.metric.mapping.partition(":")[2]), printed)
    # 15 digits survive every file format (a workbook drops the 17th), so that a tie stays one.
    return float(f"{value:.15g}")


def printed_value(task: Task, raw: float | None) -> float | None:
    """Return the specialist's own raw figure as it is printed, and any other value as it is.

    `released` scoring reads the table as printed. Any other EPE stays in pixels there,
    as the tool reads a model's cell.
    """
    return next((printed for printed in printed_values(task) if raw_value(task, printed) == raw), raw)


def in_task_units(
    tasks: Sequence[Task], values: Mapping[str, float | None]
) -> tuple[dict[str, float | None], tuple[str, ...]]:
    """Return the values of a file in task units, with a note for each that was converted.

    A file made from the published tables carries the EPE specialists as printed, which is
    in points. Values are taken so only where every EPE value of the file is a printed one.
    """
    found = [task for task in tasks if task.sota.mapped and values.get(task.id) is not None]
    if any(values[task.id] not in printed_values(task) for task in found):
        return dict(values), ()
    converted = {task.id: raw_value(task, values[task.id]) for task in found}
    notes = tuple(
        f"{task.id}: {values[task.id]:g} is the specialist's printed figure, which is points; "
        f"read as {converted[task.id]:.4g} {task.metric.unit}"
        for task in found
    )
    return {**values, **converted}, notes


def sota_table(tasks: Sequence[Task], name_or_path: str | Path) -> SotaTable:
    """Return the table `released` or `paper`, or the one in a CSV file (task,score) or workbook.

    The values of a file are in task units; tasks it does not list have no specialist.
    """
    name = str(name_or_path)
    if name in SOTA_TABLES:
        return SotaTable(name, {task.id: raw_value(task, task.sota_value(name)) for task in tasks})
    path = Path(name_or_path)
    if not path.is_file():
        raise UnknownWordError("SoTA table", name, (*SOTA_TABLES, "a CSV file", "an .xlsx workbook"))
    if is_workbook(path):
        workbook = read_workbook(tasks, path, sota=True)
        return SotaTable(path.name, in_task_units(tasks, workbook.scores)[0], workbook.rows)
    return SotaTable(path.name, in_task_units(tasks, read_csv(tasks, path))[0])
