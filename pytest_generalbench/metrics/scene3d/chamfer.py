"""Chamfer distance between two shapes, each a cloud or a mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.outputs import Mesh, PointCloud, Target
from pytest_generalbench.core.outputs.forms.mesh import triangle_areas
from pytest_generalbench.metrics.accumulators import SILENCE, mean_value, with_silence
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.scene3d.nearest_points import check_installed, squared_distances
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SEED: Final = 0
"""Of the sampling; the same for both sides, so that equal shapes give equal points."""

WAYS: Final = ("mean", "sum")

DIAGONALS: Final = 10.0
"""How far off no answer is at least, in diagonals of the target's bounding box."""


def surface_points(mesh: Mesh, count: int, seed: int = SEED) -> NDArray[np.float64]:
    """Return (count, 3) points drawn evenly from the surface of a mesh, the same for the same seed.

    A triangle is drawn by its area, a point in it by two uniform numbers u, v with the weights 1 - √u,
    √u (1 - v) and √u v of its corners (Osada et al. 2002).
    """
    draws = np.random.default_rng(seed).random((3, count))
    edges = np.cumsum(triangle_areas(mesh))
    chosen = np.searchsorted(edges, draws[0] * edges[-1], side="right")
    corners = mesh.vertices.astype(np.float64)[mesh.faces[np.minimum(chosen, len(edges) - 1)]]
    root = np.sqrt(draws[1])
    weights = np.stack([1 - root, root * (1 - draws[2]), root * draws[2]], axis=1)
    points: NDArray[np.float64] = (weights[:, :, None] * corners).sum(axis=1)
    return points


def sampled(shape: PointCloud | Mesh, count: int, seed: int = SEED) -> NDArray[np.float64]:
    """Return `count` points of a mesh's surface; of a cloud all points, or `count` of them if it has more."""
    if isinstance(shape, Mesh):
        return surface_points(shape, count, seed)
    points = shape.points
    if len(points) > count:
        kept = np.random.default_rng(seed).permutation(len(points))[:count]
        points = points[np.sort(kept)]
    return points.astype(np.float64)


def chamfer(
    prediction: NDArray[np.float64],
    reference: NDArray[np.float64],
    *,
    squared: bool = True,
    directions: str = "mean",
) -> float:
    """Return the Chamfer distance between two sets of points, in their unit or, squared, its square.

    With d(x, Y) the Euclidean distance from x to the nearest point of Y, and p = 2 if `squared` else 1, the
    two directions are mean over x in X of d(x, Y)^p and mean over y in Y of d(y, X)^p; the result is their
    mean or, with `directions="sum"`, their sum. 0 is best.

    Args:
        prediction: (n, 3), n > 0.
        reference: (m, 3), m > 0.
        squared: Whether distances are squared before the mean.
        directions: `mean` or `sum`.

    Raises:
        PredictionFormatError: A set is empty or not (n, 3).
        MissingDependencyError: scipy is not installed.

    Source: Barrow et al. 1977; as a measure of shapes Fan, Su and Guibas 2017 (squared, sum).

    >>> here, there = np.zeros((1, 3)), np.array([[0.0, 0.0, 2.0], [0.0, 0.0, 0.0]])
    >>> chamfer(here, there), chamfer(here, there, directions="sum", squared=False)
    (1.0, 1.0)
    >>> chamfer(there, there)
    0.0
    """
    for points in (prediction, reference):
        if points.ndim != 2 or points.shape[1] != 3 or not len(points):
            raise PredictionFormatError(f"chamfer takes points (n, 3), n > 0, not {points.shape}")
    there = squared_distances(prediction, reference)
    back = squared_distances(reference, prediction)
    if not squared:
        there, back = np.sqrt(there), np.sqrt(back)
    total = float(there.mean()) + float(back.mean())
    return total if directions == "sum" else total / 2


class _Chamfer:
    """Mean over instances; an answer that counts as wrong is as far off as `DIAGONALS` says, or the worst."""

    def __init__(self, squared: bool, directions: str, points: int, scale: float) -> None:
        check_installed()
        if directions not in WAYS:
            raise UnknownWordError("chamfer directions", directions, WAYS)
        if isinstance(points, bool) or not isinstance(points, int) or points < 1:
            raise PredictionFormatError(f"chamfer takes a number of points, not {points!r}")
        self._squared, self._directions = bool(squared), directions
        self._points, self._scale = points, float(scale)
        self._values: list[float] = []
        self._silent: list[bool] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take a PointCloud, a Mesh or None, and a Target whose medium is a PointCloud or a Mesh."""
        if not isinstance(reference, Target) or reference.medium is None:
            bad_reference("chamfer", "a Target with a medium", reference)
        shape = reference.medium()
        if not isinstance(shape, PointCloud | Mesh):
            bad_reference("chamfer", "a PointCloud or a Mesh", shape)
        true = sampled(shape, self._points)
        self._silent.append(prediction is None)
        if prediction is None:
            self._values.append(self._least(true))
            return
        if isinstance(prediction, PointCloud | Mesh):
            predicted = sampled(prediction, self._points)
        else:
            raise PredictionFormatError(f"chamfer takes a PointCloud or a Mesh, not {prediction!r:.60}")
        self._values.append(chamfer(predicted, true, squared=self._squared, directions=self._directions))

    def _least(self, true: NDArray[np.float64]) -> float:
        """Return the distance `DIAGONALS` off both ways; a target of one point counts as 1 wide."""
        away = DIAGONALS * (float(np.linalg.norm(np.ptp(true, axis=0))) or 1.0)
        return (away**2 if self._squared else away) * (2 if self._directions == "sum" else 1)

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean."""
        return mean_value(with_silence(self._values, self._silent), self._scale)


METRICS: Final = (
    Metric(
        name="chamfer",
        unit="distance",
        higher_is_better=False,
        best=0.0,
        definition=(
            "Chamfer distance: mean over points of the distance (with `squared` its square) to the nearest "
            "point of the other shape, the mean or sum of both `directions`, times `scale`, mean over "
            "instances; meshes by `points` points drawn evenly from the surface, larger clouds by as many of "
            "theirs (seed 0 for answer and target alike); no answer: ten diagonals of the target's bounding "
            f"box off, {SILENCE}"
        ),
        factory=_Chamfer,
        options={"squared": True, "directions": "mean", "points": 100_000, "scale": 1.0},
        requires="threed",
        version=2,
        changes={
            2: "an unreadable answer is ten diagonals of the target's bounding box off, or as the worst"
        },
        needs=("medium",),
    ),
)
