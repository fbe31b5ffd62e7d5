"""Mask AP against pycocotools, crowds and ties included."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pytest_generalbench.core.errors import ReferenceFormatError
from pytest_generalbench.core.outputs.codecs.images.rle import Rle, RleError, encode
from pytest_generalbench.metrics.dense import masks
from pytest_generalbench.metrics.dense.mask_ap import FoundMask, TrueMask, mask_ap50
from pytest_generalbench.metrics.validation import PredictionFormatError

SIDE = 24


def blob(rng: np.random.Generator) -> Any:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    y, x, r = rng.integers(3, 21), rng.integers(3, 21), rng.integers(2, 8)
    return (rows - y) ** 2 + (columns - x) ** 2 <= r * r


def coco_precision(images: int, truth: list[dict[str, Any]], predicted: list[dict[str, Any]]) -> Any:
    """Return pycocotools' precision at IoU 0.5, (recall levels, categories)."""
    coco_class = pytest.importorskip("pycocotools.coco").COCO
    evaluation = pytest.importorskip("pycocotools.cocoeval").COCOeval
    with contextlib.redirect_stdout(io.StringIO()):
        both = [coco_class(), coco_class()]
        for coco, annotations in zip(both, (truth, predicted), strict=True):
            coco.dataset = {
                "images": [{"id": n, "height": SIDE, "width": SIDE} for n in range(1, images + 1)],
                "categories": [{"id": number} for number in (1, 2, 3)],
                "annotations": annotations,
            }
            coco.createIndex()
        made = evaluation(*both, "segm")
        made.params.iouThrs = np.array([0.5])
        made.params.areaRng, made.params.areaRngLbl = [[0, 1e10]], ["all"]
        made.params.maxDets = [100]
        made.evaluate()
        made.accumulate()
    return made.eval["precision"][0, :, :, 0, 0]


def images(seed: int, *, tied: bool) -> list[tuple[tuple[FoundMask, ...], tuple[TrueMask, ...]]]:
    rng = np.random.default_rng(seed)
    result = []
    for _ in range(6):
        truth, predicted = [], []
        for _ in range(int(rng.integers(0, 5))):
            mask, label = blob(rng), str(rng.integers(1, 3))
            truth.append(TrueMask(encode(mask), label, bool(rng.random() < 0.15)))
            if rng.random() < 0.8:
                moved = np.roll(mask, rng.integers(-2, 3, 2), (0, 1))
                predicted.append((moved, label if rng.random() < 0.9 else "3"))
        predicted += [(blob(rng), str(rng.integers(1, 3))) for _ in range(int(rng.integers(0, 3)))]
        scores = [round(float(rng.random()), 1) if tied else float(rng.random()) for _ in predicted]
        answers = [FoundMask(encode(m), label, s) for (m, label), s in zip(predicted, scores, strict=True)]
        result.append((tuple(answers), tuple(truth)))
    return result


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("tied", [False, True], ids=["distinct", "tied"])
def test_it_equals_pycocotools(seed: int, tied: bool) -> None:
    pairs = images(seed, tied=tied)
    truth: list[dict[str, Any]] = []
    predicted: list[dict[str, Any]] = []
    for number, (answers, reference) in enumerate(pairs, 1):
        for one in reference:
            truth.append({
                "id": len(truth) + 1, "image_id": number, "category_id": int(one.label),
                "segmentation": one.mask.to_plain(), "iscrowd": int(one.crowd), "area": one.mask.area(),
                "bbox": [0, 0, 1, 1], "ignore": int(one.crowd),
            })  # fmt: skip
        for other in answers:
            predicted.append({
                "id": len(predicted) + 1, "image_id": number, "category_id": int(other.label),
                "segmentation": other.mask.to_plain(), "score": other.score, "area": other.mask.area(),
                "bbox": [0, 0, 1, 1], "iscrowd": 0,
            })  # fmt: skip
    precision = coco_precision(len(pairs), truth, predicted)
    expected = np.mean([row.mean() for row in precision.T if row[0] > -1])
    assert mask_ap50(pairs) == pytest.approx(100 * expected, abs=1e-9)


def test_masks_of_another_size_and_other_references_are_told() -> None:
    mask, other = encode(np.eye(2)), encode(np.eye(3))
    with pytest.raises(PredictionFormatError, match="different sizes"):
        mask_ap50([((FoundMask(mask, "a"),), (TrueMask(other, "a"),))])
    with pytest.raises(ReferenceFormatError, match="TrueMask"):
        mask_ap50([(None, (mask,))])  # type: ignore[list-item]


def test_nothing_to_find() -> None:
    mask = encode(np.eye(2))
    assert mask_ap50([((), ()), ((), ())]) == 100.0
    assert mask_ap50([((FoundMask(mask, "a"),), ())]) == 0.0
    assert mask_ap50([(None, ())]) == 0.0
    assert mask_ap50([((FoundMask(encode(np.zeros((2, 2))), "a"),), (TrueMask(mask, "a"),))]) == 0.0


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@given(
    predicted=st.lists(arrays(np.bool_, (6, 5)), min_size=1, max_size=4),
    truth=st.lists(arrays(np.bool_, (6, 5)), min_size=1, max_size=4),
    crowd=st.booleans(),
)
def test_counting_in_c_and_in_numpy_is_the_same(predicted: list[Any], truth: list[Any], crowd: bool) -> None:
    pytest.importorskip("pycocotools")
    one, other = [encode(mask) for mask in predicted], [encode(mask) for mask in truth]
    crowds = [crowd] * len(other)
    several = min(len(one), len(other))

    def both() -> tuple[Any, Any]:
        return masks.overlap_matrix(one, other, crowds), masks.rle_overlap(one[:several], other[:several])

    in_c = both()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(masks, "coco_masks", lambda: None)
        in_numpy = both()
    assert np.allclose(in_c[0], in_numpy[0], rtol=0, atol=1e-15)
    assert in_c[1] == in_numpy[1]


def test_counts_that_nobody_has_read_never_reach_c() -> None:
    wrong = Rle(3, 3, "0000zzzz")
    with pytest.raises(RleError):
        masks.overlap_matrix([wrong], [encode(np.eye(3))], [False])
    with pytest.raises(RleError):
        masks.rle_overlap([encode(np.eye(3))], [wrong])
