"""The same images through pycocotools; only tests and benchmarks need it."""

from __future__ import annotations

import contextlib
import io
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.outputs.forms.boxes import Detection, Person
    from pytest_generalbench.metrics.detection.boxes import TrueBox
    from pytest_generalbench.metrics.detection.keypoints import TruePerson

Whole = tuple[float, float, float, float]
BoxPair = tuple[tuple["Detection", ...], tuple["TrueBox", ...]]
PeoplePair = tuple[tuple["Person", ...], tuple["TruePerson", ...]]


def seeded(seed: object) -> random.Random:
    """Return the same draws for the same seed."""
    return random.Random(str(seed))  # noqa: S311 - cases, not secrets


def evaluated(
    images: int, truth: list[dict[str, Any]], result: list[dict[str, Any]], kind: str, threshold: float
) -> Any:
    """Return a COCOeval that has matched and accumulated at one threshold, area `all`."""
    coco_class = pytest.importorskip("pycocotools.coco").COCO
    evaluation = pytest.importorskip("pycocotools.cocoeval").COCOeval
    with contextlib.redirect_stdout(io.StringIO()):
        reference, results = coco_class(), coco_class()
        categories = [{"id": number} for number in sorted({one["category_id"] for one in truth})]
        for coco, annotations in ((reference, truth), (results, result)):
            coco.dataset = {
                "images": [{"id": number} for number in range(1, images + 1)],
                "categories": categories,
                "annotations": annotations,
            }
            coco.createIndex()
        made = evaluation(reference, results, kind)
        made.params.iouThrs = np.array([threshold])
        made.params.areaRng, made.params.areaRngLbl = [[0, 1e10]], ["all"]
        made.params.maxDets = [20 if kind == "keypoints" else 100]
        made.evaluate()
        made.accumulate()
    return made


def _ap(made: Any) -> float:
    """Return AP in percent: the mean over recall levels and classes that have an object."""
    precision = made.eval["precision"]
    known = precision[precision > -1]
    return 100.0 * float(known.mean()) if known.size else -1.0


def box_annotations(pairs: Sequence[BoxPair]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return truth and results in COCO's form; images are numbered in order."""
    labels = sorted({str(box.label) for _, truth in pairs for box in truth})
    numbers = {label: number for number, label in enumerate(labels, 1)}
    truth: list[dict[str, Any]] = []
    result: list[dict[str, Any]] = []
    for image, (predicted, objects) in enumerate(pairs, 1):
        truth += [
            _truth(len(truth) + n, image, numbers[str(box.label)], box) for n, box in enumerate(objects, 1)
        ]
        for box in predicted:
            if str(box.label) in numbers:
                score = 1.0 if box.score is None else box.score
                result.append(_found(len(result) + 1, image, numbers[str(box.label)], box, score))
    return truth, result


def _truth(number: int, image: int, category: int, box: TrueBox) -> dict[str, Any]:
    return {
        "id": number, "image_id": image, "category_id": category, "bbox": list(box[:4]),
        "area": box.width * box.height, "iscrowd": int(box.crowd),
    }  # fmt: skip


def _found(number: int, image: int, category: int, box: Detection, score: float) -> dict[str, Any]:
    return {
        "id": number, "image_id": image, "category_id": category, "bbox": list(box[:4]),
        "area": box.width * box.height, "iscrowd": 0, "score": score,
    }  # fmt: skip


def coco_box_ap(pairs: Sequence[BoxPair], threshold: float) -> float:
    """Return AP of boxes in percent as pycocotools gives it; -1 without any object."""
    truth, result = box_annotations(pairs)
    return _ap(evaluated(len(pairs), truth, result, "bbox", threshold))


def coco_keypoint_ap(pairs: Sequence[PeoplePair], threshold: float) -> float:
    """Return AP of keypoints in percent as pycocotools gives it; -1 without anybody."""
    truth: list[dict[str, Any]] = []
    result: list[dict[str, Any]] = []
    for image, (predicted, people) in enumerate(pairs, 1):
        for one in people:
            points = [float(value) for point in one.points for value in point]
            truth.append({
                "id": len(truth) + 1, "image_id": image, "category_id": 1, "keypoints": points,
                "num_keypoints": sum(point.visibility > 0 for point in one.points), "area": one.area,
                "bbox": list(one.box), "iscrowd": int(one.crowd),
            })  # fmt: skip
        for person in predicted:
            points = [float(value) for point in person.points for value in point]
            score = 1.0 if person.score is None else person.score
            result.append({
                "id": len(result) + 1, "image_id": image, "category_id": 1, "keypoints": points, "area": 1.0,
                "bbox": [0.0, 0.0, 1.0, 1.0], "iscrowd": 0, "score": score,
            })  # fmt: skip
    return _ap(evaluated(len(pairs), truth, result, "keypoints", threshold))
