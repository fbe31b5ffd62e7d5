"""Structured output for videos."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core import limits
from pytest_generalbench.core.errors import MediaError
from pytest_generalbench.core.media.containers import (
    decoded_frames,
    first_track,
    library,
    open_container,
    upright,
)
from pytest_generalbench.core.outputs.base import AnswerFormatError, Get
from pytest_generalbench.core.outputs.codecs.images.files import is_picture
from pytest_generalbench.core.outputs.forms.image import Image, checked_pixels
from pytest_generalbench.core.outputs.media_output import MediaOutput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

MAX_FRAMES: Final = limits.Limit(4096, "frames")
"""Of a video whose frames are all kept in memory."""

DEFAULT_FPS: Final = 8.0
"""Of frames whose rate nobody told."""


@dataclass(frozen=True, slots=True, eq=False)
class Video(MediaOutput):
    """Frames of one size, and the frame rate.

    It is kept as H.264 without loss, so that what is scored is what the model gave. In a prediction file:
    the name of a video, or the list of its frames' files.
    """

    form: ClassVar[str] = "video"
    medium: ClassVar[str] = "video"
    endings: ClassVar[tuple[str, ...]] = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".gif", ".mpg", ".mpeg")
    frames: NDArray[np.uint8]
    """(frames, height, width, 3), RGB, 0..255; floats in 0..1 are taken and rounded."""
    fps: float = DEFAULT_FPS

    def __post_init__(self) -> None:
        """Check shape, type, size and rate."""
        object.__setattr__(self, "frames", checked_pixels(self.form, self.frames, axes=4))
        why = _excess(len(self.frames), self.frames.size)
        if why:
            raise AnswerFormatError(f"{self.form} of {len(self.frames)} frames: {why}")
        if not (isinstance(self.fps, int | float) and math.isfinite(self.fps) and 0 < self.fps <= 1000):
            raise AnswerFormatError(f"{self.form} has {self.fps!r} frames a second")
        object.__setattr__(self, "fps", float(self.fps))

    def content(self) -> bytes:
        """Return an MP4 without loss; needs PyAV."""
        return _encoded(self)

    @classmethod
    def decode(cls, content: bytes, name: str) -> Self:
        """Read a video of any common kind; needs PyAV."""
        frames, fps = _decoded(content, name)
        return cls(frames, fps)

    @classmethod
    def open(cls, paths: Sequence[Path]) -> Self:
        """Read a video file, or pictures as frames."""
        if len(paths) == 1 and not is_picture(paths[0].name):
            frames, fps = _decoded(paths[0], paths[0].name)
            return cls(frames, fps)
        return cls(_stacked(Image.open([path]).pixels for path in paths))

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> Self:
        """Read the file or the frames that the prediction names, or the plain form."""
        if isinstance(value, list) and value and all(map(is_picture, value)):
            return cls(_stacked(Image.decode(read(name), name).pixels for name in value))
        # super() without arguments does not find its class in a dataclass with slots.
        return super(Video, cls).from_prediction(value, read)

    def preview(self) -> NDArray[np.uint8]:
        """Return the frame in the middle."""
        frame: NDArray[np.uint8] = self.frames[len(self.frames) // 2]
        return frame

    def summary(self) -> dict[str, Any]:
        """Return size, length and rate."""
        count, height, width = self.frames.shape[:3]
        return {"width": width, "height": height, "frames": count, "fps": self.fps}


def _excess(count: int, size: int) -> str | None:
    """Return why so many frames of together so many bytes are refused."""
    return MAX_FRAMES.excess(count) or limits.DECODED.excess(size)


def _stacked(frames: Iterable[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return the frames as one array; each is dropped once it is copied, so that memory holds them once."""
    pieces: list[NDArray[np.uint8]] = []
    size = 0
    for frame in frames:
        if pieces and frame.shape != pieces[0].shape:
            sizes = sorted((frame.shape, pieces[0].shape))
            raise AnswerFormatError(f"frames of different sizes: {sizes[0][:2]} and {sizes[1][:2]}")
        pieces.append(frame)
        size += frame.size
        why = MAX_FRAMES.excess_so_far(len(pieces)) or limits.DECODED.excess_so_far(size)
        if why:
            raise AnswerFormatError(f"a video of frames of {frame.shape[1]}x{frame.shape[0]} pixels: {why}")
    if not pieces:
        raise AnswerFormatError("the video has no frames")
    whole = np.empty((len(pieces), *pieces[0].shape), np.uint8)
    for place in reversed(range(len(pieces))):
        whole[place] = pieces.pop()
    return whole


def _encoded(video: Video) -> bytes:
    av = library("reading and keeping videos")
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        container.flags |= 0x400  # bit-exact: no library version in the header
        options = {"qp": "0", "preset": "veryfast", "threads": "1", "x264-params": "threads=1"}
        rate = Fraction(video.fps).limit_denominator(1001)
        stream = container.add_stream("libx264rgb", rate=rate, options=options)
        stream.height, stream.width = video.frames.shape[1:3]
        stream.pix_fmt = "rgb24"
        stream.thread_count = 1  # with more threads, the same frames would give other bytes
        for frame in video.frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return target.getvalue()


def _decoded(source: bytes | Path, name: str) -> tuple[NDArray[np.uint8], float]:
    av = library("reading and keeping videos")
    try:
        with open_container(source) as container:
            stream = first_track(container.streams.video, name)
            rate = stream.average_rate or stream.guessed_rate
            frames = stream.frames
            why = _excess(frames, 3 * frames * stream.width * stream.height)
            if why:
                raise AnswerFormatError(
                    f"{name}: {frames} frames of {stream.width}x{stream.height} pixels: {why}"
                )
            pixels = _stacked(map(upright, decoded_frames(container, name)))
    except AnswerFormatError as error:
        raise AnswerFormatError(str(error) if name in str(error) else f"{name}: {error}") from error
    except (MediaError, av.FFmpegError, IndexError, OSError, ValueError) as error:
        raise AnswerFormatError(f"{name}: cannot be read as a video ({error})") from error
    return pixels, float(rate) if rate else DEFAULT_FPS
