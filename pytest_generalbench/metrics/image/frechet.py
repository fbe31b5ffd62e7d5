"""Fréchet distance between two sets of feature vectors, in memory that does not grow with the sets."""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.outputs import MediaOutput, Target
from pytest_generalbench.metrics.accumulators import NOTHING, jackknife_value
from pytest_generalbench.metrics.standard_errors import draw_groups, keys_of
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_generalbench.metrics.backbone_interfaces import Features
    from pytest_generalbench.metrics.base import MetricValue


KEPT: Final = 512
"""Instances whose vectors are kept for the standard error; of more it is not known."""


class FeatureMoments:
    """Mean and covariance of vectors that come one after another.

    Up to d vectors of length d are kept as they are, which is exact and, for the few hundred instances of a
    task, much quicker; beyond, only their sum and the sum of their outer products, d x d in float64, taken
    from the first vectors' mean so that no digits are lost.
    """

    def __init__(self) -> None:
        """Start without vectors."""
        self.n = 0
        self._squares = array("d")
        """The squared length of each vector."""
        self._rows: list[Features] = []
        self._shift: Features | None = None
        self._sum: Features | None = None
        self._outer: Features | None = None

    def add(self, vectors: Features) -> None:
        """Take vectors, shape (n, d), finite. Raises PredictionFormatError for others."""
        vectors = np.asarray(vectors, np.float64)
        width = None if not self.n else self._width()
        if vectors.ndim != 2 or (width is not None and vectors.shape[1] != width):
            raise PredictionFormatError(f"features have the shape (n, {width or 'd'}), not {vectors.shape}")
        if not np.isfinite(vectors).all():
            raise PredictionFormatError("a feature is NaN or infinite")
        self.n += len(vectors)
        self._squares.extend((vectors**2).sum(axis=1).tolist())
        if self._outer is None:
            self._rows.append(vectors)
            if self.n > vectors.shape[1]:
                self._fold()
        else:
            self._add_outer(vectors)

    def _width(self) -> int:
        return int(self._rows[0].shape[1] if self._outer is None else self._outer.shape[1])

    def _fold(self) -> None:
        rows = np.concatenate(self._rows)
        self._rows = []
        width = rows.shape[1]
        self._shift = rows.mean(axis=0)
        self._sum, self._outer = np.zeros(width), np.zeros((width, width))
        self._add_outer(rows)

    def _add_outer(self, vectors: Features) -> None:
        if self._shift is None or self._sum is None or self._outer is None:
            return  # never: _fold has set all three
        away = vectors - self._shift
        self._sum = self._sum + away.sum(axis=0)
        self._outer = self._outer + away.T @ away

    def mean(self) -> Features:
        """Return the mean vector, (d,)."""
        if self._shift is None or self._sum is None:
            kept: Features = np.concatenate(self._rows).mean(axis=0)
            return kept
        moved: Features = self._shift + self._sum / self.n
        return moved

    def mean_square(self) -> float:
        """Return the mean of the vectors' squared lengths."""
        return math.fsum(self._squares) / self.n

    def factor(self) -> Features:
        """Return F, (d, k), with F Fᵀ the sample covariance (divisor n - 1); of one vector it is 0."""
        if self._outer is None or self._sum is None:
            rows = np.concatenate(self._rows)
            away: Features = (rows - rows.mean(axis=0)).T
            return away / math.sqrt(max(1, self.n - 1))
        covariance = (self._outer - np.outer(self._sum, self._sum) / self.n) / (self.n - 1)
        values, vectors = np.linalg.eigh(covariance)
        # Rounding makes the smallest eigenvalues of a singular covariance negative.
        root: Features = vectors * np.sqrt(np.clip(values, 0, None))
        return root


