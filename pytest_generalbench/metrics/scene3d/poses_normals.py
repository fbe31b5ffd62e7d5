"""Poses and normals: relative translation error, and the angle between directions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.metrics.accumulators import SILENCE, mean_value, pooled_value, score_of, with_silence
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SEGMENTS: Final = tuple(range(100, 801, 100))
"""Lengths of KITTI's segments in metres."""

STEP: Final = 10
"""Frames between the starts of KITTI's segments."""

NO_POSES: Final = 1000.0
"""Percent that no answer drifts at least: ten times the way itself."""

POOLS: Final = ("segments", "sequences")

NO_NORMALS: Final = 90.0
"""Degrees that no answer is off: the largest angle between two lines."""

Floats = NDArray[np.float64]


def path_lengths(poses: Floats) -> Floats:
    """Return the metres travelled up to each frame, (T,)."""
    steps = np.linalg.norm(np.diff(poses[:, :, 3], axis=0), axis=1)
    return np.concatenate(([0.0], np.cumsum(steps)))


def _segments(travelled: Floats) -> tuple[list[int], list[int], list[float]]:
    """Return first frame, last frame and length in metres of every segment that is measured."""
    firsts, lasts, lengths = list[int](), list[int](), list[float]()
    total = float(travelled[-1])
    short = total <= SEGMENTS[0]
    for first in range(0, len(travelled), 1 if short else STEP):
        for part in range(1, 9):
            length = total * part / 8 if short else float(SEGMENTS[part - 1])
            goal = travelled[first] + length
            if short:
                last = int(np.searchsorted(travelled, goal * (1 - 1e-9), side="left"))
            else:
                last = int(np.searchsorted(travelled, goal, side="right"))
            if last >= len(travelled) or last == first:
                break
            firsts.append(first)
            lasts.append(last)
            # Short steps are no small part of a short segment, so there the true length counts.
            lengths.append(float(travelled[last] - travelled[first]) if short else length)
    return firsts, lasts, lengths


def segment_errors(prediction: Floats | None, reference: Floats) -> Floats:
    """Return the translation error of each segment in percent of its length, `NO_POSES` for None.

    >>> steps = np.tile(np.eye(4)[:3], (5, 1, 1))
    >>> steps[:, 0, 3] = np.arange(5)
    >>> drifted = steps.copy()
    >>> drifted[:, 0, 3] *= 1.02
    >>> set(segment_errors(drifted, steps).round(6).tolist())
    {2.0}
    """
    firsts, lasts, lengths = _segments(path_lengths(reference))
    if prediction is None:
        return np.full(len(firsts), NO_POSES)
    wanted, result = _motions(reference, firsts, lasts), _motions(prediction, firsts, lasts)
    # The translation of inverse(found) * wanted; its length does not depend on the rotation before it.
    away = np.linalg.norm(wanted - result, axis=1)
    errors: Floats = 100 * away / np.array(lengths)
    return errors


def _motions(poses: Floats, firsts: list[int], lasts: list[int]) -> Floats:
    """Return where each last frame lies in the view of its first, (S, 3)."""
    turned = poses[firsts, :, :3].transpose(0, 2, 1)
    moved: Floats = np.einsum("sij,sj->si", turned, poses[lasts, :, 3] - poses[firsts, :, 3])
    return moved


def unoriented_rmse(prediction: Floats, reference: Floats) -> float:
    """Return the root mean square of the angle between the lines of (N, 3) directions, in degrees.

    Rows of the reference that are zero do not count; 90 for rows of the prediction that are.

    >>> round(unoriented_rmse(np.array([[0.0, 0, -1], [1, 0, 1]]), np.array([[0.0, 0, 1], [0, 0, 1]])), 4)
    31.8198
    """
    known = np.linalg.norm(reference, axis=1) > 0
    predicted, truth = prediction[known].astype(np.float64), reference[known].astype(np.float64)
    # atan2 of cross and dot keeps its digits for small angles, which the arc cosine of the dot does not.
    across = np.linalg.norm(np.cross(predicted, truth), axis=1)
    along = np.abs(np.einsum("ij,ij->i", predicted, truth))
    angles = np.degrees(np.arctan2(across, along))
    angles[np.linalg.norm(predicted, axis=1) == 0] = NO_NORMALS
    return float(np.sqrt(np.mean(angles**2)))


