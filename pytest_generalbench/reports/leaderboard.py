"""Finished runs beside the models that the paper prints: a table for each board and scoring."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.reports.level_words import interval_of_level
from pytest_generalbench.reports.run_data import Run, load_run
from pytest_generalbench.reports.run_ranks import rank_runs
from pytest_generalbench.runs.finalize import MEASURED_STATES
from pytest_generalbench.runs.result_file import RESULT_FILE
from pytest_generalbench.suite.level.result import LEVELS, tier
from pytest_generalbench.suite.selection import board_tasks
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_FULL: Final = "A"
_SCORING: Final = "paper"
_SKIPPED: Final = 5


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """A model on a board."""

    name: str
    """The model, with the run's folder where two runs have the same."""
    folder: str | None
    """The run folder; None: a published model."""
    scores: Mapping[str, float | None]
    """S2 to S5, in points of 0..100; higher is better. None where a level is not computed."""
    intervals: Mapping[str, tuple[float, float]]
    """The 95 % intervals that are known, by level."""
    tier: int | None
    certified_tier: int | None
    """The tier that is reached at least, with probability .95."""
    qualified: str | None
    """Why the tier may not stand alone."""
    best: int | None = None
    """The best place among the runs of the table that cannot be excluded at 95 %; None without a rank."""
    worst: int | None = None
    tied: tuple[str, ...] = ()
    """The names of the runs that it cannot be told apart from at 95 %."""

    @property
    def place(self) -> str:
        """The range of places, `2-3`; empty where there is no rank."""
        if self.best is None or self.worst is None:
            return ""
        return str(self.best) if self.best == self.worst else f"{self.best}-{self.worst}"


