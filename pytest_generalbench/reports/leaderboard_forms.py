"""A leaderboard as lines for a terminal, Markdown, CSV, and a page."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.visible_text import cell_text, visible_text
from pytest_generalbench.reports.comparison_tables import aligned
from pytest_generalbench.reports.level_words import reached_tier, score_words
from pytest_generalbench.reports.markdown import code, head, row, safe
from pytest_generalbench.reports.page.frame import html_page
from pytest_generalbench.reports.page.markup import Markup, joined, number_cells, tag, wide_table
from pytest_generalbench.suite.level.result import LEVELS

if TYPE_CHECKING:
    from pytest_generalbench.reports.leaderboard import Leaderboard, LeaderboardRow, LeaderboardTable

_HEAD: Final = ("place", "model", "source", *LEVELS, "level", "note")
_NAME: Final = 60
"""Characters of a name in the terminal."""
_CAPTION: Final = (
    "In brackets: 95 % intervals. Runs that cannot be told apart at 95 % share a range of places; places are "
    "among the runs of a table alone."
)
_COLUMNS: Final = (
    "board", "scoring", "sota", "selection", "full", "place", "best", "worst", "model", "source", "folder",
    *(f"{level}{end}" for level in LEVELS for end in ("", "_low", "_high")),
    "tier", "certified_tier", "qualified", "tied",
)  # fmt: skip


def text(board: Leaderboard) -> str:
    """Return lines for a terminal.

    Args:
        board: The leaderboard.
    """
    lines = []
    for table in board.tables:
        rows = [_cells(item) for item in table.rows]
        lines += [_heading(table), "", *aligned(_HEAD, rows), "", *table.notes, ""]
    shown = (visible_text(line, lines=False) for line in (*lines, *board.notes, _CAPTION))
    return "\n".join(shown) + "\n"


def markdown(board: Leaderboard) -> str:
    """Return Markdown.

    Args:
        board: The leaderboard.
    """
    lines = []
    for table in board.tables:
        lines += [f"### {safe(_heading(table))}", "", *head(_HEAD)]
        for item in table.rows:
            place, _, *others = _cells(item)
            lines.append(row([place, code(item.name, 300), *(safe(cell, 300) for cell in others)]))
        lines += ["", *(f"- {safe(note)}" for note in table.notes), ""]
    lines += [*(f"- {code(note)}" for note in board.notes), "", _CAPTION]
    return "\n".join(lines) + "\n"


def csv_text(board: Leaderboard) -> str:
    """Return one table of all rows.

    Args:
        board: The leaderboard.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for table in board.tables:
        for item in table.rows:
            levels = [
                value
                for level in LEVELS
                for value in (item.scores.get(level), *item.intervals.get(level, (None, None)))
            ]
            cells = [
                table.board, table.scoring, table.sota, table.title, table.is_full, item.place, item.best,
                item.worst, item.name, _source(item), item.folder, *levels, item.tier, item.certified_tier,
                item.qualified, "; ".join(item.tied),
            ]  # fmt: skip
            writer.writerow([_plain(cell) for cell in cells])
    return file.getvalue()


def _plain(value: object) -> object:
    return cell_text(value)


def page(board: Leaderboard) -> str:
    """Return a page that needs no other file and has no script.

    Args:
        board: The leaderboard.
    """
    title = "General-Bench: leaderboard"
    notes = tag("ul", *(tag("li", note) for note in board.notes)) if board.notes else None
    sections = [_section(table) for table in board.tables]
    body = joined(
        tag("header", tag("h1", title)), tag("main", *sections, notes, tag("p", _CAPTION), id="main")
    )
    return html_page(title, body)


def _section(table: LeaderboardTable) -> Markup:
    rows: list[list[object]] = []
    for item in table.rows:
        place, _, source, *others = _cells(item)
        figures, words = others[: len(LEVELS)], others[len(LEVELS) :]
        name = tag("th", item.name, scope="row")
        rows.append([*number_cells(place), name, source, *number_cells(*figures), *words])
    notes = tag("ul", *(tag("li", note) for note in table.notes)) if table.notes else None
    return tag("section", tag("h2", _heading(table)), wide_table(list(_HEAD), rows), notes)


def _heading(table: LeaderboardTable) -> str:
    kind = "Full board" if table.is_full else "Not a full board"
    return f"{kind}: {table.title}"


def _source(item: LeaderboardRow) -> str:
    return "published" if item.folder is None else "run"


def _cells(item: LeaderboardRow) -> tuple[str, ...]:
    scores = (score_words(item.scores.get(name), item.intervals.get(name)) for name in LEVELS)
    level = reached_tier(item.tier, item.certified_tier) or "-"
    name = visible_text(item.name, lines=False)
    name = name if len(name) <= _NAME else name[: _NAME - 1] + "…"
    return item.place, name, _source(item), *scores, level, item.qualified or ""
