"""mIoU against scikit-learn and pycocotools, and the conventions it decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import confusion_matrix, jaccard_score

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import ReferenceFormatError, UnknownWordError
from pytest_generalbench.core.outputs.codecs.images.rle import Rle, encode
from pytest_generalbench.metrics.dense.masks import array_overlap, overlap_matrix, rle_overlap
from pytest_generalbench.metrics.dense.miou import class_counts, miou, video_iou
from pytest_generalbench.metrics.validation import PredictionFormatError

IDS = arrays(np.int64, (4, 5), elements=st.integers(0, 4))
MASKS = arrays(np.bool_, (6, 7))


@given(st.lists(st.tuples(IDS, IDS), min_size=1, max_size=4))
def test_class_mode_equals_the_pooled_confusion_matrix(pairs: list[tuple[Any, Any]]) -> None:
    predicted = np.concatenate([one.reshape(-1) for one, _ in pairs])
    truth = np.concatenate([other.reshape(-1) for _, other in pairs])
    there = sorted(set(truth.tolist()))
    expected = jaccard_score(truth, predicted, labels=there, average=None, zero_division=0).mean()
    assert miou(pairs) == pytest.approx(100 * expected)


@given(st.lists(st.tuples(IDS, IDS), min_size=1, max_size=4))
def test_ignored_pixels_are_left_out_and_ignored_classes_cannot_be_right(
    pairs: list[tuple[Any, Any]],
) -> None:
    predicted = np.concatenate([one.reshape(-1) for one, _ in pairs])
    truth = np.concatenate([other.reshape(-1) for _, other in pairs])
    kept = truth != 0
    table = (
        confusion_matrix(truth[kept], predicted[kept], labels=range(5)) if kept.any() else np.zeros((5, 5))
    )
    refer, predict, both = table.sum(axis=1), table.sum(axis=0), np.diag(table)
    there = refer > 0
    expected = np.mean(both[there] / (refer + predict - both)[there]) if there.any() else 1.0
    assert miou(pairs, ignore=0) == pytest.approx(100 * expected)
    assert miou(pairs, ignore=[0, 255]) == miou(pairs, ignore=0)


@given(IDS, IDS)
def test_large_ids_count_as_small_ones_do(predicted: Any, truth: Any) -> None:
    small, large = (
        class_counts(predicted, truth, (0,)),
        class_counts(predicted * 100_000, truth * 100_000, (0,)),
    )
    assert {one * 100_000: counts for one, counts in small.items()} == large


@given(st.lists(st.tuples(MASKS, MASKS), min_size=1, max_size=4))
def test_binary_mode_pools_the_foreground(pairs: list[tuple[Any, Any]]) -> None:
    predicted = np.concatenate([one.reshape(-1) for one, _ in pairs])
    truth = np.concatenate([other.reshape(-1) for _, other in pairs])
    union = (predicted | truth).sum()
    expected = 100 * (predicted & truth).sum() / union if union else 100.0
    assert miou(pairs, mode="binary") == pytest.approx(expected)
    as_runs = [(encode(one), encode(other)) for one, other in pairs]
    assert miou(as_runs, mode="binary") == pytest.approx(expected)


@given(st.lists(st.tuples(MASKS, MASKS), min_size=1, max_size=4))
def test_sequence_mode_sums_over_frames(frames: list[tuple[Any, Any]]) -> None:
    predicted, truth = tuple(encode(one) for one, _ in frames), tuple(encode(other) for _, other in frames)
    both = sum(int((one & other).sum()) for one, other in frames)
    union = sum(int((one | other).sum()) for one, other in frames)
    assert video_iou(predicted, truth) == (both / union if union else 1.0)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@given(st.lists(MASKS, max_size=4), st.lists(st.tuples(MASKS, st.booleans()), max_size=4))
def test_the_matrix_of_overlaps_equals_pycocotools(
    predicted: list[Any], truth: list[tuple[Any, bool]]
) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    first, second = [encode(one) for one in predicted], [encode(one) for one, _ in truth]
    crowd = [one for _, one in truth]
    result = overlap_matrix(first, second, crowd)
    assert result.shape == (len(first), len(second))
    if result.size:
        theirs = coco.iou(
            [one.to_plain() for one in first], [one.to_plain() for one in second], [int(one) for one in crowd]
        )
        assert np.allclose(result, np.nan_to_num(theirs), atol=1e-12)


@given(MASKS, MASKS)
def test_runs_and_arrays_overlap_alike(one: Any, other: Any) -> None:
    assert rle_overlap([encode(one)], [encode(other)]) == array_overlap(one, other)


def test_nothing_to_find() -> None:
    nothing, something = encode(np.zeros((2, 2))), encode(np.eye(2))
    assert miou([((nothing,), (nothing,))], mode="sequence") == 100.0
    assert miou([((something,), (nothing,))], mode="sequence") == 0.0
    assert miou([(None, (nothing,))], mode="sequence") == 0.0
    assert miou([(nothing, nothing)], mode="binary") == 100.0
    assert miou([(np.array([[255]]), np.array([[255]]))]) == 100.0


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(PredictionFormatError, match="differ in shape"):
        miou([(np.zeros((2, 2), int), np.zeros((2, 3), int))])
    with pytest.raises(PredictionFormatError, match="differ in shape"):
        miou([(np.zeros((2, 2), bool), np.zeros((2, 3), bool))], mode="binary")
    with pytest.raises(PredictionFormatError, match="do not fit"):
        miou([((encode(np.eye(2)),), (encode(np.eye(3)),))], mode="sequence")
    with pytest.raises(ReferenceFormatError, match="array of class ids"):
        miou([(None, [[1]])])
    with pytest.raises(ReferenceFormatError, match="tuple of masks"):
        miou([(None, "mask")], mode="sequence")
    with pytest.raises(UnknownWordError, match="did you mean 'binary'"):
        metrics.make("miou", {"mode": "binari"})


def test_run_lengths_that_are_no_mask_never_count() -> None:
    with pytest.raises(Exception, match="no mask of 2x2"):
        rle_overlap([Rle(2, 2, "99")], [encode(np.eye(2))])


def test_the_standard_error_of_classes_is_the_jackknife_by_hand() -> None:
    truth = np.array([[1, 1, 2, 2]])
    pairs = [(truth, truth), (np.array([[1, 2, 2, 2]]), truth), (np.array([[2, 2, 1, 1]]), truth)]
    left = [miou(pairs[:place] + pairs[place + 1 :]) for place in range(3)]
    middle = sum(left) / 3
    expected = (2 / 3 * sum((one - middle) ** 2 for one in left)) ** 0.5
    accumulator = metrics.make("miou", {"mode": "class"})
    for pair in pairs:
        accumulator.add(*pair)
    assert accumulator.result().stderr == pytest.approx(expected)
