"""Pixel AP and AUC against scikit-learn; what is kept, and what one class only means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score, roc_auc_score

from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.metrics.dense.pixel_ranking import ScoreCounts, pixel_ap, pixel_roc_auc, sortable
from pytest_generalbench.metrics.validation import PredictionFormatError

SCORES = arrays(np.float32, (3, 4), elements=st.floats(-5, 5, width=32).map(lambda x: round(x, 1)))
MASKS = arrays(np.bool_, (3, 4))


def flat(pairs: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    scores = np.concatenate([one.reshape(-1) for one, _ in pairs])
    return np.concatenate([other.reshape(-1) for _, other in pairs]), scores


@given(st.lists(st.tuples(SCORES, MASKS), min_size=1, max_size=4))
def test_both_equal_scikit_learn_over_the_pooled_pixels(pairs: list[tuple[Any, Any]]) -> None:
    truth, scores = flat(pairs)
    if truth.any():
        expected = average_precision_score(truth, scores)
        assert pixel_ap(pairs) == pytest.approx(100 * expected, abs=1e-9)
        if not truth.all():
            assert pixel_roc_auc(pairs) == pytest.approx(100 * roc_auc_score(truth, scores), abs=1e-9)


@given(arrays(np.float32, 20, elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_keys_keep_the_order_of_scores(scores: Any) -> None:
    keys = sortable(scores).astype(np.int64)
    assert ((scores[:, None] < scores) == (keys[:, None] < keys)).all()
    assert ((scores[:, None] == scores) == (keys[:, None] == keys)).all()


def test_many_images_stay_exact() -> None:
    rng = np.random.default_rng(1)
    pairs = [(rng.random((40, 50), np.float32), rng.random((40, 50)) < 0.1) for _ in range(10)]
    truth, scores = flat(pairs)
    assert pixel_ap(pairs) == pytest.approx(100 * average_precision_score(truth, scores), abs=1e-9)


def test_beyond_the_limit_memory_is_bounded_and_the_result_near_and_free_of_order() -> None:
    rng = np.random.default_rng(2)
    pairs = []
    for _ in range(12):
        truth = rng.random((50, 60)) < 0.2
        pairs.append(((rng.random((50, 60)) + 0.3 * truth).astype(np.float32), truth))
    result = []
    for order in (pairs, pairs[::-1]):
        counts = ScoreCounts(limit=2000)
        for scores, truth in order:
            counts.add(scores, truth)
        normal, anomalous = counts.by_score()
        assert len(normal) <= 2000
        assert normal.sum() + anomalous.sum() == 12 * 3000
        result.append((normal.tolist(), anomalous.tolist()))
    assert result[0] == result[1]
    hits = np.cumsum(anomalous)
    ap = np.sum(hits / (hits + np.cumsum(normal)) * anomalous) / anomalous.sum()
    truth, scores = flat(pairs)
    assert ap == pytest.approx(average_precision_score(truth, scores), abs=2e-3)


def test_without_answer_nothing_is_found_and_everything_is_a_false_alarm() -> None:
    truth = np.array([[True, False, False, True]])
    perfect = truth.astype(np.float32)
    assert pixel_ap([(None, truth)]) == 0.0
    assert pixel_roc_auc([(None, truth)]) == 0.0
    # Two of four are found, behind two false alarms: precision 2/4 at recall 1/2.
    assert pixel_ap([(perfect, truth), (None, truth)]) == pytest.approx(25.0)
    worst = pixel_ap([(perfect, truth), (1 - perfect, truth)])
    assert worst > pixel_ap([(perfect, truth), (None, truth)])


def test_one_class_only() -> None:
    nothing, everything = np.zeros((1, 3), bool), np.ones((1, 3), bool)
    scores = np.array([[1.0, 2.0, 3.0]])
    assert pixel_ap([(scores, nothing)]) == 0.0
    assert pixel_ap([(scores, everything)]) == 100.0
    assert pixel_roc_auc([(scores, nothing)]) == pixel_roc_auc([(scores, everything)]) == 0.0


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(ReferenceFormatError, match="bool array"):
        pixel_ap([(np.zeros((1, 2)), np.zeros((1, 2)))])  # type: ignore[list-item]
    with pytest.raises(PredictionFormatError, match=r"\(1, 2\) for \(1, 3\)"):
        pixel_ap([(np.zeros((1, 2)), np.zeros((1, 3), bool))])
    with pytest.raises(PredictionFormatError, match="not finite"):
        pixel_ap([(np.array([[np.nan]]), np.zeros((1, 1), bool))])
