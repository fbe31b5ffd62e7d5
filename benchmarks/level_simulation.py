"""Simulated models over the 699 tasks: how often intervals of S2..S5 hold the truth, and certified tiers it.

    python -m benchmarks.level_simulation [RUNS [SEED]]

The true score of a task is logit(p) = logit(specialist) - delta + N(0, spread), on the scale of points; its
instances are the open set's (40 % of the stated number). Metrics that are right or wrong are binomial, the
others have variance p(1 - p)/4 an instance. The law of gaps to the specialists is an assumption.
"""

from __future__ import annotations

import dataclasses
import math
import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from pytest_generalbench.statistics.certified import certified_wins, tier_of_wins
from pytest_generalbench.statistics.empirical_bayes import outer_band, posterior_intervals
from pytest_generalbench.statistics.intervals import Spread, Z, binary_spread, normal_interval
from pytest_generalbench.statistics.standings import BoardSides, Scored, s2_stderr
from pytest_generalbench.suite.level import sota_table, to_points
from pytest_generalbench.suite.tasks import load_tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pytest_generalbench.core.task import Task

    Array = npt.NDArray[np.float64]

OPEN_SHARE: Final = 0.4
RIGHT_OR_WRONG: Final = ("accuracy", "exact_match", "top1_accuracy")
DRAWS: Final = 2000


class Model(NamedTuple):
    """A law of gaps to the specialists."""

    delta: float
    spread: float
    share: float = OPEN_SHARE
    wins: bool = True
    """Whether any true score may reach its specialist."""


MODELS: Final = {
    "strong": Model(0.3, 0.6),
    "middling": Model(0.7, 0.5),
    "weak": Model(1.5, 0.5),
    "middling, all instances": Model(0.7, 0.5, 1.0),
    "no true win": Model(0.3, 0.3, wins=False),
}


class Benchmark:
    """The tasks on the scale of points, with their specialists."""

    def __init__(self) -> None:
        tasks = load_tasks()
        sota = sota_table(tasks, "released").values
        kept = [
            (task, value) for task in tasks if (value := sota[task.id]) is not None and math.isfinite(value)
        ]
        self.specialists = np.array([to_points(task.metric.mapping, value) for task, value in kept])
        self.binary = np.array([task.metric.name in RIGHT_OR_WRONG for task, _ in kept])
        self.tasks = [_in_points(task) for task, _ in kept]
        self.stated = np.array([task.instances for task in self.tasks])
        self.sides = BoardSides.of("A", tasks)
        self.columns = [self.sides.place(task) for task in self.tasks]
        self.weights = np.array([self.sides.weight(task) for task in self.tasks])


def _in_points(task: Task) -> Task:
    metric = dataclasses.replace(task.metric, mapping="identity", direction="higher", unit="percent")
    return dataclasses.replace(task, metric=metric)


def true_scores(given: Benchmark, model: Model, random: np.random.Generator) -> Array:
    """Return the true scores in points."""
    best = np.clip(given.specialists / 100.0, 0.005, 0.995)
    noise = random.normal(0.0, model.spread, len(best))
    if not model.wins:
        noise = model.delta - 0.02 - np.abs(noise - model.delta)
    logit = np.log(best / (1.0 - best)) - model.delta + noise
    points: Array = 100.0 / (1.0 + np.exp(-logit))
    return points if model.wins else np.minimum(points, given.specialists - 1e-9)


def observe(given: Benchmark, truth: Array, model: Model, random: np.random.Generator) -> list[Scored]:
    """Return the scores of one run with what is known of their spread."""
    counts = np.maximum(2, np.round(given.stated * model.share)).astype(int)
    share = truth / 100.0
    right = random.binomial(counts, np.clip(share, 0.0, 1.0))
    error = np.sqrt(np.clip(share * (1.0 - share), 1e-12, None) / 4.0 / counts)
    means = np.clip(random.normal(share, error), 0.0, 1.0)
    estimated = error * np.sqrt(random.chisquare(counts - 1) / (counts - 1))
    found = []
    for place, task in enumerate(given.tasks):
        n = int(counts[place])
        if given.binary[place]:
            score, spread = 100.0 * right[place] / n, binary_spread(int(right[place]), n, 100.0)
        else:
            score = 100.0 * means[place]
            spread = Spread(100.0 * float(estimated[place]), n - 1, "normal", n)
        found.append(Scored(task, float(score), spread, float(given.specialists[place])))
    return found


