"""Tails, quantiles and adjusted p values, against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.statistics.distributions import (
    incomplete_beta,
    mcnemar,
    normal_quantile,
    normal_sf,
    student_quantile,
    student_sf,
)
from pytest_generalbench.statistics.multiplicity import benjamini_hochberg, holm

stats = pytest.importorskip("scipy.stats")
special = pytest.importorskip("scipy.special")

DEGREES = st.floats(0.5, 1e6)
P_VALUES = st.lists(st.floats(0.0, 1.0), max_size=40)


@given(st.floats(-30.0, 30.0))
def test_normal_tails_are_exact_far_out(z: float) -> None:
    assert normal_sf(z) == pytest.approx(stats.norm.sf(z), rel=1e-12, abs=1e-300)


@given(st.floats(1e-12, 1.0 - 1e-12))
def test_normal_quantiles(p: float) -> None:
    assert normal_quantile(p) == pytest.approx(stats.norm.ppf(p), rel=1e-8, abs=1e-9)


@given(st.floats(-200.0, 200.0), DEGREES)
def test_student_tails(t: float, degrees: float) -> None:
    assert student_sf(t, degrees) == pytest.approx(stats.t.sf(t, degrees), rel=1e-7, abs=1e-300)


@given(st.floats(1e-6, 1.0 - 1e-6), DEGREES)
def test_student_quantiles(p: float, degrees: float) -> None:
    assert student_quantile(p, degrees) == pytest.approx(stats.t.ppf(p, degrees), rel=1e-6, abs=1e-8)


@given(st.floats(0.1, 1e4), st.floats(0.1, 1e4), st.floats(0.0, 1.0))
def test_incomplete_beta(a: float, b: float, x: float) -> None:
    assert incomplete_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), rel=1e-7, abs=1e-12)


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_mcnemar_is_the_exact_binomial_test(first: int, second: int) -> None:
    expected = stats.binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(expected, rel=1e-9)


@given(P_VALUES)
def test_benjamini_hochberg(p_values: list[float]) -> None:
    expected = stats.false_discovery_control(p_values) if p_values else np.array([])
    assert benjamini_hochberg(p_values) == pytest.approx(list(expected), rel=1e-12)


@given(P_VALUES, st.floats(0.001, 0.5))
def test_holm_rejects_what_the_step_down_procedure_rejects(p_values: list[float], alpha: float) -> None:
    rejected: set[int] = set()
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[place] * (len(p_values) - rank) > alpha:
            break
        rejected.add(place)
    adjusted = holm(p_values)
    assert {place for place, p in enumerate(adjusted) if p <= alpha} == rejected
    assert all(own >= p for own, p in zip(adjusted, p_values, strict=True))


@pytest.mark.parametrize("p", [0.0, 1.0, -1.0, math.nan])
def test_a_quantile_of_no_probability_is_refused(p: float) -> None:
    for quantile in (normal_quantile, lambda p: student_quantile(p, 5.0)):
        with pytest.raises(ValueError, match="between 0 and 1"):
            quantile(p)


def test_degrees_of_freedom_are_above_0_and_nan_stays_nan() -> None:
    with pytest.raises(ValueError, match="above 0"):
        student_sf(1.0, 0.0)
    assert math.isnan(student_sf(math.nan, 3.0))
    assert student_sf(math.inf, 3.0) == 0.0
    assert student_sf(1.5, math.inf) == normal_sf(1.5)
