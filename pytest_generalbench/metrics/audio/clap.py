"""CLAP metrics: similarity of a sound to a text or a style, and the Fréchet distance of sets of sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.outputs import Audio, MediaOutput, Target
from pytest_generalbench.metrics.accumulators import mean_value
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.image.frechet import SILENCE, FrechetAccumulator
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_generalbench.metrics.backbone_interfaces import Features, SoundText


def cosine_percent(one: Features, others: Features) -> float:
    """Return 100 times the mean of the cosines of a vector with others, at least 0.

    >>> cosine_percent(np.array([3.0, 4.0]), np.array([[1.0, 0.0], [0.0, 2.0]]))
    70.0
    >>> cosine_percent(np.array([1.0, 0.0]), np.array([[-1.0, 0.0]]))
    0.0
    """
    lengths = np.linalg.norm(others, axis=1) * np.linalg.norm(one)
    cosines = others @ one / np.where(lengths == 0, 1.0, lengths)
    return 100 * min(1.0, max(0.0, float(cosines.mean())))


class _CosineAccumulator:
    """Mean over instances of the cosine with vectors of the target; what counts as wrong scores 0."""

    def __init__(self, name: str, clap: SoundText, vectors: Callable[[Target], Features | None]) -> None:
        self._name = name
        self._clap = clap
        self._vectors = vectors
        self._values: list[float] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take an Audio or None, and a Target that says what it is compared with."""
        others = self._vectors(reference) if isinstance(reference, Target) else None
        if others is None:
            bad_reference(self._name, "a Target with a text (or, for a style, with sounds of it)", reference)
        if prediction is None:
            self._values.append(0.0)
            return
        if not isinstance(prediction, Audio):
            raise PredictionFormatError(f"{self._name} takes an Audio, not {prediction!r:.60}")
        self._values.append(cosine_percent(self._clap.sounds([prediction])[0], others))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean."""
        return mean_value(self._values)


def _sounds(media: Sequence[MediaOutput]) -> list[Audio]:
    sounds = [medium for medium in media if isinstance(medium, Audio)]
    if len(sounds) != len(media):
        raise PredictionFormatError(f"a sound is due, not {media!r:.60}")
    return sounds


def _clap_text_audio(clap: SoundText) -> _CosineAccumulator:
    return _CosineAccumulator(
        "clap_text_audio", clap, lambda target: clap.texts([target.prompt]) if target.prompt else None
    )


def _style_clap(clap: SoundText) -> _CosineAccumulator:
    def vectors(target: Target) -> Features | None:
        if target.words.get("style"):
            return clap.texts([target.words["style"]])
        return clap.sounds(_sounds([opener() for opener in target.styles])) if target.styles else None

    return _CosineAccumulator("style_clap", clap, vectors)


def _fad(clap: SoundText) -> FrechetAccumulator:
    return FrechetAccumulator("fad", lambda medium: clap.sounds(_sounds([medium])), Audio)


METRICS: Final = (
    Metric(
        name="clap_text_audio",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "CLAP score: 100 x max(cosine of the sound's and the prompt's CLAP vectors, 0), mean over "
            "instances; an answer that cannot be read scores 0"
        ),
        factory=_clap_text_audio,
        backbones=("clap",),
        needs=("prompt",),
    ),
    Metric(
        name="style_clap",
        unit="percent",
        higher_is_better=True,
        best=100.0,
        definition=(
            "100 x max(cosine of the sound's CLAP vector and that of the style in words, 0), or the mean "
            "cosine with the style's reference sounds where no words name it; mean over instances; an "
            "answer that cannot be read scores 0; the workbook does not define Style-CLAP"
        ),
        factory=_style_clap,
        backbones=("clap",),
        needs=("style",),
    ),
    Metric(
        name="fad",
        unit="distance",
        higher_is_better=False,
        best=0.0,
        definition=(
            "Frechet audio distance between the CLAP vectors, of length 1 each, of all answers and of all "
            "true sounds, a vector for a sound, sample covariance; at most about 4, so not comparable with "
            f"distances of vectors of another length (VGGish); {SILENCE}"
        ),
        factory=_fad,
        backbones=("clap",),
        needs=("medium",),
        aggregation="corpus",
        version=2,
        changes={2: SILENCE},
    ),
)
