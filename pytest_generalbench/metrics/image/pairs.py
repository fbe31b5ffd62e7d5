"""Pixels of answer and target, for metrics of single pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_generalbench.core.outputs import Image, Target
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from pytest_generalbench.metrics.backbone_interfaces import Pixels


def target_pixels(metric: str, reference: Any) -> Pixels:
    """Return the target's picture, (height, width, 3). Raises ReferenceFormatError when it has none."""
    if not isinstance(reference, Target) or reference.medium is None:
        bad_reference(metric, "a Target with a picture", reference)
    true = reference.medium()
    if not isinstance(true, Image):
        bad_reference(metric, "a Target with a picture", true)
    return true.pixels


def answer_pixels(metric: str, prediction: Any) -> Pixels:
    """Return the answer's picture. Raises PredictionFormatError when it is none."""
    if not isinstance(prediction, Image):
        raise PredictionFormatError(f"{metric} takes an Image (or None), not {prediction!r:.60}")
    return prediction.pixels