def frechet_distance(one: FeatureMoments, other: FeatureMoments) -> float:
    """Return |m₁ - m₂|² + tr(C₁ + C₂ - 2 (C₁ C₂)^½) of two sets, at least 0, lower is better.

    With C = F Fᵀ the trace of the root is the sum of the singular values of F₁ᵀ F₂, which needs no root of
    a matrix and is exact for sets of fewer vectors than their length.

    Raises:
        PredictionFormatError: A set is empty.

    Source: Dowson and Landau 1982; as FID by Heusel et al. 2017.

    >>> near, far = FeatureMoments(), FeatureMoments()
    >>> near.add(np.array([[0.0, 0.0], [2.0, 0.0]]))
    >>> far.add(np.array([[3.0, 1.0], [5.0, 1.0]]))
    >>> frechet_distance(near, near), frechet_distance(near, far)
    (0.0, 10.0)
    """
    if not (one.n and other.n):
        raise PredictionFormatError("the Fréchet distance needs at least one vector on either side")
    first, second = one.factor(), other.factor()
    apart = float(((one.mean() - other.mean()) ** 2).sum())
    root = float(np.linalg.svd(first.T @ second, compute_uv=False).sum())
    return max(0.0, apart + float((first**2).sum()) + float((second**2).sum()) - 2 * root)


SILENCE: Final = (
    "the share of answers that cannot be read counts four mean squared lengths of the targets' vectors, or "
    "the distance of the others where that is more"
)
"""For definitions."""

SILENT: Final = 4.0
"""The distance of a set without answers, in mean squared lengths of the targets' vectors: that of vectors
that point the other way."""


def distance_with_silence(predicted: FeatureMoments, true: FeatureMoments, silent: int, n: int) -> float:
    """Return the distance of an answered set to all targets, mixed with that of `silent` of `n` instances.

    The silent share counts `SILENT` mean squared lengths of the targets' vectors, or the answers' distance
    where that is more: so it is never better than the answers, and as the distance of a mixture is at most
    the mixture of the distances, leaving bad answers out does not help.
    """
    if not silent:
        return frechet_distance(predicted, true)
    worst = SILENT * true.mean_square() or 1.0
    if silent == n:
        return worst
    distance = frechet_distance(predicted, true)
    return ((n - silent) * distance + silent * max(worst, distance)) / n


class FrechetAccumulator:
    """The distance between the features of all answers and those of all targets.

    Answers that count as wrong are taken by their share (`distance_with_silence`): leaving them out would
    reward silence. A set has no score per instance: the standard error is a jackknife over groups of
    instances, of up to `KEPT` of them. Of more, whose vectors would take too much memory and time, it is
    None and the numbers of the instances are NaN.
    """

    def __init__(
        self,
        name: str,
        features: Callable[[MediaOutput], Features],
        kind: type[MediaOutput],
    ) -> None:
        """Take the function from a medium to vectors (n, d), and the type of an answer."""
        self._name = name
        self._features = features
        self._kind = kind
        self._said, self._true = FeatureMoments(), FeatureMoments()
        self._n = self._silent = 0
        self._kept: list[tuple[Features | None, Features]] = []
        """The vectors of each answer, None where it counts as wrong, and of its target, float64."""

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance: a medium or None, and a Target with a medium."""
        if not isinstance(reference, Target) or reference.medium is None:
            bad_reference(self._name, "a Target with a medium", reference)
        true = reference.medium()
        if prediction is not None and not isinstance(prediction, self._kind):
            raise PredictionFormatError(f"{self._name} takes a {self._kind.__name__}, not {prediction!r:.60}")
        due = np.asarray(self._features(true), np.float64)
        predicted = None if prediction is None else np.asarray(self._features(prediction), np.float64)
        self._true.add(due)
        if predicted is not None:
            self._said.add(predicted)
        self._n += 1
        self._silent += predicted is None
        if self._n <= KEPT:
            self._kept.append((predicted, due))
        else:
            self._kept.clear()

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the distance over everything added so far."""
        if not self._n:
            return NOTHING
        score = distance_with_silence(self._said, self._true, self._silent, self._n)
        if self._n > KEPT:
            return jackknife_value(score, [math.nan] * self._n)
        groups = draw_groups(keys_of(instances, self._n))
        without = [self._without(groups.of, left) for left in range(groups.count if self._n > 1 else 1)]
        return jackknife_value(score, groups.by_instance(without), groups.shared)

    def _without(self, groups: Sequence[int], left: int) -> float:
        """Return the distance without one group of instances; NaN when none is left."""
        one, other = FeatureMoments(), FeatureMoments()
        n = silent = 0
        for (predicted, due), group in zip(self._kept, groups, strict=True):
            if group != left:
                other.add(due)
                n += 1
                silent += predicted is None
                if predicted is not None:
                    one.add(predicted)
        return distance_with_silence(one, other, silent, n) if n else math.nan
