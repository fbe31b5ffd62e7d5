"""Two runs compared: by task, side and S2, with how sure each difference is (docs/statistics.md)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_generalbench.core.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.core.vocabulary import side_of
from pytest_generalbench.reports.comparability import SCORED, UNSUPPORTED, check_whole, obstacles, refuse
from pytest_generalbench.reports.paired_tasks import (
    NotPairedError,
    TaskDifference,
    paired_rows,
    task_difference,
    unsupported_change,
    with_layers,
)
from pytest_generalbench.reports.run_data import WAY_OUT, Run, load_run
from pytest_generalbench.reports.telling_instances import TellingInstance, most_telling, worsened
from pytest_generalbench.runs.instance_rows import read_rows, rows_path
from pytest_generalbench.statistics.gates import Detectable, detectable
from pytest_generalbench.statistics.layers import Change, Layers, WholeEstimate, layers, whole_estimate
from pytest_generalbench.statistics.paired import PSEUDO_VALUES
from pytest_generalbench.suite.level.aggregation import s2_weights
from pytest_generalbench.suite.level.scorings.paper import MODALITIES
from pytest_generalbench.suite.selection import board_tasks, boards
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.reports.gate import GateResult
    from pytest_generalbench.runs.result_file import TaskEntry

FRAMES: Final = ("tasks", "sides", "instances", "left_out")


@dataclass(frozen=True, slots=True)
class LayerDifference:
    """The difference of two runs over several tasks, second minus first, in points."""

    name: str
    """`S2`, or a side: `image/comprehension`, `nlp`."""
    difference: float
    """Of S2: what these tasks move it by; of a side: the mean over its tasks. Above 0 is better."""
    stderr: float
    low: float | None
    """Lower end of the 95 % interval; None where no spread was seen."""
    high: float | None
    p: float
    """Two-sided p value of this test alone."""
    p_adjusted: float
    """Two-sided; of sides by Holm."""
    p_worse: float
    """One-sided, small where the second run is worse; of sides by Holm."""
    tasks: int
    """Tasks it is over."""
    of: int
    """Tasks there are."""
    verdict: str
    """`better`, `worse` or `` where no difference is shown; from `p_adjusted` at a third of 5 %."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A task that is not compared, and why."""

    task: str
    first: str | None
    """Its state in the first run; None where that run did not select it."""
    second: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs compared; every difference is the second run minus the first.

    >>> compared = compare_runs("runs/before", "runs/after")  # doctest: +SKIP
    >>> compared.s2.difference, compared.s2.low, compared.s2.high  # doctest: +SKIP
    """

    first: str
    """The first run's folder: the baseline."""
    second: str
    tasks: tuple[TaskDifference, ...]
    """Sorted by id."""
    sides: tuple[LayerDifference, ...]
    s2: LayerDifference | None
    """None where no compared task counts in S2, as with language alone."""
    left_out: tuple[LeftOut, ...]
    """Every task that one of the runs selected and that is not compared."""
    instances: tuple[TellingInstance, ...]
    """The instances that got worse, the most telling first."""
    incomplete: tuple[int, int]
    """Incomplete tasks of the first and the second run: their instances without an answer count as wrong."""
    detectable: Detectable
    """The smallest falls, in points, that the gate sees in 80 of 100 repeats."""
    notes: tuple[str, ...]
    """What a reader must know: settings that differ, incomplete tasks."""
    whole: WholeEstimate | None
    """S2 that the second run would have over all instances of the first, where it has a part of them."""
    tested: Layers
    """The same differences as the gate tests them."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins."""
        plain = asdict(self)
        del plain["tested"]
        return plain

    def to_pandas(self, what: Literal["tasks", "sides", "instances", "left_out"] = "tasks") -> pd.DataFrame:
        """Return a part as a data frame, a row for each.

        Raises:
            UnknownWordError: `what` is none of these.
        """
        import pandas as pd

        if what not in FRAMES:
            raise UnknownWordError("data frame", what, FRAMES)
        kinds = (TaskDifference, LayerDifference, TellingInstance, LeftOut)
        columns = [item.name for item in fields(kinds[FRAMES.index(what)])]
        rows = [*([self.s2] if what == "sides" and self.s2 else []), *getattr(self, what)]
        return pd.DataFrame([asdict(row) for row in rows], columns=columns)

    def text(self, rows: int = 20) -> str:
        """Return the comparison as lines for a terminal, with at most `rows` tasks and instances."""
        from pytest_generalbench.reports.comparison_tables import text

        return text(self, rows)

    def markdown(self, rows: int = 20) -> str:
        """Return the comparison as Markdown, with at most `rows` tasks and instances."""
        from pytest_generalbench.reports.comparison_tables import markdown

        return markdown(self, rows)

    def explanation(self) -> list[str]:
        """Return how every figure comes about, a line each, with the methods that were used."""
        from pytest_generalbench.reports.comparison_tables import explanation

        return explanation(self)

    def gate(self, non_inferior: str | None = None) -> GateResult:
        """Return whether the second run is worse than the first.

        Args:
            non_inferior: `S2:0.5`: S2 must be shown to have lost less than so many points.
        """
        from pytest_generalbench.reports.gate import gate

        return gate(self, non_inferior)


