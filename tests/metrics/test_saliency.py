"""The structure measure against the published implementation and by hand."""

from __future__ import annotations

import importlib
import importlib.util
import math
import sys
import types
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.metrics.dense.s_measure import s_measure, structure_measure
from pytest_generalbench.metrics.validation import PredictionFormatError

SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=6)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return pysodmetrics' Smeasure; what the package imports for other measures is not needed."""
    spec = importlib.util.find_spec("py_sod_metrics")
    if spec is None or spec.submodule_search_locations is None:
        pytest.skip("pysodmetrics is not installed")
    package = types.ModuleType("py_sod_metrics")
    package.__path__ = list(spec.submodule_search_locations)
    monkeypatch.setitem(sys.modules, "py_sod_metrics", package)
    for name in ("cv2", "skimage"):
        if importlib.util.find_spec(name) is None:
            other: Any = types.ModuleType(name)
            other.measure = other.morphology = None
            monkeypatch.setitem(sys.modules, name, other)
    return importlib.import_module("py_sod_metrics.sod_metrics").Smeasure()


def test_it_equals_the_published_implementation(published: Any) -> None:
    rng = np.random.default_rng(7)
    for _ in range(60):
        height, width = rng.integers(6, 30, 2)
        truth = np.zeros((height, width), bool)
        y, x = rng.integers(0, height - 3), rng.integers(0, width - 3)
        truth[y : y + rng.integers(2, 12), x : x + rng.integers(2, 12)] = True
        predicted = np.clip(truth * rng.random() + rng.random((height, width)) * 0.6, 0, 1)
        assert structure_measure(predicted, truth) == pytest.approx(
            published.cal_sm(predicted, truth), abs=1e-9
        )


@given(SHAPES.flatmap(lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.uint8, shape))))
def test_it_is_never_nan_and_stays_in_its_range(pair: tuple[Any, Any]) -> None:
    truth, predicted = pair
    value = structure_measure(predicted / 255, truth)
    assert math.isfinite(value)
    assert 0 <= value <= 1


@given(SHAPES.flatmap(lambda shape: arrays(np.bool_, shape)))
def test_a_perfect_map_is_1(truth: Any) -> None:
    assert structure_measure(truth.astype(float), truth) == pytest.approx(1.0)


def test_the_corners_where_a_block_is_empty() -> None:
    for row in (0, 3):
        for column in (0, 4):
            truth = np.zeros((4, 5), bool)
            truth[row, column] = True
            predicted = np.full((4, 5), 0.25)
            assert math.isfinite(structure_measure(predicted, truth))
            assert structure_measure(truth.astype(float), truth) == pytest.approx(1.0)


def test_frames_without_and_full_of_foreground() -> None:
    predicted = np.full((2, 2), 0.25)
    assert structure_measure(predicted, np.zeros((2, 2), bool)) == 0.75
    assert structure_measure(predicted, np.ones((2, 2), bool)) == 0.25


def test_a_small_case_by_hand() -> None:
    truth = np.array([[True, False]])
    predicted = np.array([[0.5, 0.0]])
    # Object term: 2 * 0.5 / (0.25 + 1) inside, 1 outside, half each. Region term: the left block
    # holds one pixel without deviation, whose divisor is 0 and so counts 1; the right one alike.
    assert structure_measure(predicted, truth) == pytest.approx(0.5 * (0.5 * 0.8 + 0.5) + 0.5 * 1.0)


def test_frames_and_not_videos_are_averaged() -> None:
    black = np.zeros((1, 2, 2), bool)
    dark, bright = np.zeros((1, 2, 2), np.uint8), np.full((3, 2, 2), 255, np.uint8)
    assert s_measure([(dark, black), (bright, black.repeat(3, axis=0))]) == 25.0
    accumulator = metrics.make("s_measure")
    accumulator.add(dark, black)
    assert accumulator.result().stderr is None
    accumulator.add(bright, black.repeat(3, axis=0))
    value = accumulator.result()
    assert (value.n, value.score) == (2, 25.0)
    assert value.stderr == pytest.approx(50.0)


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(PredictionFormatError, match="do not fit"):
        s_measure([(np.zeros((1, 2, 2)), np.zeros((2, 2, 2), bool))])
    with pytest.raises(ReferenceFormatError, match="bool array"):
        s_measure([(None, np.zeros((1, 2, 2)))])  # type: ignore[list-item]
