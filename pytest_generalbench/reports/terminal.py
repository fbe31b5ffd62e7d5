"""The terminal's words: one line per item, and the summary at the end."""

from __future__ import annotations

import re
from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core import vocabulary
from pytest_generalbench.core.request import OPEN_STATES
from pytest_generalbench.core.result import answer_shares, asked_instances, drift
from pytest_generalbench.core.score_format import format_level, format_score, format_share
from pytest_generalbench.core.visible_text import visible_text
from pytest_generalbench.suite.level import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_generalbench.core.result import TaskResult
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.runs.result_sections import DataSection
    from pytest_generalbench.suite.level import LevelResult

DEMO_NOTE: Final = "DEMO DATA: small synthetic instances; these scores say nothing about a model"

_SLOWEST: Final = 3
_REASONS: Final = 20
_CONSTANT: Final = 0.95
"""Share of one answer from which on a task is named."""
_WORST: Final = 10
_BAD_SHARE: Final = 0.05
"""Share of unreadable, empty or cut-off answers above which a task is named."""
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
        words += f", {shares}" if (shares := _shares([result])) else ""
        words += _repeated(result)
        why = result.no_win
        words += f", {why}" if why else ""
        words += f": {result.reason}" if result.reason else ""
    elif result.state == "incomplete":
        words += f" {format_score(result.score)} {result.metric}, coverage {format_share(result.coverage)}"
        words += f", {shares}" if (shares := _shares([result])) else ""
        words += f"{_repeated(result)}: {result.reason}"
    elif result.reason:
        words += f" {result.reason}"
    color = _COLORS.get(result.state, "yellow")
    return result.state, _LETTERS[result.state], (visible_text(words, lines=False), {color: True})


def _repeated(result: TaskResult) -> str:
    """Return how the error of a task whose instances were asked several times comes about, in words."""
    repeats = result.repeats
    if repeats is None or "share" not in repeats:
        return ""
    return (
        f", standard deviation {format_score(repeats['between_instances'])} between instances and "
        f"{format_score(repeats['between_repeats'])} between repeats ({format_share(repeats['share'])} of "
        "the variance of the score)"
    )


def part_status(count: int) -> tuple[str, str, tuple[str, dict[str, bool]]]:
    """Return category, letter and verbose words of an item that helped with a task."""
    return "parts", "+", (f"PART {count} instances answered", {"green": True})


def _shares(results: Iterable[TaskResult]) -> str:
    """Return the shares of answers with something wrong in them: `unparsable 8.3 %, cut off 50.0 %`."""
    return ", ".join(f"{name} {format_share(share)}" for name, share in answer_shares(results).items())


def _groups(
    results: Iterable[TaskResult], tasks: Mapping[str, Task]
) -> Mapping[tuple[str, str], list[TaskResult]]:
    groups: dict[tuple[str, str], list[TaskResult]] = defaultdict(list)
    for result in results:
        task = tasks[result.id]
        groups[task.modality, task.paradigm_or_language].append(result)
    order = {name: position for position, name in enumerate(vocabulary.MODALITIES)}
    return dict(sorted(groups.items(), key=lambda item: (order[item[0][0]], item[0][1])))


def _table(
    tasks: Mapping[str, Task], results: Sequence[TaskResult], sota: Mapping[str, float | None]
) -> Iterator[str]:
    """Yield a row for every side that was selected, and one for all.

    Mean points are over the tasks with a score; a task of which no answer could be read counts 0 there.
    """
    from pytest_generalbench.runs.finalize import (
        task_standing,  # brings in numpy, which collecting does without
    )

    counts = f"{'tasks':>6}{'scored':>8}{'incomplete':>12}{'wins':>6}"
    yield f"{'modality':<9}{'paradigm':<15}{counts}{'mean points':>13}"
    groups = _groups(results, tasks)
    rows = [(*names, group) for names, group in groups.items()]
    for modality, paradigm, group in [*rows, *([("all", "", list(results))] if len(rows) > 1 else [])]:
        standings = [
            task_standing(tasks[item.id], item, sota.get(item.id)) for item in group if item.score is not None
        ]
        wins = sum(item.reached for item in standings)
        mean = sum(item.points for item in standings) / len(standings) if standings else None
        scored, incomplete = (
            sum(item.state == state for item in group) for state in ("scored", "incomplete")
        )
        yield (
            f"{modality:<9}{paradigm:<15}{len(group):>6}{scored:>8}{incomplete:>12}{wins:>6}"
            f"{format_score(mean):>13}"
        )


def legend(results: Iterable[TaskResult]) -> str:
    """Return what the letters of the states that occur mean, for the lines that pytest prints them in."""
    states = {result.state for result in results}
    return "letters: " + ", ".join(
        f"{letter} {state}" for state, letter in _LETTERS.items() if state in states
    )


def _answers(results: Sequence[TaskResult]) -> Iterator[str]:
    """Say which share of the answers could not be read, held nothing or was cut off; the worst task first."""
    if not (shares := _shares(results)):
        return
    total = sum(sum(result.states.values()) for result in results)
    yield ""
    yield f"of {total} answers: {shares}"
    worst = {result.id: max(answer_shares([result]).values(), default=0.0) for result in results}
    bad = [result for result in results if worst[result.id] > _BAD_SHARE]
    bad.sort(key=lambda result: (-worst[result.id], result.id))
    yield from (f"  {result.id}: {_shares([result])}" for result in bad[:_WORST])
    if len(bad) > _WORST:
        yield f"  and {len(bad) - _WORST} more tasks with more than {format_share(_BAD_SHARE)} of a kind"


