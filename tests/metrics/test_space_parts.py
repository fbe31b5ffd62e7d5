"""Instance mIoU against a plain evaluation over tables of parts, and its laws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.metrics.scene3d.part_iou import PartReference, instance_miou
from pytest_generalbench.metrics.validation import PredictionFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = {"fort": (100, 101, 102), "tower": (103, 104)}
"""Kinds that ShapeNetPart does not have."""

Shape = tuple[str, list[int], list[int]]


@st.composite
def shapes(draw: st.DrawFn) -> list[Shape]:
    """Shapes of two kinds; the first of each kind has all its parts."""
    result: list[Shape] = []
    for kind, parts in KINDS.items():
        result.append((kind, [*parts, *parts], draw(st.permutations([*parts, *parts]))))
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(sorted(KINDS)))
        truth = draw(st.lists(st.sampled_from(KINDS[kind]), min_size=1, max_size=12))
        predicted = draw(st.lists(st.sampled_from(range(100, 106)), min_size=len(truth), max_size=len(truth)))
        result.append((kind, truth, predicted))
    return result


def plain_score(result: list[Shape]) -> float:
    """Loop over shapes and the table's parts, as the usual evaluation scripts do."""
    scores = []
    for kind, truth, predicted in result:
        ious = []
        for part in KINDS[kind]:
            inside = sum(a == b == part for a, b in zip(truth, predicted, strict=True))
            union = sum(part in (a, b) for a, b in zip(truth, predicted, strict=True))
            ious.append(1.0 if union == 0 else inside / union)
        scores.append(sum(ious) / len(ious))
    return 100 * sum(scores) / len(scores)


def pairs_of(result: list[Shape], named: bool = True) -> list[tuple[Any, PartReference]]:
    return [
        (np.array(predicted), PartReference(np.array(truth), kind if named else None))
        for kind, truth, predicted in result
    ]


@given(shapes(), st.booleans())
def test_it_is_the_usual_evaluation_whether_the_kind_is_told_or_found(
    result: list[Shape], named: bool
) -> None:
    assert instance_miou(pairs_of(result, named)) == pytest.approx(plain_score(result))


@given(shapes(), st.data())
def test_making_one_right_point_wrong_never_helps(result: list[Shape], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(result) - 1))
    kind, truth, predicted = result[number]
    right = [place for place, (a, b) in enumerate(zip(truth, predicted, strict=True)) if a == b]
    if not right:
        return
    worse = list(predicted)
    worse[data.draw(st.sampled_from(right))] = data.draw(st.sampled_from([106, 109]))
    other = [*result[:number], (kind, truth, worse), *result[number + 1 :]]
    assert instance_miou(pairs_of(other)) <= instance_miou(pairs_of(result)) + 1e-9


def test_a_part_absent_from_both_counts_and_one_that_is_only_said_does_not() -> None:
    whole = (np.array([0, 1]), PartReference(np.array([0, 1]), "a"))
    absent = (np.array([0, 0]), PartReference(np.array([0, 0]), "a"))
    predicted = (np.array([0, 1]), PartReference(np.array([0, 0]), "a"))
    assert instance_miou([whole, absent]) == 100.0
    assert instance_miou([whole, predicted]) == pytest.approx(100 * (1 + 0.25) / 2)


def test_no_answer_has_no_points_and_unlabelled_points_do_not_count() -> None:
    reference = PartReference(np.array([4, -1, 5]))
    assert instance_miou([(None, reference)]) == 0.0
    assert instance_miou([(np.array([4, 7, 5]), reference)]) == 100.0
    assert instance_miou([(np.array([-1, 7, -1]), reference)]) == 0.0


@pytest.mark.parametrize(
    ("category", "truth", "predicted", "expected"),
    [
        (None, [47, 47, 47, 47], [47, 47, 47, 48], (3 / 4 + 0 + 1) / 3),
        ("table", [47, 47, 47, 47], [47, 47, 47, 48], (3 / 4 + 0 + 1) / 3),
        ("04379243", [0, 0, 0, 0], [0, 0, 0, 1], (3 / 4 + 0 + 1) / 3),  # counted from 0
        ("04379243", [1, 1, 1, 3], [1, 1, 1, 1], (3 / 4 + 0 + 1) / 3),  # counted from 1, as in .seg files
        ("mug", [36, 37], [36, 36], (1 / 2 + 0) / 2),
        (None, [30, 30], [30, 30], 1.0),
        (None, [30, 30], [31, 30], (1 / 2 + 0 + 4) / 6),
        ("tower", [47, 47, 47, 47], [47, 47, 47, 48], 3 / 4),  # of another data set: the parts of the run
    ],
)
def test_the_parts_of_a_kind_are_those_of_shapenetpart(
    category: str | None, truth: list[int], predicted: list[int], expected: float
) -> None:
    pair = (np.array(predicted), PartReference(np.array(truth), category))
    assert instance_miou([pair]) == pytest.approx(100 * expected)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=9), st.integers(0, 15))
def test_a_shape_scores_the_same_whichever_others_are_there(points: list[tuple[int, int]], kind: int) -> None:
    firsts = (0, 4, 6, 8, 12, 16, 19, 22, 24, 28, 30, 36, 38, 41, 44, 47, 50)
    first, count = firsts[kind], firsts[kind + 1] - firsts[kind]
    truth, predicted = (np.array([first + point[side] % count for point in points]) for side in (0, 1))
    other = (np.arange(first, first + count), PartReference(np.arange(first, first + count)))
    alone = instance_miou([(predicted, PartReference(truth))])
    both: Any = metrics.make("instance_miou")
    both.add(predicted, PartReference(truth))
    both.add(*other)
    assert both.result().scores == pytest.approx((alone, 100.0))
    either = [(truth == part) | (predicted == part) for part in range(first, first + count)]
    both = [(truth == part) & (predicted == part) for part in range(first, first + count)]
    ious = [
        float(one.sum() / other.sum()) if other.any() else 1.0
        for one, other in zip(both, either, strict=True)
    ]
    assert alone == pytest.approx(100 * sum(ious) / count)


@pytest.mark.parametrize(
    "reference", [np.array([], int), np.array([-1]), np.array([0.5]), np.zeros((2, 2), int), None, [1]]
)
def test_what_is_no_reference_is_told(reference: Any) -> None:
    with pytest.raises(ReferenceFormatError):
        metrics.make("instance_miou").add(None, reference)


@pytest.mark.parametrize("prediction", [np.array([1]), np.array([0.0, 1.0]), [0, 1], "labels"])
def test_what_is_no_prediction_is_told(prediction: Any) -> None:
    with pytest.raises(PredictionFormatError):
        metrics.make("instance_miou").add(prediction, np.array([0, 1]))


def test_counts_are_all_that_is_kept() -> None:
    accumulator: Any = metrics.make("instance_miou")
    labels: NDArray[np.int64] = np.arange(100_000) % 5
    accumulator.add(labels, PartReference(labels, "a"))
    (shape,) = accumulator._shapes
    assert len(shape.overlaps) == 5
