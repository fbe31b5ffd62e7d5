"""Interfaces of the pretrained models that metrics use, one for each role, without any library.

A metric that measures through a network names a role (`clip`, `asr`, …) and is handed an object that can
do what the role's interface says. Which weights stand behind it is the business of
`pytest_generalbench.evaluation.scoring.backbones`.
Pictures are RGB arrays (height, width, 3) of uint8, videos (frames, height, width, 3); features are float64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.outputs import Audio

Pixels = NDArray[np.uint8]
Features = NDArray[np.float64]


class PictureFeatures(Protocol):
    """`inception`, `dino`: a feature vector for each picture."""

    def pictures(self, pictures: Sequence[Pixels]) -> Features:
        """Return (n, d)."""


class PictureText(PictureFeatures, Protocol):
    """`clip`: pictures and texts in one space; every vector has length 1."""

    def texts(self, texts: Sequence[str]) -> Features:
        """Return (n, d)."""


class PictureScore(Protocol):
    """`musiq`, `musiq_spaq` (0..100) and `aesthetic` (1..10): quality scores of pictures."""

    def scores(self, pictures: Sequence[Pixels]) -> Features:
        """Return (n,)."""


class PictureClasses(Protocol):
    """`image_classes`: the classes of ImageNet."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names, in the order of the columns."""

    def probabilities(self, pictures: Sequence[Pixels]) -> Features:
        """Return (n, classes), rows that sum to 1."""


class Found(NamedTuple):
    """An object that a detector found."""

    label: str
    score: float
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1 in pixels."""


class Detector(Protocol):
    """`detector`: open-vocabulary object detection."""

    def find(self, picture: Pixels, labels: Sequence[str]) -> tuple[Found, ...]:
        """Return what was found of `labels`, best first; the threshold is the detector's own."""


class VideoFeatures(Protocol):
    """`video_features`: a feature vector for each video."""

    def videos(self, videos: Sequence[Pixels]) -> Features:
        """Return (n, d)."""


class VideoText(VideoFeatures, Protocol):
    """`video_text`: videos and texts in one space; every vector has length 1."""

    def texts(self, texts: Sequence[str]) -> Features:
        """Return (n, d)."""


class VideoClasses(Protocol):
    """`action`: the classes of Kinetics."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names, in the order of the columns."""

    def probabilities(self, videos: Sequence[Pixels]) -> Features:
        """Return (n, classes), each value in 0..1 on its own (a sigmoid)."""


class Flow(Protocol):
    """`flow`: optical flow."""

    def flow(self, first: Pixels, second: Pixels) -> NDArray[np.float32]:
        """Return (height, width, 2): how far each pixel moves right and down, in pixels."""


class Interpolator(Protocol):
    """`interpolator`: the frame between two."""

    def between(self, first: Pixels, second: Pixels) -> Pixels:
        """Return a frame of the same size."""


class SoundText(Protocol):
    """`clap`: sounds and texts in one space; every vector has length 1."""

    def sounds(self, sounds: Sequence[Audio]) -> Features:
        """Return (n, d)."""

    def texts(self, texts: Sequence[str]) -> Features:
        """Return (n, d)."""


class Transcriber(Protocol):
    """`asr`: speech recognition."""

    def transcribe(self, sound: Audio, language: str | None) -> str:
        """Return the words; `language` is a code such as `en`, None when it is not known."""


class MotionFeatures(Protocol):
    """`motion`: a feature vector for each motion sequence."""

    def motions(self, motions: Sequence[NDArray[np.float32]]) -> Features:
        """Return (n, d) for sequences (frames, values)."""


class SpeechQuality(Protocol):
    """`mos`: predicted mean opinion scores."""

    def scores(self, sounds: Sequence[Audio]) -> Features:
        """Return (n,) in 1..5."""


ROLES: Final[dict[str, Any]] = {
    "clip": PictureText,
    "inception": PictureFeatures,
    "dino": PictureFeatures,
    "musiq": PictureScore,
    "musiq_spaq": PictureScore,
    "aesthetic": PictureScore,
    "image_classes": PictureClasses,
    "detector": Detector,
    "video_features": VideoFeatures,
    "video_text": VideoText,
    "action": VideoClasses,
    "flow": Flow,
    "interpolator": Interpolator,
    "clap": SoundText,
    "asr": Transcriber,
    "motion": MotionFeatures,
    "mos": SpeechQuality,
}
"""Every role, and what its backbone can do."""