def _levels(level: LevelResult) -> Iterator[str]:
    values = {name: getattr(level, name) for name in LEVELS}
    shown = "  ".join(f"{name} {format_level(value)}" for name, value in values.items() if value is not None)
    board = "all tasks" if level.board == "A" else f"board {level.board}"
    yield f"{shown}   ({level.scoring} scoring, {level.sota} SoTA, {board})"
    yield from (f"  {line}" for line in level.interval_lines)
    yield f"General-Level: {level.tier_line}"
    if level.wins_text:
        yield f"  {level.wins_text}"
    if level.flips_text:
        yield f"  {level.flips_text}"
    for task, why in [*level.degenerate.items()][:_WORST]:
        yield f"  a win that says nothing: {task}, {why}"
    if len(level.degenerate) > _WORST:
        yield f"  and {len(level.degenerate) - _WORST} more wins that say nothing, all in result.json"
    yield from (f"note: {note}" for note in level.notes)
    if level.certified_tier is not None:
        yield "what these figures rest on, and what to fix next: generalbench next RUN --explain"


def _missing(results: Sequence[TaskResult]) -> Iterator[str]:
    """Say what has no full score and why: each cause once, whatever the counts, with its first instance."""
    causes: dict[tuple[str, str], list[TaskResult]] = defaultdict(list)
    for result in results:
        if result.state != "scored":
            causes[result.state, _cause(result)].append(result)
    for (state, cause), group in sorted(causes.items(), key=lambda item: -len(item[1]))[:_REASONS]:
        more = "" if len(group) == 1 else f" and {len(group) - 1} more"
        yield f"  {len(group):>4} {state}: {cause} ({_instances(group)}{group[0].id}{more})"
    if len(causes) > _REASONS:
        yield f"  and {len(causes) - _REASONS} more causes, all in result.json"


_FIRST: Final = re.compile(r"(?P<counts>.*?); first (?P<instance>.*?): (?P<cause>.*)", re.DOTALL)
"""How a task's reason is written when instances of it have no final state."""


def _cause(result: TaskResult) -> str:
    """Return why a task has no full score, without counts and instances."""
    matched = _FIRST.fullmatch(result.reason or "")
    if matched is None:
        return result.reason or ""
    states = ", ".join(re.sub(r"^\d+ ", "", part) for part in matched["counts"].split(", "))
    return f"{states}, {matched['cause']}"


def _instances(group: Sequence[TaskResult]) -> str:
    """Return how many instances a cause concerns, and the first of them; empty where it is whole tasks."""
    matched = _FIRST.fullmatch(group[0].reason or "")
    if matched is None:
        return ""
    count = sum(result.states.get(state, 0) for result in group for state in OPEN_STATES)
    return (
        f"{count} instances, first {matched['instance']} of " if count else f"first {matched['instance']} of "
    )


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
            f"{tasks} with one and the same answer to {format_share(_CONSTANT)} of the instances or more: "
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


def repeats_line(count: int, is_greedy: bool) -> str:
    """Return the line of the header for a run that asks each instance `count` times.

    Args:
        count: How often each instance is asked.
        is_greedy: Whether the model answers in text without chance.
    """
    words = f"each instance is asked {count} times, with other seeds"
    return words + ("; this kind of model does not sample text, repeats change nothing there" * is_greedy)


def _repeats(results: Sequence[TaskResult]) -> Iterator[str]:
    """Say how much of the scores' variance is from asking again, or that it changed no answer."""
    asked = [(result, result.repeats) for result in results if result.repeats is not None]
    if not asked:
        return
    count, instances = asked[0][1]["count"], sum(asked_instances(result) for result, _ in asked)
    same = sum(repeats["same"] for _, repeats in asked)
    yield f"each instance asked {count} times: {same} of {instances} got the same answer each time" + (
        "; the model does not sample, repeats change nothing" if same == instances else ""
    )
    shares = [repeats["share"] for _, repeats in asked if "share" in repeats]
    if shares and same < instances:
        yield (
            f"share of the scores' variance from repeats: {format_share(median(shares))} (median of "
            f"{len(shares)} tasks), the rest is from the instances"
        )


def summary(
    tasks: Mapping[str, Task],
    results: Sequence[TaskResult],
    sota: Mapping[str, float | None],
    level: LevelResult,
    data: DataSection,
    folder: Path,
    *,
    with_letters: bool = False,
) -> list[str]:
    """Return the lines of the summary: table, levels, what is missing, the slowest tasks, where all is.

    Args:
        tasks: By id; every task that has a result.
        results: A result for every task that was selected.
        sota: The specialists' scores by task id.
        level: The levels of the results.
        data: Where the instances come from; a note of demo data goes first.
        folder: The run folder.
        with_letters: Whether the letters of the states are explained.
    """
    lines = [str(data["note"])] if data.get("note") else []
    if with_letters:
        lines.append(legend(results))
    lines += _table(tasks, results, sota)
    lines += ["", *_levels(level)]
    lines += _answers(results)
    missing = list(_missing(results))
    if missing:
        lines += ["", "without a full score:", *missing]
    lines += _data_warnings(results)
    lines += _degenerate(results)
    lines += _drift(results)
    lines += _repeats(results)
    slow = sorted((item for item in results if item.seconds), key=lambda item: -item.seconds)[:_SLOWEST]
    if slow:
        lines += ["", "slowest: " + ", ".join(f"{item.id} {item.seconds:.1f} s" for item in slow)]
    lines.append(f"every answer and the full result: {folder}")
    return lines
