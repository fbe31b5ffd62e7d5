"""MAE and RMSE against scikit-learn; what an unreadable number costs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from pytest_generalbench import metrics
from pytest_generalbench.metrics.accumulators import score_of
from pytest_generalbench.metrics.text.regression import absolute_errors, mae, rmse

NUMBERS = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=30))
def test_errors_equal_scikit_learn(pairs: list[tuple[float, float]]) -> None:
    predicted, truth = [one for one, _ in pairs], [other for _, other in pairs]
    assert mae(pairs) == pytest.approx(mean_absolute_error(truth, predicted), abs=1e-9)
    assert rmse(pairs) == pytest.approx(root_mean_squared_error(truth, predicted), abs=1e-9)


def test_nothing_parsable_is_the_worst_and_not_zero() -> None:
    assert mae([(None, 3.0), (None, 10.0)]) == (7 + 10) / 2
    assert rmse([(None, 3.0), (None, 10.0)]) == pytest.approx(math.sqrt((49 + 100) / 2))
    assert absolute_errors([(None, -4.0), (None, 2.0)]) == [6.0, 6.0]
    assert mae([(None, 0.0)]) == 1.0


@pytest.mark.parametrize("name", ["mae", "rmse"])
@pytest.mark.parametrize("prediction", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_unreadable(name: str, prediction: float) -> None:
    with_none = score_of(metrics.make(name), [(None, 5.0), (1.0, 2.0)])
    assert score_of(metrics.make(name), [(prediction, 5.0), (1.0, 2.0)]) == with_none


@pytest.mark.parametrize("name", ["mae", "rmse"])
def test_huge_numbers_do_not_overflow(name: str) -> None:
    accumulator = metrics.make(name)
    for prediction in (1.7e308, -1.7e308, 1.0):
        accumulator.add(prediction, 1.0)
    value = accumulator.result()
    assert math.isfinite(value.score)
    assert value.score > 1e307


def test_numpy_numbers_are_numbers() -> None:
    float32: Any = np.float32(2.0)
    int64: Any = np.int64(5)
    assert mae([(float32, int64)]) == 3.0


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=20))
def test_standard_error_of_mae_is_that_of_a_mean(pairs: list[tuple[float, float]]) -> None:
    accumulator = metrics.make("mae")
    for pair in pairs:
        accumulator.add(*pair)
    errors = [abs(one - other) for one, other in pairs]
    assert accumulator.result().stderr == pytest.approx(np.std(errors, ddof=1) / len(errors) ** 0.5, abs=1e-6)


def test_standard_error_of_rmse_is_the_jackknife_by_hand() -> None:
    squares = [1.0, 4.0, 9.0, 25.0]
    left = [math.sqrt((sum(squares) - square) / 3) for square in squares]
    expected = math.sqrt(3 / 4 * sum((one - sum(left) / 4) ** 2 for one in left))
    accumulator = metrics.make("rmse")
    for square in squares:
        accumulator.add(math.sqrt(square), 0.0)
    assert accumulator.result().stderr == pytest.approx(expected)
