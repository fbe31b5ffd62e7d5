from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from pytest_generalbench.statistics.distributions import normal_sf
from pytest_generalbench.statistics.ranks import ranks


def test_ties_need_not_be_ties_of_ties() -> None:
    scores = {"a": 3.0, "b": 2.0, "c": 1.0}
    found = ranks(scores, {("a", "b"): 0.3, ("b", "c"): 0.4, ("c", "a"): 0.001})
    assert [(rank.name, rank.best, rank.worst, rank.tied) for rank in found] == [
        ("a", 1, 2, ("b",)), ("b", 1, 3, ("a", "c")), ("c", 2, 3, ("b",)),
    ]  # fmt: skip


def test_holm_counts_all_pairs() -> None:
    scores = {name: float(place) for place, name in enumerate("abcd")}
    pairs = dict.fromkeys(combinations("abcd", 2), 0.01)
    assert all(len(rank.tied) == 3 for rank in ranks(scores, pairs))  # 6 · 0.01 > 0.05
    pairs = dict.fromkeys(combinations("abcd", 2), 0.008)
    assert [(rank.best, rank.worst) for rank in ranks(scores, pairs)] == [(1, 1), (2, 2), (3, 3), (4, 4)]


def test_a_pair_without_a_p_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        ranks({"a": 1.0, "b": 2.0}, {})


def test_equal_runs_are_told_apart_in_fewer_than_one_case_in_twenty() -> None:
    draw, wrong = np.random.default_rng(3), 0
    for _ in range(500):
        values = dict(zip("abcdef", draw.normal(0, 1, 6).tolist(), strict=True))
        p_values = {
            (one, other): 2 * normal_sf(abs(values[one] - values[other]) / 2**0.5)
            for one, other in combinations("abcdef", 2)
        }
        wrong += any(len(rank.tied) < 5 for rank in ranks(values, p_values))
    assert wrong <= 38  # nominal 5 %: the 99.5th percentile of 500 draws
