"""Structured output for sounds: speech, music, noises."""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core import limits
from pytest_generalbench.core.errors import MediaError, MissingDependencyError
from pytest_generalbench.core.media.sounds import read_samples
from pytest_generalbench.core.outputs.base import AnswerFormatError, array_from
from pytest_generalbench.core.outputs.media_output import MediaOutput

_RATES: Final = (1000, 384_000)
_SILENCE: Final = 1e-5
_WIDE, _TALL = 192, 64


@dataclass(frozen=True, slots=True, eq=False)
class Audio(MediaOutput):
    """Samples in -1..1, mono or stereo, and how many make a second.

    It is kept as WAV of 32-bit floats. In a prediction file: the name of a .wav, .flac, .ogg or .mp3.
    """

    form: ClassVar[str] = "audio"
    medium: ClassVar[str] = "audio"
    endings: ClassVar[tuple[str, ...]] = (".wav", ".flac", ".ogg", ".mp3", ".opus", ".aiff", ".aif")
    samples: NDArray[np.float32]
    """(samples,) or (samples, 2); 16-bit whole numbers are taken and scaled, and what goes beyond -1..1
    is cut, as any player would do."""
    rate: int
    """Samples a second."""

    def __post_init__(self) -> None:
        """Check shape, type, length and rate."""
        object.__setattr__(self, "samples", _checked(self.samples))
        if isinstance(self.rate, bool) or not isinstance(self.rate, Real) or self.rate % 1:
            raise AnswerFormatError(f"{self.form} has a rate of {self.rate!r}, not a whole number")
        if not _RATES[0] <= self.rate <= _RATES[1]:
            raise AnswerFormatError(f"{self.form} has a rate of {self.rate} Hz, not {_RATES[0]}..{_RATES[1]}")
        object.__setattr__(self, "rate", int(self.rate))

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return len(self.samples) / self.rate

    @property
    def is_silent(self) -> bool:
        """Whether nothing can be heard: no sample is louder than -100 dB of full scale."""
        return bool(np.abs(self.samples).max() < _SILENCE)

    def mono(self, rate: int) -> NDArray[np.float32]:
        """Return the mean of the channels at another rate; needs soxr when the rate differs."""
        samples = self.samples if self.samples.ndim == 1 else self.samples.mean(axis=1)
        if rate == self.rate:
            return samples
        why = limits.SAMPLES.excess(len(samples) * rate // self.rate)
        if why:
            raise AnswerFormatError(f"audio at {rate} Hz: {why}")
        try:
            import soxr
        except ImportError as error:
            raise MissingDependencyError("soxr", "audio", "changing the rate of audio") from error
        changed: NDArray[np.float32] = soxr.resample(samples, self.rate, rate).astype(np.float32)
        return changed

    def content(self) -> bytes:
        """Return a WAV of 32-bit floats."""
        channels = 1 if self.samples.ndim == 1 else 2
        body = self.samples.astype("<f4").tobytes()
        value = struct.pack("<HHIIHHH", 3, channels, self.rate, self.rate * channels * 4, channels * 4, 32, 0)
        count = struct.pack("<I", len(self.samples))
        chunks = b"WAVE" + _part(b"fmt ", value) + _part(b"fact", count) + _part(b"data", body)
        return _part(b"RIFF", chunks)

    @classmethod
    def decode(cls, content: bytes, name: str) -> Self:
        """Read a sound of any common kind; needs soundfile."""
        samples, rate = _decoded(content, name)
        return cls(samples, rate)

    def preview(self) -> NDArray[np.uint8]:
        """Return the waveform, loudest and quietest sample of each column."""
        samples = self.samples if self.samples.ndim == 1 else self.samples.mean(axis=1)
        drawn = np.full((_TALL, _WIDE, 3), 255, np.uint8)
        edges = np.linspace(0, len(samples), _WIDE + 1).astype(int)
        for column, (start, stop) in enumerate(itertools.pairwise(edges)):
            part = samples[start : max(stop, start + 1)]
            top, bottom = ((1 - value) / 2 * (_TALL - 1) for value in (part.max(), part.min()))
            drawn[int(top) : int(bottom) + 1, column] = (40, 80, 160)
        return drawn

    def summary(self) -> dict[str, Any]:
        """Return rate, channels and length."""
        channels = 1 if self.samples.ndim == 1 else 2
        return {"rate": self.rate, "channels": channels, "seconds": round(self.seconds, 3)}


def _part(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content


def _checked(samples: Any) -> NDArray[np.float32]:
    array = array_from(samples, "audio")
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2) or not array.size or (array.ndim == 2 and array.shape[1] != 2):
        raise AnswerFormatError(f"audio has the shape (samples,) or (samples, 2), not {array.shape}")
    why = limits.SAMPLES.excess(array.size)
    if why:
        raise AnswerFormatError(f"audio of {len(array)} samples: {why}")
    if array.dtype == np.int16:
        return (array / np.float32(32768)).astype(np.float32)
    if array.dtype.kind != "f":
        raise AnswerFormatError(f"audio holds floats in -1..1, or int16, not {array.dtype}")
    if not np.isfinite(array).all():
        raise AnswerFormatError("audio has samples that are NaN or infinite")
    return np.ascontiguousarray(np.clip(array, -1, 1).astype(np.float32))


def _decoded(content: bytes, name: str) -> tuple[NDArray[np.float32], int]:
    try:
        samples, rate = read_samples(content, name)
    except MediaError as error:
        raise AnswerFormatError(str(error)) from error
    # More than two channels: their mean.
    return (samples if samples.shape[1] <= 2 else samples.mean(axis=1)), rate
