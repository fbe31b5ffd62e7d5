"""Boxes over time: success of a track, and overlap of a tube."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from pytest_generalbench.core.errors import UnknownWordError
from pytest_generalbench.core.outputs.codecs.boxes.conventions import Box
from pytest_generalbench.metrics.accumulators import MeanAccumulator
from pytest_generalbench.metrics.base import Metric
from pytest_generalbench.metrics.detection.boxes import iou
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

Track = tuple[Box | None, ...]
"""A box per frame, None where there is none."""

TubeBoxes = Mapping[int, Box]
"""Boxes by frame number; frames outside have none."""


def _is_track(value: object) -> bool:
    return isinstance(value, tuple) and all(box is None or isinstance(box, Box) for box in value)


def _true_track(reference: Any) -> Track:
    if not _is_track(reference) or all(box is None for box in reference[1:]):
        bad_reference("success_auc", "a tuple of Box or None with a box behind the first frame", reference)
    return tuple(reference)


THRESHOLDS: Final = np.linspace(0.0, 1.0, 21)
"""The IoU above which a frame is a success, as OTB's plots have them."""

CURVES: Final = ("otb", "exact")

OTB_BEST: Final = 100.0 * 20 / 21
"""What a perfect track scores: no IoU is above the last of the 21 thresholds."""


def success_auc(prediction: Track, reference: Track, curve: str = "otb") -> float:
    """Return the area under the success curve of one track, in 0..1.

    The success curve is the share of frames whose IoU is above a threshold. `otb`: the mean over the 21
    thresholds 0, 0.05, … 1, as the published trackers were measured: a perfect track scores 20/21. The
    first frame, whose box is told, counts as found. `exact`: the area itself, which is the mean IoU, of
    the frames behind the first; a perfect track scores 1. Frames without a reference box do not count; one
    without an answered box has IoU 0. The metric `success_auc` is the mean over tracks in percent (higher is
    better). Source: [workbook] `AUC` of the tracking tasks; the success plot of OTB (Wu et al. 2013) as
    got10k's toolkit draws it.

    Raises:
        ReferenceFormatError: The reference is no track, or has no box behind the first frame.
        PredictionFormatError: The prediction is neither None nor a track of as many frames.

    >>> box, half = Box(0, 0, 4, 4), Box(0, 0, 4, 2)
    >>> success_auc((box, box, half, None), (box, box, box, None), "exact")
    0.75
    >>> round(21 * success_auc((box, box, half, None), (box, box, box, None)), 6)  # (20 + 20 + 10) / 3
    16.666667
    """
    truth = _true_track(reference)
    if not _is_track(prediction) or len(prediction) != len(truth):
        raise PredictionFormatError(
            f"metric 'success_auc' takes a tuple of {len(truth)} Box or None; "
            "let the protocol parse the answer to that type"
        )
    pairs: Sequence[tuple[Box | None, Box]] = [
        (predicted, box) for predicted, box in zip(prediction[1:], truth[1:], strict=True) if box is not None
    ]
    overlaps = [0.0 if predicted is None else iou(predicted, box) for predicted, box in pairs]
    if curve == "exact":
        return math.fsum(overlaps) / len(overlaps)
    if truth[0] is not None:
        overlaps.append(1.0)
    above = np.array(overlaps)[:, None] > THRESHOLDS
    return int(np.count_nonzero(above)) / above.size


def _success(curve: str) -> MeanAccumulator:
    if curve not in CURVES:
        raise UnknownWordError("curve of metric 'success_auc'", curve, CURVES)
    return MeanAccumulator(partial(success_auc, curve=curve), _true_track)


def _is_tube(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(box, Box) for box in value.values())


def _true_tube(reference: Any) -> TubeBoxes:
    if not _is_tube(reference) or not reference:
        bad_reference("m_viou", "a mapping of frame numbers to Box, at least one", reference)
    result: TubeBoxes = reference
    return result


def viou(prediction: TubeBoxes, reference: TubeBoxes) -> float:
    """Return the overlap of two tubes, in 0..1.

    The sum of IoU over the frames that have a box in both, divided by the number of frames that
    have one in either. The metric `m_viou` is the mean over instances in percent (0..100, higher
    is better). Source: [workbook] `m_vIoU`; the definition of VidSTG and HC-STVG.

    Raises:
        ReferenceFormatError: The reference is no mapping of frames to Box, or empty.
        PredictionFormatError: The prediction is neither such a mapping nor None.

    >>> box = Box(0, 0, 4, 4)
    >>> viou({3: box, 4: Box(0, 0, 4, 2)}, {4: box, 5: box})
    0.16666666666666666
    """
    truth = _true_tube(reference)
    if not _is_tube(prediction):
        raise PredictionFormatError(
            "metric 'm_viou' takes a mapping of frame numbers to Box (or None), not "
            f"{type(prediction).__name__}; let the protocol parse the answer to that type"
        )
    common = truth.keys() & prediction.keys()
    overlap = math.fsum(iou(prediction[frame], truth[frame]) for frame in common)
    return overlap / len(truth.keys() | prediction.keys())


METRICS: Final = (
    Metric(
        name="success_auc",
        unit="percent",
        higher_is_better=True,
        best=OTB_BEST,
        definition=(
            "area under the success curve, mean over tracks; curve otb: share of the frames with a reference "
            "box, the first included, whose IoU is above each of 21 thresholds 0, 0.05, ... 1: a perfect "
            "track scores 95.24 as published trackers are measured; exact: mean IoU of the frames behind the "
            "first, a perfect track 100"
        ),
        factory=_success,
        options={"curve": "otb"},
        version=2,
        changes={
            2: "the area is that of OTB's 21 thresholds with the first frame, as published scores have it"
        },
    ),
    Metric(
        name="m_viou",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition="IoU summed over common frames / frames with a box on either side, mean over instances",
        factory=partial(MeanAccumulator, viou, _true_tube),
    ),
)
