"""The comparison of a page's runs, and where their figures come from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.score_format import format_bounds, format_score
from pytest_generalbench.reports.page.markup import Markup, number_cells, tag, task_link, wide_table
from pytest_generalbench.reports.run_comparison import RunComparison, compare_runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_generalbench.reports.page.shown_run import ShownRun

_TASKS: Final = 60
_LEFT_OUT: Final = 30
_TELLING: Final = 10
_VALUE_CHARS: Final = 2000


def compare_section(runs: Sequence[ShownRun]) -> Markup | None:
    """Return the section that compares every run with the first; None with one run."""
    if len(runs) < 2:
        return None
    words = f"Each is compared with the first, {runs[0].name}; a difference above 0 is better."
    parts = [_compared(runs[0], other) for other in runs[1:]]
    return tag("section", tag("h2", "Compare"), tag("p", words), *parts, id="compare")


def _compared(first: ShownRun, other: ShownRun) -> Markup:
    try:
        compared = compare_runs(first.run.folder, other.run.folder)
    except GeneralBenchError as error:
        return tag("article", tag("h3", other.name), tag("p", str(error), class_="note"), class_="card")
    parts = [
        tag("h3", other.name),
        tag("p", f"Gate at 5 % over all tests together: {compared.gate().verdict}."),
        _layers(compared),
        *(tag("p", note, class_="note") for note in compared.notes),
        tag("h4", "Tasks, the surest differences first"),
        _tasks(compared),
        *_telling(compared),
        *_left_out(compared),
    ]
    return tag("article", *parts, class_="card")


def _layers(compared: RunComparison) -> Markup:
    rows: list[list[object]] = []
    for one in ([compared.s2] if compared.s2 else []) + list(compared.sides):
        interval = format_bounds(one.low, one.high, "+.2f")
        figures = number_cells(
            f"{one.difference:+.2f}", interval, f"{one.p_adjusted:.2g}", f"{one.tasks} of {one.of}"
        )
        rows.append([tag("th", one.name, scope="row"), *figures, one.verdict])
    return wide_table(["", "difference in points", "95 % interval", "p", "tasks", "shown"], rows)


def _tasks(compared: RunComparison) -> Markup:
    ordered = sorted(compared.tasks, key=lambda item: (1.0 if item.p is None else item.p, item.task))
    rows: list[list[object]] = []
    for item in ordered[:_TASKS]:
        figures = number_cells(
            format_score(item.first),
            format_score(item.second),
            f"{item.difference:+.4g}",
            format_bounds(item.low, item.high, "+.4g"),
            "-" if item.p_adjusted is None else f"{item.p_adjusted:.2g}",
            item.n,
        )
        rows.append([task_link(item.task), *figures, item.verdict])
    head = ["task", "first", "this", "difference", "95 % interval", "p", "instances", "shown"]
    return wide_table(head, rows)


def _telling(compared: RunComparison) -> Iterator[Markup]:
    rows: list[list[object]] = [
        [
            task_link(item.task),
            item.instance,
            f"{format_score(item.first_score)}: {item.first_prediction}",
            f"{format_score(item.second_score)}: {item.second_prediction}",
        ]
        for item in compared.instances[:_TELLING]
    ]
    if rows:
        yield tag("h4", "Right before, wrong now")
        yield wide_table(["task", "instance", "first", "this"], rows)


def _left_out(compared: RunComparison) -> Iterator[Markup]:
    if not compared.left_out:
        return
    items = [tag("li", f"{item.task}: {item.reason}") for item in compared.left_out[:_LEFT_OUT]]
    if len(compared.left_out) > _LEFT_OUT:
        items.append(tag("li", f"and {len(compared.left_out) - _LEFT_OUT} more"))
    yield tag(
        "details", tag("summary", f"{len(compared.left_out)} tasks are not compared"), tag("ul", *items)
    )


def provenance_section(runs: Sequence[ShownRun]) -> Markup:
    """Return the section that says where the figures come from."""
    cards = []
    for run in runs:
        result = run.run.result
        facts: dict[str, Any] = {"folder": run.run.folder.name, "model": result.model, "data": result.data}
        facts |= {"settings": result.settings, "environment": result.environment}
        facts |= {key: result.run.get(key) for key in ("started", "seconds", "sessions")}
        named = [part for key, value in facts.items() for part in (tag("dt", key), tag("dd", _value(value)))]
        cards.append(tag("article", tag("h3", run.name), tag("dl", *named, class_="facts"), class_="card"))
    words = "The run folder holds every answer; `generalbench verify RUN` checks that nothing was changed."
    return tag("section", tag("h2", "Provenance"), tag("p", words), *cards, id="provenance")


def _value(value: object) -> object:
    if value is None or isinstance(value, str | int | float):
        return "-" if value is None else value
    text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
    return tag("pre", text if len(text) <= _VALUE_CHARS else text[:_VALUE_CHARS] + " …")
