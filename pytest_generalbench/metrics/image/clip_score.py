"""CLIP similarity of a generated medium with a text or a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.outputs import Image, MediaOutput, Target
from pytest_generalbench.metrics.accumulators import mean_value
from pytest_generalbench.metrics.backbone_interfaces import Pixels
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from pytest_generalbench.metrics.backbone_interfaces import Features, PictureText

Views = Callable[[Any], list[Pixels]]
"""Returns the pictures that show a medium, at least one; for a shape, rendered from several sides."""

_VIEWS: dict[type[MediaOutput], Views] = {Image: lambda picture: [picture.pixels]}


def register_views(kind: type[MediaOutput], views: Views) -> None:
    """Register how media of `kind` are rendered for CLIP; an earlier registration is replaced."""
    _VIEWS[kind] = views


def views_of(medium: object) -> list[Pixels]:
    """Return the pictures that show a medium. Raises PredictionFormatError for one that nothing shows."""
    if type(medium) not in _VIEWS:
        from pytest_generalbench.metrics.scene3d import clip_views  # noqa: F401 - it registers views of shapes
    for kind in type(medium).__mro__:
        if kind in _VIEWS:
            return _VIEWS[kind](medium)
    known = ", ".join(sorted(kind.form for kind in _VIEWS))
    raise PredictionFormatError(f"CLIP is shown one of: {known}; not {medium!r:.60}")


def cosine(one: Features, other: Features) -> float:
    """Return the mean cosine of vectors of length 1: row by row for as many rows, else of all pairs.

    >>> east, north = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    >>> cosine(np.stack([east, north]), np.stack([east, east])), cosine(np.stack([east, north]), east[None])
    (0.5, 0.5)
    """
    pairs = (one * other).sum(axis=1) if len(one) == len(other) else one @ other.T
    mean = float(pairs.mean())
    if not np.isfinite(mean):
        raise PredictionFormatError("CLIP gave a feature that is NaN or infinite")
    return mean


class ClipAccumulator:
    """Mean over instances of 100 max(cosine, 0), the cosine being the mean over an answer's views."""

    def __init__(self, name: str, clip: PictureText, expected: Callable[[Target], Features]) -> None:
        """Take the function from a Target to the vectors (n, d) that the answer's are compared with."""
        self._name = name
        self._clip = clip
        self._expected = expected
        self._values: list[float] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance; an answer that counts as wrong scores 0."""
        if not isinstance(reference, Target):
            bad_reference(self._name, "a Target", reference)
        if prediction is None:
            self._values.append(0.0)
            return
        expected = self._expected(reference)
        predicted = cosine(self._clip.pictures(views_of(prediction)), expected)
        self._values.append(min(1.0, max(0.0, predicted)))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean."""
        return mean_value(self._values, 100.0)


def _of_text(clip: PictureText) -> ClipAccumulator:
    def expected(target: Target) -> Features:
        if not target.prompt:
            bad_reference("clip_text_image", "a Target with a prompt", target)
        return clip.texts([target.prompt])

    return ClipAccumulator("clip_text_image", clip, expected)


def _of_picture(clip: PictureText) -> ClipAccumulator:
    def expected(target: Target) -> Features:
        opener = target.medium or target.source
        if opener is None:
            bad_reference("clip_image_image", "a Target with a medium or a source", target)
        return clip.pictures(views_of(opener()))

    return ClipAccumulator("clip_image_image", clip, expected)


METRICS: Final = (
    Metric(
        name="clip_text_image",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "CLIP score: 100 max(cosine of picture and text, 0), mean over instances; of a shape the cosine "
            "is the mean over its views; the text is the caption of what is to be made, else the prompt; no "
            "answer: 0"
        ),
        factory=_of_text,
        backbones=("clip",),
        needs=("prompt",),
    ),
    Metric(
        name="clip_image_image",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "CLIP image score: 100 max(cosine of answer and target, 0), mean over instances; of a shape the "
            "cosine is the mean over its views; where there is no target, with the source instead (which an "
            "unchanged source meets fully); no answer: 0"
        ),
        factory=_of_picture,
        backbones=("clip",),
        needs=("medium|source",),
    ),
)
