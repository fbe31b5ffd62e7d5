"""Finalization of a run: levels and the content of `result.json` from the results of its tasks."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from pytest_generalbench.core.request import OPEN_STATES
from pytest_generalbench.core.result import drift
from pytest_generalbench.core.score_format import format_share
from pytest_generalbench.core.settings import MAY_CHANGE, Affects, settings_that_affect
from pytest_generalbench.metrics.definition import JUDGE_METRIC, metric_definition
from pytest_generalbench.runs.certainty import with_certainty
from pytest_generalbench.runs.provenance import definitions
from pytest_generalbench.runs.result_file import SCHEMA_VERSION, RunResult, TaskEntry, TaskFacets
from pytest_generalbench.suite.level import CERTAINTY, compute_level, points, standing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pytest_generalbench.core.result import TaskResult
    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.runs.certainty import Evidences
    from pytest_generalbench.runs.result_sections import (
        DataSection,
        EnvironmentSection,
        ModelSection,
        RunSection,
        SettingsSection,
    )
    from pytest_generalbench.runs.run_manifest import SessionEntry
    from pytest_generalbench.suite.level import LevelDict, LevelResult, SotaTable
    from pytest_generalbench.suite.level.scorings.paper import Standing

_NAMED: Final = 3
"""Tasks that a note names."""

MEASURED_STATES: Final = ("scored", "unsupported")
"""States that are the model's own doing; any other makes a tier partial."""

_OF_RESULT: Final = settings_that_affect(Affects.ANSWERS, Affects.RUN, Affects.LEVELS)
"""Settings that stand in the result; the others lie under `run`."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the levels of a run are computed with: tasks, scoring and SoTA table."""

    settings: Settings
    shipped: Sequence[Task]
    """General-Bench itself: the denominators of the levels."""
    tasks: Mapping[str, Task]
    """Every task that can have a result, by id."""
    sota: SotaTable
    judge: str | None
    """Name of the judge, for the definitions of scores that it takes part in."""


def level_of(
    given: Setting,
    results: Iterable[TaskResult],
    selected: Collection[str],
    is_demo: bool,
    evidences: Evidences | None = None,
) -> LevelResult:
    """Return the levels of the results, with their intervals where `evidences` has what the rows say."""
    results = sorted(results, key=lambda result: result.id)  # notes name tasks in a fixed order
    shipped = {task.id for task in given.shipped}
    level = compute_level(
        given.shipped,
        {result.id: result.counted for result in results if result.id in shipped},
        scoring=given.settings.scoring,
        sota=given.sota,
        board=given.settings.board,
        selected=set(selected) & shipped,
        measured={result.id for result in results if result.state in MEASURED_STATES},
        limit=given.settings.limit,
        demo=is_demo,
        no_wins={result.id: why for result in results if (why := result.no_win)},
    )
    unread = [result.id for result in results if result.score is not None and result.counted is None]
    if unread:
        more = f" and {len(unread) - _NAMED} more" if len(unread) > _NAMED else ""
        note = f"no points, not one answer could be read: {', '.join(unread[:_NAMED])}{more}"
        level = replace(level, notes=(*level.notes, note))
    share = _unreadable_share(results)
    if share > 0.5:
        words = f"{format_share(share)} of the answers unreadable"
        level = replace(level, qualified="; ".join(filter(None, (level.qualified, words))))
    if given.settings.repeats > 1:
        words = f"mean of {given.settings.repeats} repeats"
        level = replace(level, qualified="; ".join(filter(None, (level.qualified, words))))
    if given.settings.subset is not None:
        level = _of_subset(level, given.settings.subset)
    if all(result.score is None for result in results):
        level = replace(level, tier=None, reason="nothing was scored")
    return (
        level
        if evidences is None
        else with_certainty(level, given.shipped, results, given.sota.values, evidences)
    )


def _of_subset(level: LevelResult, subset: str) -> LevelResult:
    """Return the level with what a subset of the instances can tell: S2 alone."""
    return replace(
        level,
        S3=None,
        S4=None,
        S5=None,
        tier=None,
        wins=(),
        qualified="; ".join(filter(None, (level.qualified, f"subset: {subset}"))),
        reason="S3 to S5 and the tier are not told from a subset, where tasks win by luck too often",
    )


def _unreadable_share(results: Iterable[TaskResult]) -> float:
    """Return the share of answers that are unparsable or refused, among those that the model gave."""
    counts: Counter[str] = Counter()
    for result in results:
        counts.update({state: result.states.get(state, 0) for state in ("ok", "unparsable", "refused")})
    return 1 - counts["ok"] / counts.total() if counts.total() else 0.0


