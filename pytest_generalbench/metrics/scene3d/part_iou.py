"""Parts of shapes: the instance mIoU of ShapeNetPart."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.metrics.accumulators import mean_value, score_of
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.scene3d.shapenet_parts import parts_of
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class PartReference(NamedTuple):
    """The parts of one shape."""

    labels: NDArray[np.int64]
    """(N,); a negative number is an unlabelled point, which does not count."""
    category: str | None = None
    """What the shape is; None where the file does not say."""


class _Shape(NamedTuple):
    category: str | None
    overlaps: dict[int, tuple[int, int]]
    """(intersection, union) of each label of the reference; 0, 0 for an answer that counts as wrong."""
    model_errors: frozenset[int]
    """Labels of the prediction that the reference has not."""
    answered: bool


def _checked(prediction: Any, reference: Any) -> tuple[NDArray[Any] | None, NDArray[Any], str | None]:
    truth = reference.labels if isinstance(reference, PartReference) else reference
    if not isinstance(truth, np.ndarray) or truth.ndim != 1 or truth.dtype.kind not in "iu":
        bad_reference("instance_miou", "a PartReference, or (N,) whole numbers", reference)
    if not (truth >= 0).any():
        bad_reference("instance_miou", "at least one labelled point", reference)
    category = reference.category if isinstance(reference, PartReference) else None
    if prediction is None:
        return None, truth, category
    predicted = prediction
    if (
        not isinstance(predicted, np.ndarray)
        or predicted.shape != truth.shape
        or predicted.dtype.kind not in "iu"
    ):
        raise PredictionFormatError(
            f"metric 'instance_miou' takes {len(truth)} whole numbers (or None) as prediction, "
            f"not {getattr(predicted, 'shape', type(predicted).__name__)}; "
            "let the protocol check the number of points"
        )
    return predicted, truth, category


def part_overlaps(
    prediction: NDArray[Any] | None, reference: NDArray[Any]
) -> tuple[dict[int, tuple[int, int]], frozenset[int]]:
    """Return (intersection, union) in points of each label of the reference, and the foreign labels said.

    >>> part_overlaps(np.array([0, 0, 1, 5]), np.array([0, 1, 1, 1]))
    ({0: (1, 2), 1: (1, 3)}, frozenset({5}))
    """
    known = reference >= 0
    truth = reference[known]
    wanted = _counts(truth)
    if prediction is None:
        return {label: (0, count) for label, count in wanted.items()}, frozenset()
    predicted = prediction[known]
    given, right = _counts(predicted), _counts(truth[predicted == truth])
    overlaps = {
        label: (right[label], wanted[label] + given[label] - right[label]) for label in sorted(wanted)
    }
    return overlaps, frozenset(label for label in given if label not in wanted)


def _counts(labels: NDArray[Any]) -> Counter[int]:
    """Return how many points have each label, without a Python number for each point."""
    values, counts = np.unique(labels, return_counts=True)
    return Counter(dict(zip(values.tolist(), counts.tolist(), strict=True)))


def _families(shapes: Iterable[_Shape]) -> dict[int, frozenset[int]]:
    """Return, for each label, the labels of its category where no shape says what it is.

    Labels that occur in one shape together belong to one category, and so do those that a
    third one connects.
    """
    parents: dict[int, int] = {}

    def top(label: int) -> int:
        while parents.setdefault(label, label) != label:
            parents[label] = label = parents[parents[label]]
        return label

    for shape in shapes:
        first, *others = shape.overlaps
        for other in others:
            parents[top(other)] = top(first)
        top(first)
    members: dict[int, set[int]] = {}
    for label in parents:
        members.setdefault(top(label), set()).add(label)
    return {label: frozenset(members[top(label)]) for label in parents}


class PartAccumulator:
    """Instance mIoU; of each shape it keeps two counts a part."""

    def __init__(self) -> None:
        """Start without shapes."""
        self._shapes: list[_Shape] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one shape. Raises when an argument is not of the metric's type."""
        predicted, truth, category = _checked(prediction, reference)
        overlaps, model_errors = part_overlaps(predicted, truth)
        self._shapes.append(_Shape(category, overlaps, model_errors, predicted is not None))

    def _parts(self) -> list[frozenset[int]]:
        """Return the parts of each shape's category: ShapeNetPart's, else those of its kind's references."""
        named: dict[str, set[int]] = {}
        for shape in self._shapes:
            if shape.category is not None:
                named.setdefault(shape.category, set()).update(shape.overlaps)
        families = _families(shape for shape in self._shapes if shape.category is None)
        return [
            parts_of(shape.category, shape.overlaps)
            or (
                families[next(iter(shape.overlaps))]
                if shape.category is None
                else frozenset(named[shape.category])
            )
            for shape in self._shapes
        ]

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over the shapes added so far."""
        scores = [
            _shape_score(shape, parts) for shape, parts in zip(self._shapes, self._parts(), strict=True)
        ]
        return mean_value(scores, 100.0)


def _shape_score(shape: _Shape, parts: frozenset[int]) -> float:
    if not shape.answered:
        return 0.0
    total = 0.0
    for part in sorted(parts):
        if part in shape.overlaps:
            intersection, union = shape.overlaps[part]
            total += intersection / union
        else:
            # A part that is in neither counts 1; one that only the answer has, 0.
            total += part not in shape.model_errors
    return total / len(parts)


def instance_miou(pairs: Iterable[tuple[NDArray[Any] | None, PartReference | NDArray[Any]]]) -> float:
    """Return the mean over shapes of the mean over parts of IoU, in percent (0..100, higher is better).

    For a shape of category c with the parts P(c): mean over p in P(c) of |said p and true p| /
    |said p or true p|, in points; 1 where both are empty. P(c) is ShapeNetPart's list (`parts_of`), so
    that a shape scores the same whichever others are there. Of other data P(c) are the labels of
    all references of that category; shapes whose category is not told are of one category when
    their labels are connected. Prediction (N,) whole numbers; None scores 0. Points whose reference is
    negative do not count. NaN without shapes.
    Source: ShapeNetPart (Yi et al. 2016; the evaluation of PointNet); [workbook] `Instance mIoU`.

    Raises:
        ReferenceFormatError: A reference that is not (N,) whole numbers, or has no labelled point.
        PredictionFormatError: A prediction that is not as many whole numbers.

    >>> instance_miou([(np.array([47, 47, 47, 48]), np.array([47, 47, 47, 47]))])  # (3/4 + 0 + 1) / 3
    58.333333333333336
    """
    return score_of(PartAccumulator(), pairs)


_PART: Final = Metric(
    name="instance_miou",
    unit="percent",
    higher_is_better=True,
    best=100.0,
    definition=(
        "ShapeNetPart instance mIoU: per shape the mean IoU over the parts of its category (absent from "
        "answer and reference counts 1), then the mean over shapes; the parts of a category are "
        "ShapeNetPart's where the labels fit its list, else those of its references"
    ),
    factory=PartAccumulator,
    version=2,
    changes={2: "the parts of a kind of shape are ShapeNetPart's list, no longer those seen in the run"},
)

METRICS: Final = (_PART,)
