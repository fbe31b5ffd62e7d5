"""How often the gate fires when nothing changed, and when something did, on tasks of the real sizes.

`python -m benchmarks.gate_simulation --pairs 200` prints the table. The scores are drawn, the tests are those
of `statistics`. A run's true score of a task is logit(p) = logit(specialist) - gap + N(0, spread). Metrics of
right or wrong draw from p, the others have the variance p(1 - p) / 4 an instance. An instance's scores in
both runs have the correlation 0.9 (the same weights built again) or 0.5 (two models of equal strength).
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from pytest_generalbench.statistics.gates import (
    alarms,
    detectable,
    detectable_fall,
    is_non_inferior,
)
from pytest_generalbench.statistics.layers import Change, Layers, implied_stderr, layers
from pytest_generalbench.statistics.paired import Pairs, paired_difference
from pytest_generalbench.suite.level.aggregation import s2_weights
from pytest_generalbench.suite.level.mapping import impossible, to_points
from pytest_generalbench.suite.level.scorings.paper import MODALITIES
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from pytest_generalbench.core.task import Task

OPEN_SHARE: Final = 0.4
BINARY: Final = frozenset({"accuracy", "exact_match", "micro_accuracy", "judge_score"})
TASKS: Final = load_tasks()
WEIGHTS: Final = s2_weights(TASKS, "A", MODALITIES)
SIDES: Final = {task.id: "/".join(filter(None, (task.modality, task.paradigm))) for task in TASKS}
MARGIN: Final = 0.5


@dataclass(frozen=True)
class Case:
    """A way in which the second run differs from the first."""

    name: str
    share: float
    """Of the open set."""
    correlation: float
    fall: str = "none"
    """A key of FALLS."""
    gap: float = 0.8
    """By how much the model is below the specialists, in logits."""
    spread: float = 0.8
    """Standard deviation of that over the tasks."""


FALLS: Final = {"none": 0.0, "ten tasks": 5.0, "everywhere": 0.5, "audio generation": 3.0}


def true_points(task: Task, case: Case, rng: np.random.Generator) -> float:
    """Return the share of the points that the run truly has on a task, 0..1."""
    value = task.sota.released
    known = value is not None and impossible(task.metric.mapping, value) is None
    points = to_points(task.metric.mapping, value) if known and value is not None else 50.0
    share = min(0.98, max(0.02, points / 100))
    return 1 / (1 + math.exp(-(math.log(share / (1 - share)) - case.gap + rng.normal(0, case.spread))))


def fallen(case: Case, rng: np.random.Generator) -> dict[str, float]:
    """Return by how much each task fell, as a share of the points."""
    amount = FALLS[case.fall] / 100
    if case.fall == "ten tasks":
        return {TASKS[place].id: amount for place in rng.choice(len(TASKS), 10, replace=False)}
    if case.fall == "everywhere":
        return {task.id: amount for task in TASKS}
    return {task.id: amount for task in TASKS if case.fall != "none" and SIDES[task.id] == "audio/generation"}


def drawn(
    is_binary: bool, p: float, fall: float, n: int, correlation: float, rng: np.random.Generator
) -> Pairs:
    """Return both runs' scores of a task, in points."""
    if is_binary:
        first = rng.random(n) < p
        second = np.where(rng.random(n) < correlation, first, rng.random(n) < p)
        second = second & (rng.random(n) >= min(1.0, fall / p))
        one, other = 100.0 * first, 100.0 * second
    else:
        spread = 100 * math.sqrt(p * (1 - p) / 4)
        noise = rng.standard_normal((2, n))
        one = 100 * p + spread * noise[0]
        other = 100 * (p - fall) + spread * (
            correlation * noise[0] + math.sqrt(1 - correlation**2) * noise[1]
        )
    return Pairs(one, other, (float(one.mean()), float(other.mean())))


def compared(case: Case, rng: np.random.Generator) -> Layers:
    """Return the layers of one pair of runs."""
    falls, changes = fallen(case, rng), []
    for task in TASKS:
        n = max(2, round(OPEN_SHARE * case.share * task.instances))
        p = true_points(task, case, rng)
        pairs = drawn(task.metric.name in BINARY, p, falls.get(task.id, 0.0), n, case.correlation, rng)
        result = paired_difference(pairs)
        assert result.p is not None
        assert result.stderr is not None
        stderr = result.stderr or implied_stderr(result.difference, result.p, result.degrees)
        changes.append(Change(task.id, result.difference, stderr, result.degrees, result.p))
    return layers(changes, SIDES, WEIGHTS)


def measured(case: Case, pairs: int, seed: int = 1) -> str:
    """Return a line of the table."""
    rng = np.random.default_rng([seed, len(case.fall)])
    counts = {"S2": 0, "sides": 0, "tasks": 0, "gate": 0, "shown": 0}
    spreads: list[tuple[float, float, float]] = []
    for _ in range(pairs):
        tested = compared(case, rng)
        names = {alarm.name for alarm in alarms(tested)}
        counts["gate"] += bool(names)
        counts["S2"] += "S2" in names
        counts["sides"] += bool(names & set(SIDES.values()))
        counts["tasks"] += bool(names & SIDES.keys())
        assert tested.s2 is not None
        counts["shown"] += is_non_inferior(tested.s2, MARGIN)
        single = sorted(change.stderr for change in tested.tasks)[len(tested.tasks) // 2]
        smallest = detectable(tested)
        spreads.append(
            (detectable_fall(tested.s2.stderr, 0.05), detectable_fall(single, 0.05), smallest.s2 or 0.0)
        )
    s2, task, gate = np.mean(spreads, axis=0)
    shares = " ".join(f"{100 * counts[key] / pairs:6.1f}" for key in counts)
    return f"{case.name:34} {case.correlation:4} {shares}   {s2:5.2f} {task:5.2f} {gate:5.2f}"


def cases() -> Iterator[Case]:
    """Yield every case: nothing changed, then the falls."""
    for correlation in (0.9, 0.5):
        yield Case("nothing changed, open set", 1.0, correlation)
        yield Case("nothing changed, 5 % of it", 0.05, correlation)
    for correlation in (0.9, 0.5):
        for fall, amount in FALLS.items():
            if amount:
                yield Case(f"{fall} -{amount:g} points", 1.0, correlation, fall)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200, help="pairs of runs for each line")
    parser.add_argument("--gap", type=float, default=0.8, help="logits below the specialists")
    parser.add_argument("--spread", type=float, default=0.8, help="of that over the tasks")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is drawn")
    parser.add_argument("--only", default="", help="lines whose name has this word")
    options = parser.parse_args()
    head = "case                                  r    S2  sides  tasks   gate  shown   S2    task  gate S2"
    sys.stdout.write(
        f"{options.pairs} pairs each; % of gates that fire; then detectable falls in points\n{head}\n"
    )
    started = time.perf_counter()
    for case in cases():
        if options.only in case.name:
            sys.stdout.write(
                measured(replace(case, gap=options.gap, spread=options.spread), options.pairs, options.seed)
                + "\n"
            )
            sys.stdout.flush()
    sys.stdout.write(f"{time.perf_counter() - started:.0f} s\n")


if __name__ == "__main__":
    main()
