"""The gate: whether a run is worse than its baseline, and in what."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.option_values import margin_of
from pytest_generalbench.reports.comparability import SCORED, UNSUPPORTED
from pytest_generalbench.statistics import gates
from pytest_generalbench.suite.level.aggregation import s2_weights
from pytest_generalbench.suite.level.mapping import impossible, points_slope
from pytest_generalbench.suite.level.scorings.paper import MODALITIES
from pytest_generalbench.suite.selection import board_tasks, boards
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.reports.run_comparison import LeftOut, RunComparison
    from pytest_generalbench.reports.run_data import Run
    from pytest_generalbench.statistics.layers import Change

PASSED: Final = 0
REGRESSION: Final = 1
NOT_COMPARABLE: Final = 2
BASELINE_MISSING: Final = 3
"""Exit codes of `generalbench compare --gate`."""

_NAMED: Final = 10
"""Alarms that are named."""


@dataclass(frozen=True, slots=True)
class GateResult:
    """Whether a run is worse than its baseline."""

    verdict: Literal["passed", "regression", "not comparable"]
    exit_code: int
    """0, 1 or 2, as `generalbench compare --gate` exits."""
    alarms: tuple[Change, ...]
    """What is significantly worse: S2, sides, tasks."""
    lost: tuple[LeftOut, ...]
    """Tasks that the baseline has a score of and the run has not, though it selected them."""
    lines: tuple[str, ...]
    """The same in words."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain builtins."""
        return asdict(self)


def gate(comparison: RunComparison, non_inferior: str | None = None) -> GateResult:
    """Return whether the second run is worse than the first.

    Args:
        comparison: The two runs compared.
        non_inferior: `S2:0.5`: S2 must be shown to have lost less than so many points, which takes the place
            of its test; sides and tasks are tested all the same.

    Raises:
        GeneralBenchError: `non_inferior` is of another form, or the runs have no S2 in common.
    """
    margin = margin_of(non_inferior) if non_inferior else None
    alarms = gates.alarms(comparison.tested, with_s2=margin is None)
    lost = tuple(item for item in comparison.left_out if _is_lost(item))
    dropped = [item for item in lost if item.second == UNSUPPORTED]
    lines = [_alarm_line(alarm) for alarm in alarms[:_NAMED]]
    if len(alarms) > _NAMED:
        lines.append(f"and {len(alarms) - _NAMED} more that are worse")
    has_failed = bool(alarms)
    if margin is not None:
        is_shown, line = _margin(comparison, margin)
        has_failed = has_failed or not is_shown
        lines.append(line)
    if dropped:
        has_failed = True
        lines.append(f"the model no more takes {_tasks(len(dropped))}: {_names(dropped)}")
    broken = [item for item in lost if item.second != UNSUPPORTED]
    if broken:
        lines.append(f"without a score that the baseline has: {_tasks(len(broken))}, {_names(broken)}")
    if comparison.incomplete[1]:
        lines.append(f"instances without an answer count as wrong: in {_tasks(comparison.incomplete[1])}")
    if has_failed:
        return GateResult("regression", REGRESSION, alarms, lost, ("gate: REGRESSION", *lines))
    if broken or not comparison.tested.tasks:
        lines = lines or ["no task has two units to compare"]
        return GateResult(
            "not comparable", NOT_COMPARABLE, alarms, lost, ("gate: CANNOT BE COMPARED", *lines)
        )
    scope = f"over {_tasks(len(comparison.tasks))}"
    return GateResult(
        "passed", PASSED, alarms, lost, (f"gate: no regression {scope}", *lines, *_partial(comparison))
    )


def _is_lost(item: LeftOut) -> bool:
    return item.first in SCORED and item.second is not None and item.second not in SCORED


def _names(items: list[LeftOut]) -> str:
    more = f" and {len(items) - 3} more" if len(items) > 3 else ""
    return ", ".join(f"{item.task} ({item.second})" for item in items[:3]) + more


def _alarm_line(alarm: Change) -> str:
    return f"{alarm.name} {alarm.difference:+.2f} points (adjusted one-sided p {alarm.p_worse:.2g})"


def _margin(comparison: RunComparison, margin: float) -> tuple[bool, str]:
    s2 = comparison.tested.s2
    if s2 is None:
        raise GeneralBenchError("non-inferiority is of S2, and no task that both runs have counts in it")
    bound, chance = gates.lower_bound(s2), gates.chance_to_pass(s2.stderr, margin)
    is_shown = gates.is_non_inferior(s2, margin)
    words = "is shown to have lost" if is_shown else "is not shown to have lost"
    return is_shown, (
        f"S2 {words} less than {margin:g} points: lower bound {bound:+.2f} (95 %, one-sided); a run as good "
        f"as the baseline is shown so in {100 * chance:.0f} % of repeats"
    )


def _partial(comparison: RunComparison) -> list[str]:
    missing = sum(item.second is None and item.first in SCORED for item in comparison.left_out)
    return [f"{_tasks(missing)} of the baseline not selected and not judged"] if missing else []


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"


SAME_WEIGHTS: Final = 0.9
EQUAL_STRENGTH: Final = 0.5
"""How the scores of an instance are correlated: the same weights again, two models of equal strength."""


def chances_beforehand(
    baseline: Run, margin: float, most: Callable[[Task], int | None] = lambda task: None
) -> tuple[float, float]:
    """Return the chance that a run as good as the baseline is shown to be non-inferior, before it is made.

    Args:
        baseline: The run that it will be compared with.
        margin: What S2 may lose, in points.
        most: Instances of a task that the new run will have at most; None: as many as the baseline.

    Returns:
        With a correlation of 0.9 (the same weights built again) and of 0.5 (another model). Of a part of the
        tasks, whose other tasks cannot move, the chance is no smaller.
    """
    every = load_tasks()
    board = str(baseline.level().get("board") or "A")
    board = board if board in boards(every) else "A"
    tasks = {task.id: task for task in board_tasks(every, board)}
    weights = s2_weights(list(tasks.values()), board, MODALITIES)
    variance = 0.0
    for entry in baseline.result.tasks:
        score = entry.result.counted
        task = tasks.get(entry.id)
        if task is None or score is None or entry.id not in weights or impossible(task.metric.mapping, score):
            continue
        limit = most(task)
        if limit == 0:
            continue
        fewer = 1.0 if limit is None else max(1.0, entry.result.n / limit)
        slope = points_slope(task.metric.mapping, score)
        variance += fewer * (weights[entry.id] * slope * (entry.result.stderr or 0.0)) ** 2
    spreads = [gates.expected_stderr(variance**0.5, one) for one in (SAME_WEIGHTS, EQUAL_STRENGTH)]
    return gates.chance_to_pass(spreads[0], margin), gates.chance_to_pass(spreads[1], margin)
