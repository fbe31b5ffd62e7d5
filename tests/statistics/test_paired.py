"""The difference of two runs on one task: against scipy, by laws, and by leaving instances out."""

from __future__ import annotations

import math
import random
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench import metrics
from pytest_generalbench.core.outputs import Image, Target
from pytest_generalbench.evaluation.scoring.backbones.demo_weights import DemoWeights
from pytest_generalbench.statistics.paired import (
    CLUSTERED_T,
    JACKKNIFE,
    MCNEMAR,
    PAIRED_T,
    SIGN,
    PairedDifference,
    Pairs,
    cluster_numbers,
    mean_stderr,
    paired_difference,
    slope_stderr,
)
from tests.metrics.test_instance_scores import Pair, draw_pairs, named, valued

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_generalbench.metrics.base import Accumulator, MetricValue

stats = pytest.importorskip("scipy.stats")

SCORES = st.integers(-20, 120).map(lambda tenth: tenth / 8)
"""Numbers that floats hold exactly."""
PAIRED = st.lists(st.tuples(SCORES, SCORES), min_size=2, max_size=30)
RIGHT = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60)


def measured(first: Any, second: Any, clusters: Sequence[str] | None = None) -> PairedDifference:
    one, other = (np.asarray(values, dtype=np.float64) for values in (first, second))
    numbers = None if clusters is None else cluster_numbers(clusters)
    return paired_difference(Pairs(one, other, (float(one.mean()), float(other.mean())), clusters=numbers))


def test_a_mean_is_tested_as_scipy_tests_it() -> None:
    rng = np.random.default_rng(1)
    first = rng.normal(50, 10, 40)
    second = first + rng.normal(1, 3, 40)
    result, expected = measured(first, second), stats.ttest_rel(second, first)
    assert result.method == PAIRED_T
    assert result.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert result.degrees == expected.df
    assert result.interval == pytest.approx(tuple(expected.confidence_interval(0.95)))


@pytest.mark.parametrize(
    ("wins", "losses", "same"), [(0, 6, 10), (3, 9, 0), (5, 5, 5), (1, 0, 40), (30, 60, 9)]
)
def test_right_or_wrong_is_tested_by_the_exact_binomial(wins: int, losses: int, same: int) -> None:
    first = [0.0] * wins + [100.0] * (losses + same)
    second = [100.0] * wins + [0.0] * losses + [100.0] * same
    result = measured(first, second)
    assert result.method == MCNEMAR
    assert result.p == pytest.approx(stats.binomtest(wins, wins + losses).pvalue)
    assert result.interval is not None
    low, high = result.interval
    assert low <= result.difference <= high
    assert result.p is not None
    assert (low <= 0 <= high) == (result.p > 0.05)


def test_no_discordant_pair_is_no_difference() -> None:
    result = measured([100, 0, 100], [100, 0, 100])
    assert (result.difference, result.stderr, result.p, result.interval) == (0.0, 0.0, 1.0, None)


def test_instances_that_share_a_file_are_one_unit() -> None:
    rng = np.random.default_rng(2)
    shared = rng.normal(0, 1, 12).repeat(5)
    first = rng.normal(50, 1, 60)
    second = first + shared + rng.normal(0, 0.3, 60)
    files = [f"file{number // 5}" for number in range(60)]
    result = measured(first, second, files)
    means = (second - first).reshape(12, 5).mean(axis=1)
    expected = stats.ttest_1samp(means, 0.0)
    assert (result.method, result.units, result.n) == (CLUSTERED_T, 12, 60)
    assert result.p == pytest.approx(expected.pvalue)
    alone = measured(first, second)
    assert result.stderr is not None
    assert alone.stderr is not None
    assert result.stderr > 1.8 * alone.stderr