def _is_poses(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 3 and value.shape[1:] == (3, 4)


def _is_vectors(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[1] == 3


def _moves(reference: Any) -> bool:
    return _is_poses(reference) and len(reference) > 1 and float(path_lengths(reference)[-1]) > 1e-6


def _points(reference: Any) -> bool:
    return _is_vectors(reference) and bool((np.linalg.norm(reference, axis=1) > 0).any())


class NormalAccumulator:
    """Mean over clouds of the angle's root mean square; an answer that counts as wrong errs by 90 degrees."""

    def __init__(self) -> None:
        """Start without clouds."""
        self._values: list[float] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance. Raises when an argument is not of the metric's type."""
        _check("normal_angle_rmse", _points, "(N, 3) normals, one of them not zero", prediction, reference)
        self._values.append(NO_NORMALS if prediction is None else unoriented_rmse(prediction, reference))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over everything added so far."""
        return mean_value(self._values)


class PoseAccumulator:
    """The mean error of segments, over all segments of all sequences or per sequence first."""

    def __init__(self, pool: str) -> None:
        """Take the pooling, `segments` or `sequences`; another word is an UnknownWordError."""
        if pool not in POOLS:
            raise UnknownWordError("pool of metric 'rte'", pool, POOLS)
        self._pool = pool
        self._means: list[float] = []
        self._counts: list[int] = []
        """Mean and number of each sequence's segments."""
        self._silent: list[bool] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one sequence. Raises when an argument is not of the metric's type."""
        _check("rte", _moves, "(T, 3, 4) poses of a sensor that moves", prediction, reference)
        errors = segment_errors(prediction, reference)
        self._means.append(math.fsum(errors) / len(errors))
        self._counts.append(len(errors))
        self._silent.append(prediction is None)

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over everything added so far; its standard error is that of the sequences."""
        means = with_silence(self._means, self._silent)
        if self._pool == "sequences":
            return mean_value(means)
        return pooled_value([(mean * count, count) for mean, count in zip(means, self._counts, strict=True)])


def _check(metric: str, good: Callable[[Any], bool], wanted: str, prediction: Any, reference: Any) -> None:
    if not good(reference):
        bad_reference(metric, wanted, getattr(reference, "shape", reference))
    if prediction is not None and (
        not isinstance(prediction, np.ndarray) or prediction.shape != reference.shape
    ):
        raise PredictionFormatError(
            f"metric {metric!r} takes numbers of shape {reference.shape} (or None) as prediction, "
            f"not {getattr(prediction, 'shape', type(prediction).__name__)}"
        )


def rte(pairs: Iterable[tuple[Floats | None, Floats]], pool: str = "segments") -> float:
    """Return KITTI's relative translation error over all sequences, in percent (lower is better).

    Poses (T, 3, 4), sensor to world, in metres. For segments of 100, 200, … 800 m of the reference's
    path that start at every tenth frame and end at the first frame beyond: the length of the
    translation part of inverse(predicted motion) times true motion, over the segment's length;
    the mean over all segments of all sequences together, as KITTI's code pools them (`pool`
    "sequences": per sequence, then over sequences). Where the whole path is not longer than 100 m,
    the segments are 1/8, 2/8, … 8/8 of it, from every frame, over their true length. None errs by
    1000 percent, and as much as the worst sequence where that is more. NaN without sequences.
    Source: KITTI odometry benchmark (Geiger et al. 2012); [workbook] `RTE`.

    Raises:
        ReferenceFormatError: A reference that is not (T, 3, 4), or does not move.
        PredictionFormatError: A prediction of another shape.

    >>> path = np.tile(np.eye(4)[:3], (9, 1, 1))
    >>> path[:, 2, 3] = np.arange(9)
    >>> rte([(path, path), (None, path)])
    500.0
    """
    return score_of(PoseAccumulator(pool), pairs)


def normal_angle_rmse(pairs: Iterable[tuple[NDArray[Any] | None, NDArray[Any]]]) -> float:
    """Return the root mean square angle to the true normals in degrees, the mean over clouds.

    Lower is better. Directions (N, 3) of any length. The angle is that between the lines,
    min(a, 180 - a), since PCPNet's evaluation lets a normal point to either side: 0..90.
    Rows of the reference that are zero (points without a normal) do not count. None errs by 90.
    NaN without clouds.
    Source: PCPNet (Guerrero et al. 2018), unoriented RMSE; [workbook] `RMSE` of 3D normals.

    Raises:
        ReferenceFormatError: A reference that is not (N, 3), or has no normal.
        PredictionFormatError: A prediction of another shape.

    >>> up, tilted = np.array([[0.0, 0.0, 1.0]]), np.array([[0.0, 1.0, 1.0]])
    >>> round(normal_angle_rmse([(tilted, up), (-up, up)]), 6)
    22.5
    """
    return score_of(NormalAccumulator(), pairs)


_RTE: Final = Metric(
    name="rte",
    unit="percent",
    higher_is_better=False,
    best=0.0,
    definition=(
        "KITTI relative translation error over segments of 100..800 m (of 1/8..8/8 of the path where it is "
        "not longer than 100 m); pool segments: mean over all segments of all sequences, as KITTI's code and "
        "the specialist have it, sequences: mean per sequence, then over sequences; no answer counts 1000 "
        f"percent, {SILENCE}"
    ),
    factory=PoseAccumulator,
    options={"pool": "segments"},
    aggregation="corpus",
    version=2,
    changes={
        2: "segments of all sequences are pooled, as in KITTI's code; an unreadable answer errs by 1000 "
        "percent at least"
    },
)

_NORMAL: Final = Metric(
    name="normal_angle_rmse",
    unit="degrees",
    higher_is_better=False,
    best=0.0,
    definition=(
        "root mean square of the unoriented angle (0..90) per cloud, then the mean over clouds; no answer "
        "counts 90 degrees"
    ),
    factory=NormalAccumulator,
)

METRICS: Final = (_RTE, _NORMAL)
