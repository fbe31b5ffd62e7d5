from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import linalg

from pytest_generalbench.metrics.image.frechet import FeatureMoments, distance_with_silence, frechet_distance
from pytest_generalbench.metrics.validation import PredictionFormatError

if TYPE_CHECKING:
    from pytest_generalbench.metrics.backbone_interfaces import Features


def moments(vectors: Features, part: int = 7) -> FeatureMoments:
    made = FeatureMoments()
    for start in range(0, len(vectors), part):
        made.add(vectors[start : start + part])
    return made


def by_matrix_root(one: Features, other: Features) -> float:
    """The textbook formula, with scipy's root of a matrix."""
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    root = linalg.sqrtm(first @ second).real
    apart = one.mean(axis=0) - other.mean(axis=0)
    return float(apart @ apart + np.trace(first + second - 2 * root))


def test_silence_is_mixed_in_by_its_share() -> None:
    dice = np.random.default_rng(5)
    true, predicted = dice.standard_normal((40, 8)) + 1, dice.standard_normal((30, 8))
    worst = 4 * float((true**2).sum(axis=1).mean())
    whole = frechet_distance(moments(predicted), moments(true))
    assert distance_with_silence(moments(predicted), moments(true), 0, 30) == whole
    assert distance_with_silence(moments(predicted), moments(true), 10, 40) == pytest.approx(
        0.75 * whole + 0.25 * worst
    )
    assert distance_with_silence(FeatureMoments(), moments(true), 40, 40) == pytest.approx(worst)
    far = moments(predicted + 100)
    assert distance_with_silence(far, moments(true), 10, 40) == pytest.approx(
        frechet_distance(far, moments(true))
    )
    assert distance_with_silence(FeatureMoments(), moments(0 * true), 40, 40) == 1.0
    assert moments(true, part=3).mean_square() == pytest.approx(worst / 4)


@pytest.mark.parametrize("bad", range(1, 12))
def test_leaving_bad_answers_out_never_helps(bad: int) -> None:
    dice = np.random.default_rng(bad)
    true, predicted = dice.standard_normal((40, 6)) + 2, dice.standard_normal((40, 6)) + 2
    predicted[:bad] *= -1
    whole = distance_with_silence(moments(predicted), moments(true), 0, 40)
    for left in range(1, bad + 1):
        assert distance_with_silence(moments(predicted[left:]), moments(true), left, 40) >= whole


@pytest.mark.parametrize(("one", "other"), [(200, 300), (40, 300), (200, 33), (33, 34)])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_it_equals_the_formula_with_a_matrix_root(one: int, other: int, offset: float) -> None:
    dice = np.random.default_rng(one + other)
    mix = dice.standard_normal((32, 32))
    left, right = dice.standard_normal((one, 32)) @ mix + offset, dice.standard_normal((other, 32)) + offset
    result = frechet_distance(moments(left), moments(right))
    assert result == pytest.approx(by_matrix_root(left, right), rel=1e-6)


@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 500])
def test_a_set_has_no_distance_to_itself_whatever_its_size(count: int) -> None:
    vectors = 100 + np.random.default_rng(count).standard_normal((count, 32))
    assert frechet_distance(moments(vectors), moments(vectors[::-1], 3)) == pytest.approx(0, abs=1e-9)


def test_memory_does_not_grow_with_the_set() -> None:
    dice, made, width = np.random.default_rng(0), FeatureMoments(), 64
    made.add(dice.standard_normal((100, width)))
    tracemalloc.start()
    for _ in range(200):
        made.add(dice.standard_normal((100, width)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert made.n == 20100
    assert peak < 1_000_000  # the vectors are 10 MB


def test_what_is_no_set_of_vectors_is_refused() -> None:
    made = FeatureMoments()
    with pytest.raises(PredictionFormatError, match="at least one vector"):
        frechet_distance(made, made)
    made.add(np.zeros((1, 3)))
    with pytest.raises(PredictionFormatError, match="shape"):
        made.add(np.zeros((1, 4)))
    with pytest.raises(PredictionFormatError, match="NaN"):
        made.add(np.full((1, 3), np.nan))
