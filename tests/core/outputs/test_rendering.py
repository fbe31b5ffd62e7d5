"""Views of shapes, against a rasteriser that looks at one pixel and one triangle at a time."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import trimesh

from pytest_generalbench.core.outputs.rendering import (
    AZIMUTHS,
    camera,
    normalised,
    render_mesh,
    render_points,
)
from pytest_generalbench.suite.demo.media import shapes

SIDE = 24


def by_pixel(corners: np.ndarray, side: int) -> np.ndarray:
    """Return which triangle is nearest at every pixel centre, -1 for none."""
    nearest = np.full((side, side), -1)
    for row in range(side):
        for column in range(side):
            best = np.inf
            for number, triangle in enumerate(corners):
                matrix = np.concatenate([triangle[:, :2].T, np.ones((1, 3))])
                if abs(np.linalg.det(matrix)) < 1e-9:
                    continue
                weights = np.linalg.solve(matrix, [column + 0.5, row + 0.5, 1])
                depth = weights @ triangle[:, 2]
                if (weights >= 0).all() and depth < best:
                    best, nearest[row, column] = depth, number
    return nearest


@pytest.mark.parametrize("seed", range(3))
def test_the_nearest_triangle_is_seen(seed: int) -> None:
    dice = np.random.default_rng(seed)
    vertices = dice.normal(size=(18, 3)).astype(np.float32)
    faces = np.arange(18, dtype=np.int32).reshape(6, 3)
    colours = np.repeat(np.arange(1, 7, dtype=np.uint8) * 40, 3)[:, None].repeat(3, axis=1)
    picture = render_mesh(vertices, faces, colours, SIDE)
    seen = normalised(vertices) @ camera(AZIMUTHS[0]).T
    pixels = np.stack(
        [SIDE / 2 * (1 + 0.9 * seen[:, 0]), SIDE / 2 * (1 - 0.9 * seen[:, 1]), -seen[:, 2]], axis=1
    )
    expected = by_pixel(pixels[faces], SIDE)
    assert ((picture[:, :, 0] == 255) == (expected < 0)).all()
    for number in range(6):
        shown = picture[expected == number]
        assert len(np.unique(shown, axis=0)) <= 1  # one brightness for each triangle


def test_a_ball_is_a_disc_and_brightest_where_the_light_is() -> None:
    ball = trimesh.creation.icosphere(3)
    picture = render_mesh(ball.vertices.astype(np.float32), ball.faces.astype(np.int32), None)
    covered = (picture < 255).any(axis=2)
    assert covered.sum() == pytest.approx(np.pi * (112 * 0.9) ** 2, rel=0.01)
    shown = np.where(covered, picture[:, :, 0], 0)
    row, column = np.unravel_index(shown.argmax(), shown.shape)
    assert row < 112 < column


def test_where_a_shape_lies_and_how_large_it_is_changes_nothing() -> None:
    points = shapes.lathe_points(5).astype(np.float32)
    for azimuth in AZIMUTHS:
        one = render_points(points, None, azimuth=azimuth)
        np.testing.assert_array_equal(one, render_points(points * 64 + 128, None, azimuth=azimuth))


def test_y_is_up_and_the_first_view_without_turn_is_from_the_front() -> None:
    points = np.array([[0, 1, 0], [0, -1, 0], [0, 0, 1]], np.float32)
    colours = np.array([[255, 0, 0], [0, 0, 255], [0, 255, 0]], np.uint8)
    picture = render_points(points, colours, 48, azimuth=0)
    places = {
        name: np.argwhere((picture == colour).all(axis=2)).mean(axis=0)
        for name, colour in zip("tbf", colours, strict=True)
    }
    assert places["t"][0] < places["f"][0] < places["b"][0]
    assert abs(places["f"][1] - 24) <= 1
    assert places["f"][0] > 24  # it is nearer, and the camera looks down
    behind = render_points(points * np.array([1, 1, -1], np.float32), colours, 48, azimuth=0)
    assert np.argwhere((behind == colours[2]).all(axis=2)).mean(axis=0)[0] < 24


def test_a_nearer_point_hides_a_farther_one_whatever_their_order() -> None:
    points = np.array([[0, 0, 1], [0, 0, -1]], np.float32) @ camera(0).astype(np.float32)
    colours = np.array([[255, 0, 0], [0, 0, 255]], np.uint8)
    for order in ([0, 1], [1, 0]):
        picture = render_points(points[order], colours[order], 48, azimuth=0)
        assert (picture[24, 24] == [255, 0, 0]).all()
    one = render_points(np.zeros((1, 3), np.float32), None, 48)
    assert (one < 255).any()


def test_pictures_are_the_same_on_every_machine() -> None:
    """The digest is of pictures made on x86-64 with numpy 2."""
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    faces = np.array([[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]], np.int32)
    pictures = [render_mesh(vertices, faces, None, 64, azimuth) for azimuth in AZIMUTHS]
    assert hashlib.sha256(np.stack(pictures).tobytes()).hexdigest()[:16] == "77463b6ebef43a5f"
