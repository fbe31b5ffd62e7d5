"""A run planned before it is started: how long it takes on how many workers, and what is shorter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.evaluation.dividing import divided
from pytest_generalbench.evaluation.progress_text import duration, interval
from pytest_generalbench.evaluation.run_times import BETWEEN_RUNS, ExpectedTask, bounds
from pytest_generalbench.evaluation.schedule import Work, bound, simulate
from pytest_generalbench.launch.selection import Selection, select
from pytest_generalbench.runs.listing import DEFAULT_PARENT

_SHOWN: Final = 10
"""Divided tasks that the text names."""


@dataclass(frozen=True, slots=True)
class PlannedEnd:
    """When a run ends on so many workers."""

    workers: int
    makespan: float
    """Until the last worker ends, simulated; seconds, or a share of one worker's time where none is known."""
    bound: float
    """What no order of items and batches can beat: an equal share of all, or the longest batch."""
    low: float | None
    """Lower bound of the makespan; None where no earlier run measured tasks."""
    high: float | None
    divided: Mapping[str, int]
    """Number of items of each task that is divided."""


@dataclass(frozen=True, slots=True)
class PlannedSubset:
    """What a subset of the instances takes on the planned workers."""

    subset: str
    """As for `--generalbench-subset`."""
    instances: int
    end: PlannedEnd


