"""mIoU and mask AP of 500 masks of 640 x 480 beside scikit-learn and pycocotools, in one run, as ratios.

Run it by name: `pytest benchmarks/test_masks.py -s`.
"""

from __future__ import annotations

import contextlib
import io
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_generalbench import metrics
from pytest_generalbench.core.outputs.codecs.images.rle import encode
from pytest_generalbench.metrics.dense.mask_ap import FoundMask, TrueMask

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SIZE, MASKS, DISTINCT, ROUNDS = (480, 640), 500, 50, 3


def _blob(rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return an ellipse with a frayed edge."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    y, x = rng.uniform(80, 400), rng.uniform(80, 560)
    high, wide = rng.uniform(20, 120, 2)
    around = np.arctan2(rows - y, columns - x)
    edge = 1 + 0.1 * np.sin(around * rng.integers(3, 30)) + 0.05 * np.sin(around * rng.integers(30, 90))
    return np.asarray(((rows - y) / high) ** 2 + ((columns - x) / wide) ** 2 <= edge)


def _pairs() -> list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    rng = np.random.default_rng(5)
    truth = [_blob(rng) for _ in range(DISTINCT)]
    return [(np.roll(mask, rng.integers(-9, 9, 2), (0, 1)), mask) for mask in truth]


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def _told(what: str, own: float, others: dict[str, float], capsys: pytest.CaptureFixture[str]) -> None:
    fastest = min(others.values())
    shown = ", ".join(f"{name} {1000 * seconds:.0f} ms" for name, seconds in others.items())
    with capsys.disabled():
        print(f"\n{what}: {1000 * own:.0f} ms, {shown}, ratio {own / fastest:.2f}")  # noqa: T201 - the figure


def _scored(name: str, mode: str | None, pairs: list[tuple[Any, Any]], times: int) -> float:
    accumulator = metrics.make(name, {"mode": mode} if mode else {})
    for _ in range(times):
        for prediction, reference in pairs:
            accumulator.add(prediction, reference)
    return accumulator.result().score


def test_class_miou_beside_scikit_learn(capsys: pytest.CaptureFixture[str]) -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(6)
    small = [rng.integers(0, 20, (48, 64)) for _ in range(DISTINCT)]
    maps = [one.repeat(10, 0).repeat(10, 1).astype(np.int32) for one in small]
    pairs = [(np.roll(one, 3, 0), one) for one in maps]

    def theirs() -> float:
        table = np.zeros((20, 20))
        for _ in range(MASKS // DISTINCT):
            for answer, truth in pairs:
                table += sklearn.confusion_matrix(truth.ravel(), answer.ravel(), labels=range(20))
        both = np.diag(table)
        return float(np.mean(both / (table.sum(0) + table.sum(1) - both)))

    def ours() -> float:
        return _scored("miou", "class", pairs, MASKS // DISTINCT)

    assert ours() == pytest.approx(100 * theirs())
    _told("mIoU of 500 maps of 20 classes", _best(ours), {"scikit-learn": _best(theirs)}, capsys)


def test_foreground_iou_beside_both(capsys: pytest.CaptureFixture[str]) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    sklearn = pytest.importorskip("sklearn.metrics")
    pairs = _pairs()
    packed = [tuple(np.asfortranarray(mask.astype(np.uint8)) for mask in pair) for pair in pairs]

    def by_coco() -> float:
        total = 0.0
        for _ in range(MASKS // DISTINCT):
            for answer, truth in packed:
                total += float(coco.iou([coco.encode(answer)], [coco.encode(truth)], [0])[0, 0])
        return total / MASKS

    def by_sklearn() -> float:
        # One tenth of the masks: it takes long enough.
        return float(
            np.mean([sklearn.jaccard_score(truth.ravel(), answer.ravel()) for answer, truth in pairs])
        )

    def ours() -> float:
        return _scored("miou", "binary", pairs, MASKS // DISTINCT)

    assert by_coco() == pytest.approx(by_sklearn())
    ours()
    others = {"pycocotools": _best(by_coco), "scikit-learn": _best(by_sklearn) * MASKS / DISTINCT}
    _told("foreground IoU of 500 masks", _best(ours), others, capsys)


def test_run_length_iou_beside_pycocotools(capsys: pytest.CaptureFixture[str]) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    pairs = [(encode(answer), encode(truth)) for answer, truth in _pairs()]
    plain = [(answer.to_plain(), truth.to_plain()) for answer, truth in pairs]
    videos = [(tuple(one for one, _ in pairs), tuple(other for _, other in pairs))]

    def theirs() -> float:
        total = 0.0
        for _ in range(MASKS // DISTINCT):
            for answer, truth in plain:
                total += float(coco.iou([answer], [truth], [0])[0, 0])
        return total

    def ours() -> float:
        return _scored("miou", "sequence", videos, MASKS // DISTINCT)

    theirs()
    ours()
    _told("IoU of 500 run lengths, 50 frames a video", _best(ours), {"pycocotools": _best(theirs)}, capsys)


def test_mask_ap_beside_pycocotools(capsys: pytest.CaptureFixture[str]) -> None:
    coco_class = pytest.importorskip("pycocotools.coco").COCO
    evaluation = pytest.importorskip("pycocotools.cocoeval").COCOeval
    rng = np.random.default_rng(8)
    masks = [(encode(answers), encode(truth)) for answers, truth in _pairs()]
    images = []
    truth: list[dict[str, Any]] = []
    answers: list[dict[str, Any]] = []
    for image in range(MASKS // 5):
        chosen = [masks[place] for place in rng.integers(0, DISTINCT, 5)]
        scores = [float(score) for score in rng.random(5)]
        images.append((
            tuple(FoundMask(one, "a", score) for (one, _), score in zip(chosen, scores, strict=True)),
            tuple(TrueMask(other, "a") for _, other in chosen),
        ))  # fmt: skip
        for (one, other), score in zip(chosen, scores, strict=True):
            common = {"image_id": image, "category_id": 1, "bbox": [0, 0, 9, 9], "iscrowd": 0, "area": 9}
            truth.append({**common, "id": len(truth) + 1, "segmentation": other.to_plain(), "ignore": 0})
            answers.append({**common, "id": len(answers) + 1, "segmentation": one.to_plain(), "score": score})

    def theirs() -> float:
        with contextlib.redirect_stdout(io.StringIO()):
            both = [coco_class(), coco_class()]
            for coco, annotations in zip(both, (truth, answers), strict=True):
                coco.dataset = {
                    "images": [
                        {"id": number, "height": SIZE[0], "width": SIZE[1]} for number in range(len(images))
                    ],
                    "categories": [{"id": 1}],
                    "annotations": annotations,
                }
                coco.createIndex()
            made = evaluation(*both, "segm")
            made.params.iouThrs = np.array([0.5])
            made.params.areaRng, made.params.areaRngLbl = [[0, 1e10]], ["all"]
            made.params.maxDets = [100]
            made.evaluate()
            made.accumulate()
        return float(made.eval["precision"].mean())

    def ours() -> float:
        return _scored("mask_ap50", None, images, 1)

    assert ours() == pytest.approx(100 * theirs(), abs=1e-9)
    _told("mask AP of 100 images with 5 masks", _best(ours), {"pycocotools": _best(theirs)}, capsys)
