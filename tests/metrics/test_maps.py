"""Matting, depth and flow against plain formulas, and what a missing answer costs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import mean_squared_error

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ReferenceFormatError, UnknownWordError
from pytest_generalbench.metrics.dense.depth import absrel, aligned, clip_absrel, depth_rms, rms_cm
from pytest_generalbench.metrics.dense.matting import Matte, alpha_mse, alpha_sad
from pytest_generalbench.metrics.dense.optical_flow import end_point_error, epe
from pytest_generalbench.metrics.validation import PredictionFormatError

ALPHAS = arrays(np.float32, (3, 4), elements=st.floats(0, 1, width=32))
DEPTHS = arrays(np.float32, (3, 4), elements=st.floats(0.125, 16, width=32))
CLIPS = arrays(np.float32, (2, 3, 4), elements=st.floats(0.125, 64, width=32))
SAID = arrays(np.float32, (2, 3, 4), elements=st.floats(-100, 100, width=32))
FLOWS = arrays(np.float32, (3, 4, 2), elements=st.floats(-32, 32, width=32))


@given(ALPHAS, ALPHAS)
def test_alpha_errors_are_the_plain_formulas(predicted: Any, truth: Any) -> None:
    difference = np.abs(predicted.astype(float) - truth)
    assert alpha_sad([(predicted, Matte(truth))]) == pytest.approx(difference.sum() / 1000)
    expected = mean_squared_error(truth.astype(float).ravel(), predicted.astype(float).ravel())
    assert alpha_mse([(predicted, Matte(truth))]) == pytest.approx(1000 * expected)


def test_only_the_unknown_region_counts_where_there_is_one() -> None:
    truth, predicted = np.array([[1.0, 0.5, 0.0]], np.float32), np.array([[0.0, 0.0, 1.0]], np.float32)
    region = np.array([[False, True, False]])
    assert alpha_sad([(predicted, Matte(truth, region))]) == 0.0005
    assert alpha_mse([(predicted, Matte(truth, region))]) == 250.0
    nowhere = np.zeros((1, 3), bool)
    assert alpha_sad([(predicted, Matte(truth, nowhere))]) == 0.0025


@given(DEPTHS, DEPTHS)
def test_depth_error_is_the_plain_formula_in_centimetres(predicted: Any, truth: Any) -> None:
    truth[0, 0] = 5.0
    valid = (truth > 0.001) & (truth < 10)
    difference = np.clip(predicted[valid].astype(float), 0.001, 10) - truth[valid]
    assert rms_cm(predicted, truth) == pytest.approx(100 * math.sqrt(np.mean(difference**2)))


def test_depth_of_nyu_sized_images_counts_inside_eigens_crop() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(1, 9, (480, 640))
    predicted = truth + 0.36
    predicted[:45], predicted[471:], predicted[:, :41], predicted[:, 601:] = 10, 10, 10, 10
    assert depth_rms([(predicted, truth)]) == pytest.approx(36.0)
    accumulator = metrics.make("depth_rms", {"crop": "none"})
    accumulator.add(predicted, truth)
    assert accumulator.result().score == pytest.approx(100 * math.sqrt(np.mean((predicted - truth) ** 2)))
    assert depth_rms([(predicted[:-1], truth[:-1])]) > 100  # another size counts whole
    truth[45:471, 41:601] = 0
    assert depth_rms([(truth, truth)]) == 0.0  # nothing valid inside: the whole image
    with pytest.raises(UnknownWordError, match="choose from: eigen, none"):
        metrics.make("depth_rms", {"crop": "garg"})


def test_depth_is_a_mean_over_images_and_not_over_pixels() -> None:
    pairs = [
        (np.full((1, 1), 2.0), np.full((1, 1), 1.0)),
        (np.full((1, 9), 4.0), np.full((1, 9), 4.0)),
    ]
    assert depth_rms(pairs) == 50.0


@given(SAID, CLIPS)
@settings(deadline=None)
def test_disparity_is_aligned_as_least_squares_aligns_it(predicted: Any, truth: Any) -> None:
    clipped = np.maximum(predicted.astype(float).ravel(), 0.001)
    flat = truth.astype(float).ravel()
    table = np.stack([clipped, np.ones_like(clipped)], axis=1)
    if np.ptp(clipped) < 1e-3:
        return
    scale, shift = np.linalg.lstsq(table, flat, rcond=None)[0]
    fitted = np.clip(scale * clipped + shift, 0.001, 80)
    assert clip_absrel(predicted, truth) == pytest.approx(
        np.mean(np.abs(fitted - flat) / flat), rel=1e-6, abs=1e-9
    )


@given(CLIPS, st.floats(0.1, 10), st.floats(1, 50))
def test_scale_and_shift_of_a_clip_cost_nothing(truth: Any, scale: float, shift: float) -> None:
    assert clip_absrel(truth.astype(float) * scale + shift, truth) == pytest.approx(0.0, abs=1e-9)


@given(SAID, CLIPS)
def test_no_disparity_is_worse_than_none(predicted: Any, truth: Any) -> None:
    assert clip_absrel(predicted, truth) <= clip_absrel(None, truth) + 1e-9


def test_a_large_shift_is_no_trouble_and_a_constant_is_the_mean() -> None:
    truth = np.array([1.0, 2.0, 3.0, 5.0])
    assert aligned(1e8 + truth, truth) == pytest.approx(truth)
    assert aligned(np.full(4, 7.0), truth).tolist() == [2.75] * 4


@given(FLOWS, FLOWS)
def test_end_point_error_is_the_mean_distance(predicted: Any, truth: Any) -> None:
    expected = np.mean(np.linalg.norm(predicted.astype(float) - truth, axis=2))
    assert end_point_error(predicted, truth) == pytest.approx(expected)
    truth[0, 0] = np.nan
    truth[1, 1, 0] = 2e9
    known = np.ones((3, 4), bool)
    known[0, 0] = known[1, 1] = False
    expected = np.mean(np.linalg.norm(predicted.astype(float) - truth, axis=2)[known])
    assert end_point_error(predicted, truth) == pytest.approx(expected)


@given(FLOWS, st.floats(0, 1), st.floats(0, 1))
def test_no_constant_flow_within_the_range_is_worse_than_none(truth: Any, along: float, down: float) -> None:
    low, high = np.minimum(truth.min((0, 1)), 0), np.maximum(truth.max((0, 1)), 0)
    constant = np.broadcast_to(low + np.array([along, down]) * (high - low), truth.shape)
    assert end_point_error(constant, truth) <= end_point_error(None, truth) + 1e-9


def test_no_flow_that_stays_in_the_image_is_worse_than_none() -> None:
    truth = np.zeros((30, 40, 2))
    truth[0, 0] = (3, 4)
    assert epe([(None, truth)]) == 55.0
    corner = np.stack([-np.indices((30, 40))[1], -np.indices((30, 40))[0]], axis=2).astype(float)
    assert epe([(corner, truth)]) < 55.0
    wild = np.full(truth.shape, 500.0)
    both = epe([(wild, truth), (None, truth)])
    assert both == pytest.approx(epe([(wild, truth)]))  # silence is no better than the worst answer


def test_what_has_no_valid_pixel_is_no_reference() -> None:
    with pytest.raises(ReferenceFormatError, match="no valid pixel"):
        depth_rms([(None, np.zeros((2, 2)))])
    with pytest.raises(ReferenceFormatError, match="no valid pixel"):
        absrel([(None, np.full((1, 2, 2), 80.0))])
    with pytest.raises(ReferenceFormatError, match="no valid pixel"):
        epe([(None, np.full((2, 2, 2), np.nan))])


@pytest.mark.parametrize("bad", [np.ones((9, 9)), np.full((1, 2), np.nan)], ids=["size", "nan"])
def test_what_does_not_fit_is_told(bad: Any) -> None:
    with pytest.raises(PredictionFormatError, match="does not fit"):
        alpha_sad([(bad, Matte(np.ones((1, 2), np.float32)))])
    with pytest.raises(PredictionFormatError, match="does not fit"):
        depth_rms([(bad, np.ones((1, 2)))])
    with pytest.raises(PredictionFormatError, match="does not fit"):
        absrel([(bad[None], np.ones((1, 1, 2)))])
    with pytest.raises(PredictionFormatError, match="does not fit"):
        epe([(np.stack([bad, bad], axis=2), np.ones((1, 2, 2)))])
