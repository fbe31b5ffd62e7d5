"""Sounds and notes of a page: a file that browsers play, and the shape of its waveform."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.outputs.forms.audio import Audio
from pytest_generalbench.core.outputs.media_output import read_file

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs.forms.symbolic_music import SymbolicMusic
    from pytest_generalbench.reports.page.kept_files import KeptFiles

_COLUMNS: Final = 160
_SECONDS: Final = 60.0
_NOTES: Final = 2000
_PLAYED: Final = (".mp3", ".flac", ".ogg", ".opus")
_LARGEST: Final = 4 << 20


def sound(answer: Audio, files: KeptFiles) -> dict[str, Any]:
    """Return how a sound is shown: a WAV file of 16 bits, at most a minute of it, and its waveform."""
    mono = answer.samples if answer.samples.ndim == 1 else answer.samples.mean(axis=1)
    return _exhibit(mono, files.put(_wav(answer), ".wav"), answer.seconds)


def sound_file(path: Path, files: KeptFiles) -> dict[str, Any]:
    """Return how a sound file is shown; one that browsers play is copied.

    Raises:
        GeneralBenchError: it cannot be decoded.
    """
    content = read_file(path)
    answer = Audio.decode(content, path.name)
    if path.suffix.lower() not in _PLAYED or len(content) > _LARGEST:
        return sound(answer, files)
    mono = answer.samples if answer.samples.ndim == 1 else answer.samples.mean(axis=1)
    return _exhibit(mono, files.put(content, path.suffix.lower()), answer.seconds)


def _exhibit(mono: NDArray[np.float32], source: str, seconds: float) -> dict[str, Any]:
    edges = np.linspace(0, len(mono), _COLUMNS + 1).astype(int)[:-1]
    edges = np.minimum(edges, len(mono) - 1)
    high, low = np.maximum.reduceat(mono, edges), np.minimum.reduceat(mono, edges)
    peaks = np.rint(100 * np.stack([low, high], axis=1)).astype(int).tolist()
    return {"kind": "sound", "src": source, "seconds": round(seconds, 2), "peaks": peaks}


def _wav(answer: Audio) -> bytes:
    samples = answer.samples[: int(_SECONDS * answer.rate)]
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else 2)
        file.setsampwidth(2)
        file.setframerate(answer.rate)
        file.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())
    return written.getvalue()


def notes(answer: SymbolicMusic) -> dict[str, Any]:
    """Return how notes are shown: start and length in quarters, pitch, instrument."""
    shown = [
        [round(note.start, 3), round(note.length, 3), note.pitch, note.instrument]
        for note in answer.notes[:_NOTES]
    ]
    return {"kind": "notes", "notes": shown, "count": len(answer.notes), "seconds": round(answer.seconds, 2)}
