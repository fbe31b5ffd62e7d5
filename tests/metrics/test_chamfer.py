"""Chamfer distance against scipy's distance matrix; motions' FID against a matrix root; views for CLIP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import trimesh
from scipy import linalg
from scipy.spatial.distance import cdist

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import MissingDependencyError, ReferenceFormatError, UnknownWordError
from pytest_generalbench.core.outputs import Image, MediaOutput, Mesh, Motion, PointCloud, Target
from pytest_generalbench.core.outputs.rendering import AZIMUTHS
from pytest_generalbench.metrics.image.clip_score import views_of
from pytest_generalbench.metrics.scene3d import nearest_points as nearest
from pytest_generalbench.metrics.scene3d.chamfer import chamfer, sampled, surface_points
from pytest_generalbench.metrics.validation import PredictionFormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

BOX = trimesh.creation.box((1, 2, 3))
BALL = trimesh.creation.icosphere(2)


def mesh(of: Any) -> Mesh:
    return Mesh(of.vertices.astype(np.float32), of.faces)


def target(medium: MediaOutput) -> Target:
    return Target(medium=lambda: medium)


@pytest.mark.parametrize("squared", [True, False])
@pytest.mark.parametrize("directions", ["mean", "sum"])
@pytest.mark.parametrize(("n", "m", "offset"), [(1, 1, 0.0), (40, 300, 0.0), (500, 77, 1000.0)])
def test_it_equals_the_matrix_of_all_distances(
    n: int, m: int, offset: float, squared: bool, directions: str
) -> None:
    dice = np.random.default_rng(n)
    one, other = dice.normal(size=(n, 3)) + offset, dice.normal(size=(m, 3)) * 2 + offset
    apart = cdist(one, other) ** (2 if squared else 1)
    expected = apart.min(axis=1).mean() + apart.min(axis=0).mean()
    result = chamfer(one, other, squared=squared, directions=directions)
    assert result == pytest.approx(expected / (1 if directions == "sum" else 2), rel=1e-9)
    assert chamfer(one, one) == 0.0


def _sphere(count: int, rough: float = 0.0) -> Any:
    dice = np.random.default_rng(count)
    points = dice.normal(size=(count, 3))
    points /= np.linalg.norm(points, axis=1)[:, None]
    return points * (1 + rough * dice.normal(size=(count, 1)))


def _cube(count: int) -> Any:
    dice = np.random.default_rng(count)
    points, axes = dice.uniform(-1, 1, (count, 3)), dice.integers(0, 3, count)
    points[np.arange(count), axes] = np.sign(points[np.arange(count), axes])
    return points


def _tube(count: int) -> Any:
    turns, heights = np.random.default_rng(count).uniform(-np.pi, np.pi, (2, count))
    return np.stack([np.cos(turns), np.sin(turns), 2 * heights], axis=1)


SHAPES = {
    "ball": _sphere(3000),
    "rough ball": _sphere(3000, 0.01),
    "cube": _cube(3000),
    "tube": _tube(3000),
    "cloud": np.random.default_rng(1).normal(size=(3000, 3)),
    "same points": np.repeat(_sphere(600), 5, axis=0),
    "two balls": np.concatenate([_sphere(1500), _sphere(1500) * 0.05 + 0.3]),
}


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.1, 0.01, 1e-6, 0.0, 30.0])
@pytest.mark.parametrize("shift", [0.0, 0.2, 50.0])
@pytest.mark.parametrize("name", SHAPES)
def test_the_nearest_is_found_at_every_scale(name: str, scale: float, shift: float) -> None:
    shape = SHAPES[name]
    other = shape[::-1] * scale + shift
    apart = cdist(other, shape, "sqeuclidean")
    np.testing.assert_allclose(
        nearest.squared_distances(other, shape), apart.min(axis=1), rtol=1e-9, atol=1e-20
    )
    np.testing.assert_allclose(
        nearest.squared_distances(shape, other), apart.min(axis=0), rtol=1e-9, atol=1e-20
    )


def test_points_among_the_others_are_exactly_there() -> None:
    shape = np.concatenate([_cube(4000) * 0.1, _sphere(4000)])
    assert nearest.squared_distances(shape[::7], shape).max() == 0.0


@pytest.mark.parametrize("scale", [1.0, 0.95, 0.9, 0.8, 0.7, 0.5, 0.3, 0.1, 0.01, 1e-6])
def test_the_work_does_not_grow_with_the_difference_in_scale(
    monkeypatch: pytest.MonkeyPatch, scale: float
) -> None:
    """What is looked at is counted by all distances: in trees, what is nearly as near as the nearest."""
    ball = _sphere(4000)
    work = []
    by_tree, by_cell, by_bound = nearest._Search._by_tree, nearest._Search._by_cell, nearest._by_bound

    def counted_tree(self: Any, points: Any) -> Any:
        apart = cdist(points, self._others)
        work.append((apart <= apart.min(axis=1, keepdims=True) + self._leaf).sum())
        return by_tree(self, points)

    def counted_cell(self: Any, points: Any) -> Any:
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        apart = cdist([middle], self._others)
        reach = apart.min() + 2 * cdist([middle], points).max()
        work.append(len(points) * (apart <= reach).sum())
        return by_cell(self, points)

    def counted_bound(points: Any, *given: Any) -> Any:
        work.append(len(points) * sum(nearest._CANDIDATES))
        return by_bound(points, *given)

    monkeypatch.setattr(nearest, "_FEW", 200)
    monkeypatch.setattr(nearest._Search, "_by_tree", counted_tree)
    monkeypatch.setattr(nearest._Search, "_by_cell", counted_cell)
    monkeypatch.setattr(nearest, "_by_bound", counted_bound)
    chamfer(ball[::-1] * scale, ball)
    assert sum(work) < 2 * len(ball) * 300  # of 2 * 4000 * 4000 pairs


def test_without_scipy_it_names_the_extra_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="threed"):
        metrics.make("chamfer", {})


def test_points_that_are_all_the_same() -> None:
    same = np.ones((5000, 3))
    assert chamfer(same, same) == 0.0
    assert chamfer(same, same[:1] + np.array([0, 0, 2])) == 4.0


@pytest.mark.parametrize("points", [np.zeros((0, 3)), np.zeros((3, 2)), np.zeros(3)])
def test_sets_without_points_are_refused(points: Any) -> None:
    with pytest.raises(PredictionFormatError, match="n > 0"):
        chamfer(points, np.zeros((1, 3)))


def test_surfaces_are_sampled_by_area_and_alike_for_the_same_seed() -> None:
    points = surface_points(mesh(BOX), 20_000)
    beyond = np.abs(points) - [0.5, 1, 1.5]
    assert np.abs(beyond.max(axis=1)).max() < 1e-6  # every point lies on a side of the box
    sides = [
        (np.abs(np.abs(points[:, axis]) - half) < 1e-6).mean() for axis, half in enumerate((0.5, 1, 1.5))
    ]
    assert sides == pytest.approx([6 / 11, 3 / 11, 2 / 11], abs=0.01)
    assert np.abs(points.mean(axis=0)).max() < 0.03
    np.testing.assert_array_equal(points, surface_points(mesh(BOX), 20_000))


def test_triangles_without_area_are_never_drawn() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [9, 9, 9]], np.float32)
    faces = np.array([[3, 3, 3], [0, 1, 2], [3, 3, 0], [3, 3, 3]])
    points = surface_points(Mesh(vertices, faces), 1000)
    assert points.max() <= 1


def test_of_a_large_cloud_some_points_of_a_small_one_all() -> None:
    cloud = PointCloud(np.random.default_rng(1).normal(size=(100, 3)))
    few = sampled(cloud, 10)
    assert len(few) == 10
    assert {tuple(row) for row in few} <= {tuple(row) for row in cloud.points.astype(np.float64)}
    np.testing.assert_array_equal(sampled(cloud, 100), cloud.points)


def scored(prediction: Any, reference: Any, **options: Any) -> float:
    accumulator = metrics.get("chamfer").factory(**{**metrics.get("chamfer").options, **options})
    accumulator.add(prediction, reference)
    return accumulator.result().score


@pytest.mark.parametrize("shape", [mesh(BOX), mesh(BALL), PointCloud(BALL.vertices)])
@pytest.mark.parametrize("points", [7, 1000])
def test_the_truth_is_0_and_all_else_is_not(shape: MediaOutput, points: int) -> None:
    assert scored(shape, target(shape), points=points) == 0.0
    worse = scored(mesh(trimesh.creation.icosphere(2, 1.2)), target(shape), points=points)
    silent = scored(None, target(shape), points=points)
    assert 0 < worse < np.inf
    assert 0 < silent < np.inf


def test_it_agrees_with_known_distances_of_shapes() -> None:
    # Balls of radius 1 and 1.5: every point is half away, but for how coarse the samples are.
    small, large = mesh(trimesh.creation.icosphere(5, 1)), mesh(trimesh.creation.icosphere(5, 1.5))
    result = scored(large, target(small), points=20_000, squared=False, directions="sum", scale=10)
    assert result == pytest.approx(10.0, rel=0.01)
    assert scored(None, target(small), points=5000) == pytest.approx(100 * 12, rel=0.01)
    assert scored(None, target(small), points=5000, squared=False) == pytest.approx(10 * 12**0.5, rel=0.01)


def test_silence_is_no_better_than_a_bad_try() -> None:
    ball, far = mesh(BALL), PointCloud(BALL.vertices + 5000)
    accumulator: Any = metrics.make("chamfer", {"points": 50})
    accumulator.add(far, target(ball))
    bad = accumulator.result().score
    accumulator.add(None, target(ball))
    assert accumulator.result().score == pytest.approx(bad)
    noise = PointCloud(np.random.default_rng(0).uniform(-5, 5, (50, 3)).astype(np.float32))
    assert scored(None, target(ball), points=50) > scored(noise, target(ball), points=50)


def test_options_and_arguments_of_other_kinds_are_named() -> None:
    with pytest.raises(UnknownWordError):
        scored(None, target(mesh(BOX)), directions="both")
    with pytest.raises(PredictionFormatError):
        scored(None, target(mesh(BOX)), points=0)
    with pytest.raises(PredictionFormatError):
        scored("a chair", target(mesh(BOX)), points=5)
    with pytest.raises(ReferenceFormatError):
        scored(mesh(BOX), Target(), points=5)
    with pytest.raises(ReferenceFormatError):
        scored(mesh(BOX), target(Motion(np.zeros((2, 3)))), points=5)


class Encoder:
    """Mean and spread of the values, as features."""

    def motions(self, motions: Sequence[Any]) -> Any:
        return np.stack([np.concatenate([one.mean(axis=0), one.std(axis=0)]) for one in motions]).astype(
            float
        )


def test_fid_of_motions_is_the_distance_of_their_features() -> None:
    dice = np.random.default_rng(5)
    predicted = [Motion(dice.normal(size=(dice.integers(5, 20), 2, 3))) for _ in range(60)]
    true = [Motion(dice.normal(1, 2, size=(dice.integers(5, 20), 2, 3))) for _ in range(60)]
    result, best = (metrics.get("motion_fid").factory(motion=Encoder()) for _ in range(2))
    for one, other in zip(predicted, true, strict=True):
        result.add(one, target(other))
        best.add(other, target(other))
    one, other = (Encoder().motions([motion.rows for motion in motions]) for motions in (predicted, true))
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    apart = one.mean(axis=0) - other.mean(axis=0)
    expected = apart @ apart + np.trace(first + second - 2 * linalg.sqrtm(first @ second).real)
    assert result.result().score == pytest.approx(expected, rel=1e-6)
    assert best.result().score == pytest.approx(0, abs=1e-9)


def test_silence_does_not_pay_in_the_fid_of_motions() -> None:
    true = [Motion(np.random.default_rng(seed).normal(size=(6, 2, 3))) for seed in range(5)]
    silent = metrics.get("motion_fid").factory(motion=Encoder())
    for motion in true:
        silent.add(None, target(motion))
    assert silent.result().score > 1
    with pytest.raises(ReferenceFormatError):
        silent.add(None, target(mesh(BOX)))
    with pytest.raises(PredictionFormatError):
        silent.add(mesh(BOX), target(true[0]))


class Eyes:
    """Sees the mean brightness of the four quarters of a picture; a text is a picture's name."""

    def pictures(self, pictures: Sequence[Any]) -> Any:
        rows = np.stack(
            [[part.mean() for half in np.split(one, 2) for part in np.split(half, 2, 1)] for one in pictures]
        )
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def texts(self, texts: Sequence[str]) -> Any:
        return np.array([[1.0, 0, 0, 0]] * len(texts))


