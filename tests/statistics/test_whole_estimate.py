"""S2 of all instances from a baseline and a part: against the run over all of them."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_generalbench import metrics
from pytest_generalbench.metrics.registry import REGISTRY
from pytest_generalbench.statistics.layers import Change, whole_estimate
from pytest_generalbench.statistics.paired import PSEUDO_VALUES, Pairs, paired_difference

SIZES = {"a": 400, "b": 120, "c": 60, "d": 12, "e": 30}
WEIGHTS = dict.fromkeys(SIZES, 0.2)
ASKED = {"a": 20, "b": 20, "c": 12, "d": 12, "e": 6}


def two_runs(rng: np.random.Generator) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the scores of two related runs over all instances, by task."""
    runs = {}
    for task, size in SIZES.items():
        first = rng.normal(50, 25, size)
        runs[task] = first, 0.7 * first + rng.normal(14, 15, size)
    return runs


def test_the_interval_holds_what_the_run_over_all_instances_has() -> None:
    rng, held = np.random.default_rng(3), 0
    for _ in range(800):
        runs = two_runs(rng)
        changes, missed = [], {}
        for task, (first, second) in runs.items():
            n = ASKED[task]
            pairs = Pairs(first[:n], second[:n], (float(first[:n].mean()), float(second[:n].mean())))
            result = paired_difference(pairs)
            assert result.p is not None
            assert result.stderr is not None
            changes.append(Change(task, result.difference, result.stderr, result.degrees, result.p))
            missed[task] = 1 - n / SIZES[task]
        baseline, truth = (
            sum(WEIGHTS[task] * float(both[place].mean()) for task, both in runs.items()) for place in (0, 1)
        )
        whole = whole_estimate(baseline, changes, missed, WEIGHTS, SIZES)
        assert whole is not None
        held += whole.low <= truth <= whole.high
    assert 0.93 <= held / 800 <= 0.97


def test_a_task_that_was_asked_in_whole_adds_no_error() -> None:
    change = Change("a", -4.0, 3.0, 20, 0.2)
    whole = whole_estimate(60.0, [change], {"a": 0.0}, {"a": 0.5}, ["a"])
    assert whole is not None
    assert (whole.value, whole.low, whole.high) == (58.0, 58.0, 58.0)


def test_what_is_not_known_is_counted() -> None:
    change = Change("a", 1.0, 1.0, 20, 0.3)
    weights = {"a": 0.3, "b": 0.1, "c": 0.6}
    whole = whole_estimate(60.0, [change], {}, weights, ["a", "b", "nlp"])
    assert whole is not None
    assert whole.unknown_tasks == 1
    assert whole.unknown == pytest.approx(0.1)
    assert whole_estimate(60.0, [Change("nlp", 1.0, 1.0, 9, 0.3)], {}, weights, ["a"]) is None


RATIOS = {
    name: dict(given) for name in metrics.names() if (given := REGISTRY.get(name).ratio_with) is not None
}
"""The options, by the name of each metric whose pseudo-values tell the score of other instances."""


def drawn(rng: np.random.Generator, share: float, metric: str) -> tuple[object, object]:
    """Return prediction and reference of an instance: sets of items, or the pixels of a mask."""
    count, more = 1 + rng.poisson(3), rng.poisson(1)
    found = [number for number in range(count) if rng.random() < share] + list(range(40, 40 + more))
    if metric != "miou":
        return tuple(f"w{number}" for number in found), tuple(f"w{number}" for number in range(count))
    pixels = np.arange(60)[None, :]
    return np.isin(pixels, found), pixels < count


@pytest.mark.parametrize("metric", sorted(RATIOS))
@pytest.mark.parametrize("agreement", [1.0, 0.5])
def test_pseudo_values_of_a_part_raise_no_more_false_alarms_than_they_may(
    metric: str, agreement: float
) -> None:
    """Hold for every metric that says so: the baseline over 120 instances, the second run over 15."""
    rng, alarms, misses = np.random.default_rng(8), 0, []
    for _ in range(300):
        shares = rng.beta(2, 2, 120)
        first = [drawn(rng, share, metric) for share in shares]
        second = [
            one if rng.random() < agreement else drawn(rng, share, metric)
            for one, share in zip(first, shares, strict=True)
        ]
        numbers, scores = [], []
        for answers in (first, second[:15], second):
            accumulator = metrics.make(metric, RATIOS[metric])
            for predicted, wanted in answers:
                accumulator.add(predicted, wanted)
            value = accumulator.result()
            assert not value.groups
            numbers.append(np.array(value.scores))
            scores.append(value.score)
        pairs = Pairs(
            numbers[0][:15], numbers[1], (float(numbers[0][:15].mean()), float(numbers[1].mean())), False,
            is_part=True,
        )  # fmt: skip
        result = paired_difference(pairs)
        assert result.method == PSEUDO_VALUES
        assert result.p is not None
        alarms += result.p < 0.05
        misses.append(result.difference - (scores[2] - scores[0]))
    assert alarms / 300 <= 0.08
    assert abs(np.mean(misses)) < 4 * np.std(misses) / 300**0.5


def test_the_metrics_that_say_so_are_corpus_scores() -> None:
    assert RATIOS
    assert all(REGISTRY.get(name).aggregation == "corpus" for name in RATIOS)
