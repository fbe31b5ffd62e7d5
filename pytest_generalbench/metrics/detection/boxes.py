"""Boxes in images: AP at one IoU, Dice of the covered areas, and accuracy at IoU 0.5.

Boxes are x, y, width, height in pixels, x and y of the left upper corner.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box
from pytest_generalbench.core.outputs.forms.boxes import Detection
from pytest_generalbench.metrics.accumulators import MeanAccumulator
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.detection.average_precision import Detected, PrecisionTally
from pytest_generalbench.metrics.validation import FALSE_ALARMS, PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_DETECTIONS: Final = 100
"""Detections of one class that count in one image, the highest scores; COCO's own limit."""


class TrueBox(NamedTuple):
    """One object of a reference."""

    x: float
    y: float
    width: float
    height: float
    label: str | None = None
    crowd: bool = False
    """Stands for many objects: neither found nor missed, and what falls into it does not count."""


def iou(first: Sequence[float], second: Sequence[float]) -> float:
    """Return intersection over union of two boxes, in 0..1; 0 where one has no area.

    >>> iou((0, 0, 2, 2), (1, 0, 2, 2)), iou((0, 0, 1, 1), (1, 0, 1, 1))
    (0.3333333333333333, 0.0)
    """
    wide = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    high = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    if wide <= 0 or high <= 0:
        return 0.0
    common = wide * high
    return common / (first[2] * first[3] + second[2] * second[3] - common)


def ious(
    boxes: Sequence[tuple[Any, ...]], objects: Sequence[tuple[Any, ...]], crowd: Sequence[bool]
) -> npt.NDArray[np.float64]:
    """Return the overlaps of all pairs, (boxes, objects); with a crowd, the share of the box in it."""
    a = np.array([box[:4] for box in boxes], dtype=np.float64).reshape(-1, 4)
    b = np.array([box[:4] for box in objects], dtype=np.float64).reshape(-1, 4)
    with np.errstate(over="ignore", invalid="ignore"):  # boxes may be as large as floats go
        ends, others = a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:]
        shared = np.minimum(ends[:, None], others[None]) - np.maximum(a[:, None, :2], b[None, :, :2])
        common = np.where((shared > 0).all(axis=2), shared[..., 0] * shared[..., 1], 0.0)
        area, true_area = a[:, 2] * a[:, 3], b[:, 2] * b[:, 3]
        whole = np.broadcast_to(area[:, None], common.shape)
        if not all(crowd):
            whole = np.where(
                np.asarray(crowd, dtype=bool)[None], whole, area[:, None] + true_area[None] - common
            )
        return np.divide(common, whole, out=np.zeros_like(common), where=common > 0)


def _detections(metric: str, prediction: Any) -> tuple[Detection, ...]:
    if not isinstance(prediction, tuple) or not all(isinstance(box, Detection) for box in prediction):
        raise PredictionFormatError(
            f"metric {metric!r} takes a tuple of Detection (or None), not {type(prediction).__name__}; "
            "let the protocol parse the answer to that type"
        )
    return prediction


def _objects(metric: str, reference: Any) -> tuple[TrueBox, ...]:
    if not isinstance(reference, tuple) or not all(isinstance(box, TrueBox) for box in reference):
        bad_reference(metric, "a tuple of TrueBox", reference)
    return tuple(reference)


def _one_box(metric: str, box: Any) -> Box:
    if not isinstance(box, Box):
        bad_reference(metric, "a Box", box)
    return box


class BoxPrecision:
    """AP of boxes, image by image."""

    def __init__(self, metric: str, threshold: float) -> None:
        """Take the metric's name, for errors, and the IoU from which an object is found."""
        self._metric = metric
        self._tally = PrecisionTally(threshold, MAX_DETECTIONS)

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one image; None is an answer that finds nothing. Raises when a type is wrong."""
        objects = _objects(self._metric, reference)
        classes, crowd = [box.label for box in objects], [box.crowd for box in objects]
        if prediction is None:
            self._tally.skip(classes, crowd)
            return
        boxes = _detections(self._metric, prediction)
        scores = [1.0 if box.score is None else box.score for box in boxes]
        labels = [box.label for box in boxes]
        self._tally.add(Detected(ious(boxes, objects, crowd), scores, labels, classes, crowd, crowd))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return AP in percent over everything added so far."""
        return self._tally.result(instances)


