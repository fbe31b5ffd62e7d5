"""Containers opened with PyAV, and nothing beside them; frames of videos as players show them."""

from __future__ import annotations

import io
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core import limits
from pytest_generalbench.core.errors import MediaError, MissingDependencyError
from pytest_generalbench.core.regular_files import open_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from PIL.Image import Image

_CONTAINERS: Final = (
    "mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "mpeg", "mpegts", "mpegvideo",
    "h264", "hevc", "m4v", "flv", "asf", "ogg", "wav", "w64", "flac", "mp3", "aac", "aiff", "au", "caf",
    "amr", "gif", "ivf", "av1", "obu",
)  # fmt: skip
"""The only kinds of file that are opened: a playlist would name other files and addresses."""

RATE: Final = 24.0
"""Frames a second of a video that states none: image files in a folder. Transformers takes the same."""


def library(purpose: str = "decoding videos") -> Any:
    """Return PyAV. Raises MissingDependencyError where it is not installed."""
    try:
        import av
    except ImportError as error:
        raise MissingDependencyError("av", "video", purpose) from error
    return av


@contextmanager
def open_container(source: Path | bytes, purpose: str = "decoding videos") -> Iterator[Any]:
    """Open a regular file, or its content, for reading.

    PyAV is given the open file, not its name, and only `_CONTAINERS`: so nothing else can be opened that a
    playlist, or a reference inside a container, names.

    Raises:
        av.FFmpegError: it is no known kind of container.
        OSError: it cannot be opened, or is no regular file.
    """
    av = library(purpose)
    options = {
        "format_whitelist": ",".join(_CONTAINERS),
        "protocol_whitelist": "none",
        "max_pixels": str(min(limits.PIXELS.most, _LARGEST)),
    }
    with (
        io.BytesIO(source) if isinstance(source, bytes) else open_regular(source) as file,
        av.open(file, options=options) as container,
    ):
        yield container


_LARGEST: Final = 2**31 - 1
"""The most pixels that FFmpeg can be told to take."""


def first_track(tracks: Any, name: str) -> Any:
    """Return the first of a container's video or audio tracks.

    Raises:
        IndexError: there is none.
        MediaError: nothing here can decode it.
    """
    track = tracks[0]
    if track.codec_context is None:
        raise MediaError(f"{name}: its first track is of no known codec")
    return track


def decoded_frames(container: Any, name: str) -> Iterator[Any]:
    """Yield the frames of the first video track as PyAV has them, not yet converted.

    Args:
        container: What `open_container` gives.
        name: What errors call it.

    Raises:
        MediaError: its frames are too large or too many, or nothing can decode them.
        av.FFmpegError: it cannot be decoded, or its frames become too large on the way.
        IndexError: it has no video track.
    """
    stream = first_track(container.streams.video, name)
    why = limits.PIXELS.excess(stream.width * stream.height) or limits.FRAMES.excess(stream.frames)
    if why:
        size = f"{stream.width}x{stream.height}"
        raise MediaError(f"{name}: {stream.frames} frames of {size} pixels: {why}")
    stream.codec_context.options = {"max_pixels": str(min(limits.PIXELS.most, _LARGEST))}
    stream.thread_type = "AUTO"
    for place, frame in enumerate(container.decode(stream)):
        why = limits.FRAMES.excess_so_far(place + 1)
        if why:
            raise MediaError(f"{name}: {why}")
        yield frame


def upright(frame: Any) -> Any:
    """Return a frame as an RGB array (height, width, 3), as players show it."""
    import numpy as np

    turns = round(frame.rotation / 90) % 4
    pixels = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


def frames_of(path: Path, places: Callable[[int], Collection[int]]) -> tuple[list[Image], list[float], float]:
    """Return the frames of a video file at some places, the times of all, and the rate.

    It is decoded once where it has as many frames as it says, else a second time. Frames without times (a raw
    stream) are taken for evenly spaced.

    Args:
        path: The file.
        places: Returns the places that are wanted of so many frames.

    Returns:
        The wanted frames in RGB, in order; when each frame of the whole video is shown, in seconds since the
        first; and the frames a second: what the file states where its frames agree with that, else the mean
        over its frames, else `RATE`.

    Raises:
        MediaError: it is larger than `core.limits` allow, or nothing can decode it.
        av.FFmpegError: it cannot be decoded.
        IndexError: it has no video track.
        OSError: it cannot be opened.
    """
    wanted = set(places(_packets(path)))
    frames, times, stated = _decoded_at(path, wanted)
    due = set(places(len(times)))
    if due != wanted:
        frames, times, stated = _decoded_at(path, due)
    return frames, *_timed(times, stated)


def _packets(path: Path) -> int:
    """Return how many packets of video the file has, mostly as many as frames; nothing is decoded."""
    with open_container(path) as container:
        stream = first_track(container.streams.video, path.name)
        return int(stream.frames) or sum(packet.size > 0 for packet in container.demux(stream))


def _decoded_at(path: Path, wanted: Collection[int]) -> tuple[list[Image], list[float | None], float]:
    """Return the frames at the wanted places, the times of all, and the rate that the file states."""
    from PIL import Image as PilImage

    frames: list[Image] = []
    times: list[float | None] = []
    kept = 0
    with open_container(path) as container:
        for frame in decoded_frames(container, path.name):
            if len(times) in wanted:
                size = 3 * frame.width * frame.height
                kept += size
                why = limits.DECODED.excess(size * len(wanted)) if not frames else None
                why = why or limits.DECODED.excess_so_far(kept)
                if why:
                    shape = f"{frame.width}x{frame.height}"
                    raise MediaError(f"{path.name}: {len(wanted)} frames of {shape} pixels: {why}")
                frames.append(PilImage.fromarray(upright(frame)))
            times.append(frame.time)
        stream = first_track(container.streams.video, path.name)
        return frames, times, float(stream.average_rate or stream.guessed_rate or RATE)


def _timed(times: list[float | None], stated: float) -> tuple[list[float], float]:
    """Return times since the first frame, and the frames a second."""
    known = [time for time in times if time is not None]
    if len(known) != len(times) or not all(early < late for early, late in pairwise(known)):
        return [place / stated for place in range(len(times))], stated
    since = [time - known[0] for time in known]
    if len(since) < 2 or abs(since[-1] * stated - (len(since) - 1)) < 0.5:
        return since, stated
    return since, (len(since) - 1) / since[-1]


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
