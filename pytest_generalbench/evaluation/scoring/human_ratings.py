"""Human ratings: read from a CSV file, scored, and requested with a sheet of answers to rate."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.core.regular_files import read_regular_text, user_path
from pytest_generalbench.core.request import INCOMPLETE_STATES, OPEN_STATES, UNRATED
from pytest_generalbench.core.result import InstanceRow, TaskResult
from pytest_generalbench.core.visible_text import cell_text
from pytest_generalbench.evaluation.scoring.rows import instance_rows
from pytest_generalbench.evaluation.scoring.score_task import AnswerRead, read_answer, reason_of
from pytest_generalbench.metrics.audio.opinion_scores import SCALES
from pytest_generalbench.runs.ledger.files import LedgerReader
from pytest_generalbench.runs.ledger.records import MEDIA_FOLDER, Record
from pytest_generalbench.suite.demo import HUMAN_SCORES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_generalbench.core.settings import Settings
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.scoring.score_task import ScoringInput
    from pytest_generalbench.suite.data import DataSource

HUMAN_METRICS: Final = tuple(SCALES)
SHEET: Final = "human-ratings.csv"
COLUMNS: Final = ("task", "instance", "rater", "score")
AUTOMATIC: Final = {"mos": "mos_auto"}
"""The metric that stands in for people when it is asked for."""


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings by task and instance."""

    by_task: Mapping[str, Mapping[str, tuple[float, ...]]]
    raters: Mapping[str, int]
    """How many people rated each task."""
    source: str
    """Where they are from; goes into the score's definition."""


NO_RATINGS: Final = Ratings({}, {}, "none")


def read_ratings(path: Path, tasks: Iterable[Task], source: str | None = None) -> Ratings:
    """Read a CSV file with the columns task, instance, rater, score; lines without a score are not rated yet.

    Raises GeneralBenchError, one line that names the file and the line, for a file that cannot be read, a
    missing column, an unknown task, a score that is no number on the metric's scale, and a rater who
    rated an instance twice.
    """
    rated = {task.id: task for task in tasks if task.metric.name in HUMAN_METRICS}
    ratings: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    try:
        rows = csv.DictReader(io.StringIO(read_regular_text(path, "utf-8-sig"), newline=""))
        lacking = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if lacking:
            raise GeneralBenchError(f"{path.name}: no column {lacking[0]!r}; it needs {','.join(COLUMNS)}")
        for row in rows:
            _take(row, f"{path.name} line {rows.line_num}", rated, ratings)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise GeneralBenchError(f"{path}: the ratings cannot be read ({error})") from error
    by_task = {
        task: {instance: tuple(answer.values()) for instance, answer in instances.items()}
        for task, instances in ratings.items()
    }
    raters = {
        task: len({rater for answer in instances.values() for rater in answer})
        for task, instances in ratings.items()
    }
    return Ratings(by_task, raters, source or path.name)


def _take(
    row: Mapping[str, str | None],
    place: str,
    tasks: Mapping[str, Task],
    result: dict[str, dict[str, dict[str, float]]],
) -> None:
    task, instance, rater, score = ((row[name] or "").strip() for name in COLUMNS)
    if not score:
        return
    if task not in tasks:
        raise GeneralBenchError(f"{place}: {UnknownWordError('task that people rate', task, tasks)}")
    scale = SCALES[tasks[task].metric.name]
    try:
        value = float(score)
    except ValueError:
        value = math.nan
    if not scale.low <= value <= scale.high:
        raise GeneralBenchError(f"{place}: a score is {scale.low:g} to {scale.high:g}, not {score!r}")
    if rater in result[task][instance]:
        raise GeneralBenchError(f"{place}: {rater or 'the same rater'} rated {instance!r} twice")
    result[task][instance][rater] = value


def make_ratings(settings: Settings, data: DataSource, tasks: Sequence[Task], folder: Path) -> Ratings:
    """Return the ratings that the settings name, those of the demo set, or none."""
    if settings.human_scores:
        return read_ratings(user_path(settings.human_scores, folder), tasks)
    if data.is_demo:
        return read_ratings(data.root / HUMAN_SCORES, tasks, "demo ratings, which say nothing about a model")
    return NO_RATINGS


def automatic(task: Task) -> Task:
    """Return the task with a predictor's metric instead of human ratings."""
    return replace(task, metric=replace(task.metric, name=AUTOMATIC[task.metric.name], options={}))


