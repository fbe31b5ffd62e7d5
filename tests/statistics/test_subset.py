"""The design of subsets: nested, within budget, better than a proportional one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.statistics.subset import LEAST, Stratum, allocate, standard_error

STRATA = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3),
    st.builds(
        Stratum,
        weight=st.floats(0.001, 1.0),
        sigma=st.floats(1.0, 50.0),
        cost=st.floats(0.1, 100.0),
        size=st.integers(2, 5000),
        side=st.sampled_from(["x", "y"]),
    ),
    min_size=1,
    max_size=12,
)


@given(STRATA, st.floats(1.0, 1e5), st.booleans())
def test_a_subset_keeps_to_its_budget_and_its_tasks(
    strata: dict[str, Stratum], budget: float, by_cost: bool
) -> None:
    counts = allocate(strata, budget, by_cost=by_cost)
    assert counts.keys() == strata.keys()
    assert sum(counts[name] * (one.cost if by_cost else 1) for name, one in strata.items()) <= budget + 1e-6
    assert all(counts[name] == 0 or LEAST <= counts[name] <= one.size for name, one in strata.items())


@given(STRATA, st.floats(1.0, 1e5), st.floats(1.0, 3.0), st.booleans())
def test_a_larger_subset_contains_a_smaller_one(
    strata: dict[str, Stratum], budget: float, factor: float, by_cost: bool
) -> None:
    small = allocate(strata, budget, by_cost=by_cost)
    large = allocate(strata, budget * factor, by_cost=by_cost)
    if all(small.values()):
        assert all(large[name] >= small[name] for name in strata)


def test_it_tells_more_than_a_proportional_subset_of_the_same_cost() -> None:
    strata = {
        "cheap and spread": Stratum(0.25, 45.0, 1.0, 4000),
        "cheap and even": Stratum(0.25, 5.0, 1.0, 4000),
        "dear": Stratum(0.5, 40.0, 25.0, 400),
    }
    counts = allocate(strata, 2000.0, by_cost=True)
    share = 2000.0 / sum(one.cost * one.size for one in strata.values())
    proportional = {name: round(share * one.size) for name, one in strata.items()}
    assert standard_error(strata, counts) < 0.8 * standard_error(strata, proportional)


def test_the_standard_error_is_that_of_stratified_sampling() -> None:
    strata = {"a": Stratum(0.5, 40.0, 1.0, 100), "b": Stratum(0.5, 20.0, 1.0, 10)}
    expected = math.sqrt((0.5 * 40) ** 2 / 25 * 0.75)
    assert standard_error(strata, {"a": 25, "b": 10}) == pytest.approx(expected)
