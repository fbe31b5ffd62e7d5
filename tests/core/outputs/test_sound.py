"""Sounds: exact in their file, read from the usual kinds, refused when they are none."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pytest_generalbench.core import limits
from pytest_generalbench.core.outputs import (
    AnswerFormatError,
    Audio,
    answer_from_plain,
    answer_to_plain,
    form_of,
)
from pytest_generalbench.runs.files import MediaStore

if TYPE_CHECKING:
    from pathlib import Path

soundfile = pytest.importorskip("soundfile")

SAMPLES = st.one_of(st.integers(1, 60), st.tuples(st.integers(1, 60), st.just(2))).flatmap(
    lambda shape: arrays.arrays(np.float32, shape, elements=st.floats(-1, 1, width=32))
)


def tone(
    rate: int = 16_000, seconds: float = 0.5, pitch: float = 440
) -> np.ndarray[Any, np.dtype[np.float32]]:
    return (0.5 * np.sin(2 * np.pi * pitch * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


def encoded(samples: Any, rate: int, kind: str, subtype: str | None = None) -> bytes:
    target = io.BytesIO()
    soundfile.write(target, samples, rate, format=kind, subtype=subtype)
    return target.getvalue()


@given(SAMPLES, st.integers(1000, 384_000))
def test_every_sample_comes_back_from_the_file(samples: Any, rate: int) -> None:
    sound = Audio(samples, rate)
    again = Audio.decode(sound.content(), "kept.wav")
    assert again.rate == rate
    assert again.samples.tobytes() == sound.samples.tobytes()
    assert again.samples.shape == sound.samples.shape


def test_the_file_is_a_wav_of_floats_that_others_read() -> None:
    stereo = np.stack([tone(), -tone()], axis=1)
    content = Audio(stereo, 16_000).content()
    info = soundfile.info(io.BytesIO(content))
    assert (info.format, info.subtype, info.channels, info.samplerate) == ("WAV", "FLOAT", 2, 16_000)
    assert struct.unpack("<I", content[4:8])[0] == len(content) - 8


def test_it_is_kept_with_a_waveform(tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    sound = Audio(np.stack([tone(), tone()], axis=1), 16_000)
    plain = answer_to_plain(sound, store.put)
    assert plain["values"] == {"rate": 16_000, "channels": 2, "seconds": 0.5}
    assert answer_from_plain(plain, store.get) == sound
    assert (sound.preview() != 255).any()
    assert sound.preview().shape == Audio(tone()[:3], 8000).preview().shape


@pytest.mark.parametrize(
    ("kind", "subtype", "ending", "near"),
    [
        ("FLAC", "PCM_24", ".flac", 1e-6),
        ("WAV", "PCM_16", ".wav", 1e-4),
        ("WAV", "DOUBLE", ".WAV", 1e-7),
        ("AIFF", "PCM_16", ".aiff", 1e-4),
        ("OGG", "VORBIS", ".ogg", 0.1),
    ],
)
def test_the_usual_kinds_of_files_are_read(kind: str, subtype: str, ending: str, near: float) -> None:
    content = encoded(tone(), 16_000, kind, subtype)
    read = form_of("audio").from_prediction(f"a{ending}", lambda name: content)
    assert isinstance(read, Audio)
    assert read.rate == 16_000
    assert np.abs(read.samples[:7000] - tone()[:7000]).max() <= near


def test_whole_numbers_of_16_bits_are_scaled_and_one_column_is_mono() -> None:
    sound = Audio(np.array([[0], [16384], [-32768]], np.int16), 8000)
    assert sound.samples.tolist() == [0, 0.5, -1]
    assert Audio(np.array([0.25, 3, -7]), 8000).samples.tolist() == [0.25, 1, -1]


def test_more_channels_than_two_become_their_mean() -> None:
    four = np.tile(tone()[:, None], (1, 4))
    assert Audio.decode(encoded(four, 16_000, "WAV", "FLOAT"), "four.wav").samples.ndim == 1


@pytest.mark.parametrize(
    ("samples", "rate", "words"),
    [
        (np.zeros(0, np.float32), 8000, "shape"),
        (np.zeros((0, 2), np.float32), 8000, "shape"),
        (np.zeros((4, 3), np.float32), 8000, "shape"),
        (np.zeros((1, 4, 2), np.float32), 8000, "shape"),
        (np.float32(0.5), 8000, "shape"),
        (np.array([0, np.nan], np.float32), 8000, "NaN or infinite"),
        (np.array([0, np.inf]), 8000, "NaN or infinite"),
        (np.array([0, 1], np.int64), 8000, "floats in -1..1, or int16"),
        (np.array(["a", "b"]), 8000, "floats in -1..1, or int16"),
        (tone(), 0, "rate"),
        (tone(), 8000.5, "rate"),
        (tone(), True, "rate"),
        (tone(), 10**9, "rate"),
    ],
)
def test_what_is_no_sound_is_refused(samples: Any, rate: Any, words: str) -> None:
    with pytest.raises(AnswerFormatError, match=words):
        Audio(samples, rate)


def test_a_sound_of_hours_is_refused_before_it_is_looked_at() -> None:
    endless = np.broadcast_to(np.float32(0.1), (limits.SAMPLES.number + 1,))
    with pytest.raises(AnswerFormatError, match="more than"):
        Audio(endless, 48_000)


@pytest.mark.parametrize("content", [b"", b"just a text", b"RIFF\x10\0\0\0WAVEfmt ", b"fLaC" + b"\xff" * 60])
def test_a_file_that_is_not_what_its_name_says_is_refused(content: bytes) -> None:
    with pytest.raises(AnswerFormatError, match=r"a\.wav"):
        Audio.decode(content, "a.wav")


def test_a_wav_without_samples_is_refused() -> None:
    with pytest.raises(AnswerFormatError, match="shape"):
        Audio.decode(encoded(np.zeros(0, np.float32), 8000, "WAV", "FLOAT"), "none.wav")


def test_silence_is_told_from_a_whisper() -> None:
    assert Audio(np.zeros(100, np.float32), 8000).is_silent
    assert Audio(np.full(100, 9e-6, np.float32), 8000).is_silent
    assert not Audio(1e-3 * tone(), 16_000).is_silent


def test_the_rate_can_be_changed_and_channels_mixed() -> None:
    pytest.importorskip("soxr")
    stereo = Audio(np.stack([tone(8000), 0 * tone(8000)], axis=1), 8000)
    wide = stereo.mono(16_000)
    assert wide.dtype == np.float32
    assert len(wide) == 8000
    assert np.abs(wide[400:-400] - 0.5 * tone(16_000)[400:-400]).max() < 1e-3
    assert np.array_equal(stereo.mono(8000), 0.5 * tone(8000))