@pytest.mark.parametrize("shape", [mesh(BOX), PointCloud(BALL.vertices)])
def test_clip_sees_shapes_from_every_side_and_the_cosine_is_the_mean(shape: MediaOutput) -> None:
    views = views_of(shape)
    assert [view.shape for view in views] == [(224, 224, 3)] * len(AZIMUTHS)
    assert len({view.tobytes() for view in views}) > 1
    features = Eyes().pictures(views)
    by_text = metrics.get("clip_text_image").factory(clip=Eyes())
    by_text.add(shape, Target(prompt="a box"))
    assert by_text.result().score == pytest.approx(100 * features[:, 0].mean(), abs=1e-6)
    picture = Image(np.arange(64 * 64 * 3, dtype=np.uint64).reshape(64, 64, 3).astype(np.uint8))
    by_picture = metrics.get("clip_image_image").factory(clip=Eyes())
    by_picture.add(shape, Target(source=lambda: picture))
    expected = (features @ Eyes().pictures([picture.pixels])[0]).mean()
    assert by_picture.result().score == pytest.approx(100 * expected, abs=1e-6)
    same = metrics.get("clip_image_image").factory(clip=Eyes())
    same.add(shape, target(shape))
    assert same.result().score == pytest.approx(100, abs=1e-6)
