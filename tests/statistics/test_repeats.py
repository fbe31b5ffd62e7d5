"""The variance of a mean in two parts, against sums of squares and against a simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pytest_generalbench.statistics.repeats import repeat_variance

SCORES = arrays.arrays(
    np.float64,
    st.tuples(st.integers(2, 12), st.integers(2, 6)),
    elements=st.floats(-1e3, 1e3).map(lambda value: round(value, 3)),
)


@given(SCORES)
def test_the_parts_are_those_of_the_table_of_sums_of_squares(values: np.ndarray) -> None:
    units, repeats = values.shape
    grand = values.sum() / values.size
    rows = [sum(row) / repeats for row in values]
    inside = sum((value - rows[place]) ** 2 for place, row in enumerate(values) for value in row)
    among = sum(repeats * (mean - grand) ** 2 for mean in rows)
    ms_inside, ms_among = inside / (units * (repeats - 1)), among / (units - 1)
    both = repeat_variance(values)
    assert both is not None
    assert both.between_repeats**2 == pytest.approx(ms_inside, rel=1e-6, abs=1e-6)
    assert both.between_instances**2 == pytest.approx(max(0.0, (ms_among - ms_inside) / repeats), abs=1e-5)
    assert both.stderr**2 == pytest.approx(ms_among / repeats / units, rel=1e-6, abs=1e-6)
    assert 0.0 <= both.share <= 1.0


def test_the_standard_error_and_the_share_are_those_of_many_runs() -> None:
    random = np.random.default_rng(5)
    units, repeats, between, inside = 60, 4, 12.0, 30.0
    drawn = [
        50 + between * random.standard_normal((units, 1)) + inside * random.standard_normal((units, repeats))
        for _ in range(1500)
    ]
    found = [both for values in drawn if (both := repeat_variance(values)) is not None]
    truth = between**2 + inside**2 / repeats
    assert np.std([values.mean() for values in drawn]) == pytest.approx((truth / units) ** 0.5, rel=0.06)
    assert np.mean([both.stderr**2 for both in found]) == pytest.approx(truth / units, rel=0.03)
    assert np.median([both.share for both in found]) == pytest.approx(inside**2 / repeats / truth, rel=0.06)


def test_without_chance_nothing_is_from_the_repeats() -> None:
    both = repeat_variance(np.repeat([[0.0], [100.0], [100.0]], 3, axis=1))
    assert both is not None
    assert (both.between_repeats, both.share) == (0.0, 0.0)
    assert both.stderr == pytest.approx(np.std([0, 100, 100], ddof=1) / 3**0.5)


def test_equal_means_of_differing_repeats_are_all_chance() -> None:
    both = repeat_variance(np.array([[0.0, 100.0], [100.0, 0.0]]))
    assert both is not None
    assert (both.stderr, both.between_instances, both.share) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("shape", [(1, 3), (3, 1)])
def test_one_unit_or_one_repeat_says_nothing(shape: tuple[int, int]) -> None:
    assert repeat_variance(np.zeros(shape)) is None


@pytest.mark.parametrize("values", [np.zeros(3), np.array([[0.0, np.nan], [1.0, 2.0]])])
def test_other_values_are_refused(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match="finite"):
        repeat_variance(values)
