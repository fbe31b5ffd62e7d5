"""Sounds decoded piece by piece to samples: by libsndfile, and by PyAV what it does not know."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core import limits
from pytest_generalbench.core.errors import MediaError, MissingDependencyError
from pytest_generalbench.core.media.containers import first_track, library, open_container
from pytest_generalbench.core.regular_files import open_regular

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


def read_samples(source: Path | bytes, name: str, *, mono: bool = False) -> tuple[NDArray[np.float32], int]:
    """Return the samples of a sound, float32 in -1..1, and their rate in Hz; decoded piece by piece.

    libsndfile reads what it knows; PyAV reads the rest: M4A, AAC, WebM, the sound track of a video.

    Args:
        source: A file, or its content.
        name: What errors call it.
        mono: Whether the mean of the channels is wanted, (n,), instead of all, (n, channels).

    Raises:
        MediaError: it cannot be decoded, has no sound, or has more samples than `core.limits` allow.
        MissingDependencyError: neither soundfile nor PyAV is installed.
    """
    try:
        import soundfile
    except ImportError as error:
        raise MissingDependencyError("soundfile and soxr", "audio", "decoding audio") from error
    try:
        if isinstance(source, bytes):
            with soundfile.SoundFile(io.BytesIO(source)) as file:
                return _samples_of(file, name, mono)
        # By its descriptor: of a name, libsndfile also looks for files beside it.
        with open_regular(source) as opened, soundfile.SoundFile(opened.fileno(), closefd=False) as file:
            return _samples_of(file, name, mono)
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        try:
            return _samples_by_av(source, name, mono)
        except MissingDependencyError:
            raise MediaError(f"{name}: cannot decode the audio ({error}); PyAV reads more kinds") from error


_BLOCK: Final = 1 << 16
"""Samples of each channel that are decoded at a time."""

_UNKNOWN_LENGTH: Final = 1 << 62
"""What libsndfile gives for a stream that does not state its length is above this."""


def _samples_of(file: Any, name: str, mono: bool) -> tuple[NDArray[np.float32], int]:
    if file.frames < _UNKNOWN_LENGTH:
        _check_samples(name, limits.SAMPLES.excess(file.frames * file.channels))
    pieces: list[NDArray[np.float32]] = []
    count = 0
    while len(piece := file.read(_BLOCK, dtype="float32", always_2d=True)):
        count += piece.size
        _check_samples(name, limits.SAMPLES.excess_so_far(count))
        pieces.append(piece.mean(axis=1) if mono else piece)
    shape = () if mono else (file.channels,)
    return _joined(pieces, shape), file.samplerate


def _check_samples(name: str, why: str | None) -> None:
    if why:
        raise MediaError(f"{name}: {why}")


def _joined(pieces: list[NDArray[np.float32]], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the pieces as one array; each is dropped once it is copied, so that memory holds them once."""
    import numpy as np

    whole = np.empty((sum(map(len, pieces)), *shape), np.float32)
    place = 0
    pieces.reverse()
    while pieces:
        piece = pieces.pop()
        whole[place : place + len(piece)] = piece
        place += len(piece)
    return whole


def _samples_by_av(source: Path | bytes, name: str, mono: bool) -> tuple[NDArray[np.float32], int]:
    import numpy as np

    av = library("decoding audio")
    pieces: list[NDArray[np.float32]] = []
    count = 0
    try:
        with open_container(source) as container:
            stream = first_track(container.streams.audio, name)
            resampler = av.AudioResampler(format="fltp")
            for frame in container.decode(stream):
                for piece in resampler.resample(frame):
                    samples = np.clip(piece.to_ndarray().T, -1, 1).astype(np.float32)
                    count += samples.size
                    _check_samples(name, limits.SAMPLES.excess_so_far(count))
                    pieces.append(samples.mean(axis=1) if mono else samples)
            rate = int(stream.rate)
    except (av.FFmpegError, IndexError, OSError, ValueError) as error:
        raise MediaError(f"{name}: cannot decode the audio ({error})") from error
    if not count:
        raise MediaError(f"{name}: the file has no sound")
    return _joined(pieces, () if mono else pieces[0].shape[1:]), rate


def check_resampling(name: str, count: int, rate: int, wanted: int) -> None:
    """Raise MediaError where `count` samples at `rate` Hz would become too many at the rate `wanted`."""
    if rate < 1:
        raise MediaError(f"{name}: a rate of {rate} samples a second")
    _check_samples(name, limits.SAMPLES.excess(count * wanted // rate))
