"""The level of a page: tier, certified tier, S2 to S5 with intervals, and what the next level needs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.score_format import format_bounds, format_level, format_score, format_share
from pytest_generalbench.reports.level_words import interval_of_level
from pytest_generalbench.reports.page.markup import (
    Markup,
    joined,
    number_cells,
    tag,
    task_link,
    wide_table,
)
from pytest_generalbench.suite.level.result import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_generalbench.reports.next_tasks import NextTask
    from pytest_generalbench.reports.page.shown_run import ShownRun

_NAMED: Final = 12
_NEXT: Final = 40
_WIDTH, _HEIGHT, _LEFT = 520, 132, 40


def level_section(runs: Sequence[ShownRun]) -> Markup:
    """Return the section with a card for every run."""
    cards = [_card(run, several=len(runs) > 1) for run in runs]
    return tag("section", tag("h2", "Level"), *cards, id="level")


def _card(run: ShownRun, *, several: bool) -> Markup:
    level = run.run.level()
    heading = tag("h3", run.name) if several else None
    parts = [heading, _headline(level), _chart(level), *_lines(run, level), _sides(level)]
    return tag("article", *parts, class_="card")


def _headline(level: Mapping[str, Any]) -> Markup:
    tier, certified = level.get("tier"), level.get("certified_tier")
    words: list[object] = [tag("strong", f"Level-{tier}" if tier else "no level", class_="tier")]
    if certified is not None:
        words.append(f" at 95 % at least Level-{certified}")
    if level.get("qualified"):
        words.append(tag("span", str(level["qualified"]), class_="qualifier"))
    return tag("p", *words, class_="headline")


def _chart(level: Mapping[str, Any]) -> Markup | None:
    """Return bars of S2 to S5 with their intervals."""
    shown = [(name, level[name]) for name in LEVELS if level.get(name) is not None]
    if not shown:
        return None
    scale = (_WIDTH - _LEFT - 60) / 100
    drawn: list[Markup] = []
    for place, (name, value) in enumerate(shown):
        top = 6 + place * 32
        drawn.append(tag("text", name, x=0, y=top + 16, class_="axis"))
        drawn.append(
            tag("rect", x=_LEFT, y=top, width=round(value * scale, 1), height=22, rx=2, class_=f"bar {name}")
        )
        bounds = interval_of_level(level, name)
        end = _LEFT + value * scale
        if bounds:
            low, high = (_LEFT + bound * scale for bound in bounds)
            path = f"M{low:.1f} {top + 11}H{high:.1f}M{low:.1f} {top + 5}v12M{high:.1f} {top + 5}v12"
            drawn.append(tag("path", d=path, class_="whisker"))
            end = max(end, high)
        drawn.append(tag("text", format_level(value), x=round(end + 6, 1), y=top + 16, class_="value"))
    label = "; ".join(f"{name} {_in_words(name, value, level)}" for name, value in shown)
    size = f"0 0 {_WIDTH} {6 + 32 * len(shown)}"
    return tag("svg", *drawn, viewBox=size, role="img", aria_label=label, class_="levels")


def _in_words(name: str, value: float, level: Mapping[str, Any]) -> str:
    """Return a level's figure with its interval."""
    bounds = interval_of_level(level, name)
    estimate = (level.get("estimates") or {}).get(name)
    if not bounds:
        return format_level(value)
    text = f"{format_level(value)} (95 %: {format_level(bounds[0])} to {format_level(bounds[1])}"
    return f"{text}, most likely {format_level(estimate)})" if estimate is not None else f"{text})"


def _lines(run: ShownRun, level: Mapping[str, Any]) -> Iterator[Markup]:
    """Yield what a reader must know beside the figures."""
    rows: list[tuple[str, object]] = [
        (name, _in_words(name, level[name], level)) for name in LEVELS if level.get(name) is not None
    ]
    rows += [
        ("Wins", f"{len(level.get('wins') or ())}, of these certified {len(level.get('certified') or ())}"),
        ("Hangs on", _named(level.get("hangs_on")) or "no single task"),
        ("Near their specialist", _named(level.get("flips")) or "none"),
        ("Coverage", _coverage(run, level)),
        ("Wins that say nothing", _degenerate(level)),
        ("Scoring", f"{level.get('scoring')}, SoTA table {level.get('sota')}, board {level.get('board')}"),
    ]
    named = [pair for name, value in rows for pair in (tag("dt", name), tag("dd", value))]
    yield tag("dl", *named, class_="facts")
    for note in level.get("notes") or ():
        yield tag("p", note, class_="note")
    if level.get("reason"):
        yield tag("p", level["reason"], class_="note")


