"""A run in Markdown, for the summary of a CI job and for a comment, inside their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.score_format import format_bounds, format_score, format_share
from pytest_generalbench.core.vocabulary import side_of
from pytest_generalbench.reports.bounded_text import Block, Limit, bounded_text, bytes_of, utf16_units
from pytest_generalbench.reports.level_words import interval_of_level, score_words, tier_words
from pytest_generalbench.reports.markdown import code, head, row, safe
from pytest_generalbench.reports.remote_runs import MissingRunError
from pytest_generalbench.reports.run_comparison import compare_runs
from pytest_generalbench.reports.run_data import load_run
from pytest_generalbench.suite.level.result import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.reports.gate import GateResult
    from pytest_generalbench.reports.paired_tasks import TaskDifference
    from pytest_generalbench.reports.run_comparison import RunComparison
    from pytest_generalbench.reports.run_data import Run, TaskRow

_SUMMARY: Final = Limit(900_000, "bytes", bytes_of)
_COMMENT: Final = Limit(60_000, "characters", utf16_units)
_CELL: Final = 160
"""Characters of one text from outside that are shown."""
_NAMED: Final = 20
_INSTANCES: Final = 20
_TASK_HEAD: Final = ("task", "state", "score", "95 % interval", "SoTA", "win", "n", "")
_CHANGE_HEAD: Final = ("task", "before", "now", "difference", "95 % interval", "points", "adjusted p")


def summary_markdown(run: str | Path, baseline: str | Path | None = None, *, comment: bool = False) -> str:
    """Return a run in Markdown: level, gate, regressions, flips, then every task.

    Every text from outside (ids, names, answers, reasons) is shown on one line and does nothing: no
    markup, no link, no mention.

    Args:
        run: A finished run folder.
        baseline: The run that it is compared with.
        comment: Stay within 60,000 characters, as a comment must, instead of 900,000 bytes, as a summary.
            Characters are counted in UTF-16, as browsers do.

    Returns:
        Markdown of at most that length. What does not fit is cut from the end, and a last line says what.

    Raises:
        GeneralBenchError: a folder is no finished run. Two runs that cannot be compared are no error: the
            text says why.
    """
    opened = load_run(run)
    blocks = [_level_block(opened)]
    if baseline is not None:
        blocks += _compared_blocks(opened, baseline, run)
    blocks += _near_blocks(opened.level())
    blocks += _task_blocks(opened)
    return bounded_text(blocks, _COMMENT if comment else _SUMMARY)


def _level_block(run: Run) -> Block:
    level = run.level()
    model = str(run.result.model.get("spec") or run.folder.name)
    rows = [row([name, score_words(level.get(name), interval_of_level(level, name))]) for name in LEVELS]
    counts = ", ".join(f"{count} {state}" for state, count in sorted(run.result.counts.items()))
    wins = len(level.get("wins") or ())
    opening = [
        f"## General-Bench: {safe(tier_words(level), 300)}", "", f"Model {code(model, _CELL)}", "",
        *head(("level", "score (95 % interval)")), *rows, "",
        f"Tasks: {safe(counts, 300)}. Wins: {wins}. "
        f"{safe(level.get('scoring'), 40)} scoring, SoTA table {safe(level.get('sota'), 40)}, "
        f"board {safe(level.get('board'), 60)}.", "",
    ]  # fmt: skip
    notes = [level.get("reason"), *(level.get("notes") or ())]
    opening += [f"- {code(note, 300)}" for note in notes[:_NAMED] if note]
    return Block("the level", (*opening, ""))


def _compared_blocks(run: Run, baseline: str | Path, place: str | Path) -> Iterator[Block]:
    """Yield the gate, what got worse, and the wins that changed."""
    try:
        compared = compare_runs(baseline, place, instances=_INSTANCES)
        gate = compared.gate()
    except MissingRunError:
        raise
    except GeneralBenchError as error:
        words = ("### Gate: cannot be compared with the baseline", "", f"- {code(error, 600)}", "")
        yield Block("the gate", words)
        return
    yield _gate_block(gate, compared)
    for word, title in (("worse", "Regressions"), ("better", "Improvements")):
        changed = sorted(
            (item for item in compared.tasks if item.verdict == word),
            key=lambda item: (item.p_adjusted if item.p_adjusted is not None else 2.0, item.task),
        )
        if changed:
            yield _table(f"### {title}: {len(changed)}", _CHANGE_HEAD, map(_change_row, changed), title)
    yield from _win_blocks(load_run(baseline) if _is_local(baseline) else None, run)
    if compared.instances:
        cells = [
            row([code(item.task, _CELL), code(item.instance, _CELL),
                 f"{item.first_score:g} → {item.second_score:g}", code(item.first_prediction, _CELL),
                 code(item.second_prediction, _CELL)])
            for item in compared.instances
        ]  # fmt: skip
        names = ("task", "instance", "score", "before", "now")
        yield _details("Instances that got worse", names, cells)
    if compared.left_out:
        cells = [row([code(item.task, _CELL), code(item.reason, _CELL)]) for item in compared.left_out]
        yield _details("Tasks that are not compared", ("task", "why"), cells)
    if compared.notes:
        lines = tuple(f"- {code(note, 300)}" for note in compared.notes)
        yield Block("notes on the comparison", ("",), lines, ("",))


def _gate_block(gate: GateResult, compared: RunComparison) -> Block:
    verdict = {"passed": "no regression", "regression": "REGRESSION"}.get(gate.verdict, "cannot be compared")
    layers = [*([compared.s2] if compared.s2 else []), *compared.sides]
    cells = [
        row([safe(item.name, _CELL), f"{item.difference:+.2f}", _interval(item.low, item.high),
             f"{item.p_adjusted:.2g}", item.verdict])
        for item in layers
    ]  # fmt: skip
    lines = [f"- {code(line, 300)}" for line in gate.lines[1 : 1 + _NAMED]]
    names = ("", "difference", "95 % interval", "adjusted p", "")
    return Block("the gate", (f"### Gate: {verdict}", "", *lines, "", *head(names)), tuple(cells), ("",))


def _is_local(place: str | Path) -> bool:
    from pytest_generalbench.runs.object_store import is_address

    return not is_address(place)


def _change_row(item: TaskDifference) -> str:
    return row(
        [
            code(item.task, _CELL), f"{item.first:.4g}", f"{item.second:.4g}", f"{item.difference:+.3g}",
            _interval(item.low, item.high), "" if item.points is None else f"{item.points:+.2f}",
            "" if item.p_adjusted is None else f"{item.p_adjusted:.2g}",
        ]
    )  # fmt: skip


def _interval(low: float | None, high: float | None) -> str:
    return format_bounds(low, high, "+.3g", "")


def _win_blocks(before: Run | None, now: Run) -> Iterator[Block]:
    """Yield the tasks that are a win in one run alone, among those that both have."""
    if before is None:
        return
    both = {entry.id for entry in before.result.tasks} & {entry.id for entry in now.result.tasks}
    old, new = (set(run.level().get("wins") or ()) & both for run in (before, now))
    for title, names in (("Wins lost", old - new), ("Wins gained", new - old)):
        if names:
            yield _list(f"### {title}: {len(names)}", sorted(names), title)


def _near_blocks(level: Mapping[str, Any]) -> Iterator[Block]:
    for key, title in (
        ("hangs_on", "Tasks that the tier hangs on"),
        ("flips", "Tasks within 1.96 standard errors of their specialist"),
    ):
        names = level.get(key) or ()
        if names:
            yield _list(f"### {title}: {len(names)}", names, title)


def _task_blocks(run: Run) -> Iterator[Block]:
    """Yield a table for each side, that can be opened."""
    sides: dict[str, list[TaskRow]] = {}
    for item in run.tasks():
        sides.setdefault(side_of(item.modality, item.paradigm), []).append(item)
    for side, items in sorted(sides.items()):
        scored = sum(item.state == "scored" for item in items)
        wins = sum(bool(item.reached) for item in items)
        title = f"{safe(side, _CELL)}: {scored} of {len(items)} tasks scored, {wins} wins"
        yield _details(title, _TASK_HEAD, list(map(_task_row, items)), f"rows of {side}", counted=False)


def _task_row(item: TaskRow) -> str:
    answers = "" if item.coverage >= 1 or item.score is None else f"coverage {format_share(item.coverage)}"
    why = item.reason or item.no_win or ""
    return row(
        [
            code(item.task, _CELL), safe(item.state, 40),
            "" if item.score is None else f"{format_score(item.score)} {safe(item.unit, 40)}",
            format_bounds(item.low, item.high, ".4g", ""),
            "" if item.sota is None else format_score(item.sota), "yes" if item.reached else "",
            str(item.n), "; ".join(filter(None, (answers, code(why, _CELL) if why else ""))),
        ]
    )  # fmt: skip


def _table(title: str, names: Sequence[str], rows: Iterable[str], kind: str) -> Block:
    return Block(kind.lower(), (title, "", *head(names)), tuple(rows), ("",))


def _list(title: str, names: Sequence[str], kind: str) -> Block:
    return Block(kind.lower(), (title, ""), tuple(f"- {code(name, _CELL)}" for name in names), ("",))


def _details(
    title: str, names: Sequence[str], rows: Sequence[str], name: str = "", *, counted: bool = True
) -> Block:
    """Return a table that is opened by a click; its title is Markdown without a line feed."""
    number = f": {len(rows)}" if counted else ""
    opening = ("<details>", f"<summary>{title}{number}</summary>", "", *head(names))
    return Block(name or title.lower(), opening, tuple(rows), ("", "</details>", ""))
