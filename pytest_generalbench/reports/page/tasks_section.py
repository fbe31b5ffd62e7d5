"""The tasks of a page: the map of skills, and the table that the page's script sorts and filters."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.score_format import format_score
from pytest_generalbench.core.vocabulary import side_of
from pytest_generalbench.reports.page.markup import Markup, joined, tag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_generalbench.reports.page.shown_run import ShownRun
    from pytest_generalbench.reports.run_data import TaskRow

_STEPS: Final = 5
"""Steps of colour from 0 points to 100."""


def _side(row: TaskRow) -> str:
    return side_of(row.modality, row.paradigm)


def map_section(runs: Sequence[ShownRun]) -> Markup:
    """Return the map of the last run: its mean points by side and skill, and where it beats specialists."""
    run = runs[-1]
    cells: dict[str, dict[str, list[TaskRow]]] = defaultdict(lambda: defaultdict(list))
    for row in run.tasks.values():
        cells[_side(row)][row.skill or "other"].append(row)
    parts = []
    for side, skills in sorted(cells.items()):
        boxes = [_cell(side, skill, rows) for skill, rows in sorted(skills.items())]
        parts.append(joined(tag("h3", side), tag("ul", *boxes, class_="map")))
    words = "Mean points of the scored tasks of each skill, 0 to 100; the number of wins behind it. "
    legend = [tag("li", f"{step * 20} to {step * 20 + 20}", class_=f"heat h{step}") for step in range(_STEPS)]
    key = tag("ul", *legend, tag("li", "no score", class_="heat none"), class_="key")
    return tag("section", tag("h2", "Map"), tag("p", words, run.name), key, *parts, id="map")


def _cell(side: str, skill: str, rows: Sequence[TaskRow]) -> Markup:
    points = [row.points for row in rows if row.points is not None]
    wins = sum(bool(row.reached) for row in rows)
    mean = sum(points) / len(points) if points else None
    kind = "none" if mean is None else f"h{min(int(max(mean, 0) // 20), _STEPS - 1)}"
    figure = "no score" if mean is None else f"{mean:.0f}"
    tasks = f"{len(rows)} task{'s' if len(rows) > 1 else ''}"
    won = f", {wins} of {tasks} won" if wins else f", {tasks}"
    link = tag("a", skill, " ", tag("b", figure), won, href=f"#tasks={side}|{skill}")
    return tag("li", link, class_=f"heat {kind}")


def tasks_section(runs: Sequence[ShownRun], files: Mapping[str, str]) -> Markup:
    """Return the table of all tasks.

    Args:
        runs: The runs; the score of each has a column, all else is the last one's.
        files: By task: the script with its instances; tasks without one cannot be opened.
    """
    names = sorted(set().union(*(run.tasks for run in runs)))
    head = ["task", *(_score_head(run, len(runs)) for run in runs)]
    if len(runs) > 1:
        head.append("change")
    head += ["specialist", "chance of a win", "metric", "instances", "state", "reads"]
    cells = [
        tag(
            "th", tag("button", name, type="button"), scope="col", data_sort=(name == "task" and "text") or ""
        )
        for name in head
    ]
    rows = [_row(name, runs, files.get(name)) for name in names]
    grid = tag("table", tag("thead", tag("tr", *cells)), tag("tbody", *rows), id="task-table")
    return tag(
        "section",
        tag("h2", "Tasks"),
        _filters(runs),
        tag("p", tag("output", f"{len(names)} tasks", id="shown-tasks"), class_="note"),
        tag("div", grid, class_="wide", tabindex=0),
        id="tasks",
    )


def _score_head(run: ShownRun, count: int) -> str:
    return f"score: {run.name}" if count > 1 else "score"


def _filters(runs: Sequence[ShownRun]) -> Markup:
    rows = [row for run in runs for row in run.tasks.values()]
    groups: list[tuple[str, str, Callable[[TaskRow], str]]] = [
        ("side", "all sides", _side), ("state", "all states", lambda row: row.state),
        ("skill", "all skills", lambda row: row.skill),
    ]  # fmt: skip
    picks = []
    for name, every, of in groups:
        options = [tag("option", value, value=value) for value in sorted({of(row) for row in rows} - {""})]
        picks.append(
            tag("select", tag("option", every, value=""), *options, id=f"pick-{name}", aria_label=name)
        )
    wins = [("", "wins and others"), ("win", "wins"), ("near", "near the specialist"), ("no", "no wins")]
    options = [tag("option", text, value=value) for value, text in wins]
    picks.append(tag("select", *options, id="pick-win", aria_label="wins"))
    search = tag(
        "input", type="search", id="task-search", placeholder="search tasks", aria_label="search tasks"
    )
    return tag("form", search, *picks, class_="filters script-only", role="search", aria_label="filter tasks")


def _row(name: str, runs: Sequence[ShownRun], file: str | None) -> Markup:
    last = next(run for run in reversed(runs) if name in run.tasks)
    row, chance = last.tasks[name], last.chance(name)
    link = tag("a", name, href=f"#task={name}") if file else name
    scores = [_score(run.tasks.get(name)) for run in runs]
    cells = [tag("th", link, scope="row"), *scores]
    if len(runs) > 1:
        cells.append(_change([run.tasks.get(name) for run in runs], row))
    unread = sum(row.states.get(state, 0) for state in ("unparsable", "refused"))
    total = sum(row.states.values())
    cells += [
        _number(row.sota, format_score(row.sota)),
        _number(chance, "-" if chance is None else f"{100 * chance:.0f} %"),
        tag("td", row.metric, title=row.definition or None),
        _number(row.n, str(row.n)),
        tag("td", row.state.replace("_", " "), title=row.reason or None),
        _number(unread, f"{unread} of {total} unread" if unread else "all" if total else "-"),
    ]
    near = chance is not None and 0.025 < chance < 0.975
    kind = "win" if row.reached else "near" if near else "no"
    facets = {"side": _side(row), "skill": row.skill, "state": row.state, "win": kind}
    facts: dict[str, object] = {f"data_{key}": value for key, value in facets.items()}
    return tag("tr", *cells, **facts, data_near=near or None, data_file=file)


def _score(row: TaskRow | None) -> Markup:
    if row is None or row.score is None:
        return _number(None, "-")
    spread = "" if row.stderr is None else f" ± {format_score(row.stderr)}"
    mark = tag("span", " win", class_="won") if row.reached else None
    text = f"{format_score(row.score)}{spread}"
    unit = f"{row.unit}, {row.direction} is better"
    return tag("td", text, mark, class_="number", data_value=round(row.score, 6), title=unit)


def _change(rows: Sequence[TaskRow | None], last: TaskRow) -> Markup:
    first = rows[0]
    if first is None or rows[-1] is None or first.score is None or last.score is None:
        return _number(None, "-")
    change = last.score - first.score
    return _number(change if last.direction != "lower" else -change, f"{change:+.4g}" if change else "0")


def _number(value: float | None, text: str) -> Markup:
    return tag("td", text, class_="number", data_value=None if value is None else round(value, 6))
