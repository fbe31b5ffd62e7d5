"""The instances of one task of a page: every row, and where shown question, answers and reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.visible_text import visible_text
from pytest_generalbench.metrics.registry import REGISTRY
from pytest_generalbench.reports.page.exhibits import (
    ANSWER_TINT,
    REFERENCE_TINT,
    Scene,
    answer,
    question,
)
from pytest_generalbench.runs.instance_rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.answered import AnsweredInstance
    from pytest_generalbench.core.result import InstanceRow
    from pytest_generalbench.reports.page.kept_files import KeptFiles
    from pytest_generalbench.reports.page.shown_run import ShownRun

_BAD: Final = -1.0


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of a task is shown."""

    instances: int
    """Instances whose media are kept; the texts of tasks that are answered in text are all there."""
    texts: int
    """Instances at most with question and reference; the others have their row."""


def task_object(task: str, runs: Sequence[ShownRun], files: KeptFiles, shares: Shares) -> dict[str, Any]:
    """Return what the page's script is given of a task.

    Args:
        task: Its id.
        runs: The runs; each instance has a place for every one of them.
        files: Keeps pictures and sounds.
        shares: How much is shown.

    Returns:
        `task`, `lower` (whether lower scores are better), `single` (whether the score of a row is the
        instance's own, not a pseudo-value of a corpus metric) and `instances`: `id`, `runs` (state, score
        and reading; None where a run has no row), and where it is shown `q`, `ref` and `a`.
    """
    rows = [{row.instance: row for row in read_rows(one.run.folder, task)} for one in runs]
    names = sorted(set().union(*rows))
    lower = any(one.tasks[task].direction == "lower" for one in runs if task in one.tasks)
    order = telling_order(names, rows, lower=lower)
    details, why = _details(task, runs, files, shares, order)
    instances = []
    for name in names:
        shown: dict[str, Any] = {"id": visible_text(name, lines=False)}
        shown["runs"] = [_row(found.get(name)) for found in rows]
        if name in details:
            shown |= details[name]
        instances.append(shown)
    place = {visible_text(name, lines=False): number for number, name in enumerate(order)}
    instances.sort(key=lambda item: place[item["id"]])
    single = all(_is_mean(one.tasks[task].metric) for one in runs if task in one.tasks)
    whole: dict[str, Any] = {"task": task, "lower": lower, "single": single, "instances": instances}
    return {**whole, "why": why} if why else whole


def _is_mean(metric: str) -> bool:
    return metric not in REGISTRY or REGISTRY.get(metric).aggregation == "mean"


def _row(row: InstanceRow | None) -> list[Any] | None:
    if row is None:
        return None
    return [row.state, None if row.score is None else round(row.score, 4), row.prediction]


def telling_order(
    names: Sequence[str], rows: Sequence[Mapping[str, InstanceRow]], *, lower: bool
) -> list[str]:
    """Return the instances, those first that say most.

    With several runs those come first whose score fell most from the first run to the last, then those that
    rose most; with one run those without a good answer, then the worst scores.
    """

    def key(name: str) -> tuple[float, float, str]:
        found = [known.get(name) for known in rows]
        values = [_goodness(row, lower=lower) for row in found if row is not None]
        fall = values[-1] - values[0] if len(values) > 1 else 0.0
        return (fall if fall < 0 else (1.0 if fall == 0 else 0.5), min(values), name)

    return sorted(names, key=key)


def _goodness(row: InstanceRow, *, lower: bool) -> float:
    if row.score is None:
        return _BAD if row.state != "ok" else 0.0
    return -row.score if lower else row.score


def _details(
    task: str, runs: Sequence[ShownRun], files: KeptFiles, shares: Shares, order: Sequence[str]
) -> tuple[dict[str, dict[str, Any]], str | None]:
    """Return question, reference and answers by instance, and why there are none, if so."""
    with_media = set(order[: shares.instances])
    is_text = all(one.answers.is_text(task) for one in runs if one.answers)
    wanted = set(order[: shares.texts]) if is_text else with_media
    details = _Details(len(runs))
    why = next((visible_text(one.why, lines=False) for one in runs if one.why), None)
    for place, one in enumerate(runs):
        if one.answers is None or task not in one.tasks:
            continue
        try:
            for item in one.answers.of_task(task, wanted):
                details.add(item, place, files if item.instance in with_media else None)
        except GeneralBenchError as error:
            why = visible_text(str(error), lines=False)
    return details.shown, why


class _Details:
    """What is shown of the instances of a task, run after run."""

    def __init__(self, runs: int) -> None:
        self.shown: dict[str, dict[str, Any]] = {}
        self._scenes: dict[str, Scene] = {}
        self._runs = runs

    def add(self, item: AnsweredInstance, place: int, files: KeptFiles | None) -> None:
        """Take up an instance of the run at this place; question and reference are those of the first run."""
        shown = self.shown.setdefault(item.instance, {"a": [None] * self._runs})
        scene = self._scenes.get(item.instance)
        if scene is None or not scene.shown:
            scene = self._scenes[item.instance] = question(item.question, files)
            shown["q"] = scene.shown
        if "ref" not in shown and item.reference is not None:
            shown["ref"] = answer(item.reference, scene, REFERENCE_TINT, files)
        values = [value for value in (item.answer, item.prediction) if value is not None]
        given = [answer(value, scene, ANSWER_TINT, files) for value in values]
        notes = [*(["cut off"] if item.is_cut_off else []), *([item.message] if item.message else [])]
        if given or notes:
            words = [visible_text(note, lines=False) for note in notes]
            shown["a"][place] = {"shown": given, "notes": words}
