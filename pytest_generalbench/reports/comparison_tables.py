"""A comparison of two runs in words: lines for a terminal, and Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.score_format import format_bounds
from pytest_generalbench.core.visible_text import visible_text
from pytest_generalbench.reports.markdown import head as markdown_head
from pytest_generalbench.reports.markdown import row as markdown_row
from pytest_generalbench.reports.markdown import safe
from pytest_generalbench.statistics.paired import METHODS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_generalbench.reports.paired_tasks import TaskDifference
    from pytest_generalbench.reports.run_comparison import LayerDifference, RunComparison

_LEFT_OUT: Final = 10
"""Tasks left out that are named."""

LAYER_HEAD: Final = ("", "difference", "95 % interval", "p", "adjusted p", "tasks", "")
TASK_HEAD: Final = (
    "task", "first", "second", "difference", "95 % interval", "points", "p", "adjusted p", "n", "",
)  # fmt: skip
INSTANCE_HEAD: Final = ("task", "instance", "score", "state", "prediction")

EXPLANATION: Final = (
    "Differences are the second run minus the first, over the instances that both have.",
    "first, second: the runs' scores over these instances; n: how many there are.",
    "points: a score mapped to 0..100 as in S2; its standard error follows by the delta method.",
    "S2 and sides: weighted sums of the tasks' points; SE = sqrt(sum of w^2 SE^2), Student's t with "
    "Satterthwaite's degrees of freedom. A task's weight in S2 is 1 / (8 x tasks of its side).",
    "p: two-sided. adjusted p: sides by Holm, tasks by Benjamini-Hochberg; better or worse is said where it "
    "is at most 0.05 / 3, since three layers are tested.",
    "gate: the same tests one-sided, S2, sides and tasks at 0.05 / 3 each: where nothing changed, at most "
    "5 % of gates fire.",
    "detectable: the fall that the gate sees in 80 of 100 repeats, (z(1 - level) + z(0.8)) x SE; of a side "
    "and of a task with the median SE, at the level that is left for one of them.",
    "S2 over all instances: the first run's S2 and the difference over the instances that both have; its SE "
    "is sqrt(sum of w^2 SE^2 (1 - n/N)), n of a task's N instances. Tasks without a difference count as "
    "unchanged.",
    "instances that got worse: those of the tasks that are most surely worse first, five of a task at "
    "most, by what was lost as a share of the range of the task's scores; none of a corpus score.",
)


def explanation(comparison: RunComparison) -> list[str]:
    """Return how the figures of a comparison come about, a line each, with the methods that it used."""
    used = {item.method for item in comparison.tasks}
    return [*EXPLANATION, *(f"{name}: {METHODS[name]}." for name in METHODS if name in used)]


def text(comparison: RunComparison, rows: int) -> str:
    """Return the comparison as lines for a terminal.

    Args:
        comparison: Two runs compared.
        rows: Tasks and instances at most, those that differ most surely first.
    """
    return "\n".join(_parts(comparison, rows, aligned, _one_line)) + "\n"


def markdown(comparison: RunComparison, rows: int) -> str:
    """Return the comparison as Markdown.

    Args:
        comparison: Two runs compared.
        rows: Tasks and instances at most, those that differ most surely first.
    """
    return "\n".join(_parts(comparison, rows, _piped, safe)) + "\n"


Draw = Callable[[Sequence[str], Sequence[Sequence[str]]], list[str]]
"""Draws a table of a head and rows, a line each."""


def _parts(comparison: RunComparison, rows: int, draw: Draw, words: Callable[[str], str]) -> Iterable[str]:
    blank = [""]
    yield from (words(f"{comparison.first} (first) and {comparison.second} (second)"), "")
    layers = [*([comparison.s2] if comparison.s2 else []), *comparison.sides]
    yield from (*draw(LAYER_HEAD, [_layer_cells(item) for item in layers]), *blank)
    ordered = sorted(comparison.tasks, key=_sureness)
    yield from (*draw(TASK_HEAD, [_task_cells(item) for item in ordered[:rows]]), *blank)
    if len(ordered) > rows:
        yield from (f"more tasks, none of them more surely different: {len(ordered) - rows}", "")
    if comparison.instances and rows:
        yield from ("instances that got worse, the most telling first", "")
        cells = [
            (
                item.task, item.instance, f"{item.first_score:g} | {item.second_score:g}",
                f"{item.first_state} | {item.second_state}",
                f"{item.first_prediction:.40} | {item.second_prediction:.40}",
            )
            for item in comparison.instances[:rows]
        ]  # fmt: skip
        yield from (*draw(INSTANCE_HEAD, cells), *blank)
    yield from map(words, _closing(comparison))


def _closing(comparison: RunComparison) -> Iterable[str]:
    counts = [sum(item.verdict == word for item in comparison.tasks) for word in ("better", "worse")]
    yield f"tasks compared: {len(comparison.tasks)}, better: {counts[0]}, worse: {counts[1]}"
    smallest = comparison.detectable
    named = (("S2", smallest.s2), ("a side", smallest.side), ("a task", smallest.task))
    shown = [f"{name} {value:.2f}" for name, value in named if value is not None]
    if shown:
        yield f"detectable falls in points (80 % power; side and task: the median one): {', '.join(shown)}"
    yield from whole_lines(comparison)
    if comparison.left_out:
        yield f"tasks not compared: {len(comparison.left_out)}"
        for item in comparison.left_out[:_LEFT_OUT]:
            yield f"  {item.task}: {item.reason:.160}"
        if len(comparison.left_out) > _LEFT_OUT:
            yield f"  and {len(comparison.left_out) - _LEFT_OUT} more (--json lists all)"
    yield from comparison.notes


def whole_lines(comparison: RunComparison) -> Iterable[str]:
    """Say which S2 the second run would have over all instances, where it has a part of them.

    Args:
        comparison: Two runs compared.
    """
    whole = comparison.whole
    if whole is None:
        return
    yield (
        f"S2 of the second run over all instances, estimated: {whole.value:.2f} ({whole.low:.2f} to "
        f"{whole.high:.2f} at 95 %), {whole.baseline:.2f} of the first and {whole.difference:+.2f}"
    )
    if whole.unknown_tasks:
        tasks = "1 task" if whole.unknown_tasks == 1 else f"{whole.unknown_tasks} tasks"
        yield (
            f"  as if nothing changed in {tasks} with {100 * whole.unknown:.1f} % of the "
            "weight of S2, whose difference is not known"
        )


def _sureness(item: TaskDifference) -> tuple[float, float, str]:
    return (
        2.0 if item.p_adjusted is None else item.p_adjusted,
        2.0 if item.p is None else item.p,
        item.task,
    )


def _layer_cells(item: LayerDifference) -> tuple[str, ...]:
    return (
        item.name, f"{item.difference:+.2f}", _interval(item.low, item.high), _p(item.p), _p(item.p_adjusted),
        f"{item.tasks} of {item.of}", item.verdict,
    )  # fmt: skip


def _task_cells(item: TaskDifference) -> tuple[str, ...]:
    return (
        item.task, f"{item.first:.4g}", f"{item.second:.4g}", f"{item.difference:+.3g}",
        _interval(item.low, item.high), "" if item.points is None else f"{item.points:+.2f}",
        _p(item.p), _p(item.p_adjusted), str(item.n), item.verdict,
    )  # fmt: skip


def _interval(low: float | None, high: float | None) -> str:
    return format_bounds(low, high, "+.3g", "no spread")


def _p(value: float | None) -> str:
    return "one unit" if value is None else f"{value:.2g}"


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table for a terminal, a line each.

    Args:
        head: The columns.
        rows: Their cells; what acts in them is shown as its escape.
    """
    shown = [[visible_text(cell, lines=False) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]


def _piped(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [*markdown_head(head), *(markdown_row([safe(cell) for cell in row]) for row in rows)]


def _one_line(text: str) -> str:
    return visible_text(text, lines=False)