def run_result(
    given: Setting,
    results: Iterable[TaskResult],
    level: LevelResult,
    *,
    data: DataSection,
    model: ModelSection,
    environment: EnvironmentSection,
    run: RunSection,
    schema: str = SCHEMA_VERSION,
) -> RunResult:
    """Return the content of `result.json`; `run` is the part that comparisons ignore."""
    defined = sorted((_defined(given, result) for result in results), key=lambda result: result.id)
    fingerprint = data_fingerprint((result.id, result.data) for result in defined)
    plain = given.settings.to_dict()
    return RunResult(
        model={"spec": given.settings.model, **model},
        data={**data, "fingerprint": fingerprint},
        settings=cast("SettingsSection", {key: plain[key] for key in plain if key in _OF_RESULT}),
        environment=environment,
        definitions=definitions(given.tasks[result.id] for result in defined),
        level=level_section(level, schema),
        tasks=tuple(_entry(given, result, schema) for result in defined),
        run=run,
        schema=schema,
    )


def level_section(level: LevelResult, schema: str) -> LevelDict:
    """Return the levels as they stand in a result file of a schema version."""
    plain = level.to_dict()
    if schema == "2.0":
        for key in CERTAINTY:
            plain.pop(key, None)  # type: ignore[misc]
    return plain


def run_section(
    settings: Settings,
    sessions: Sequence[SessionEntry],
    results: Collection[TaskResult] = (),
    *,
    torn_lines: Sequence[Sequence[Any]] = (),
    cached: tuple[int, int] = (0, 0),
) -> RunSection:
    """Return the part of the result that comparisons set aside.

    Args:
        settings: Those of the run.
        sessions: From the first to the last.
        results: Of the tasks; for their times.
        torn_lines: Ledger and byte of each line that a death cut off.
        cached: Answers that came from the answer cache, and instances that were asked.
    """
    plain = settings.to_dict()
    section: RunSection = {
        "started": sessions[0].started,
        "seconds": round(sum(session.seconds or 0.0 for session in sessions), 3),
        "tasks": {result.id: round(result.seconds, 3) for result in sorted(results, key=lambda one: one.id)},
        "torn_lines": [list(line) for line in torn_lines],
        "cached": {"hits": cached[0], "asked": cached[1]},
        "settings": {key: plain[key] for key in sorted(MAY_CHANGE & plain.keys())},
        "sessions": [session.to_plain() for session in sessions],
    }
    asking = {result.id: round(result.asking, 3) for result in results if result.asking}
    if asking:
        section["asking"] = dict(sorted(asking.items()))
    sizes = {result.id: result.size for result in results if result.size}
    if sizes:
        section["sizes"] = dict(sorted(sizes.items()))
    if settings.probe:
        section["probe"] = drift(results)
    return section


def _entry(given: Setting, result: TaskResult, schema: str) -> TaskEntry:
    sota = given.sota.values.get(result.id)
    facets = task_facets(given.tasks[result.id], result, sota)
    return TaskEntry(result, sota, None if schema == "2.0" else facets)


def task_standing(task: Task, result: TaskResult, sota: float | None) -> Standing:
    """Return how a result stands beside the specialist, with what keeps it from being a win.

    Args:
        task: The task.
        result: What it came to.
        sota: The specialist's score in the unit of the result; None where there is none to compare with.
    """
    counted = result.counted
    return standing(task, counted, sota, result.no_win)


def task_facets(task: Task, result: TaskResult, sota: float | None) -> TaskFacets:
    """Return the facets that make the row of a task self-contained.

    Args:
        task: The task.
        result: What it came to.
        sota: The specialist's score in the unit of the result; None where there is none to compare with.
    """
    score = result.score
    why = None if score is None else result.no_win
    counted = result.counted
    return TaskFacets(
        modality=task.modality,
        paradigm=task.paradigm,
        skill=task.skill,
        direction=task.metric.direction,
        points=None if score is None else points(task, counted),
        reached=None if score is None or sota is None else task_standing(task, result, sota).reached,
        no_win=why,
    )


def data_fingerprint(digests: Iterable[tuple[str, str | None]]) -> str | None:
    """Return 16 hex digits over the annotation files of a run, given the digest of each task's."""
    lines = "".join(f"{name} {digest}\n" for name, digest in digests if digest)
    return hashlib.sha256(lines.encode()).hexdigest()[:16] if lines else None


def _defined(given: Setting, result: TaskResult) -> TaskResult:
    if result.score is None and result.state not in ("scored", "incomplete", "answered"):
        return replace(result, definition=None)
    judge = given.judge if result.metric == JUDGE_METRIC else None
    value = metric_definition(given.tasks[result.id], judge, result.notes, result.backbones, result.metric)
    return replace(result, definition=value)


def open_instances(results: Iterable[TaskResult]) -> tuple[int, int]:
    """Return how many instances ended without an answer or a verdict, and how many there are."""
    missed = total = 0
    for result in results:
        total += sum(result.states.values())
        missed += sum(result.states.get(state, 0) for state in OPEN_STATES)
    return missed, total


def within(max_errors: str | None, missed: int, total: int) -> bool:
    """Return whether `--generalbench-max-errors` allows so many instances without an answer."""
    if not max_errors:
        return missed == 0
    if max_errors.endswith("%"):
        return missed * 100 <= float(max_errors[:-1]) * total
    return missed <= int(max_errors)
