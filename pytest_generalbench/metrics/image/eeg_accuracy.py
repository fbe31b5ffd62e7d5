"""Classification accuracy of pictures made from brain signals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.outputs import Image, Target
from pytest_generalbench.metrics.accumulators import mean_value
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.image.pairs import answer_pixels
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.metrics.backbone_interfaces import Features, PictureClasses

WAYS: Final = 50
"""Classes that the true one is ranked among."""


def first_of(ways: int, shares: Features, true: int) -> float:
    """Return the probability that class `true` outranks `ways` - 1 others drawn at random.

    With n other classes, b of which are as likely as the true one or likelier, none of those b may be
    drawn: C(n - b, ways - 1) / C(n, ways - 1), the mean over all draws without replacement. With fewer
    other classes than that all are drawn.

    Args:
        ways: Classes in a draw, the true one included.
        shares: (classes,), what the classifier gives to each.
        true: The place of the true class.

    Source: Chen et al. 2023 (Mind-Vis) and Bai et al. 2023 (DreamDiffusion), who draw 1000 times instead.

    >>> first_of(2, np.array([0.5, 0.2, 0.3]), 2)
    0.5
    """
    others = len(shares) - 1
    better = int((shares >= shares[true]).sum()) - 1
    drawn = min(ways - 1, others)
    return math.comb(others - better, drawn) / math.comb(others, drawn)


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").lower().split())


class _Top1:
    """Mean over instances of the probability of being first among 50."""

    def __init__(self, image_classes: PictureClasses) -> None:
        self._judge = image_classes
        self._values: list[float] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take an Image and its Target, with a picture or the label of a class."""
        true = self._true(reference)
        if prediction is None:
            self._values.append(0.0)
            return
        shares = self._shares(answer_pixels("eeg_top1_accuracy", prediction))
        self._values.append(first_of(WAYS, shares, true))

    def _shares(self, pixels: Any) -> Features:
        shares: Features = self._judge.probabilities([pixels])[0]
        if not np.isfinite(shares).all():
            raise PredictionFormatError("the classifier gave a probability that is NaN or infinite")
        return shares

    def _true(self, reference: Any) -> int:
        if not isinstance(reference, Target):
            bad_reference("eeg_top1_accuracy", "a Target", reference)
        if reference.medium is not None:
            seen = reference.medium()
            if not isinstance(seen, Image):
                bad_reference("eeg_top1_accuracy", "a Target with a picture", seen)
            return int(self._shares(seen.pixels).argmax())
        label = _plain(reference.words.get("label", ""))
        for place, name in enumerate(self._judge.classes):
            # ImageNet's classes are lists of synonyms: `tench, Tinca tinca`.
            if label and label in (_plain(name), *map(_plain, name.split(","))):
                return place
        bad_reference("eeg_top1_accuracy", "a Target with a picture, or the label of a class", label)

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean."""
        return mean_value(self._values, 100.0)


METRICS: Final = (
    Metric(
        name="eeg_top1_accuracy",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "50-way top-1 accuracy: probability that the true class outranks 49 others drawn at random, "
            "exact over all draws, mean over instances; the true class is the classifier's first on the "
            "picture that was seen, without one the class of the label; ties and no answer count as wrong"
        ),
        factory=_Top1,
        backbones=("image_classes",),
        needs=("medium|label",),
    ),
)
