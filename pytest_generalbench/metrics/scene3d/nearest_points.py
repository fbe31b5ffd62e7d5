"""The distance from each point to the nearest of other points.

A k-d tree finds the nearest of points that are close at once. Where many are about equally far, as from the
middle of a ball to its surface, its boxes exclude none of them, and it looks at nearly all. Seen from a
centre, with distances r, t and directions u, v of two points, the square of their distance is

    (r - t)² + r t |u - v|²  >=  (r - t)² + w |u - v|²   where r t >= w.

The right side is a distance in four dimensions, where a ball's surface is flat: a k-d tree over (√w u, r)
yields candidates in its order, and they are enough once the next one's bound is not below the best distance.
What that does not tell is looked at in cells of points that lie together, with all that may be near enough.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import MissingDependencyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAF: Final = 64
"""Points in a leaf of a tree; with the default of 10 most of the time is spent between leaves."""

_FEW: Final = 512
"""Points that a query of the plain tree may look at before another way is worth it."""

_CELL: Final = 256
"""Points that are looked at together where the tree does not help."""

_WORTH: Final = 4
"""How many distances cost as much as one point that the tree looks at."""

_SAMPLED: Final = 16
"""Queries by which the work of the plain tree is estimated."""

_FAR: Final = 1.1
"""How many radii of the nearer points away the others are at least, to be looked at by direction."""

_CANDIDATES: Final = (2, 8)
"""Candidates that are looked at, in turn, until they are enough."""


def check_installed() -> None:
    """Raise MissingDependencyError when scipy is not installed: looking at all pairs would take hours."""
    if find_spec("scipy") is None:
        raise MissingDependencyError("scipy", "threed", "the distance between shapes")


def squared_distances(points: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n,): the squared distance of each of `points` (n, 3) to the nearest of `others` (m, 3).

    Who is nearest is found by scipy's k-d trees; the distance is then taken from the coordinates, so that a
    point among `others` is exactly 0 away.

    Raises:
        MissingDependencyError: scipy is not installed.

    >>> squared_distances(np.zeros((1, 3)), np.array([[3.0, 4.0, 0.0], [6.0, 0.0, 0.0]])).tolist()
    [25.0]
    """
    check_installed()
    away = points - others[_Search(others).nearest(points)]
    squares: NDArray[np.float64] = (away**2).sum(axis=1)
    return squares


def _tree_of(points: NDArray[np.float64]) -> Any:
    from scipy.spatial import cKDTree

    # Big leaves, no balance, and neighbours asked after each other: five times as quick as the default.
    return cKDTree(points, leafsize=_LEAF, compact_nodes=False, balanced_tree=False)


