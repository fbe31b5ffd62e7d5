"""Boxes over time: success of a track, and overlap of a tube."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

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


def success_auc(prediction: Track, reference: Track) -> float:
    """Return the area under the success curve of one track, in 0..1: the mean IoU over its frames.

    The success curve is the share of frames whose IoU is above a threshold, for thresholds from 0
    to 1. Its area is taken exactly, where it equals the mean IoU; with the 21 thresholds that are
    customary a perfect track would score 20/21, and other tracks differ by at most 1/21. The
    first frame does not count, since its box is told (one-pass evaluation), nor do frames without
    a reference box; a frame without an answered box has IoU 0. The metric `success_auc` is the
    mean over tracks in percent (0..100, higher is better). Source: [workbook] `AUC` of the
    tracking tasks; the success plot of OTB.

    Raises:
        ReferenceFormatError: The reference is no track, or has no box behind the first frame.
        PredictionFormatError: The prediction is neither None nor a track of as many frames.

    >>> box, half = Box(0, 0, 4, 4), Box(0, 0, 4, 2)
    >>> success_auc((box, box, half, None), (box, box, box, None))
    0.75
    """
    truth = _true_track(reference)
    if not _is_track(prediction) or len(prediction) != len(truth):
        raise PredictionFormatError(
            f"metric 'success_auc' takes a tuple of {len(truth)} Box or None; "
            "let the protocol parse the answer to that type"
        )
    pairs: Sequence[tuple[Box | None, Box]] = [
        (said, box) for said, box in zip(prediction[1:], truth[1:], strict=True) if box is not None
    ]
    return math.fsum(0.0 if said is None else iou(said, box) for said, box in pairs) / len(pairs)


def _is_tube(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(box, Box) for box in value.values())


def _true_tube(reference: Any) -> TubeBoxes:
    if not _is_tube(reference) or not reference:
        bad_reference("m_viou", "a mapping of frame numbers to Box, at least one", reference)
    found: TubeBoxes = reference
    return found


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
        best=100.0,
        definition=(
            "exact area under the success curve (= mean IoU), frames behind the first that have a reference "
            "box, mean over tracks"
        ),
        factory=partial(MeanAccumulator, success_auc, _true_track),
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