@dataclass(frozen=True, slots=True)
class LeaderboardTable:
    """Models with scores of the same meaning: one board, one scoring, one selection."""

    title: str
    board: str
    scoring: str
    sota: str
    """The table of specialists."""
    is_full: bool
    """Whether every task of the board was measured over all its instances, none of them of demo data."""
    rows: tuple[LeaderboardRow, ...]
    """The highest S2 first."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Tables that are never added up: full boards first.

    >>> print(leaderboard(["generalbench-runs"]).text())  # doctest: +SKIP
    """

    tables: tuple[LeaderboardTable, ...]
    notes: tuple[str, ...]
    """Folders that were left out, and why."""

    def text(self) -> str:
        """Return lines for a terminal."""
        from pytest_generalbench.reports.leaderboard_forms import text

        return text(self)

    def markdown(self) -> str:
        """Return Markdown; texts from outside are shown and do nothing else."""
        from pytest_generalbench.reports.leaderboard_forms import markdown

        return markdown(self)

    def csv(self) -> str:
        """Return one table with the board of each row in its first columns; no cell is a formula."""
        from pytest_generalbench.reports.leaderboard_forms import csv_text

        return csv_text(self)

    def html(self) -> str:
        """Return a page that needs no other file and has no script."""
        from pytest_generalbench.reports.leaderboard_forms import page

        return page(self)

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What two scores must have in common to stand in one table."""

    board: str
    scoring: str
    sota: str
    split: str
    is_demo: bool
    limit: int | None
    subset: str | None
    lacking: frozenset[str]
    """Tasks of the board that were not measured."""
    tasks: int
    """Tasks of the board."""

    @property
    def is_full(self) -> bool:
        return not (self.lacking or self.is_demo or self.limit or self.subset)

    @property
    def takes_published(self) -> bool:
        return self.is_full and self.board == _FULL and self.scoring == _SCORING

    @property
    def title(self) -> str:
        words = [f"board {self.board}, {self.scoring} scoring, SoTA table {self.sota}, {self.split} split"]
        if self.lacking:
            words.append(f"partial: {self.tasks - len(self.lacking)} of {self.tasks} tasks")
        else:
            words.append(f"all {self.tasks} tasks")
        words += [f"subset: {self.subset}"] if self.subset else []
        words += [f"{self.limit} instances a task at most"] if self.limit else []
        words += ["demo data"] if self.is_demo else []
        return "; ".join(words)


def leaderboard(folders: Sequence[str | Path], *, published: bool = True) -> Leaderboard:
    """Return finished runs, and beside full boards the models that the paper prints.

    Runs stand in one table only if their scores mean the same: the same board, scoring, table of
    specialists, split, tasks that were measured, limit and subset. Places are those of `rank_runs`: runs that
    cannot be told apart at 95 % share a range. The published models have no intervals, so they have no place.

    Args:
        folders: Run folders, and folders of run folders.
        published: Whether the models of the paper are shown.

    Returns:
        The tables, full boards first.

    Raises:
        GeneralBenchError: a folder is neither a finished run nor holds one.
    """
    runs, notes = _runs(folders)
    groups: dict[_Kind, list[Run]] = {}
    for run in runs:
        groups.setdefault(_kind(run), []).append(run)
    tables = [_table(kind, members, published=published) for kind, members in groups.items()]
    if published and not any(kind.takes_published for kind in groups):
        tables.append(_published_alone())
    tables.sort(key=lambda table: (not table.is_full, table.board, table.scoring, table.title))
    return Leaderboard(tuple(tables), tuple(notes))


def published_models() -> tuple[str, tuple[LeaderboardRow, ...]]:
    """Return the source and the rows of the models that the paper prints; they have no intervals."""
    file = resources.files("pytest_generalbench.reports").joinpath("published_models.yaml")
    content = yaml.safe_load(file.read_text("utf-8"))
    rows = []
    for name, values in content["models"].items():
        scores = dict(zip(content["columns"], map(float, values), strict=True))
        reached = tier(tuple(scores[level] for level in LEVELS))
        rows.append(LeaderboardRow(name, None, scores, {}, reached, None, None))
    return content["source"], tuple(rows)


def _runs(folders: Sequence[str | Path]) -> tuple[list[Run], list[str]]:
    """Return the finished runs, each once, and what was left out."""
    found: dict[Path, Run] = {}
    skipped: list[str] = []
    for given in map(Path, folders):
        if (given / RESULT_FILE).is_file():
            found.setdefault(given.resolve(), load_run(given))
            continue
        if not given.is_dir():
            raise GeneralBenchError(f"{given}: no such folder")
        before = len(found), len(skipped)
        for path in sorted(given.iterdir()):
            if (path / RESULT_FILE).is_file() and path.resolve() not in found:
                try:
                    found[path.resolve()] = load_run(path)
                except GeneralBenchError as error:
                    skipped.append(f"{path.name} is left out: {error}")
            elif (path / "run.json").is_file() and path.resolve() not in found:
                skipped.append(f"{path.name} is left out: it has not ended")
        if before == (len(found), len(skipped)) and not any(
            (path / RESULT_FILE).is_file() for path in given.iterdir()
        ):
            raise GeneralBenchError(f"{given} is no finished run and holds none: it has no {RESULT_FILE}")
    more = [f"and {len(skipped) - _SKIPPED} more are left out"] if len(skipped) > _SKIPPED else []
    return list(found.values()), [*skipped[:_SKIPPED], *more]


def _kind(run: Run) -> _Kind:
    result, level = run.result, run.level()
    board = str(level.get("board") or _FULL)
    try:
        members = {task.id for task in board_tasks(load_tasks(), board)}
    except UnknownWordError as error:
        raise GeneralBenchError(f"{run.folder}: {error}") from error
    measured = {entry.id for entry in result.tasks if entry.result.state in MEASURED_STATES}
    return _Kind(
        board=board,
        scoring=str(level.get("scoring") or result.setting("scoring")),
        sota=str(level.get("sota") or result.setting("sota")),
        split=str(result.data.get("split", "open")),
        is_demo=bool(result.data.get("is_demo")),
        limit=result.setting("limit"),
        subset=result.setting("subset"),
        lacking=frozenset(members - measured),
        tasks=len(members),
    )


def _table(kind: _Kind, runs: Sequence[Run], *, published: bool) -> LeaderboardTable:
    names = _names(runs)
    rows = [_row(name, run) for name, run in names.items()]
    notes: list[str] = []
    if len(rows) > 1:
        rows, refused = _ranked(rows)
        notes += [f"no places: {refused}"] if refused else []
    if kind.takes_published and published:
        source, others = published_models()
        rows += others
        notes.append(_published_note(source))
    return LeaderboardTable(
        kind.title, kind.board, kind.scoring, kind.sota, kind.is_full, _ordered(rows), tuple(notes)
    )


def _published_note(source: str) -> str:
    return (
        f"published models: {source}; the authors' own scores of their own data, printed without intervals: "
        "whether a run and a published model differ is not known, so published models have no place"
    )


def _published_alone() -> LeaderboardTable:
    source, rows = published_models()
    title = f"board {_FULL}, published models"
    return LeaderboardTable(title, _FULL, _SCORING, "paper", True, _ordered(rows), (_published_note(source),))


def _ordered(rows: Iterable[LeaderboardRow]) -> tuple[LeaderboardRow, ...]:
    def key(row: LeaderboardRow) -> tuple[bool, tuple[float, ...], str]:
        scores = [row.scores.get(name) for name in LEVELS]
        return scores[0] is None, tuple(-(score or 0.0) for score in scores), row.name

    return tuple(sorted(rows, key=key))


def _names(runs: Sequence[Run]) -> dict[str, Run]:
    """Return the runs by a name that no other has: the model, then the folder's name, then its path."""
    models = [str(run.result.model.get("spec") or run.folder.name) for run in runs]
    short = [f"{model} ({run.folder.name})" for model, run in zip(models, runs, strict=True)]
    named: dict[str, Run] = {}
    for model, brief, run in zip(models, short, runs, strict=True):
        if models.count(model) == 1:
            named[model] = run
        else:
            named[brief if short.count(brief) == 1 else f"{model} ({run.folder})"] = run
    return named


def _row(name: str, run: Run) -> LeaderboardRow:
    level: Mapping[str, Any] = run.level()
    bounds = {key: interval_of_level(level, key) for key in LEVELS}
    return LeaderboardRow(
        name=name,
        folder=str(run.folder),
        scores={key: level.get(key) for key in LEVELS},
        intervals={key: value for key, value in bounds.items() if value is not None},
        tier=level.get("tier"),
        certified_tier=level.get("certified_tier"),
        qualified=level.get("qualified"),
    )


def _ranked(rows: list[LeaderboardRow]) -> tuple[list[LeaderboardRow], str | None]:
    """Return the rows with their places, or as they were and why there are none."""
    names = {str(row.folder): row.name for row in rows}
    try:
        places = {rank.name: rank for rank in rank_runs(list(names))}
    except GeneralBenchError as error:
        return rows, str(error)
    return [
        replace(
            row,
            best=places[str(row.folder)].best,
            worst=places[str(row.folder)].worst,
            tied=tuple(names[name] for name in places[str(row.folder)].tied),
        )
        for row in rows
    ], None