def compare_runs(
    first: str | Path, second: str | Path, *, comparable_only: bool = False, instances: int = 20
) -> RunComparison:
    """Compare two finished runs, instance by instance.

    Args:
        first: A run folder, the baseline; a `result.json` beside its `instances/` is enough, and so is the
            address of such a folder that fsspec reads.
        second: The other one.
        comparable_only: Leave out and list the tasks whose data or definitions differ, instead of refusing.
        instances: How many of the instances that got worse are kept.

    Returns:
        The differences, second minus first.

    Raises:
        GeneralBenchError: a folder is no finished run or has no rows, the runs have no scored task in common,
            or they differ in data, metric, protocol or scoring; the message says in what, and the way out.
    """
    from pytest_generalbench.reports.remote_runs import local_run

    with local_run(first) as left, local_run(second) as right:
        return _compared(
            load_run(left), load_run(right), (str(first), str(second)), comparable_only, instances
        )


def _compared(
    one: Run, other: Run, names: tuple[str, str], comparable_only: bool, kept: int
) -> RunComparison:
    check_whole(one, other)
    shipped = {task.id: task for task in load_tasks()}
    differing = obstacles(one.result, other.result, shipped)
    if not comparable_only:
        refuse(differing)
    left_out = {item.task: item for item in _unscored(one, other)}
    states = {entry.id: entry.result.state for entry in one.result.tasks}
    for obstacle in differing:
        left_out.setdefault(
            obstacle.task,
            LeftOut(
                obstacle.task, states[obstacle.task], states[obstacle.task], f"differs: {obstacle.reason}"
            ),
        )
    differences: list[TaskDifference] = []
    changes: list[Change] = []
    telling: list[TellingInstance] = []
    entries = {entry.id: entry for entry in other.result.tasks}
    for entry in one.result.tasks:
        pair = entry, entries.get(entry.id)
        if entry.id in left_out or pair[1] is None:
            continue
        try:
            rows = paired_rows(
                _rows(one, entry),
                _rows(other, entry),
                (entry.result, pair[1].result),
                shipped.get(entry.id),
            )
        except NotPairedError as error:
            left_out[entry.id] = LeftOut(entry.id, entry.result.state, pair[1].result.state, str(error))
            continue
        difference, change = task_difference(entry, pair[1], rows, shipped.get(entry.id))
        telling += worsened(difference, rows, kept)
        differences.append(difference)
        changes += [change] if change else []
    if not differences:
        raise GeneralBenchError(f"{names[0]} and {names[1]} have no task in common that both have scored")
    return _result(
        one, other, names, differences, changes, telling[:], list(left_out.values()), shipped, kept
    )


def _result(
    one: Run,
    other: Run,
    names: tuple[str, str],
    differences: list[TaskDifference],
    changes: list[Change],
    telling: list[TellingInstance],
    left_out: list[LeftOut],
    shipped: dict[str, Task],
    kept: int,
) -> RunComparison:
    """Return the comparison: layers over the tasks, and all that stands beside them."""
    board = _board(one, other, shipped)
    members = board_tasks(list(shipped.values()), board)
    sides = {task.id: side_of(task.modality, task.paradigm) for task in members}
    weights = s2_weights(members, board, MODALITIES)
    tested = layers(changes, sides, weights, _unsupported(one, other, left_out, shipped))
    by_task = {change.name: change for change in tested.tasks}
    full = [with_layers(difference, by_task, tested.level) for difference in differences]
    totals = {side: list(sides.values()).count(side) for side in set(sides.values())}
    return RunComparison(
        first=names[0],
        second=names[1],
        tasks=tuple(full),
        sides=tuple(_layer(change, totals[change.name], tested.level) for change in tested.sides),
        s2=_layer(tested.s2, len(weights), tested.level) if tested.s2 else None,
        left_out=tuple(sorted(left_out, key=lambda item: item.task)),
        instances=most_telling(telling, full, kept),
        incomplete=_incomplete(one, other),
        detectable=detectable(tested),
        notes=tuple(_notes(one, other, full)),
        whole=_whole(one, full, tested, weights) if board == str(one.level().get("board") or "A") else None,
        tested=tested,
    )


