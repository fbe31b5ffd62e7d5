"""The terminal's words: one line per item, and the summary at the end."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.result import drift, no_win
from pytest_generalbench.core.score_format import format_score
from pytest_generalbench.suite.level import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.core.result import TaskResult
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.suite.level import LevelResult

DEMO_NOTE: Final = "DEMO DATA: small synthetic instances; these scores say nothing about a model"

_SLOWEST: Final = 3
_REASONS: Final = 20
_CONSTANT: Final = 0.95
"""Share of one answer from which on a task is named."""
_LETTERS: Final = {
    "scored": ".",
    "answered": "a",
    "incomplete": "I",
    "unsupported": "u",
    "no_data": "n",
    "unavailable": "v",
    "human": "h",
    "failed": "F",
    "not_run": "?",
}
_COLORS: Final = {"scored": "green", "answered": "green", "incomplete": "red", "failed": "red"}


def status(result: TaskResult, sota: float | None) -> tuple[str, str, tuple[str, dict[str, bool]]]:
    """Return category, letter and verbose words of an item, in the form pytest's hook wants."""
    words = result.state.upper()
    if result.state == "failed":
        pass  # pytest prints the reason of a failure itself
    elif result.state == "scored":
        words += f" {format_score(result.score)} {result.metric} (SoTA {format_score(sota)}) n={result.n}"
        why = no_win(result.states, result.backbones)
        words += f", {why}" if why else ""
        words += f": {result.reason}" if result.reason else ""
    elif result.state == "incomplete":
        words += (
            f" {format_score(result.score)} {result.metric}, coverage {result.coverage:.1%}: {result.reason}"
        )
    elif result.reason:
        words += f" {result.reason}"
    color = _COLORS.get(result.state, "yellow")
    return result.state, _LETTERS[result.state], (words, {color: True})


def part_status(count: int) -> tuple[str, str, tuple[str, dict[str, bool]]]:
    """Return category, letter and verbose words of an item that helped with a task."""
    return "parts", "+", (f"PART {count} instances answered", {"green": True})


def _groups(tasks: Iterable[Task]) -> Mapping[tuple[str, str], list[Task]]:
    found: dict[tuple[str, str], list[Task]] = defaultdict(list)
    for task in tasks:
        found[task.modality, task.paradigm_or_language].append(task)
    order = {name: position for position, name in enumerate(vocabulary.MODALITIES)}
    return dict(sorted(found.items(), key=lambda item: (order[item[0][0]], item[0][1])))


def _table(
    tasks: Mapping[str, Task], results: Mapping[str, TaskResult], sota: Mapping[str, float | None]
) -> Iterator[str]:
    from pytest_generalbench.runs.finalize import (
        task_standing,  # brings in numpy, which collecting does without
    )

    yield f"{'modality':<9}{'paradigm':<15}{'tasks':>6}{'scored':>8}{'wins':>6}{'mean points':>13}"
    for (modality, paradigm), group in _groups(tasks.values()).items():
        reported = [results[task.id] for task in group if task.id in results]
        found = [task_standing(tasks[item.id], item, sota.get(item.id)) for item in reported]
        have = [item for item in found if item.scored]
        wins = sum(item.reached for item in have)
        mean = sum(item.points for item in have) / len(have) if have else None
        yield f"{modality:<9}{paradigm:<15}{len(group):>6}{len(have):>8}{wins:>6}{format_score(mean):>13}"


def _levels(level: LevelResult) -> Iterator[str]:
    values = {name: getattr(level, name) for name in LEVELS}
    shown = "  ".join(f"{name} {value:.2f}" for name, value in values.items() if value is not None)
    board = "all tasks" if level.board == "A" else f"board {level.board}"
    yield f"{shown}   ({level.scoring} scoring, {level.sota} SoTA, {board})"
    yield f"General-Level: {level.tier_text}"
    if level.wins_text:
        yield f"  {level.wins_text}"
    yield from (f"note: {note}" for note in level.notes)


def _missing(results: Sequence[TaskResult]) -> Iterator[str]:
    """Say what has no score and why: the same reason once, with the first task and its first problem."""
    found: dict[tuple[str, str], list[TaskResult]] = defaultdict(list)
    for result in results:
        if result.state != "scored":
            counts = (result.reason or "").partition("; first ")[0]
            found[result.state, counts].append(result)
    for (state, reason), group in sorted(found.items(), key=lambda item: -len(item[1]))[:_REASONS]:
        more = "" if len(group) == 1 else f" and {len(group) - 1} more"
        first = (group[0].reason or "").partition("; first ")[2]
        yield f"  {len(group):>4} {state}: {reason} ({group[0].id}{more})"
        if first:
            yield f"       first {first}"
    if len(found) > _REASONS:
        yield f"  and {len(found) - _REASONS} more reasons, all in result.json"


def _data_warnings(results: Sequence[TaskResult]) -> Iterator[str]:
    """Say what cannot be right in the data of tasks, although it can be read."""
    doubtful = [result for result in results if result.warnings]
    if not doubtful:
        return
    yield ""
    yield "look at these references, which cannot be right:"
    for result in doubtful[:_REASONS]:
        yield f"  {result.id}: {'; '.join(result.warnings)}"
    if len(doubtful) > _REASONS:
        yield f"  and {len(doubtful) - _REASONS} more tasks: `generalbench doctor` lists all"


def _degenerate(results: Sequence[TaskResult]) -> Iterator[str]:
    """Name the tasks where one answer was given nearly always: such a score may be a habit, not a skill."""
    constant = [item for item in results if (item.top_share or 0.0) >= _CONSTANT and item.n >= 5]
    if constant:
        first, count = constant[0], len(constant)
        tasks = "1 task" if count == 1 else f"{count} tasks"
        yield (
            f"{tasks} with one and the same answer to {_CONSTANT:.0%} of the instances or more: "
            f"{first.id} ({first.top_answer!r}){'' if count == 1 else f' and {count - 1} more'}"
        )


def _drift(results: Sequence[TaskResult]) -> Iterator[str]:
    """Say how often the probe's second answers differed."""
    if not any(result.probe for result in results):
        return
    found = drift(results)
    told = f"probe: {found['different']} of {found['compared']} instances answered differently in batches"
    told += " of another size"
    names = list(found["tasks"])
    if names:
        told += f": {', '.join(names[:_SLOWEST])}"
    if len(names) > _SLOWEST:
        told += f" and {len(names) - _SLOWEST} more"
    yield told


def summary(
    tasks: Mapping[str, Task],
    results: Sequence[TaskResult],
    sota: Mapping[str, float | None],
    level: LevelResult,
    data: Mapping[str, Any],
    folder: Path,
) -> list[str]:
    """Return the lines of the summary: table, levels, what is missing, the slowest tasks, where all is."""
    lines = [str(data["note"])] if data.get("note") else []
    lines += _table(tasks, {result.id: result for result in results}, sota)
    lines += ["", *_levels(level)]
    missing = list(_missing(results))
    if missing:
        lines += ["", "without a full score:", *missing]
    lines += _data_warnings(results)
    lines += _degenerate(results)
    lines += _drift(results)
    slow = sorted((item for item in results if item.seconds), key=lambda item: -item.seconds)[:_SLOWEST]
    if slow:
        lines += ["", "slowest: " + ", ".join(f"{item.id} {item.seconds:.1f} s" for item in slow)]
    lines.append(f"every answer and the full result: {folder}")
    return lines