class _Tally:
    """The rated instances of a task, counted by state."""

    def __init__(self, task: Task) -> None:
        self.accumulator = metrics.make(task.metric.name, task.metric.options)
        self.states = Counter[str]()
        self.problems: list[str] = []
        self.void = 0
        """Ratings of what is no readable answer."""
        self.rows: list[InstanceRow] = []
        self.added: list[str] = []
        """Ids of the instances that the metric was given."""

    def add(self, instance: str, answer: AnswerRead, scores: tuple[float, ...] | None) -> None:
        """Take an instance's answer and its ratings, None where nobody rated it."""
        state = answer.state
        if state == "ok" and scores is None:
            state = UNRATED
            self.problems.append(f"{instance}: nobody rated it")
        else:
            self.accumulator.add(scores if state == "ok" else None, None)
            self.added.append(instance)
        if state in INCOMPLETE_STATES:
            self.problems.append(f"{instance}: {answer.message}")
        elif state not in ("ok", UNRATED) and scores is not None:
            self.void += 1
            self.problems.append(f"{instance}: rated, but its answer is {state}")
        self.states[state] += 1
        self.rows.append(InstanceRow(instance, state))

    def reason(self) -> str | None:
        """Return why the task is incomplete, None where it is not."""
        also = [f"{self.void} rated without a readable answer"] if self.void else []
        return reason_of(self.states, self.problems, also)


def score_rated(
    given: ScoringInput, answers: Mapping[str, Record], ratings: Ratings, seconds: float
) -> TaskResult:
    """Score a task from human ratings; without any its state is `human`, and its media are kept.

    An instance that failed or holds no medium has the lowest rating, and the task is incomplete where it was
    rated all the same: the ratings are of something else. One that nobody has rated is left out, is
    `unrated`, and makes the task incomplete.
    """
    task, count = given.task, len(given.instances)
    given_ratings = ratings.by_task.get(task.id, {})
    shown = {one.id: one.id if one.id in given_ratings else cell_text(one.id) for one in given.instances}
    by_instance = {name: given_ratings[key] for name, key in shown.items() if key in given_ratings}
    rated = sum(instance.id in by_instance for instance in given.instances)
    if not rated:
        states = Counter(answers[instance.id].state for instance in given.instances)
        kept = sum(states[state] for state in states if state not in INCOMPLETE_STATES)
        reason = f"only people can score it: {kept} answers are kept; fill in {SHEET} in the run folder and "
        result = TaskResult.unscored(task, "human", f"{reason}give it with --generalbench-human-scores=FILE")
        return replace(result, states=dict(states), seconds=seconds, data=given.fingerprint)
    tally = _Tally(task)
    for instance in given.instances:
        answer = read_answer(answers[instance.id], instance, given)
        tally.add(instance.id, answer, by_instance.get(instance.id))
    value = tally.accumulator.result(tally.added)
    note = f"{rated} of {count} instances rated by {ratings.raters[task.id]} people ({ratings.source})"
    return TaskResult(
        id=task.id,
        state="incomplete" if tally.problems else "scored",
        metric=task.metric.name,
        unit=task.metric.unit,
        score=value.score,
        stderr=value.stderr,
        n=value.n,
        coverage=1 - sum(tally.states[state] for state in OPEN_STATES) / count,
        seconds=seconds,
        reason=tally.reason(),
        states=dict(tally.states),
        data=given.fingerprint,
        notes=(note,),
        rows=instance_rows(tally.rows, tally.added, value, given.instances),
    )


def write_sheet(folder: Path, tasks: Iterable[str]) -> Path | None:
    """Write a sheet with a line for every kept answer of `tasks`, to be filled in by raters.

    Returns None when nothing is to be rated. A sheet that is there is left alone: people may have
    written into it.
    """
    wanted = set(tasks)
    path = folder / SHEET
    if not wanted or path.exists():
        return None
    rows = [
        (cell_text(record.task), cell_text(record.instance), "", "", _file_of(record))
        for ledger in sorted(folder.glob("ledger-*.jsonl"))
        for record in LedgerReader(ledger).records()
        if record.task in wanted and record.kind == "answer" and record.output is not None
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow((*COLUMNS, "file"))
        writer.writerows(sorted(rows))
    return path


def _file_of(record: Record) -> str:
    name = record.output.file if record.output else None
    return f"{MEDIA_FOLDER}/{name}" if name else ""