def _unsupported(one: Run, other: Run, left_out: list[LeftOut], shipped: dict[str, Task]) -> list[Change]:
    """Return the differences of the tasks that one of the models does not take."""
    changes = []
    for item in left_out:
        for run, own, others in ((one, item.first, item.second), (other, item.second, item.first)):
            entry = run.result.entry(item.task) if own in SCORED and others == UNSUPPORTED else None
            if entry is not None and item.task in shipped:
                changes.append(unsupported_change(entry.result, shipped[item.task], is_first=run is one))
    return [change for change in changes if change is not None]


def _board(one: Run, other: Run, shipped: dict[str, Task]) -> str:
    """Return the board that both runs were scored on, else the whole."""
    names = {str(run.level().get("board") or "A") for run in (one, other)}
    return next(iter(names)) if len(names) == 1 and names <= boards(shipped.values()).keys() else "A"


def _whole(
    one: Run, full: Sequence[TaskDifference], tested: Layers, weights: Mapping[str, float]
) -> WholeEstimate | None:
    """Return S2 of all instances of the first run, where the second has a part of them and no others."""
    settings = [one.result.setting(name) for name in ("subset", "limit")]
    level = one.level()
    second = level.get("S2")
    is_part = any(item.only_first for item in full) and not any(item.only_second for item in full)
    if settings != [None, None] or not is_part or second is None or level.get("scoring") == "released":
        return None
    missed = {
        item.task: item.only_first / (item.n + item.only_first)
        for item in full
        if item.method != PSEUDO_VALUES  # of these no part is known for certain
    }
    counted = [entry.id for entry in one.result.tasks if entry.result.counted is not None]
    return whole_estimate(float(second), tested.tasks, missed, weights, counted)


def _layer(change: Change, of: int, level: float) -> LayerDifference:
    low, high = change.interval or (None, None)
    verdict = ""
    if change.p_adjusted <= level and change.difference:
        verdict = "better" if change.difference > 0 else "worse"
    return LayerDifference(
        change.name, change.difference, change.stderr, low, high,
        change.p, change.p_adjusted, change.p_worse, change.tasks, of, verdict,
    )  # fmt: skip


def _rows(run: Run, entry: TaskEntry) -> list[Any]:
    if not rows_path(run.folder, entry.id).is_file():
        raise GeneralBenchError(
            f"{run.folder} has no instances of {entry.id!r}: copy its instances/ along; {WAY_OUT}"
        )
    return list(read_rows(run.folder, entry.id))


def _unscored(one: Run, other: Run) -> list[LeftOut]:
    """Return the tasks that not both runs have a score of."""
    left, right = ({entry.id: entry.result for entry in run.result.tasks} for run in (one, other))
    lacking = []
    for task in sorted({*left, *right}):
        results = left.get(task), right.get(task)
        states = tuple(result.state if result else None for result in results)
        if all(
            result is not None and result.state in SCORED and result.score is not None for result in results
        ):
            continue
        if None in states:
            reason = (
                "only the second run selected it" if states[0] is None else "only the first run selected it"
            )
        else:
            reason = " ".join(
                f"{which}: {result.state}{f' ({result.reason})' if result.reason else ''};"
                for which, result in zip(("first", "second"), results, strict=True)
                if result is not None and (result.state not in SCORED or result.score is None)
            ).rstrip(";")
        lacking.append(LeftOut(task, states[0], states[1], reason))
    return lacking


_SHOWN_SETTINGS: Final = (
    "prompts", "max_new_tokens", "limit", "repeats", "shard", "model_frames", "dtype", "sota",
)  # fmt: skip


def _incomplete(one: Run, other: Run) -> tuple[int, int]:
    states = [[entry.result.state for entry in run.result.tasks] for run in (one, other)]
    return states[0].count("incomplete"), states[1].count("incomplete")


def _notes(one: Run, other: Run, differences: list[TaskDifference]) -> list[str]:
    notes = [
        f"{name} was {one.result.setting(name)!r} and is {other.result.setting(name)!r}"
        for name in _SHOWN_SETTINGS
        if one.result.setting(name) != other.result.setting(name)
    ]
    partial = [item for item in differences if item.only_first or item.only_second]
    if partial:
        lost, more = (sum(getattr(item, name) for item in partial) for name in ("only_first", "only_second"))
        notes.append(
            f"tasks with instances that one run alone has a score of ({lost} the first, {more} the second), "
            f"compared over those that both have: {len(partial)}"
        )
    for name, count in zip(("first", "second"), _incomplete(one, other), strict=True):
        if count:
            notes.append(f"incomplete tasks of the {name} run: {count}; what has no answer counts as wrong")
    alone = sum(item.p is None for item in differences)
    if alone:
        notes.append(
            f"{alone} tasks have a single unit in common: their differences have no error and no part in S2"
        )
    if any(run.result.data.get("is_demo") for run in (one, other)):
        notes.append("demo data: the differences say nothing about the models")
    if one.result.settings.get("scoring") == "released":
        notes.append("points are those of `paper` scoring, whose S2 is a mean of them")
    return notes
