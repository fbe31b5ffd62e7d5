"""Mean intersection over union: by class, of one foreground, or by video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.outputs.codecs.images.rle import Rle
from pytest_generalbench.metrics.accumulators import (
    NOTHING,
    CorpusAccumulator,
    MeanAccumulator,
    jackknife_value,
    score_of,
)
from pytest_generalbench.metrics.base import Accumulator, Metric, MetricValue
from pytest_generalbench.metrics.dense.masks import array_overlap, rle_overlap, same_size
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

IGNORED: Final = 255
"""The class id of pixels that count neither way, unless a task says otherwise."""

MODES: Final = ("class", "binary", "sequence")


def _ids(reference: object) -> NDArray[np.int64]:
    if not isinstance(reference, np.ndarray) or reference.ndim != 2 or reference.dtype.kind not in "biu":
        bad_reference("miou", "a (height, width) array of class ids", reference)
    return reference.astype(np.int64)


def class_counts(
    prediction: NDArray[Any] | None, reference: NDArray[Any], ignored: Iterable[int] = (IGNORED,)
) -> dict[int, tuple[int, int, int]]:
    """Return (intersection, pixels predicted, pixels referred to) of each class of one image.

    Pixels whose reference is ignored are left out. An ignored class predicted elsewhere is no class at
    all: the pixels are missed. A prediction of None is wrong at every pixel: each class is missed, and
    predicted at as many pixels as are of it.

    >>> class_counts(np.array([[1, 2], [1, 0]]), np.array([[1, 1], [2, 255]]))
    {1: (1, 2, 2), 2: (0, 1, 1)}
    """
    if prediction is None:
        right = class_counts(reference, reference, ignored)
        return {one: (0, pixels, pixels) for one, (_, _, pixels) in right.items()}
    truth = _ids(reference).reshape(-1)
    left_out = np.fromiter(ignored, dtype=np.int64)
    if prediction.shape != reference.shape:
        shapes = f"{prediction.shape} and {reference.shape}"
        raise PredictionFormatError(f"metric 'miou': the maps differ in shape: {shapes}")
    predicted = prediction.reshape(-1)
    size = int(max(truth.max(initial=0), predicted.max(initial=0), left_out.max(initial=0))) + 1
    if size <= _DENSE:
        return _dense_counts(predicted, truth, left_out, size)
    keep = ~np.isin(truth, left_out)
    predicted, truth = predicted[keep], truth[keep]
    return _sparse_counts(np.where(np.isin(predicted, left_out), -1, predicted), truth)


_DENSE: Final = 1 << 12
"""Class ids below this are counted in arrays as long as the largest id."""


def _dense_counts(
    predicted: NDArray[Any], truth: NDArray[np.int64], left_out: NDArray[np.int64], size: int
) -> dict[int, tuple[int, int, int]]:
    """Count with one pass for each of the three sums; ignored pixels take the place after the last class."""
    place = np.arange(size + 1)
    place[left_out] = size
    truth = place[truth]
    predicted = place[predicted]  # no class, -1, is the last place
    counted = truth < size
    if not counted.all():
        predicted, truth = predicted[counted], truth[counted]
    refer = np.bincount(truth, minlength=size)
    predict = np.bincount(predicted, minlength=size + 1)
    both = np.bincount(truth[predicted == truth], minlength=size)
    classes = np.flatnonzero(refer + predict[:size])
    return {int(one): (int(both[one]), int(predict[one]), int(refer[one])) for one in classes}


def _sparse_counts(predicted: NDArray[Any], truth: NDArray[np.int64]) -> dict[int, tuple[int, int, int]]:
    sums = [
        np.unique(part, return_counts=True)
        for part in (truth[predicted == truth], predicted[predicted >= 0], truth)
    ]
    both, predict, refer = (dict(zip(ids.tolist(), counts.tolist(), strict=True)) for ids, counts in sums)
    classes = sorted({*predict, *refer})
    return {one: (both.get(one, 0), predict.get(one, 0), refer.get(one, 0)) for one in classes}


def _class_mean(counts: NDArray[np.int64]) -> float:
    """Return the mean IoU over the classes that are referred to, from (classes, 3) counts."""
    there = counts[:, 2] > 0
    if not there.any():
        return 1.0
    both, predict, refer = counts[there].T
    return float(np.mean(both / (predict + refer - both)))


class ClassAccumulator:
    """Counts by class, pooled over the images; kept are three numbers for each class of each image."""

    def __init__(self, ignored: Sequence[int]) -> None:
        """Take the class ids that count neither way."""
        self._ignored = tuple(ignored)
        self._images: list[dict[int, tuple[int, int, int]]] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one image: class ids, (height, width), of both; None is wrong everywhere."""
        self._images.append(class_counts(prediction, reference, self._ignored))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over classes of the pooled IoU, with a jackknife over the images."""
        if not self._images:
            return NOTHING
        classes = {one: row for row, one in enumerate(sorted(set().union(*self._images)))}
        total = np.zeros((len(classes), 3), dtype=np.int64)
        for image in self._images:
            total[[classes[one] for one in image]] += np.array(list(image.values()), int).reshape(-1, 3)
        without_one = []
        for image in self._images:
            left = total.copy()
            left[[classes[one] for one in image]] -= np.array(list(image.values()), int).reshape(-1, 3)
            without_one.append(100.0 * _class_mean(left))
        return jackknife_value(100.0 * _class_mean(total), without_one)


Masks = Any
"""A bool array, an `Rle`, or a sequence of `Rle`: both sides of a pair alike."""


def _both(prediction: Masks | None, reference: Masks) -> tuple[int, int]:
    """Return intersection and union of two masks, or of all frames of two videos; None is all wrong."""
    if isinstance(reference, np.ndarray):
        if reference.dtype != np.bool_:
            bad_reference("miou", "a bool array", reference)
        if prediction is None:
            return 0, reference.size
        if not isinstance(prediction, np.ndarray) or prediction.shape != reference.shape:
            raise PredictionFormatError("metric 'miou': the masks differ in shape")
        both = array_overlap(prediction.astype(bool), reference)
        return both.both, both.union
    masks = (reference,) if isinstance(reference, Rle) else reference
    if not isinstance(masks, tuple | list) or not all(isinstance(one, Rle) for one in masks):
        bad_reference("miou", "a bool array, a mask or a tuple of masks", reference)
    if prediction is None:
        return 0, sum(mask.height * mask.width for mask in masks)
    predicted = (prediction,) if isinstance(prediction, Rle) else prediction
    same_size("miou", predicted, masks)
    both = rle_overlap(predicted, masks)
    return both.both, both.union


def _pooled(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    both, union = counts[..., 0], counts[..., 1]
    return np.where(union > 0, both / np.maximum(union, 1), 1.0)


def video_iou(prediction: Masks, reference: Masks) -> float:
    """Return the intersection summed over all frames by the union summed over them; 1 when both are empty.

    >>> from pytest_generalbench.core.outputs.codecs.images.rle import encode
    >>> a, b = encode(np.array([[1, 1], [0, 0]])), encode(np.array([[1, 0], [0, 0]]))
    >>> video_iou([a, a], [a, b])
    0.75
    """
    both, union = _both(prediction, reference)
    return both / union if union else 1.0


def _never_answered(reference: Masks) -> None:
    _both(None, reference)


def make_miou(mode: str, ignore: int | Sequence[int]) -> Accumulator:
    """Return the accumulator of a mode; another word is an UnknownWordError."""
    if mode == "class":
        return ClassAccumulator((ignore,) if isinstance(ignore, int) else tuple(ignore))
    if mode == "binary":
        return CorpusAccumulator(_both, _pooled)
    if mode == "sequence":
        return MeanAccumulator(video_iou, _never_answered)
    raise UnknownWordError("mode of metric 'miou'", mode, MODES)


def miou(
    pairs: Iterable[tuple[Any, Any]], mode: str = "class", ignore: int | Sequence[int] = IGNORED
) -> float:
    """Return the mean intersection over union in percent (higher is better).

    `class`: arrays of class ids, (height, width); intersection and union of every class are
    summed over all images, and their ratios averaged over the classes that occur in the
    references (0 is a class like any other; ids in `ignore` are left out where the
    reference has them). `binary`: bool arrays or run lengths, one foreground; sum of the
    intersections by sum of the unions over all images. `sequence`: a mask for each frame;
    intersection by union, each summed over the frames of a video, then the mean over videos.
    Nothing to find and nothing found is 100; None is wrong at every pixel: in `class` mode
    each class is missed and falsely found at as many pixels as are of it, in `binary` mode
    the mask is found everywhere but where it is, in `sequence` mode the video scores 0. NaN
    without instances.
    Source: [workbook] `mIoU`; the released video code for `sequence`, which gives 0 where
    both are empty; standard definitions for the others.

    Raises:
        ReferenceFormatError: A reference of another type.
        PredictionFormatError: A prediction whose size is not the reference's.

    >>> miou([(np.array([[1, 2]]), np.array([[1, 1]])), (np.array([[2, 2]]), np.array([[2, 255]]))])
    50.0
    >>> found, missed = np.array([[True, True]]), np.array([[True, False]])
    >>> miou([(found, found), (None, missed)], mode="binary")
    50.0
    >>> miou([(found, missed)], mode="sequence")
    50.0
    """
    return score_of(make_miou(mode, ignore), pairs)


METRICS: Final = (
    Metric(
        name="miou",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "intersection over union; mode class: summed over all images by class, mean over the classes of "
            "the references without the ids in ignore; binary: summed over all images, foreground only; "
            "sequence: summed over the frames of a video, mean over videos, 100 where both are empty; an "
            "unreadable answer is wrong at every pixel"
        ),
        factory=make_miou,
        options={"mode": "class", "ignore": IGNORED},
        aggregation="corpus",
        ratio_with={"mode": "binary"},
        version=2,
        changes={2: "modes class and binary: an unreadable answer is wrong at every pixel, not only missing"},
    ),
)
