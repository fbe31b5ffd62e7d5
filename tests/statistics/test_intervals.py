from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_generalbench.core.result import InstanceRow
from pytest_generalbench.statistics.intervals import (
    Spread,
    binary_spread,
    binomial_tail,
    normal_interval,
    reported_spread,
    row_spread,
    wilson,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def rows(
    values: Sequence[float | None], clusters: list[str] | None = None, groups: list[int] | None = None
) -> list[InstanceRow]:
    return [
        InstanceRow(
            f"i{place}", "ok", value,
            groups[place] if groups else None, clusters[place] if clusters else f"i{place}",
        )
        for place, value in enumerate(values)
    ]  # fmt: skip


@given(st.integers(1, 400), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_that_of_scipy(n: int, share: float, level: float) -> None:
    right = round(share * n)
    theirs = stats.binomtest(right, n).proportion_ci(level, method="wilson")
    assert wilson(right, n, level) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@given(st.integers(1, 2000), st.floats(0, 1), st.floats(0.001, 0.999))
def test_the_binomial_tail_is_that_of_scipy(n: int, share: float, bound: float) -> None:
    right = round(share * n)
    assert binomial_tail(right, n, bound) == pytest.approx(
        float(stats.binom.sf(right - 1, n, bound)), rel=1e-8, abs=1e-300
    )


@given(st.lists(st.floats(0, 50).map(lambda value: value + 0.5), min_size=2, max_size=40, unique=True))
def test_a_mean_has_the_t_interval_of_scipy(values: list[float]) -> None:
    score = math.fsum(values) / len(values)
    spread = row_spread(rows([*values]), score, is_mean=True, unit="count")
    assert spread is not None
    error = float(stats.sem(values))
    assert (spread.method, spread.degrees) == ("normal", len(values) - 1)
    assert spread.stderr == pytest.approx(error, rel=1e-6, abs=1e-9)
    low, high = spread.interval(score)
    theirs = stats.t.interval(0.95, len(values) - 1, loc=score, scale=error)
    assert (low, high) == pytest.approx(theirs, rel=1e-6, abs=1e-6)


def test_equal_clusters_are_t_over_their_means() -> None:
    draw = np.random.default_rng(3)
    values = (draw.normal(50, 9, (12, 1)) + draw.normal(0, 5, (12, 5))).ravel().tolist()
    names = [f"c{place // 5}" for place in range(60)]
    score = math.fsum(values) / 60
    spread = row_spread(rows(values, names), score, is_mean=True, unit="percent")
    means = np.array(values).reshape(12, 5).mean(axis=1)
    assert spread is not None
    assert (spread.method, spread.n, spread.degrees) == ("clustered", 12, 11)
    assert spread.stderr == pytest.approx(float(stats.sem(means)))
    alone = row_spread(rows(values), score, is_mean=True, unit="percent")
    assert alone is not None and alone.stderr < spread.stderr


def test_right_or_wrong_is_decided_by_the_unit() -> None:
    percent = row_spread(rows([100.0] * 20), 100.0, is_mean=True, unit="percent")
    assert percent is not None and percent.method == "binary"
    assert percent.interval(100.0)[0] == pytest.approx(100 * 20 / (20 + 1.959964**2), abs=1e-3)
    count = row_spread(rows([0.0, 1.0, 1.0]), 2 / 3, is_mean=True, unit="count")
    assert count is not None and count.method == "normal"
    part = row_spread(rows([0.0, 100.0, 50.0]), 50.0, is_mean=True, unit="percent")
    assert part is not None and part.method == "normal"


def test_pseudo_values_count_once_a_group() -> None:
    values, groups = [1.0, 1.0, 4.0, 7.0, 7.0, 7.0], [0, 0, 1, 2, 2, 2]
    spread = row_spread(rows([*values], groups=groups), 60.0, is_mean=False, unit="percent")
    assert spread is not None
    assert (spread.method, spread.n) == ("jackknife", 3)
    assert spread.stderr == pytest.approx(float(stats.sem([1.0, 4.0, 7.0])))


@pytest.mark.parametrize(
    ("values", "score"),
    [([3.0], 3.0), ([], 0.0), ([1.0, 2.0], 7.0), ([1.0, 2.0], math.nan), ([None, 2.0], 2.0)],
)
def test_what_the_rows_do_not_say_is_not_said(values: Sequence[float | None], score: float) -> None:
    assert row_spread(rows(values), score, is_mean=True, unit="count") is None
    one_cluster = rows([1.0, 2.0], ["c", "c"])
    assert row_spread(one_cluster, 1.5, is_mean=True, unit="count") is None


def test_a_reported_error_is_normal() -> None:
    spread = reported_spread(2.0, 30)
    assert spread is not None
    assert spread.interval(10.0) == pytest.approx(normal_interval(10.0, 2.0))
    assert reported_spread(None, 30) is None and reported_spread(0.0, 1) is None


def test_tails_follow_the_direction() -> None:
    spread = Spread(2.0, 9, "normal", 10)
    above = spread.tail(14.0, 10.0, higher_is_better=True)
    assert above == pytest.approx(float(stats.t.sf(2.0, 9)))
    assert spread.tail(6.0, 10.0, higher_is_better=False) == pytest.approx(above)
    assert Spread(0.0, 9, "normal", 10).tail(14.0, 10.0, higher_is_better=True) == 1.0
    exact = binary_spread(19, 20, 100.0).tail(95.0, 70.0, higher_is_better=True)
    assert exact == pytest.approx(float(stats.binom.sf(18, 20, 0.7)))


def test_clustered_intervals_hold_the_truth_where_naive_ones_do_not() -> None:
    draw = random.Random(5)  # noqa: S311 - made-up scores
    held = {"clustered": 0, "naive": 0}
    for _ in range(400):
        values, names = [], []
        for cluster in range(40):
            shared = draw.gauss(0, 1)
            values += [shared + draw.gauss(0, 1) for _ in range(5)]
            names += [f"c{cluster}"] * 5
        score = math.fsum(values) / len(values)
        for kind, clusters in (("clustered", names), ("naive", None)):
            spread = row_spread(rows([*values], clusters), score, is_mean=True, unit="raw")
            assert spread is not None
            low, high = spread.interval(score)
            held[kind] += low <= 0.0 <= high
    assert held["clustered"] >= 368
    assert held["naive"] <= 348