def box_ap(pairs: Iterable[tuple[Any, Any]], threshold: float = 0.5) -> float:
    """Return COCO's average precision at one IoU, in percent (0..100, higher is better).

    Per class: detections of all images are ranked by score; each hits the unmatched object of its
    image and class that it overlaps most, when their IoU is `threshold` or more. AP is the mean,
    over recall 0, 0.01, …, 1, of the highest precision at that recall or above; the score is the
    mean over the classes that occur in the references. What `pycocotools` gives for area `all` and
    100 detections per image and class; but where an image has more than 100 objects of a class, as
    many detections count, and boxes above 10¹⁰ pixels are not left out.

    A detection without score counts as 1. Equal scores rank in the order of the images, then of
    the boxes in the answer; only for such ties the order of instances matters. Detections of
    classes that no reference has do not count. An object marked as crowd is neither found nor
    missed, and detections inside it do not count. An image without objects only collects false
    detections; a task without any object scores 100 when nothing was detected, else 0. None finds
    nothing, and is as many false detections above all others as the image has objects of a class
    (one of every class where it has none). Source: [workbook] `AP50`, `AP75`; COCO's definition.

    Raises:
        ReferenceFormatError: A reference is no tuple of TrueBox.
        PredictionFormatError: A prediction is neither a tuple of Detection nor None.

    >>> box_ap([((Detection(0, 0, 8, 10, "cat"),), (TrueBox(0, 0, 10, 10, "cat"),))], 0.75)
    100.0
    """
    tally = BoxPrecision("box_ap", threshold)
    for prediction, reference in pairs:
        tally.add(prediction, reference)
    return tally.result().score


def union_area(boxes: Sequence[tuple[Any, ...]]) -> float:
    """Return the area that boxes cover together, exactly, by strips between their vertical edges.

    >>> union_area([(0, 0, 2, 2), (1, 1, 2, 2)])
    7.0
    """
    tall = sorted(
        ((y, y + height, x, x + width) for x, y, width, height, *_ in boxes if width > 0 and height > 0)
    )
    edges = sorted({edge for box in tall for edge in box[2:]})
    area = 0.0
    for left, right in pairwise(edges):
        covered, reached = 0.0, -float("inf")
        for top, bottom, start, end in tall:
            if start <= left and end >= right and bottom > reached:
                covered += bottom - max(top, reached)
                reached = bottom
        area += covered * (right - left)
    return area


def box_dice(prediction: tuple[Detection, ...], reference: tuple[TrueBox, ...]) -> float:
    """Return Dice of the areas that the boxes of answer and reference cover, in 0..1.

    2 |A ∩ B| / (|A| + |B|), A and B the filled unions of all boxes, whatever their labels and
    scores: an answer should hold only boxes that it stands by. Exact areas, no pixels. 1 when both
    are empty. The metric `box_dice` is the mean over images in percent (0..100, higher is better).
    Source: [workbook] `DICE` of two detection tasks, whose references are boxes.

    Raises:
        ReferenceFormatError: The reference is no tuple of TrueBox.
        PredictionFormatError: The prediction is neither a tuple of Detection nor None.

    >>> box_dice((Detection(0, 0, 2, 1),), (TrueBox(1, 0, 2, 1),)), box_dice((), ())
    (0.5, 1.0)
    """
    given, wanted = _detections("box_dice", prediction), _objects("box_dice", reference)
    first, second = union_area(given), union_area(wanted)
    if first + second == 0:
        return 1.0
    common = first + second - union_area([*given, *wanted])
    return min(1.0, max(0.0, 2 * common / (first + second)))


def box_accuracy(prediction: Box, reference: Box, threshold: float = 0.5) -> float:
    """Return 1.0 when the box and the one wanted have an IoU of `threshold` or more, else 0.0.

    The metric `box_accuracy50` is the mean over instances at IoU 0.5 in percent (0..100, higher is
    better). Source: [workbook] `AP10` of two grounding tasks; what their source data sets use.

    Raises:
        ReferenceFormatError: The reference is no Box.
        PredictionFormatError: The prediction is neither a Box nor None.

    >>> box_accuracy(Box(0, 0, 2, 2), Box(0, 0, 2, 4)), box_accuracy(Box(0, 0, 2, 2), Box(1, 0, 2, 2))
    (1.0, 0.0)
    """
    if not isinstance(prediction, Box):
        raise PredictionFormatError(
            f"metric 'box_accuracy50' takes a Box (or None), not {type(prediction).__name__}; "
            "let the protocol parse the answer to that type"
        )
    return float(iou(prediction, _one_box("box_accuracy50", reference)) >= threshold)


def _ap_metric(name: str, threshold: float) -> Metric:
    return Metric(
        name=name,
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            f"COCO average precision at IoU {threshold:g} (101 recalls, all areas, 100 detections), mean "
            "over classes in the references; no score counts as 1, ties in file order; pooled over images; "
            f"{FALSE_ALARMS}"
        ),
        factory=partial(BoxPrecision, name, threshold),
        in_order=True,
        aggregation="corpus",
        version=2,
        changes={2: FALSE_ALARMS},
    )


METRICS: Final = (
    _ap_metric("box_ap50", 0.5),
    _ap_metric("box_ap75", 0.75),
    Metric(
        name="box_dice",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition="Dice of the areas covered by all boxes, labels and scores ignored, mean over images",
        factory=partial(MeanAccumulator, box_dice, partial(_objects, "box_dice")),
    ),
    Metric(
        name="box_accuracy50",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition="share of instances whose box has an IoU of at least 0.5 with the reference's",
        factory=partial(MeanAccumulator, box_accuracy, partial(_one_box, "box_accuracy50")),
    ),
)
