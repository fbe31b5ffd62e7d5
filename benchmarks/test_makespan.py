"""When the last task ends, over the time that no schedule can beat, beside pytest-xdist's load and worksteal.

In virtual time, with the durations that the estimates' prior gives the 699 tasks. Run it by name:
`pytest benchmarks/test_makespan.py -s`.
"""

from __future__ import annotations

import random
import statistics
from typing import TYPE_CHECKING

import pytest

from pytest_generalbench.evaluation.cost_priors import prior
from pytest_generalbench.suite import tasks as registry
from tests.virtual_workers import bound, load, long_short, makespan, unpinned, worksteal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.virtual_workers import Make

ALL = [prior(task) for task in registry.load_tasks()]
SEEDS = 200
OFF = 1.65
"""Estimates are too long or too short by this factor, at random."""


def _misjudged(rng: random.Random, seconds: Sequence[float]) -> list[float]:
    return [item * rng.choice((OFF, 1 / OFF)) for item in seconds]


def _ratios(makes: dict[str, Make], seconds: Sequence[float], workers: int) -> dict[str, float]:
    least = bound(seconds, workers)
    return {name: makespan(make, seconds, workers) / least for name, make in makes.items()}


def _told(what: str, ratios: dict[str, float], capsys: pytest.CaptureFixture[str]) -> None:
    shown = ", ".join(f"{name} {ratio:.3f}" for name, ratio in ratios.items())
    with capsys.disabled():
        print(f"\n{what}: {shown}")  # noqa: T201 - the figure is what this is for


@pytest.mark.parametrize("workers", [2, 4, 8, 16, 32, 64])
def test_all_tasks(workers: int, capsys: pytest.CaptureFixture[str]) -> None:
    makes = {"long/short": long_short(ALL), "load": load, "worksteal": worksteal}
    ratios = _ratios(makes, ALL, workers)
    _told(f"makespan over the bound, 699 tasks, -n {workers}", ratios, capsys)
    assert ratios["long/short"] <= 1.03


@pytest.mark.parametrize("workers", [2, 4, 8])
def test_random_subsets(workers: int, capsys: pytest.CaptureFixture[str]) -> None:
    result: dict[str, list[float]] = {"long/short": [], "load": [], "worksteal": []}
    for seed in range(SEEDS):
        rng = random.Random(seed)  # noqa: S311 - a simulation
        seconds = rng.sample(ALL, rng.randint(24, 100))
        makes = {"long/short": long_short(_misjudged(rng, seconds)), "load": load, "worksteal": worksteal}
        for name, ratio in _ratios(makes, seconds, workers).items():
            result[name].append(ratio)
    p95 = {name: sorted(ratios)[int(0.95 * SEEDS)] for name, ratios in result.items()}
    _told(f"p95 of 24 to 100 tasks, {SEEDS} seeds, estimates off by {OFF}, -n {workers}", p95, capsys)
    assert p95["long/short"] <= 1.10


@pytest.mark.parametrize("spread", [0.02, 0.05, 0.2])
@pytest.mark.parametrize("workers", [2, 8])
def test_near_equal_durations(spread: float, workers: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Each over the better of load and worksteal in the same run: how far the two are apart is luck.

    "unpinned" has the same estimates and no item committed to a busy worker, which xdist's workers cannot do.
    """
    over: dict[str, list[float]] = {"long/short": [], "load": [], "worksteal": [], "unpinned": []}
    for seed in range(SEEDS):
        rng = random.Random(seed)  # noqa: S311 - a simulation
        seconds = [rng.uniform(1 - spread, 1 + spread) for _ in range(rng.randint(24, 100))]
        guesses = _misjudged(rng, seconds)
        makes = {"long/short": long_short(guesses), "load": load, "worksteal": worksteal}
        spans = {name: makespan(make, seconds, workers) for name, make in makes.items()}
        spans["unpinned"] = unpinned(guesses, seconds, workers)
        better = min(spans["load"], spans["worksteal"])
        for name, span in spans.items():
            over[name].append(span / better)
    for what, of in (("mean", statistics.mean), ("most", max)):
        entry = {name: float(of(ratios)) for name, ratios in over.items()}
        where = f"durations within {spread:.0%} of each other, -n {workers}"
        _told(f"{where}, {what} over the better of load and worksteal", entry, capsys)
    assert spread > 0.05 or max(over["long/short"]) <= 1.02
    assert max(over["long/short"]) <= max(max(over["load"]), max(over["worksteal"]))