def _named(tasks: Sequence[str] | None) -> Markup | None:
    if not tasks:
        return None
    links = [tag("a", name, href=f"#task={name}") for name in tasks[:_NAMED]]
    more = f" and {len(tasks) - _NAMED} more" if len(tasks) > _NAMED else ""
    parts = [part for link in links for part in (link, ", ")]
    return joined(f"{len(tasks)}: ", *parts[:-1], more)


def _coverage(run: ShownRun, level: Mapping[str, Any]) -> str:
    counts = run.run.result.counts
    states = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    answered: Counter[str] = Counter()
    for row in run.tasks.values():
        answered.update(row.states)
    total = answered.total() or 1
    named = sorted((state.replace("_", " "), count) for state, count in answered.items())
    shares = ", ".join(f"{state} {format_share(count / total)}" for state, count in named)
    missing = f"; {level['missing']} tasks of the board have no score" if level.get("missing") else ""
    return f"tasks: {states}{missing}; answers: {shares}"


def _degenerate(level: Mapping[str, Any]) -> object:
    found = level.get("degenerate") or {}
    if not found:
        return "none"
    items = [tag("li", tag("a", name, href=f"#task={name}"), f": {why}") for name, why in found.items()]
    more = tag("li", f"and {len(items) - _NAMED} more") if len(items) > _NAMED else None
    return tag("ul", *items[:_NAMED], more)


def _sides(level: Mapping[str, Any]) -> Markup | None:
    """Return the table of modalities."""
    rows: list[list[object]] = []
    for one in level.get("modalities") or ():
        for paradigm in ("comprehension", "generation"):
            half = one.get(paradigm)
            if half:
                rows.append([one["modality"], paradigm, *_half(half, ("S2", "S3"))])
    language = level.get("language")
    if language:
        cells = [_number(language.get("S_L")), tag("td"), *_counts(language)]
        rows.append(["nlp", "", *cells])
    if not rows:
        return None
    head = ["modality", "paradigm", "mean points", "points of wins", "scored", "tasks", "wins"]
    return wide_table(head, rows)


def _half(half: Mapping[str, Any], names: Sequence[str]) -> list[object]:
    return [*map(_number, map(half.get, names)), *_counts(half)]


def _counts(half: Mapping[str, Any]) -> list[object]:
    return [*number_cells(half.get("scored"), half.get("tasks"), half.get("wins"))]


def _number(value: float | None) -> Markup:
    return number_cells("-" if value is None else format_level(value))[0]


def next_section(runs: Sequence[ShownRun]) -> Markup | None:
    """Return the section on the next level of the last run; None where nothing is scored."""
    run = runs[-1]
    if run.steps is None:
        return None
    steps = run.steps
    head = ["task", "score", "95 % interval", "specialist", "distance in standard errors"]
    head += [f"gain in S{steps.level}", "instances", ""]
    lines = [tag("li", line) for line in (*steps.missing, *steps.notes)]
    words = (
        f"{run.name}: Level-{steps.tier}. What adds to S{steps.level}, the nearest to its specialist first."
    )
    return tag(
        "section",
        tag("h2", "Next level"),
        tag("p", words),
        tag("ul", *lines) if lines else None,
        wide_table(head, [_step(step) for step in steps.tasks[:_NEXT]]),
        id="next",
    )


def _step(step: NextTask) -> list[object]:
    """Return the row of a task."""
    figures = number_cells(
        f"{format_score(step.score)} {step.unit}",
        format_bounds(step.low, step.high, ".4g"),
        format_score(step.sota),
        "-" if step.distance is None else f"{step.distance:+.1f}",
        f"{step.gain:.3f}" if step.gain else "-",
        step.instances,
    )
    states = (("win", step.reached), ("certified", step.certified), ("the tier hangs on it", step.hangs))
    return [task_link(step.task), *figures, ", ".join(word for word, holds in states if holds)]
