"""Videos and sounds decoded with PyAV: frames as players show them, samples of every common container."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import MediaError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

_CONTAINERS: Final = (
    "mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "mpeg", "mpegts", "mpegvideo",
    "h264", "hevc", "m4v", "flv", "asf", "ogg", "wav", "w64", "flac", "mp3", "aac", "aiff", "au", "caf",
    "amr", "gif", "ivf", "av1", "obu",
)  # fmt: skip
"""The only kinds of file that are opened: a playlist would name other files and addresses."""

_OPTIONS: Final = {"format_whitelist": ",".join(_CONTAINERS), "protocol_whitelist": "file"}

RATE: Final = 24.0
"""Frames a second of a video that states none: image files in a folder. Transformers takes the same."""


def library(purpose: str = "decoding videos") -> Any:
    """Return PyAV. Raises MissingDependencyError where it is not installed."""
    try:
        import av
    except ImportError as error:
        raise MissingDependencyError("av", "video", purpose) from error
    return av


def open_container(source: Path | bytes, purpose: str = "decoding videos") -> AbstractContextManager[Any]:
    """Open a file, or its content, for reading; what is no known kind of container raises av.FFmpegError."""
    av = library(purpose)
    if isinstance(source, bytes):
        opened: AbstractContextManager[Any] = av.open(
            io.BytesIO(source), options={"format_whitelist": _OPTIONS["format_whitelist"]}
        )
        return opened
    opened = av.open(str(source), options=dict(_OPTIONS))
    return opened


def upright_frames(container: Any) -> Iterator[Any]:
    """Yield the frames of the first video track as RGB arrays (height, width, 3), as players show them."""
    import numpy as np

    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    for frame in container.decode(stream):
        turns = round(frame.rotation / 90) % 4
        pixels = frame.to_ndarray(format="rgb24")
        yield np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


def frame_times(path: Path) -> tuple[list[float], float]:
    """Return when each frame of a video file is shown, and its frame rate, by decoding it.

    Returns:
        The times in seconds since the first frame, one per frame in the order of decoding; and the frames a
        second: what the file states where its frames agree with that, else the mean over its frames,
        else `RATE`. Frames without times (a raw stream) are taken for evenly spaced.

    Raises:
        av.FFmpegError: the file cannot be decoded.
        IndexError: it has no video track.
    """
    with open_container(path) as container:
        stream = container.streams.video[0]
        times = [frame.time for frame in container.decode(stream)]
        stated = float(stream.average_rate or stream.guessed_rate or RATE)
    is_timed = None not in times and all(early < late for early, late in pairwise(times))
    if not is_timed:
        return [place / stated for place in range(len(times))], stated
    since = [time - times[0] for time in times]
    if len(since) < 2 or abs(since[-1] * stated - (len(since) - 1)) < 0.5:
        return since, stated
    return since, (len(since) - 1) / since[-1]


def frames_at(path: Path, wanted: Collection[int]) -> list[Image]:
    """Return the frames at the given places as RGB images. Raises av.FFmpegError or IndexError."""
    from PIL import Image as PilImage

    # Opened anew instead of rewound: a raw stream cannot be sought in.
    with open_container(path) as container:
        return [
            PilImage.fromarray(pixels)
            for place, pixels in enumerate(upright_frames(container))
            if place in wanted
        ]


def read_samples(source: Path | bytes, name: str, most: int | None = None) -> tuple[NDArray[np.float32], int]:
    """Return the samples (n, channels) of a sound in -1..1, and their rate in Hz.

    libsndfile reads what it knows; PyAV reads the rest: M4A, AAC, WebM, the sound track of a video.

    Args:
        source: A file, or its content.
        name: What errors call it.
        most: The number of samples above which it is refused.

    Raises:
        MediaError: it cannot be decoded, has no sound, or has more samples than `most`.
        MissingDependencyError: neither soundfile nor PyAV is installed.
    """
    try:
        import soundfile
    except ImportError as error:
        raise MissingDependencyError("soundfile and soxr", "audio", "decoding audio") from error
    try:
        with soundfile.SoundFile(io.BytesIO(source) if isinstance(source, bytes) else str(source)) as file:
            if most is not None and (file.frames > most or file.channels > _CHANNELS):
                raise MediaError(f"{name}: {file.frames} samples in {file.channels} channels")
            return file.read(dtype="float32", always_2d=True), file.samplerate
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        try:
            return _samples_by_av(source, name, most)
        except MissingDependencyError:
            raise MediaError(f"{name}: cannot decode the audio ({error}); PyAV reads more kinds") from error


_CHANNELS: Final = 16


def _samples_by_av(source: Path | bytes, name: str, most: int | None) -> tuple[NDArray[np.float32], int]:
    import numpy as np

    av = library("decoding audio")
    pieces: list[NDArray[np.float32]] = []
    count = 0
    try:
        with open_container(source) as container:
            stream = container.streams.audio[0]
            resampler = av.AudioResampler(format="fltp")
            for frame in container.decode(stream):
                for piece in resampler.resample(frame):
                    pieces.append(piece.to_ndarray().T)
                    count += len(pieces[-1])
                if most is not None and count > most:
                    raise MediaError(f"{name}: more than {most} samples")
            rate = int(stream.rate)
    except (av.FFmpegError, IndexError, OSError, ValueError) as error:
        raise MediaError(f"{name}: cannot decode the audio ({error})") from error
    if not count:
        raise MediaError(f"{name}: the file has no sound")
    return np.clip(np.concatenate(pieces), -1, 1).astype(np.float32), rate


def can_open(path: Path, kind: str) -> bool:
    """Whether the file has a track of `kind` (`video` or `audio`); False without PyAV."""
    try:
        av = library()
    except MissingDependencyError:
        return False
    try:
        with open_container(path) as container:
            return bool(container.streams.get(**{kind: 0}))
    except (av.FFmpegError, IndexError, OSError, ValueError):
        return False
