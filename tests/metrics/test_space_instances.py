"""Instance AP 50 against scikit-learn's curve and hand cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.outputs.forms.scenes3d import PointInstance, PointInstances
from pytest_generalbench.metrics.scene3d.instance_ap import _shared_points, instance3d_map50, scannet_ap
from pytest_generalbench.metrics.validation import PredictionFormatError


def objects(ids: list[int], *text: tuple[int, str, float]) -> PointInstances:
    return PointInstances(np.array(ids), tuple(PointInstance(*one) for one in text))


TRUTH = objects([1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 0], (1, "chair", 1.0), (2, "chair", 1.0))


@given(
    st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), st.booleans()), min_size=1, max_size=20),
    st.integers(0, 4),
)
def test_the_area_is_the_trapezoid_under_the_curve(outcomes: list[tuple[float, bool]], missed: int) -> None:
    hits = [hit for _, hit in outcomes]
    if not any(hits):
        assert scannet_ap(outcomes, max(missed, 1)) == 0.0
        return
    total = sum(hits) + missed
    precision, recall, _ = precision_recall_curve(hits, [score for score, _ in outcomes])
    expected = np.trapezoid(precision[::-1], recall[::-1] * sum(hits) / total)
    assert scannet_ap(outcomes, total) == pytest.approx(float(expected))


def test_the_numbers_of_objects_do_not_matter_but_their_labels_do() -> None:
    other = objects([9, 9, 9, 9, 4, 4, 4, 4, 0, 0, 0, 0], (9, "chair", 0.2), (4, "chair", 0.9))
    wrong = objects([9, 9, 9, 9, 4, 4, 4, 4, 0, 0, 0, 0], (9, "chair", 0.2), (4, "table", 0.9))
    assert instance3d_map50([(other, TRUTH)]) == 100.0
    assert instance3d_map50([(wrong, TRUTH)]) == 50.0


def test_half_an_object_is_not_enough_and_a_little_more_is() -> None:
    half = objects([1, 1, 0, 0, 2, 2, 2, 0, 0, 0, 0, 0], (1, "chair", 0.5), (2, "chair", 0.5))
    # IoU 2/4 is not above 0.5: a false one; 3/4 is. One of two found, precision 1/2 at recall 1/2.
    assert instance3d_map50([(half, TRUTH)]) == pytest.approx(100 * (1 + 0.5) / 2 * 0.5)


def test_a_wrong_object_on_points_without_object_is_ignored() -> None:
    right = (1, "chair", 0.5), (2, "chair", 0.5)
    outside = objects([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3], *right, (3, "chair", 0.9))
    assert instance3d_map50([(outside, TRUTH)]) == 100.0


def test_a_wrong_object_on_another_costs_by_its_score() -> None:
    over = objects([3, 3, 3, 3, 2, 2, 2, 2, 0, 0, 0, 0], (2, "chair", 0.5), (3, "desk", 0.9))
    truth = objects([0] * 8 + [3] * 4, (3, "desk", 1.0))
    sure, unsure = (objects([0] * 8 + [3] * 4, (3, "desk", score)) for score in (1.0, 0.5))
    # One of two chairs: 0.5. The desk on a chair is below the true one, or above: (0 + 0.5) / 2.
    assert instance3d_map50([(over, TRUTH), (sure, truth)]) == pytest.approx(100 * (0.5 + 1.0) / 2)
    assert instance3d_map50([(over, TRUTH), (unsure, truth)]) == pytest.approx(100 * (0.5 + 0.25) / 2)


def test_small_objects_can_be_left_out() -> None:
    accumulator = metrics.make("instance3d_map50", {"min_points": 5})
    accumulator.add(TRUTH, TRUTH)
    assert accumulator.result().score == 100.0  # nothing to find, nothing found
    accumulator.add(None, objects([1] * 6 + [2] * 6, (1, "a", 1.0), (2, "b", 1.0)))
    assert accumulator.result().score == 0.0


def test_scenes_without_objects() -> None:
    empty, none = objects([0, 0]), objects([7, 7], (7, "a", 0.4))
    assert instance3d_map50([(empty, empty)]) == 100.0
    assert instance3d_map50([(None, empty)]) == 0.0
    assert instance3d_map50([(none, empty)]) == 100.0  # ignored: there is nothing but points without object
    assert instance3d_map50([(TRUTH, TRUTH), (none, empty)]) == 100.0
    assert instance3d_map50([(TRUTH, TRUTH), (None, empty)]) < 50.0  # a false one of every class


def test_wrong_types_are_told() -> None:
    accumulator: Any = metrics.make("instance3d_map50")
    with pytest.raises(ReferenceFormatError):
        accumulator.add(None, np.array([1]))
    for prediction in (np.array([1]), objects([1], (1, "a", 1.0))):
        with pytest.raises(PredictionFormatError):
            accumulator.add(prediction, TRUTH)


def test_points_are_counted_in_one_table_as_with_a_mask_for_each_object() -> None:
    dice = np.random.default_rng(5)
    ids, others = dice.integers(-3, 40, 5000), dice.integers(-1, 9, 5000) * 10**12
    table = _shared_points(ids, others)
    assert set(table) == set(ids.tolist())
    for one in table:
        inside = others[ids == one]
        assert table[one] == {int(other): int((inside == other).sum()) for other in np.unique(inside)}
