"""What holds for all metrics of point clouds and scenes: best, order, no answer, range, standard error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_generalbench import metrics
from pytest_generalbench.core.outputs.codecs.boxes.boxes3d import Box3d, TrackedBox
from pytest_generalbench.core.outputs.forms.scenes3d import PointInstance, PointInstances
from pytest_generalbench.metrics.scene3d.part_iou import PartReference
from pytest_generalbench.metrics.standard_errors import grouped_value

if TYPE_CHECKING:
    from collections.abc import Callable

Case = tuple[Any, Any, Any]
"""(any prediction, the right one, its reference)."""

Rng = np.random.Generator


def _labels(rng: Rng) -> Case:
    truth = rng.integers(0, 4, 20)
    return rng.integers(0, 5, 20), truth, PartReference(truth, str(rng.choice(["a", "b"])))


def _instances(rng: Rng) -> PointInstances:
    ids = rng.integers(0, 4, 24)
    text = [PointInstance(int(one), str(rng.choice(["x", "y"])), float(rng.random())) for one in (1, 2, 3)]
    return PointInstances(ids, tuple(text))


def _objects(rng: Rng) -> Case:
    truth = _instances(rng)
    return _instances(rng), truth, truth


def _box(rng: Rng) -> Box3d:
    x, y = rng.uniform(0, 8, 2)
    label = str(rng.choice(["x", "y"]))
    return Box3d((float(x), float(y), 0.0), (1.0, 1.0, 1.0), 0.0, label, float(rng.random()), None)


def _boxes(rng: Rng) -> Case:
    truth = tuple(_box(rng) for _ in range(int(rng.integers(1, 4))))
    return tuple(_box(rng) for _ in range(int(rng.integers(0, 5)))), truth, truth


def _frames(rng: Rng) -> tuple[tuple[TrackedBox, ...], ...]:
    one = {str(number): _box(rng) for number in range(3)}
    return tuple(
        tuple(TrackedBox(name, box) for name, box in one.items() if rng.random() < 0.8) for _ in range(3)
    )


def _tracks(rng: Rng) -> Case:
    truth = (*_frames(rng)[:2], (TrackedBox("9", _box(rng)),))
    return _frames(rng), truth, truth


def _poses(rng: Rng) -> Case:
    poses = np.tile(np.eye(4)[:3], (2, 8, 1, 1))
    poses[:, :, :, 3] = rng.normal(0, 3, (2, 8, 3)).cumsum(axis=1)
    return poses[0], poses[1], poses[1]


def _normals(rng: Rng) -> Case:
    predicted, truth = rng.normal(size=(2, 10, 3))
    return predicted, truth, truth


MAKERS: dict[str, Callable[[Rng], Case]] = {
    "instance_miou": _labels,
    "instance3d_map50": _objects,
    "detection3d_map": _boxes,
    "amota": _tracks,
    "rte": _poses,
    "normal_angle_rmse": _normals,
}
every_metric = pytest.mark.parametrize("name", MAKERS)
few = settings(max_examples=25, deadline=None)


def cases(name: str, seed: int, count: int) -> list[Case]:
    rng = np.random.default_rng(seed)
    return [MAKERS[name](rng) for _ in range(count)]


def value(name: str, pairs: list[tuple[Any, Any]]) -> metrics.MetricValue:
    accumulator = metrics.make(name)
    for prediction, reference in pairs:
        accumulator.add(prediction, reference)
    return accumulator.result()


@every_metric
@given(seed=st.integers(0, 10**6), count=st.integers(1, 5))
@few
def test_perfect_answers_have_the_best_score(name: str, seed: int, count: int) -> None:
    got = value(name, [(right, reference) for _, right, reference in cases(name, seed, count)])
    assert got.score == pytest.approx(metrics.get(name).best, abs=1e-5)
    assert got.n == count
    assert (got.stderr is None) == (count == 1) or got.stderr == pytest.approx(0.0, abs=1e-5)


@every_metric
@given(seed=st.integers(0, 10**6), rng=st.randoms(use_true_random=False))
@few
def test_order_changes_nothing(name: str, seed: int, rng: Any) -> None:
    pairs = [
        (rng.choice([predicted, right, None]), reference)
        for predicted, right, reference in cases(name, seed, 6)
    ]
    assert value(name, rng.sample(pairs, len(pairs))) == value(name, pairs)


@every_metric
@given(seed=st.integers(0, 10**6))
@few
def test_no_answer_never_pays(name: str, seed: int) -> None:
    result = cases(name, seed, 4)
    pairs = [(predicted, reference) for predicted, _, reference in result]
    _, right, reference = result[0]
    better = value(name, [(right, reference), *pairs[1:]]).score
    worse = value(name, [(None, reference), *pairs[1:]]).score
    assert (better - worse if metrics.get(name).higher_is_better else worse - better) >= -1e-9


@every_metric
@given(seed=st.integers(0, 10**6))
@few
def test_scores_stay_in_their_range(name: str, seed: int) -> None:
    got = value(name, [(predicted, reference) for predicted, _, reference in cases(name, seed, 5)])
    top = 100.0 if metrics.get(name).higher_is_better else math.inf
    assert 0.0 <= got.score <= top + 1e-9
    assert got.stderr is None or got.stderr >= 0.0


@every_metric
def test_no_answer_at_all_is_the_worst_and_no_instance_no_score(name: str) -> None:
    got = value(name, [(None, reference) for _, _, reference in cases(name, 1, 3)])
    assert got.n == 3
    assert got.score == {"rte": 1000.0, "normal_angle_rmse": 90.0}.get(name, 0.0)
    assert math.isnan(value(name, []).score)
    assert value(name, []).n == 0


def test_the_grouped_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(size=20)
    error = grouped_value(values.tolist(), lambda part: sum(part) / len(part)).stderr
    assert error == pytest.approx(values.std(ddof=1) / 20**0.5)
    assert grouped_value([1.0], sum).stderr is None
    unknown = grouped_value([1.0, 2.0], lambda part: math.nan)
    assert unknown.stderr is None
    assert all(map(math.isnan, unknown.scores))
    many = np.random.default_rng(1).normal(size=4000).tolist()
    roughly = grouped_value(many, lambda part: sum(part) / len(part)).stderr
    assert roughly == pytest.approx(1 / 4000**0.5, rel=0.5)