def test_clusters_keep_the_rate_of_false_alarms() -> None:
    rng = np.random.default_rng(3)
    files = [str(number // 5) for number in range(100)]
    alarms = {"clustered": 0, "alone": 0}
    for _ in range(400):
        change = rng.normal(0, 1, 20).repeat(5) + rng.normal(0, 1, 100)  # intraclass correlation 0.5
        first = np.full(100, 50.0)
        for name, clusters in (("clustered", files), ("alone", None)):
            p = measured(first, first + change, clusters).p
            alarms[name] += p is not None and p <= 0.05
    assert alarms["clustered"] <= 32  # 20 expected, standard deviation 4.4
    assert alarms["alone"] >= 48


def test_one_instance_has_no_error() -> None:
    result = measured([1.0], [2.0])
    assert (result.difference, result.stderr, result.p, result.interval) == (1.0, None, None, None)
    together = measured([1.0, 3, 4], [2.0, 2, 2], ["same", "same", "same"])
    assert (together.units, together.p) == (1, None)


@given(PAIRED)
def test_swapping_the_runs_flips_the_sign_and_nothing_else(pairs: list[tuple[float, float]]) -> None:
    first, second = zip(*pairs, strict=True)
    one, other = measured(first, second), measured(second, first)
    assert one.difference == -other.difference
    assert (one.p, one.stderr, one.method, one.units) == (other.p, other.stderr, other.method, other.units)
    if one.interval is not None:
        assert other.interval == (-one.interval[1], -one.interval[0])


@given(RIGHT)
def test_swapping_runs_of_right_and_wrong_flips_the_sign(pairs: list[tuple[bool, bool]]) -> None:
    first, second = ([100.0 * value for value in side] for side in zip(*pairs, strict=True))
    one, other = measured(first, second), measured(second, first)
    assert (one.difference, one.p) == (-other.difference, other.p)


@given(st.lists(SCORES, min_size=2, max_size=30))
def test_a_run_against_itself_shows_nothing(scores: list[float]) -> None:
    result = measured(scores, scores)
    assert (result.difference, result.stderr, result.p) == (0.0, 0.0, 1.0)


@given(PAIRED, st.integers(-40, 40))
def test_a_constant_moves_the_difference_and_not_its_error(
    pairs: list[tuple[float, float]], add: int
) -> None:
    first, second = zip(*pairs, strict=True)
    one, other = measured(first, second), measured(first, np.array(second) + add)
    assert other.difference == pytest.approx(one.difference + add, abs=1e-9)
    assert other.stderr == pytest.approx(one.stderr, abs=1e-9)


@given(st.lists(SCORES, min_size=3, max_size=20, unique=True), st.floats(0.01, 50))
def test_a_constant_alone_is_as_sure_as_the_number_of_instances(scores: list[float], add: float) -> None:
    result = measured(scores, np.array(scores) + add)
    assert result.method == SIGN
    assert result.p == 2.0 ** (1 - len(scores))
    assert (result.stderr, result.interval) == (0.0, None)


@given(PAIRED, st.randoms(use_true_random=False))
def test_the_order_of_the_instances_changes_nothing(
    pairs: list[tuple[float, float]], rng: random.Random
) -> None:
    mixed = rng.sample(pairs, len(pairs))
    one, other = (measured(*zip(*side, strict=True)) for side in (pairs, mixed))
    assert one.p == pytest.approx(other.p)
    assert one.stderr == pytest.approx(other.stderr)


def test_another_scale_of_both_scores_changes_no_p_value() -> None:
    rng = np.random.default_rng(7)
    first, second = rng.normal(0, 1, (2, 30))
    for factor in (1e-6, 1e6):
        assert measured(first * factor, second * factor).p == pytest.approx(measured(first, second).p)


def halved(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs with every third answer that of the next instance, and every seventh none."""
    changed = []
    for place, (predicted, reference) in enumerate(pairs):
        other = pairs[(place + 1) % len(pairs)][0] if place % 3 == 0 else predicted
        changed.append((None if place % 7 == 0 else other, reference))
    return changed


def images(count: int) -> list[Pair]:
    pixels = np.random.default_rng(0).integers(0, 256, (2, count, 8, 8, 3), np.uint8)
    return [
        (Image(one), Target(medium=lambda two=two: Image(two)))  # type: ignore[misc]
        for one, two in zip(*pixels, strict=True)
    ]


def _score(make: Callable[[], Accumulator], pairs: Sequence[Pair], ids: Sequence[str]) -> MetricValue:
    return valued(make, pairs, ids)


CASES = ["bleu1", "bleu4", "cider", "macro_f1", "micro_f1", "box_ap50", "fid"]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("count", [9, 47])
def test_the_jackknife_of_the_difference_is_that_of_scoring_both_again(name: str, count: int) -> None:
    """Against the definition: the difference of the scores, each instance or group of instances left out."""
    networks = {"inception": DemoWeights().open("inception")} if name == "fid" else None
    make = partial(metrics.make, name, {}, *([networks] if networks else []))
    first = images(count) if name == "fid" else draw_pairs(name, {}, count, 5)
    second = halved(first)
    one, other = (_score(make, side, named(count)) for side in (first, second))
    groups = list(one.groups) or list(range(count))
    assert list(other.groups) == list(one.groups)
    keep = [groups.index(group) for group in range(max(groups) + 1)]
    pairs = Pairs(
        np.array(one.scores)[keep],
        np.array(other.scores)[keep],
        (one.score, other.score),
        is_mean=False,
        n=count,
    )
    result = paired_difference(pairs)
    without = []
    for group in range(len(keep)):
        rest = [place for place in range(count) if groups[place] != group]
        scores = [_score(make, [side[place] for place in rest], ()).score for side in (first, second)]
        without.append(scores[1] - scores[0])
    middle = math.fsum(without) / len(without)
    spread = math.fsum((value - middle) ** 2 for value in without)
    expected = math.sqrt((len(keep) - 1) / len(keep) * spread)
    assert (result.method, result.n, result.units) == (JACKKNIFE, count, len(keep))
    assert result.difference == other.score - one.score
    assert result.stderr == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert expected > 0


def test_pseudo_values_of_a_shared_file_go_together() -> None:
    """Of a ratio of sums, a whole file left out at a time moves the score as its pseudo-values say."""
    rng = np.random.default_rng(6)
    files, each = 30, 4
    shared = rng.normal(0, 1, files).repeat(each)
    counts = rng.integers(5, 15, files * each).astype(float)
    sides = [
        np.clip(counts * (0.5 + 0.1 * shared * way) + rng.normal(0, 1, files * each), 0, None)
        for way in (0, 1)
    ]
    scores = [float(side.sum() / counts.sum()) for side in sides]
    n = files * each
    pseudo = [
        n * score - (n - 1) * (side.sum() - side) / (counts.sum() - counts)
        for side, score in zip(sides, scores, strict=True)
    ]
    numbers = np.arange(files).repeat(each)
    result = paired_difference(
        Pairs(pseudo[0], pseudo[1], (scores[0], scores[1]), is_mean=False, clusters=numbers)
    )
    without = [
        np.subtract(*(side[numbers != file].sum() / counts[numbers != file].sum() for side in sides[::-1]))
        for file in range(files)
    ]
    expected = float(np.std(without)) * (files - 1) ** 0.5
    assert (result.units, result.n) == (files, n)
    assert result.stderr == pytest.approx(expected, rel=0.05)


def test_the_delta_method_follows_the_slope_of_each_score() -> None:
    rng = np.random.default_rng(4)
    spreads, predicted = [], []
    for _ in range(400):
        first = rng.normal(2.0, 0.5, 80)
        second = 0.5 * first + rng.normal(0.2, 0.3, 80)
        means = float(first.mean()), float(second.mean())
        spreads.append(means[1] ** 2 - means[0] ** 2)
        predicted.append(slope_stderr(Pairs(first, second, means), 2 * means[0], 2 * means[1]) or 0.0)
    assert float(np.mean(predicted)) == pytest.approx(float(np.std(spreads)), rel=0.1)


def test_standard_errors_of_clusters_of_one_are_those_of_instances() -> None:
    values = np.random.default_rng(5).normal(size=20)
    assert mean_stderr(values, np.arange(20)) == pytest.approx(mean_stderr(values))
    assert mean_stderr(values[:1]) is None
