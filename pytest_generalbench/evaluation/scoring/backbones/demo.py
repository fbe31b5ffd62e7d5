"""Tiny random backbones for the demo set; their scores say nothing about a model.

Each does what its role's interface says, on the real media, so that the whole way from answer to score is
walked; the numbers depend on the medium alone and are the same everywhere. Only the transcriber is more than
chance: the demo set's speech is a code of tones (`data.demo.tones`), which it decodes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.metrics.backbone_interfaces import Features, Found, Pixels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs import Audio

_SIDE: Final = 8
_WIDTH: Final = 16
_CLASSES: Final = 60


def _matrix(name: str, rows: int, columns: int) -> Features:
    """Return random weights that depend on their name only."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    weights: Features = np.random.default_rng(seed).standard_normal((rows, columns)) / np.sqrt(rows)
    return weights


def _unit(rows: Features) -> Features:
    lengths: Features = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths == 0, 1.0, lengths)


def _words(texts: Sequence[str]) -> Features:
    return _unit(np.stack([_matrix(f"text {text}", 1, _WIDTH)[0] for text in texts]))


def _small(picture: Pixels) -> Features:
    """Return `_SIDE` x `_SIDE` mean colours, flat, -0.5..0.5."""
    rows = np.array_split(np.arange(picture.shape[0]), _SIDE)
    columns = np.array_split(np.arange(picture.shape[1]), _SIDE)
    wide = picture.astype(np.float64) / 255 - 0.5
    tall = np.stack([wide[part].mean(axis=0) if len(part) else np.zeros(wide.shape[1:]) for part in rows])
    cells = [tall[:, part].mean(axis=1) if len(part) else np.zeros((_SIDE, 3)) for part in columns]
    return np.stack(cells, axis=1).reshape(-1)


class _Pictures:
    """`clip`, `inception`, `dino`, and the picture scores."""

    def __init__(self, role: str, top: float = 100.0) -> None:
        self._weights = _matrix(role, _SIDE * _SIDE * 3, _WIDTH)
        self._top = top
        self._unit = role in ("clip", "video_text")

    def pictures(self, pictures: Sequence[Pixels]) -> Features:
        flat = np.stack([_small(picture) for picture in pictures])
        features = np.tanh(2 * flat @ self._weights)
        return _unit(features) if self._unit else features

    def texts(self, texts: Sequence[str]) -> Features:
        return _words(texts)

    def scores(self, pictures: Sequence[Pixels]) -> Features:
        scores: Features = self._top * (0.5 + 0.5 * np.tanh(self.pictures(pictures).sum(axis=1)))
        return scores

    def videos(self, videos: Sequence[Pixels]) -> Features:
        means = np.stack([self.pictures(list(video)).mean(axis=0) for video in videos])
        return _unit(means) if self._unit else means


class _Classes:
    """`image_classes` and `action`."""

    def __init__(self, role: str) -> None:
        self._weights = _matrix(role, _WIDTH, _CLASSES)
        self._eyes = _Pictures(f"{role} eyes")
        self._is_action = role == "action"

    @property
    def classes(self) -> tuple[str, ...]:
        from pytest_generalbench.suite.demo.media.vocabulary import KINETICS

        known = KINETICS if self._is_action else ()
        return (*known, *(f"class {number}" for number in range(len(known), _CLASSES)))

    def probabilities(self, given: Sequence[Pixels]) -> Features:
        seen = self._eyes.videos(given) if self._is_action else self._eyes.pictures(given)
        logits = 4 * seen @ self._weights
        if self._is_action:
            alone: Features = 1 / (1 + np.exp(-logits))
            return alone
        likely: Features = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: Features = likely / likely.sum(axis=1, keepdims=True)
        return shares


class _Detector:
    """`detector`: finds a label in about half of all pictures, at a random place."""

    def find(self, picture: Pixels, labels: Sequence[str]) -> tuple[Found, ...]:
        height, width = picture.shape[:2]
        result = []
        for label in labels:
            weights = _matrix(f"detector {label}", _SIDE * _SIDE * 3, 3)
            score, right, down = 1 / (1 + np.exp(-3 * (_small(picture) @ weights)))
            if score >= 0.5:
                x, y = 0.75 * width * right, 0.75 * height * down
                result.append(Found(label, float(score), (x, y, x + width / 4, y + height / 4)))
        return tuple(sorted(result, key=lambda one: -one.score))


class _Frames:
    """`flow` and `interpolator`."""

    def flow(self, first: Pixels, second: Pixels) -> NDArray[np.float32]:
        change = (second.astype(np.float32) - first.astype(np.float32)).mean(axis=2) / 16
        return np.stack([change, -change], axis=2)

    def between(self, first: Pixels, second: Pixels) -> Pixels:
        mean: Pixels = ((first.astype(np.uint16) + second.astype(np.uint16) + 1) // 2).astype(np.uint8)
        return mean


class _Sounds:
    """`clap`, `asr` and `mos`."""

    def sounds(self, sounds: Sequence[Audio]) -> Features:
        weights = _matrix("clap", 64, _WIDTH)
        return _unit(np.stack([_loudness(sound) @ weights for sound in sounds]))

    def texts(self, texts: Sequence[str]) -> Features:
        return _words(texts)

    def transcribe(self, sound: Audio, language: str | None) -> str:
        from pytest_generalbench.suite.demo.media.tone_speech import heard

        return heard(sound.mono(sound.rate), sound.rate)

    def scores(self, sounds: Sequence[Audio]) -> Features:
        weights = _matrix("mos", 64, 1)[:, 0]
        return np.array([3 + 2 * np.tanh(_loudness(sound) @ weights) for sound in sounds])


def _loudness(sound: Audio) -> Features:
    """Return the spectrum in 64 bands, in powers of ten above a floor."""
    spectrum = np.abs(np.fft.rfft(sound.mono(sound.rate), n=max(256, len(sound.samples))))
    bands = [float((part**2).mean()) for part in np.array_split(spectrum, 64)]
    return np.log10(np.array(bands) + 1e-6)


class _Motions:
    """`motion`."""

    def motions(self, motions: Sequence[NDArray[np.float32]]) -> Features:
        parts = []
        for motion in motions:
            flat = motion.reshape(len(motion), -1).astype(np.float64)
            weights = _matrix(f"motion {flat.shape[1]}", 2 * flat.shape[1], _WIDTH)
            parts.append(np.concatenate([flat.mean(axis=0), flat.std(axis=0)]) @ weights)
        return np.stack(parts)


def open_network(role: str) -> Any:
    """Return the random network of a role."""
    if role in ("image_classes", "action"):
        return _Classes(role)
    if role in ("clap", "asr", "mos"):
        return _Sounds()
    if role in ("flow", "interpolator"):
        return _Frames()
    if role == "detector":
        return _Detector()
    if role == "motion":
        return _Motions()
    return _Pictures(role, top=10.0 if role == "aesthetic" else 100.0)