@dataclass(frozen=True, slots=True)
class RunPlan:
    """A run, planned. Times are seconds; where `is_relative`, shares of the time that one worker needs."""

    model: str
    tasks: int
    """Selected tasks."""
    left_out: int
    """Those among them that the model does not take, by earlier runs."""
    measured: int
    """Those that earlier runs measured."""
    instances: int
    """That are asked, each repeat counted; of data that were never read, the split's share of the stated."""
    workers: int
    """Each loads the model."""
    runs: str
    """Where earlier runs were looked for."""
    seconds_per_answer: float | None
    """Seconds of a text answer, where they were given and no earlier run tells."""
    overhead_s: float | None
    """Seconds of a session beside its tasks, part of every time; None where no earlier run tells."""
    ends: tuple[PlannedEnd, ...]
    """By number of workers; the last is the planned one."""
    subsets: tuple[PlannedSubset, ...]

    @property
    def end(self) -> PlannedEnd:
        """The end on the planned workers."""
        return self.ends[-1]

    @property
    def is_relative(self) -> bool:
        """Whether no time is known, so that only ratios of times are told."""
        return self.end.low is None and self.seconds_per_answer is None

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins."""
        return {**asdict(self), "is_relative": self.is_relative}

    def lines(self) -> list[str]:
        """Return the plan, for people."""
        return list(_lines(self))


def plan_run(
    arguments: Sequence[str],
    *,
    gpus: int | None = None,
    runs: str | Path | None = None,
    seconds_per_answer: float | None = None,
    directory: str | Path = ".",
) -> RunPlan:
    """Return how long a run takes on how many workers; no model is loaded and no data are read.

    Workers are simulated as the session's scheduler gives items out. Times are those of the latest runs of
    the same model over the same data; tasks that no run measured are expected by their media, instances and
    length of answers.

    Args:
        arguments: Those of pytest, `--generalbench-model=…` among them.
        gpus: GPUs that are shared by workers of `--generalbench-gpus-per-worker` each; None: as many workers
            as `-n` says.
        runs: The folder of earlier run folders, or one run folder; None: `generalbench-runs`.
        seconds_per_answer: What a text answer of up to 256 tokens takes, in a batch: the time of the batch by
            its size. For tasks that no run measured.
        directory: Where pytest is started.

    Raises:
        GeneralBenchError: the arguments are none of pytest, select nothing, or the numbers cannot be.
    """
    if gpus is not None and gpus < 1:
        raise GeneralBenchError(f"{gpus} GPUs: give 1 or more, or workers with -n N")
    if seconds_per_answer is not None and not 0.0 < seconds_per_answer < float("inf"):
        raise GeneralBenchError(f"{seconds_per_answer} seconds an answer: give a number above 0")
    if runs is not None and not Path(directory, runs).is_dir():
        raise GeneralBenchError(f"{runs}: no such folder of runs")
    selection = select(arguments, Path(directory).absolute(), None if runs is None else Path(directory, runs))
    return _planned(selection, _workers(selection, gpus), str(runs or DEFAULT_PARENT), seconds_per_answer)


def _planned(selection: Selection, workers: int, runs: str, seconds_per_answer: float | None) -> RunPlan:
    tasks = selection.tasks.values()
    relative = bounds(tasks)
    given = seconds_per_answer if relative is None else None
    work = {name: _timed(task, given) for name, task in selection.tasks.items()}
    is_known = relative is not None or given is not None
    overhead = selection.overhead_s if is_known else None
    unit = 1.0 if is_known else sum(one.seconds for one in work.values()) or 1.0
    counts = sorted({workers, *(2**power for power in range(workers.bit_length()))})

    def end(work: Mapping[str, Work], count: int) -> PlannedEnd:
        return _end(work, count, unit, overhead or 0.0, relative)

    subsets = []
    for subset, parts in selection.subsets.items() if selection.settings.subset is None else ():
        asked = {
            name: one._replace(seconds=work[name].seconds * share) for name, (_, share, one) in parts.items()
        }
        instances = sum(count for count, _, _ in parts.values())
        subsets.append(PlannedSubset(subset, instances, end(asked, workers)))
    return RunPlan(
        model=selection.settings.model,
        tasks=len(tasks),
        left_out=sum(not one.estimate.instances for one in tasks),
        measured=sum(one.estimate.measured is not None for one in tasks),
        instances=sum(one.estimate.instances for one in tasks),
        workers=workers,
        runs=runs,
        seconds_per_answer=given,
        overhead_s=overhead,
        ends=tuple(end(work, count) for count in counts),
        subsets=tuple(subsets),
    )


def _workers(selection: Selection, gpus: int | None) -> int:
    """Return the number of workers of the session that is planned."""
    if gpus is None:
        return selection.workers
    each = selection.settings.gpus_per_worker
    if not selection.uses_gpu or each == 0:
        raise GeneralBenchError("workers with this model have no GPU: say how many there are with -n N")
    if selection.workers > 1:
        raise GeneralBenchError("give GPUs or -n, not both")
    if gpus < each:
        raise GeneralBenchError(f"{gpus} GPUs are too few for a worker with {each}")
    return gpus // each


def _timed(task: ExpectedTask, seconds_per_answer: float | None) -> Work:
    """Return what a task takes, in seconds where they are known."""
    before = task.estimate.measured
    if seconds_per_answer is None or (before is not None and before.answered):
        return task.work
    return task.work._replace(seconds=seconds_per_answer * task.unit * task.estimate.instances)


def _end(
    work: Mapping[str, Work], workers: int, unit: float, overhead: float, relative: tuple[float, float] | None
) -> PlannedEnd:
    division = divided(work, workers)
    makespan = simulate(work, division, workers).makespan / unit
    low, high = (overhead + makespan * factor for factor in relative) if relative else (None, None)
    least = bound(work, workers) / unit
    return PlannedEnd(workers, overhead + makespan, overhead + least, low, high, division.parts)


def _lines(plan: RunPlan) -> Iterator[str]:
    yield (
        f"{plan.tasks} tasks, about {plan.instances} instances, {plan.model}; "
        f"the model is loaded {plan.workers} times, once in each worker"
    )
    if plan.left_out:
        yield f"{plan.left_out} of the tasks are not asked: by earlier runs the model takes none such"
    yield from _basis(plan)
    yield from _table(plan)
    yield from _divided(plan.end)
    for one in plan.subsets:
        saved = plan.end.makespan - one.end.makespan
        yield (
            f"--generalbench-subset={one.subset}: {one.instances} instances, {_time(plan, one.end)}, "
            f"saves {_amount(plan, saved)}"
        )
    if plan.subsets:
        yield "a subset tells S2 alone, the less surely the smaller it is"


def _basis(plan: RunPlan) -> Iterator[str]:
    """Say what the times follow from."""
    if plan.is_relative:
        yield f"hours: not known, earlier runs in {plan.runs} measured {plan.measured} of the tasks"
        yield "give --seconds-per-answer S, or run once with --generalbench-limit=16"
        yield "below, shares of the time that one worker needs"
        return
    if plan.seconds_per_answer is not None:
        yield f"times: {plan.seconds_per_answer:g} s a text answer, other media as they are expected to cost"
        yield "no interval: no earlier run measured enough tasks"
    else:
        either = f"{BETWEEN_RUNS:.0%} either way"
        yield f"times: as earlier runs in {plan.runs} measured {plan.measured} tasks, {either}"
        if plan.measured < plan.tasks:
            yield "the others in proportion to what they are expected to cost, with an interval of 95 %"
    if plan.overhead_s is None:
        yield "without starting workers and loading the model: no earlier run tells how long that takes"
    else:
        yield f"with {duration(plan.overhead_s)} for starting workers, loading the model, and ending"


def _table(plan: RunPlan) -> Iterator[str]:
    rows = [("workers", "expected", "bound", "over it", "divided tasks")]
    for end in plan.ends:
        over = f"{100.0 * (end.makespan / end.bound - 1.0):.1f} %" if end.bound else "-"
        divided = str(len(end.divided) or "none")
        rows.append((str(end.workers), _time(plan, end), _amount(plan, end.bound), over, divided))
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))


def _divided(end: PlannedEnd) -> Iterator[str]:
    if not end.divided:
        return
    yield f"divided on {end.workers} workers, {len(end.divided)} tasks:"
    largest = sorted(end.divided, key=lambda name: (-end.divided[name], name))
    for name in largest[:_SHOWN]:
        yield f"  {name} into {end.divided[name]}"
    if len(largest) > _SHOWN:
        yield f"  and {len(largest) - _SHOWN} more (--json for all)"


def _time(plan: RunPlan, end: PlannedEnd) -> str:
    if end.low is None or end.high is None:
        return _amount(plan, end.makespan)
    return interval((end.low, end.high))


def _amount(plan: RunPlan, value: float) -> str:
    return f"{100.0 * value:.3g} %" if plan.is_relative else duration(value)
