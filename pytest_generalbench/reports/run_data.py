"""A finished run, read for analysis: its tasks, instances and levels as rows and data frames."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.runs.certainty import evidence_in, interval_of
from pytest_generalbench.runs.finalize import task_facets
from pytest_generalbench.runs.instance_rows import ROWS_FOLDER, read_rows, rows_path, tasks_with_rows
from pytest_generalbench.runs.result_file import RESULT_FILE, RunResult, TaskEntry, TaskFacets, read_result
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.runs.certainty import Evidences

FRAMES: Final = ("tasks", "instances", "levels")


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task of a run; a row needs nothing beside it to be understood."""

    task: str
    modality: str
    paradigm: str | None
    """`comprehension` or `generation`; None for language tasks."""
    skill: str
    state: str
    metric: str
    unit: str
    direction: str
    """`higher` or `lower`: which scores are better."""
    score: float | None
    """In `unit`; None where the task was not scored."""
    stderr: float | None
    """Standard error of `score`, in `unit`."""
    low: float | None
    """Lower end of the 95 % interval of `score`, in `unit`; None where it is not known."""
    high: float | None
    points: float | None
    """The score mapped to 0..100; None where the task was not scored."""
    sota: float | None
    """The specialist's score in `unit`; None where there is none to compare with."""
    reached: bool | None
    """Whether it is a win: the specialist is reached, with 5 % of unreadable answers at most; None without a
    score or a specialist."""
    no_win: str | None
    """Why the score is no win whatever it is; None where it may be one, or there is none."""
    n: int
    """Instances the score is over."""
    coverage: float
    """Share of instances that have an answer, 0..1."""
    states: Mapping[str, int]
    """Instances by state."""
    definition: str | None
    """The metric's definition in one line."""
    reason: str | None
    """Why the state is what it is, where it is not `scored`."""


@dataclass(frozen=True, slots=True)
class RunInstance:
    """One instance of a run.

    Attributes are the columns of `Run.to_pandas("instances")`; `InstanceRow` says what each means.
    """

    task: str
    instance: str
    state: str
    score: float | None
    group: int | None
    cluster: str
    prediction: str


class Run:
    """A finished run in its folder.

    >>> run = load_run("generalbench-runs/20261127T101500Z-4711")  # doctest: +SKIP
    >>> run.to_pandas("tasks").groupby("modality").points.mean()  # doctest: +SKIP
    """

    def __init__(self, folder: Path, result: RunResult) -> None:
        """Keep the folder and its result; use `load_run`."""
        self.folder = folder
        self.result = result

    def tasks(self) -> tuple[TaskRow, ...]:
        """Return a row for every task that was selected, sorted by id."""
        shipped = {task.id: task for task in load_tasks()}
        evidences = evidence_in(self.folder)
        return tuple(_task_row(entry, shipped.get(entry.id), evidences) for entry in self.result.tasks)

    def instances(self, tasks: Sequence[str] | None = None) -> Iterator[RunInstance]:
        """Yield a row for every instance, task by task.

        Args:
            tasks: Ids of tasks; None is every task that has rows.

        Raises:
            GeneralBenchError: a task has no rows in this run.
        """
        for task in self._with_rows(tasks):
            for row in read_rows(self.folder, task):
                yield RunInstance(task, *row)

    def level(self) -> Mapping[str, Any]:
        """Return the levels as they stand in the result file: `tier`, `S2`..`S5`, `qualified` and more."""
        return self.result.level

    def to_pandas(
        self, what: Literal["tasks", "instances", "levels"], tasks: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Return the run as a data frame.

        Args:
            what: `tasks` (a row a task, the fields of `TaskRow`), `instances` (a row an instance), or
                `levels` (one row: tier and S2..S5).
            tasks: For `instances`: the ids of the tasks that are wanted.

        Raises:
            UnknownWordError: `what` is none of these.
            GeneralBenchError: a task has no rows in this run.
        """
        import pandas as pd

        if what == "tasks":
            return pd.DataFrame([asdict(row) for row in self.tasks()], columns=list(TaskRow.__slots__))
        if what == "levels":
            level = self.level()
            keys = ("tier", "S2", "S3", "S4", "S5", "scoring", "sota", "board", "qualified", "reason")
            return pd.DataFrame([{key: level.get(key) for key in keys}])
        if what != "instances":
            raise UnknownWordError("data frame", what, FRAMES)
        names = self._with_rows(tasks)
        rows = [(place, *row) for place, name in enumerate(names) for row in read_rows(self.folder, name)]
        columns = dict(zip(RunInstance.__slots__, zip(*rows, strict=True), strict=True)) if rows else {}
        return pd.DataFrame(
            {
                "task": pd.Categorical.from_codes(list(columns.get("task", ())), categories=list(names)),
                "instance": pd.Series(columns.get("instance", ()), dtype="str"),
                "state": pd.Series(columns.get("state", ()), dtype="category"),
                "score": pd.Series(columns.get("score", ()), dtype="float64"),
                "group": pd.Series(columns.get("group", ()), dtype="Int64"),
                "cluster": pd.Series(columns.get("cluster", ()), dtype="str"),
                "prediction": pd.Series(columns.get("prediction", ()), dtype="str"),
            }
        )

    def _with_rows(self, tasks: Sequence[str] | None) -> tuple[str, ...]:
        there = tasks_with_rows(self.folder) if tasks is None else tuple(tasks)
        if not there and not (self.folder / ROWS_FOLDER).is_dir():
            raise GeneralBenchError(f"{self.folder} has no table of instances: {WAY_OUT}")
        for name in there:
            if not rows_path(self.folder, name).is_file():
                raise GeneralBenchError(f"{self.folder} has no instances of {name!r}: {WAY_OUT}")
        return there


WAY_OUT: Final = "`generalbench rescore --write` makes them from the ledger"


def _task_row(entry: TaskEntry, task: Task | None, evidences: Evidences) -> TaskRow:
    result = entry.result
    spread = evidences(task, result).spread if task and result.score is not None else None
    low, high = (None, None)
    if task and spread and result.score is not None:
        low, high = interval_of(task, result.score, spread)
    # A task that a hook brought is not known here: its row has what its entry says.
    facets = (
        task_facets(task, result, entry.sota)
        if task
        else entry.facets or TaskFacets(entry.id.split("/")[0], None, "", "", None, None)
    )
    return TaskRow(
        task=entry.id,
        state=result.state,
        metric=result.metric,
        unit=result.unit,
        score=result.score,
        stderr=result.stderr,
        low=low,
        high=high,
        sota=entry.sota,
        n=result.n,
        coverage=result.coverage,
        states=dict(result.states),
        definition=result.definition,
        reason=result.reason,
        **asdict(facets),
    )


def load_run(folder: str | Path) -> Run:
    """Open a finished run.

    Args:
        folder: The run folder; it has a `result.json`.

    Returns:
        The run; rows of instances are read when they are asked for.

    Raises:
        GeneralBenchError: the folder is no finished run, or one of a newer major version.
    """
    path = Path(folder)
    if not (path / RESULT_FILE).is_file():
        raise GeneralBenchError(
            f"{path} is no finished run, it has no {RESULT_FILE}: go on with --generalbench-resume, or use "
            "`generalbench rescore --write`"
        )
    return Run(path, read_result(path))
