"""Average precision of instance masks at IoU 0.5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from pytest_generalbench.core.outputs.codecs.images.rle import Rle
from pytest_generalbench.metrics.accumulators import score_of
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.dense.masks import overlap_matrix
from pytest_generalbench.metrics.detection.average_precision import Detected, PrecisionTally
from pytest_generalbench.metrics.validation import FALSE_ALARMS, PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

THRESHOLD: Final = 0.5
"""The least IoU of a match."""

MOST: Final = 100
"""Answers that count for one image and label: those with the highest scores."""


class FoundMask(NamedTuple):
    """One predicted instance."""

    mask: Rle
    label: str
    score: float = 1.0


class TrueMask(NamedTuple):
    """One instance of the reference."""

    mask: Rle
    label: str
    crowd: bool = False
    """A group that counts neither way."""


def overlaps_by_label(prediction: Sequence[FoundMask], reference: Sequence[TrueMask]) -> NDArray[Any]:
    """Return the IoU of every answer with every reference of its label, (answers, references); others are 0.

    >>> from pytest_generalbench.core.outputs.codecs.images.rle import encode
    >>> mask = encode(np.eye(2))
    >>> overlaps_by_label([FoundMask(mask, "cat")], [TrueMask(mask, "cat"), TrueMask(mask, "dog")]).tolist()
    [[1.0, 0.0]]
    """
    result = np.zeros((len(prediction), len(reference)))
    for label in {one.label for one in reference}:
        rows = [place for place, one in enumerate(prediction) if one.label == label]
        columns = [place for place, one in enumerate(reference) if one.label == label]
        truth = [reference[place] for place in columns]
        result[np.ix_(rows, columns)] = overlap_matrix(
            [prediction[place].mask for place in rows],
            [one.mask for one in truth],
            [one.crowd for one in truth],
        )
    return result


class MaskApAccumulator:
    """Matches by label; kept are a score, a verdict and a group for each answer."""

    def __init__(self) -> None:
        """Start empty."""
        self._tally = PrecisionTally(THRESHOLD, MOST)

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one image: a tuple of `FoundMask` against a tuple of `TrueMask`; None answers nothing."""
        if not isinstance(reference, tuple | list) or not all(isinstance(one, TrueMask) for one in reference):
            bad_reference("mask_ap50", "a tuple of TrueMask", reference)
        labels, crowd = [one.label for one in reference], [one.crowd for one in reference]
        if prediction is None:
            self._tally.skip(labels, crowd)
            return
        sizes = {one.mask.shape for one in prediction} | {one.mask.shape for one in reference}
        if len(sizes) > 1:
            raise PredictionFormatError(f"metric 'mask_ap50': masks of different sizes: {sorted(sizes)}")
        self._tally.add(
            Detected(
                overlaps=overlaps_by_label(prediction, reference),
                scores=[one.score for one in prediction],
                labels=[one.label for one in prediction],
                classes=labels,
                ignored=crowd,
                crowd=crowd,
            )
        )

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over labels in percent; its standard error leaves out a twentieth at a time."""
        return self._tally.result(instances)


def mask_ap50(pairs: Iterable[tuple[Sequence[FoundMask] | None, Sequence[TrueMask]]]) -> float:
    """Return the average precision of masks at IoU 0.5, mean over the labels, in percent (higher is better).

    As pycocotools has it for `segm`: greedy matching by falling score, at most 100 answers
    for an image and label, precision interpolated at 101 recall levels, crowds ignored.
    Labels without reference in the whole set are left out. Answers of equal score rank in
    the order of the annotation file. None finds nothing, and counts as false masks above all
    others, as many as there are things of a label. NaN without instances.
    Source: [workbook] `AP50` of instance segmentation; COCO's evaluation.

    Raises:
        ReferenceFormatError: A reference that is no tuple of TrueMask.
        PredictionFormatError: Masks of another size than the reference's.

    >>> from pytest_generalbench.core.outputs.codecs.images.rle import encode
    >>> mask = encode(np.eye(2))
    >>> mask_ap50([([FoundMask(mask, "cat", 0.9)], [TrueMask(mask, "cat")]), (None, [TrueMask(mask, "dog")])])
    50.0
    """
    return score_of(MaskApAccumulator(), pairs)


METRICS: Final = (
    Metric(
        name="mask_ap50",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "average precision of masks at IoU 0.5 as in COCO (101 recall levels, 100 answers for an image "
            "and label, crowds ignored) over all images, mean over labels; an answer without score has 1; "
            f"{FALSE_ALARMS}"
        ),
        factory=MaskApAccumulator,
        in_order=True,
        aggregation="corpus",
        version=2,
        changes={2: FALSE_ALARMS},
    ),
)
