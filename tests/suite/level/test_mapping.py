from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.vocabulary import MAPPINGS
from pytest_generalbench.suite.level.mapping import (
    ImpossibleScoreError,
    impossible,
    points_slope,
    ratio_value,
    to_points,
)

FALLING = [word for word in MAPPINGS if word.startswith("ratio:") or word == "one_minus_percent"]
RISING = [word for word in MAPPINGS if word not in FALLING]


@pytest.mark.parametrize(
    ("mapping", "value", "expected"),
    [
        ("identity", 43.2, 43.2),
        ("one_minus_percent", 5.6, 94.4),
        ("tanh:20", 34.56, 100 * math.tanh(1.728)),
        ("affine:-1..1", 0.542, 77.1),
        ("affine:1..5", 3.82, 70.5),
        ("ratio:25", 18.7, 100 * (2 / (1 + math.exp(-25 / 18.7)) - 1)),
        ("ratio:0.1", 0.27, 100 * (2 / (1 + math.exp(-0.1 / 0.27)) - 1)),
        ("ratio:1", 6540.01724546398, 100 * (2 / (1 + math.exp(-1 / 6540.01724546398)) - 1)),
    ],
)
def test_maps_follow_their_formulas(mapping: str, value: float, expected: float) -> None:
    assert to_points(mapping, value) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("mapping", FALLING)
def test_a_perfect_zero_is_full_points(mapping: str) -> None:
    assert to_points(mapping, 0.0) == 100.0
    assert to_points(mapping, 5e-324) == 100.0
    assert to_points(mapping, 1e300) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("mapping", FALLING)
def test_a_negative_distance_is_no_score(mapping: str) -> None:
    assert "negative" in str(impossible(mapping, -1.0))
    with pytest.raises(ImpossibleScoreError, match="negative"):
        to_points(mapping, -1.0)


@pytest.mark.parametrize("mapping", RISING)
def test_a_negative_score_of_a_rising_metric_is_clipped(mapping: str) -> None:
    assert impossible(mapping, -7.0) is None
    assert to_points(mapping, -7.0) == 0.0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_no_score(value: float) -> None:
    assert impossible("identity", value) is not None


def test_an_unknown_mapping_lists_the_good_ones() -> None:
    with pytest.raises(UnknownWordError, match="ratio:25"):
        to_points("ratio:7", 1.0)


@given(st.sampled_from(MAPPINGS), st.floats(0, 1e9), st.floats(0, 1e9))
def test_points_are_clipped_and_never_fall_for_a_better_score(mapping: str, one: float, two: float) -> None:
    worse, better = sorted((one, two), reverse=mapping in FALLING)
    assert 0.0 <= to_points(mapping, worse) <= to_points(mapping, better) <= 100.0


@given(st.floats(0.01, 99.99), st.sampled_from([0.1, 1.0, 25.0]))
def test_the_ratio_map_can_be_undone(points: float, scale: float) -> None:
    assert to_points(f"ratio:{scale:g}", ratio_value(scale, points)) == pytest.approx(points, abs=1e-9)


def test_the_ends_of_the_ratio_map_can_be_undone() -> None:
    assert ratio_value(1.0, 100.0) == 0.0
    assert ratio_value(1.0, 0.0) == math.inf
    with pytest.raises(ImpossibleScoreError, match=r"0\.\.100"):
        ratio_value(1.0, 101.0)


@pytest.mark.parametrize(("printed", "pixels"), [(49.2, 0.93), (39.4, 1.20), (23.0, 2.14)])
def test_the_printed_optical_flow_figures_are_these_pixels(printed: float, pixels: float) -> None:
    assert ratio_value(1.0, printed) == pytest.approx(pixels, abs=0.005)


@pytest.mark.parametrize("mapping", MAPPINGS)
@given(value=st.floats(0.3, 4.7))
def test_the_slope_is_that_of_small_steps(mapping: str, value: float) -> None:
    step = 1e-6
    if not 0.5 < to_points(mapping, value) < 99.5:
        return
    numeric = (to_points(mapping, value + step) - to_points(mapping, value - step)) / (2 * step)
    assert points_slope(mapping, value) == pytest.approx(numeric, rel=1e-4, abs=1e-6)


def test_the_slope_of_clipped_and_saturated_points_is_0() -> None:
    assert points_slope("identity", 120.0) == points_slope("affine:1..5", 0.5) == 0.0
    assert points_slope("ratio:1", 0.0) == points_slope("ratio:1", 1e-200) == 0.0
    with pytest.raises(ImpossibleScoreError):
        points_slope("ratio:1", -1.0)
