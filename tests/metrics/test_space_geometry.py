"""Relative translation error and the angle of normals, against plain forms and hand cases."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ReferenceFormatError, UnknownWordError
from pytest_generalbench.metrics.scene3d.poses_normals import normal_angle_rmse, rte, segment_errors
from pytest_generalbench.metrics.validation import PredictionFormatError

Floats = NDArray[np.float64]


def drive(frames: int, step: float, seed: int = 0, noise: float = 0.0) -> Floats:
    """Return a drive of `step` metres a frame along a bent road."""
    rng = np.random.default_rng(seed)
    heading = np.cumsum(rng.normal(0, 0.02, frames))
    turns = Rotation.from_euler("y", heading[:, None]).as_matrix()
    moves = turns @ np.array([0.0, 0.0, step])
    poses = np.zeros((frames, 3, 4))
    poses[:, :, :3] = turns
    poses[1:, :, 3] = np.cumsum(moves[:-1], axis=0)
    return poses + noise * np.pad(rng.normal(0, 1, (frames, 3, 1)), ((0, 0), (0, 0), (3, 0)))


def square(poses: Floats) -> Floats:
    return np.concatenate([poses, np.tile([[[0.0, 0.0, 0.0, 1.0]]], (len(poses), 1, 1))], axis=1)


def plain_kitti(prediction: Floats, reference: Floats) -> float:
    """Go through all segments with whole 4x4 matrices and their inverses."""
    predicted, truth = square(prediction), square(reference)
    travelled = [0.0]
    for before, after in pairwise(truth):
        travelled.append(travelled[-1] + math.dist(before[:3, 3], after[:3, 3]))
    errors = []
    for first in range(0, len(truth), 10):
        for length in range(100, 801, 100):
            last = next((i for i in range(len(truth)) if travelled[i] > travelled[first] + length), None)
            if last is None:
                continue
            wanted = np.linalg.inv(truth[first]) @ truth[last]
            result = np.linalg.inv(predicted[first]) @ predicted[last]
            errors.append(np.linalg.norm((np.linalg.inv(result) @ wanted)[:3, 3]) / length)
    return 100 * float(np.mean(errors))


# No multiple of these steps is a segment's length: at a tie the last bit of a sum would choose the frame.
@given(st.integers(0, 50), st.sampled_from([120, 333, 700]), st.sampled_from([1.03, 1.7]))
@settings(deadline=None, max_examples=15)
def test_long_drives_are_kittis_evaluation(seed: int, frames: int, step: float) -> None:
    truth, predicted = drive(frames, step, seed), drive(frames, step * 1.01, seed + 1, noise=0.1)
    assert rte([(predicted, truth)]) == pytest.approx(plain_kitti(predicted, truth))


@pytest.mark.parametrize(("frames", "step"), [(12, 1.0), (5, 20.0), (2, 3.0), (9001, 0.1)])
def test_two_percent_of_scale_are_two_percent(frames: int, step: float) -> None:
    truth = np.tile(np.eye(4)[:3], (frames, 1, 1))
    truth[:, 2, 3] = np.arange(frames) * step
    predicted = truth.copy()
    predicted[:, :, 3] *= 1.02
    assert rte([(predicted, truth)]) == pytest.approx(2.0, rel=2e-3)


@pytest.mark.parametrize(("frames", "step"), [(12, 2.0), (300, 1.5)])
def test_where_the_world_begins_does_not_count(frames: int, step: float) -> None:
    truth = drive(frames, step)
    moved = square(truth)
    shift = np.eye(4)
    shift[:3, :3] = Rotation.from_euler("xyz", [0.3, 1.0, -0.4]).as_matrix()
    shift[:3, 3] = (5.0, -7.0, 11.0)
    assert rte([((shift @ moved)[:, :3], truth)]) == pytest.approx(0.0, abs=1e-9)
    assert rte([(truth, truth)]) == 0.0


@given(st.integers(0, 20), st.floats(0.001, 0.1), st.floats(1.0, 3.0))
@settings(deadline=None, max_examples=20)
def test_more_drift_is_never_better(seed: int, drift: float, more: float) -> None:
    truth = drive(60, 1.0, seed)
    predicted, worse = truth.copy(), truth.copy()
    predicted[:, :, 3] *= 1 + drift
    worse[:, :, 3] *= 1 + drift * more
    assert rte([(worse, truth)]) >= rte([(predicted, truth)]) - 1e-9


def test_no_answer_is_ten_times_as_bad_as_a_sensor_that_stands_still() -> None:
    truth = drive(300, 1.0)
    straight = np.tile(np.eye(4)[:3], (200, 1, 1))
    straight[:, 2, 3] = np.arange(200)
    still = np.tile(np.eye(4)[:3], (200, 1, 1))
    assert rte([(None, truth)]) == 1000.0
    assert rte([(still, straight)]) == pytest.approx(100.0, rel=0.02)


def test_segments_of_all_sequences_are_pooled() -> None:
    pairs = [(drive(frames, 1.0, 4, noise=0.2), drive(frames, 1.0, 3)) for frames in (300, 3000)]
    counts = [len(segment_errors(None, truth)) for _, truth in pairs]
    each = [plain_kitti(predicted, truth) for predicted, truth in pairs]
    assert rte(pairs) == pytest.approx(float(np.average(each, weights=counts)))
    assert rte(pairs, "sequences") == pytest.approx(float(np.mean(each)))
    assert rte(pairs) != pytest.approx(rte(pairs, "sequences"), rel=0.01)
    with pytest.raises(UnknownWordError, match="choose from: segments, sequences"):
        rte(pairs, "frames")


def test_silence_is_no_better_than_the_worst_sequence() -> None:
    truth = drive(300, 1.0)
    wild = truth.copy()
    wild[:, :, 3] *= 50
    assert rte([(wild, truth)]) > 1000
    assert rte([(wild, truth), (None, truth)]) == pytest.approx(rte([(wild, truth)]))


def test_angles_are_those_of_the_arc_cosine() -> None:
    rng = np.random.default_rng(3)
    predicted, truth = rng.normal(size=(500, 3)), rng.normal(size=(500, 3))
    cosine = (
        np.abs((predicted * truth).sum(1)) / np.linalg.norm(predicted, axis=1) / np.linalg.norm(truth, axis=1)
    )
    expected = math.sqrt(np.mean(np.degrees(np.arccos(cosine)) ** 2))
    assert normal_angle_rmse([(predicted, truth)]) == pytest.approx(expected)
    flips = rng.choice([-1.0, 1.0], (500, 1)) * rng.uniform(0.1, 9.0, (500, 1))
    assert normal_angle_rmse([(predicted * flips, truth)]) == pytest.approx(expected)


@given(st.floats(0, 90), st.floats(0, 90))
def test_a_larger_angle_is_never_better(one: float, other: float) -> None:
    up = np.array([[0.0, 0.0, 1.0]])

    def tilted(angle: float) -> Floats:
        return np.array([[math.sin(math.radians(angle)), 0.0, math.cos(math.radians(angle))]])

    small, large = sorted((one, other))
    assert normal_angle_rmse([(tilted(small), up)]) == pytest.approx(small, abs=1e-6)
    assert normal_angle_rmse([(tilted(small), up)]) <= normal_angle_rmse([(tilted(large), up)]) + 1e-9
    assert normal_angle_rmse([(tilted(large), up)]) <= normal_angle_rmse([(None, up)])


def test_points_without_a_normal_do_not_count() -> None:
    truth = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    assert normal_angle_rmse([(np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]), truth)]) == 0.0


STILL = np.tile(np.eye(4)[:3], (5, 1, 1))


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("rte", STILL),
        ("rte", STILL[:1]),
        ("rte", np.zeros((3, 12))),
        ("rte", None),
        ("normal_angle_rmse", np.zeros((4, 3))),
        ("normal_angle_rmse", np.zeros((0, 3))),
        ("normal_angle_rmse", np.ones(3)),
    ],
)
def test_what_is_no_reference_is_told(name: str, reference: Any) -> None:
    with pytest.raises(ReferenceFormatError, match=name):
        metrics.make(name).add(None, reference)


@pytest.mark.parametrize(
    ("name", "prediction", "reference"),
    [
        ("rte", STILL[:2], drive(5, 1.0)),
        ("rte", "poses", drive(5, 1.0)),
        ("normal_angle_rmse", np.ones((2, 3)), np.ones((4, 3))),
        ("normal_angle_rmse", [[1, 0, 0]], np.ones((1, 3))),
    ],
)
def test_what_is_no_prediction_is_told(name: str, prediction: Any, reference: Any) -> None:
    with pytest.raises(PredictionFormatError, match=name):
        metrics.make(name).add(prediction, reference)