def levels_of(given: Benchmark, points: Array, reached: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return S2..S5 of points and wins."""
    sums = np.zeros((1, len(given.sides.sides)))
    np.add.at(sums[0], given.columns, points * reached)
    third = {name: float(value[0]) for name, value in given.sides.levels(sums).items()}
    return {"S2": float(given.weights @ points), **third}


def _tier(levels: dict[str, float]) -> int:
    return max((int(name[1:]) for name, value in levels.items() if value > 0), default=1)


def simulate(given: Benchmark, model: Model, runs: int, seed: int) -> dict[str, list[float]]:
    """Return, by name, a value for each run: whether intervals hold the truth, biases, tiers."""
    random = np.random.default_rng(seed)
    values: dict[str, list[float]] = defaultdict(list)
    for _ in range(runs):
        truth = true_scores(given, model, random)
        real = truth >= given.specialists
        true = levels_of(given, truth, real)
        scored = observe(given, truth, model, random)
        points = np.array([item.points for item in scored])
        reached = np.array([item.reached for item in scored])
        printed = levels_of(given, points, reached)
        error = s2_stderr(given.sides, scored)
        assert error is not None
        intervals = {"S2": normal_interval(printed["S2"], error)}
        posterior = posterior_intervals(given.sides, scored, draws=DRAWS)
        intervals |= {name: (low, high) for name, (_, low, high) in posterior.items()}
        for name, (low, high) in intervals.items():
            values[name].append(low - 5e-4 <= true[name] <= high + 5e-4)
        band = outer_band(given.sides, scored)["S3"]
        values["band"].append(band[0] <= true["S3"] <= band[1])
        values["bias"].append(printed["S3"] - true["S3"])
        values["estimate"].append(posterior["S3"][0] - true["S3"])
        values["width"].append(intervals["S3"][1] - intervals["S3"][0])
        wins = certified_wins(given.sides, scored)
        truly = {item.task.id for item, is_true in zip(scored, real, strict=True) if is_true}
        values["false"].append(not truly.issuperset(wins))
        values["above"].append(tier_of_wins(given.sides, scored, wins, has_points=True) > _tier(true))
        values["printed"].append(_tier(printed) > _tier(true))
    return values


def table(runs: int, seed: int = 1) -> Sequence[str]:
    """Return the lines of the table."""
    given = Benchmark()
    names = ("S2", "S3", "S4", "S5", "band")
    lines = [
        "| model | " + " | ".join(f"{name} %" for name in names)
        + " | bias of S3 | of the estimate | width | printed tier too high % | certified % | false win % |",
        "|---|" + "---|" * (len(names) + 6),
    ]  # fmt: skip
    for number, (name, model) in enumerate(MODELS.items()):
        began = time.perf_counter()
        values = {
            key: float(np.mean(value)) for key, value in simulate(given, model, runs, seed + number).items()
        }
        shares = " | ".join(f"{100 * values[key]:.1f}" for key in names)
        rest = " | ".join(f"{100 * values[key]:.1f}" for key in ("printed", "above", "false"))
        bias = f"{values['bias']:+.2f} | {values['estimate']:+.2f} | {values['width']:.2f}"
        lines.append(f"| {name} | {shares} | {bias} | {rest} |")
        sys.stderr.write(f"{name}: {time.perf_counter() - began:.1f} s\n")
    return lines


if __name__ == "__main__":
    count, first_seed = (int(word) for word in [*sys.argv[1:], *("200", "1")[len(sys.argv) - 1 :]])
    sys.stdout.write(
        "\n".join(table(count, first_seed)) + f"\n\n{count} runs each; nominal 95 %, z = {Z:.2f}\n"
    )