class _Search:
    """Finds the nearest of the same points again and again."""

    def __init__(self, others: NDArray[np.float64]) -> None:
        self._others = others
        self._tree = _tree_of(others)
        self._centre, self._radius = _ball(others)
        some = others[:: -(-len(others) // _SAMPLED)]
        farthest = self._tree.query(some, k=[min(_LEAF, len(others))])[0]
        self._leaf = float(np.median(farthest))
        """How far apart points of one leaf lie."""

    def nearest(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return (n,): which of the others is nearest to each point."""
        if self._radius == 0.0:
            return np.zeros(len(points), np.int64)
        if self._visited(points) <= _FEW or len(points) <= _CELL:
            return self._by_tree(points)
        nearest = self._by_direction(points)
        left = [np.flatnonzero(nearest < 0)]
        while left:
            part = left.pop()
            if len(part) > _CELL:
                left += _halves(points[part], part)
            elif len(part):
                nearest[part] = self._by_cell(points[part])
        return nearest

    def _visited(self, points: NDArray[np.float64]) -> float:
        """Return about how many of the others the tree looks at for a point: those nearly as near."""
        some = points[:: -(-len(points) // _SAMPLED)]
        reach = self._tree.query(some)[0] + self._leaf
        return float(np.mean(self._tree.query_ball_point(some, reach, return_length=True)))

    def _by_tree(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        nearest = np.empty(len(points), np.int64)
        order = _neighbours_together(points)
        nearest[order] = self._tree.query(points[order])[1]
        return nearest

    def _by_cell(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return which is nearest to each of a few points that lie together.

        Of all that are near enough to be nearest to one of them the distances to all are taken, which is
        quicker than the tree where it looks at nearly as many for each point.
        """
        centre, radius = _ball(points)
        least = float(self._tree.query(centre)[0])
        reach = (least + 2 * radius) * (1 + 1e-9)
        count, visited = self._tree.query_ball_point(
            [centre] * 2, [reach, least + self._leaf], return_length=True
        )
        if count > _WORTH * visited:
            return self._by_tree(points)
        places = np.array(self._tree.query_ball_point(centre, reach, return_sorted=False), np.int64)
        near, others = points - centre, self._others[places] - centre
        if least < radius:  # products would lose the smallest distances
            return places[[int(_squares(one, others).argmin()) for one in near]]
        bounds = (others * others).sum(axis=1) - 2 * (near @ others.T)
        nearest: NDArray[np.int64] = places[bounds.argmin(axis=1)]
        return nearest

    def _by_direction(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return which is nearest, seen from the middle of the smaller shape; -1 where that does not tell."""
        centre, radius = _ball(points)
        least = float(self._tree.query(centre)[0])
        if least < _FAR * radius:
            centre, least = self._centre, self._radius / 2
            if np.linalg.norm(points - centre, axis=1).min() < _FAR * self._radius:
                return np.full(len(points), -1, np.int64)
        return _seen_nearest(points, self._others, centre, least)


def _seen_nearest(
    points: NDArray[np.float64], others: NDArray[np.float64], centre: NDArray[np.float64], least: float
) -> NDArray[np.int64]:
    """Return which is nearest, by distances and directions from a centre; -1 where that does not tell.

    Others that are less than `least` away from the centre are no candidates; where one of them could be
    nearest all the same, the answer is -1.
    """
    nearest = np.full(len(points), -1, np.int64)
    away, directions = _seen_from(points, centre)
    far, towards = _seen_from(others, centre)
    inner = float(far[far < least].max(initial=-np.inf))
    left = np.flatnonzero(away > 0)
    while len(left):
        # One weight is near enough for all whose distances differ by a quarter.
        top = float(away[left].max())
        group, left = left[away[left] > top / 1.25], left[away[left] <= top / 1.25]
        if len(group) <= _CELL:
            continue
        places = np.flatnonzero((far >= least) & (far <= far.max() if inner > 0 else far <= least + 2 * top))
        weight = least * float(away[group].min())
        chosen = _by_bound(
            points[group],
            away[group],
            directions[group],
            others[places],
            far[places],
            towards[places],
            weight,
        )
        found = np.where(chosen < 0, -1, places[chosen])
        is_hidden = _squares(points[group], others[found]) > np.maximum(away[group] - inner, 0.0) ** 2
        nearest[group] = np.where(is_hidden, -1, found)
    return nearest


def _ball(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the centre of the box around points, and how far the farthest is from it."""
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    return centre, float(np.linalg.norm(points - centre, axis=1).max())


def _halves(points: NDArray[np.float64], part: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Divide points at the middle of their longest side."""
    axis = int(np.argmax(np.ptp(points, axis=0)))
    middle = len(part) // 2
    order = np.argpartition(points[:, axis], middle)
    return [part[order[:middle]], part[order[middle:]]]


def _seen_from(
    points: NDArray[np.float64], centre: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return distances (n,) and directions (n, 3) of points from a centre."""
    apart = points - centre
    away: NDArray[np.float64] = np.linalg.norm(apart, axis=1)
    return away, apart / np.where(away > 0, away, 1.0)[:, None]


def _squares(points: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    apart = points - others
    squares: NDArray[np.float64] = (apart * apart).sum(axis=-1)
    return squares


def _by_bound(
    points: NDArray[np.float64],
    away: NDArray[np.float64],
    directions: NDArray[np.float64],
    others: NDArray[np.float64],
    far: NDArray[np.float64],
    towards: NDArray[np.float64],
    weight: float,
) -> NDArray[np.int64]:
    """Return which of the others is nearest to each point, -1 where that is not sure.

    `away` and `far` are the distances, `directions` and `towards` the directions from a centre, and no
    product of two distances is below `weight`.
    """
    root = np.sqrt(weight)
    tree = _tree_of(np.column_stack([root * towards, far]))
    nearest = np.full(len(points), -1, np.int64)

    def ask(left: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """Look at so many candidates for each of some points, and return the points that are left."""
        asked = np.column_stack([root * directions[left], away[left]])
        bounds, chosen = tree.query(asked, k=range(1, min(count, len(others)) + 1))
        squares = _squares(points[left][:, None], others[chosen])
        best, rows = squares.argmin(axis=1), np.arange(len(left))
        is_sure = (squares[rows, best] <= bounds[:, -1] ** 2) | (bounds.shape[1] == len(others))
        nearest[left[is_sure]] = chosen[rows, best][is_sure]
        unsure: NDArray[np.int64] = left[~is_sure]
        return unsure

    left = _neighbours_together(directions)
    first = left[:: -(-len(left) // _SAMPLED)]
    if 2 * len(ask(first, _CANDIDATES[-1])) > len(first):
        return nearest  # it would be of little use to the others
    for count in _CANDIDATES:
        left = ask(left, count) if len(left) else left
    return nearest


def _neighbours_together(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return an order of points in which those of one cell of a 64 x 64 x 64 grid follow each other."""
    low = points.min(axis=0)
    size = float((points - low).max()) / 64 or 1.0
    cells = np.floor((points - low) / size)
    order: NDArray[np.int64] = np.lexsort(cells.T)
    return order
