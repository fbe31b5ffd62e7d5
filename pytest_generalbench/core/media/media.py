"""Media that travel with a request; files are opened only when a model asks for their content."""

from __future__ import annotations

import os
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core import limits
from pytest_generalbench.core.errors import MediaError, MissingDependencyError
from pytest_generalbench.core.media import containers, images
from pytest_generalbench.core.media.headers import Size, image_size, video_size
from pytest_generalbench.core.media.prefetch import PREFETCH
from pytest_generalbench.core.media.sounds import check_resampling, read_samples
from pytest_generalbench.core.regular_files import open_descriptor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from PIL.Image import Image

__all__ = [
    "MAX_FRAMES",
    "Media",
    "SampledVideo",
    "Size",
    "image_size",
    "media_size",
    "open_audio",
    "open_frames",
    "open_image",
    "prefetch_media",
    "sample_video",
    "spread",
]  # fmt: skip

MAX_FRAMES: Final = 64
"""Frames a decoded video has at most, spread evenly with the first and the last included."""

_PICTURES: Final = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"BM", b"GIF8", b"II*\0", b"MM\0*", b"\0\0\0\x0cjP  ",
    b"\xff\x4f\xff\x51",
)  # fmt: skip
_ARRAYS: Final[dict[str, bytes]] = {".npz": b"PK", ".npy": b"\x93NUMPY", ".ply": b"ply"}
_SIGNATURES: Final[dict[str, tuple[bytes, ...]]] = {
    "image": (*_PICTURES, b"RIFF"),
    "audio": (b"RIFF", b"RF64", b"fLaC", b"OggS", b"ID3", b"MThd", b"FORM"),
    "video": (*_PICTURES, b"RIFF", b"\x1aE\xdf\xa3"),
}
"""First bytes of usual files by medium. What starts otherwise is shown to a decoder before it is refused."""

_DECODED: Final = frozenset((
    ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".avif", ".jp2", ".wav", ".flac",
))  # fmt: skip
"""Endings of files that are looked into; another file is opened when a model asks for it."""


_UNREAD: Final = Size(0, 0)
"""The size of a medium that nobody has asked for; no header's size is zero."""


@dataclass(frozen=True, slots=True)
class Media:
    """One medium of an instance: one file, or the frames of a video as image files in order."""

    medium: str
    """One of `vocabulary.MEDIA`."""
    paths: tuple[Path, ...]
    field: str = ""
    """The annotation key it came from."""
    _size: Size | None = dataclass_field(default=_UNREAD, init=False, compare=False, repr=False)
    """What `media_size` read, once it was asked."""

    @property
    def path(self) -> Path:
        """The only file, or the first frame."""
        return self.paths[0]

    def identity(self) -> list[list[str | int]]:
        """Name and size of every file: what a request's digest knows of its media."""
        return [[path.name, path.stat().st_size] for path in self.paths]

    def check(self) -> None:
        """Raise MediaError unless every file exists, is not empty, and is what it is named, or decodes.

        What decodes is not corrupt, whatever its name says: a WebP picture may be called `.jpg`.
        """
        for path in self.paths:
            try:
                head = _first_bytes(path)
            except OSError as error:
                raise MediaError(f"{path.name}: {error.strerror or error}") from error
            if not head:
                raise MediaError(f"{path.name}: the file is empty")
            if not _is_sound(path, head, self.medium):
                ending = path.suffix.lower()
                raise MediaError(f"{path.name}: corrupt, it does not start as a {ending} file does")


def _first_bytes(path: Path) -> bytes:
    """Return the first 16 bytes of a file; without the buffer of an open file, which costs the most."""
    file = open_descriptor(path)
    try:
        return os.read(file, 16)
    finally:
        os.close(file)


def _is_sound(path: Path, head: bytes, medium: str) -> bool:
    """Return whether the file's content fits its ending, by its first bytes or a decoder."""
    ending = path.suffix.lower()
    if ending in _ARRAYS:
        return head.startswith(_ARRAYS[ending])
    if ending not in _DECODED or head.startswith(_SIGNATURES.get(medium, _PICTURES)):
        return True
    if medium == "audio":
        return containers.can_open(path, "audio")
    return images.can_open(path) or (medium == "video" and containers.can_open(path, "video"))


def open_image(path: Path) -> Image:
    """Decode an image file to RGB; needs Pillow. Raises MediaError when it cannot be decoded."""
    image: Image = PREFETCH.take("image", path, (), lambda: images.decode_image(path))
    return image


def spread(count: int, limit: int) -> list[int]:
    """Return at most `limit` indices out of `count`, evenly spaced, first and last included."""
    if count <= limit:
        return list(range(count))
    if limit == 1:
        return [0]
    return [index * (count - 1) // (limit - 1) for index in range(limit)]


@dataclass(frozen=True, slots=True)
class SampledVideo:
    """Frames of a video, evenly spread, and when they are shown.

    >>> SampledVideo([], (0.0, 0.48, 0.96), 25, 25.0).duration
    1.0
    """

    frames: list[Image]
    """RGB, in order."""
    times: tuple[float, ...]
    """Of each frame, in seconds since the first frame of the video."""
    count: int
    """Frames of the whole video."""
    rate: float
    """Frames of the whole video a second, in the mean."""

    @property
    def duration(self) -> float:
        """Length of the whole video in seconds."""
        return self.count / self.rate


def _sampled_file(path: Path, limit: int) -> SampledVideo:
    av = containers.library()
    try:
        frames, times, rate = containers.frames_of(path, lambda count: spread(count, limit))
    except (av.FFmpegError, IndexError, OSError, ValueError) as error:
        raise MediaError(f"{path.name}: cannot decode the video ({error})") from error
    places = spread(len(times), limit)
    return SampledVideo(frames, tuple(times[place] for place in places), len(times), rate)


def sample_video(video: Media, limit: int = MAX_FRAMES) -> SampledVideo:
    """Decode at most `limit` frames of a video, evenly spread, the first and the last included.

    Args:
        video: a video file, or the image files that are its frames, at `containers.RATE` frames a second.
        limit: the most frames.

    Raises:
        MediaError: it cannot be decoded, or has no frames.
    """
    result: SampledVideo = PREFETCH.take("frames", video, (limit,), lambda: _sampled(video, limit))
    return result


def open_frames(video: Media, limit: int = MAX_FRAMES) -> list[Image]:
    """Decode a video, or the image files that are its frames, to at most `limit` RGB frames."""
    return sample_video(video, limit).frames


def _sampled(video: Media, limit: int) -> SampledVideo:
    if len(video.paths) == 1 and video.path.suffix.lower() not in {".png", ".jpg", ".jpeg", ".bmp"}:
        result = _sampled_file(video.path, limit)
    else:
        places = spread(len(video.paths), limit)
        frames = []
        for place in places:
            frames.append(images.decode_image(video.paths[place]))
            pixels = sum(frame.width * frame.height for frame in frames)
            why = limits.DECODED.excess_so_far(3 * pixels)
            if why:
                raise MediaError(f"{video.path.name}: {len(places)} frames: {why}")
        times = tuple(place / containers.RATE for place in places)
        result = SampledVideo(frames, times, len(video.paths), containers.RATE)
    if not result.frames:
        raise MediaError(f"{video.path.name}: the video has no frames")
    return result


def open_audio(path: Path, rate: int) -> Any:
    """Decode an audio file to mono float32 samples in -1..1 at `rate` Hz, as a numpy array."""
    return PREFETCH.take("audio", path, (rate,), lambda: _decoded_audio(path, rate))


def _decoded_audio(path: Path, rate: int) -> Any:
    try:
        import soxr
    except ImportError as error:
        raise MissingDependencyError("soundfile and soxr", "audio", "decoding audio") from error
    mono, own_rate = read_samples(path, path.name, mono=True)
    check_resampling(path.name, len(mono), own_rate, rate)
    return mono if own_rate == rate else soxr.resample(mono, own_rate, rate)


_BYTES_OF_SOUND: Final = 12
"""Decoded bytes for each byte of a sound file: compressed ones grow about so much."""


def prefetch_media(media: Iterable[Media]) -> None:
    """Decode media in threads, each kind with the arguments that the model last opened it with."""
    habits = PREFETCH.habits
    for one in media:
        if one.medium == "image" and "image" in habits:
            for path in one.paths:
                PREFETCH.start(
                    "image", path, _pixels(image_size(path)), lambda path=path: images.decode_image(path)
                )
        elif one.medium == "video" and "frames" in habits:
            count = int((PREFETCH.habits.get("frames") or (MAX_FRAMES,))[0])
            size = count * _pixels(media_size(one))
            PREFETCH.start("frames", one, size, lambda limit, one=one: _sampled(one, limit))
        elif one.medium == "audio" and "audio" in habits:
            for path in one.paths:
                _prefetch_audio(path)


def _prefetch_audio(path: Path) -> None:
    try:
        size = _BYTES_OF_SOUND * path.stat().st_size
    except OSError:
        return  # told when it is asked for
    PREFETCH.start("audio", path, size, lambda rate: _decoded_audio(path, rate))


def _pixels(size: Size | None) -> int:
    """Return the decoded size of a picture in bytes; one whose header does not say it counts as large."""
    return 3 * (size.width * size.height if size else 4000 * 3000)


def media_size(media: Media) -> Size | None:
    """Return the size of an image or of a video's frames, None where no header tells it.

    A video in frame files has its first frame's size; of video files, MP4 and AVI state it.
    """
    size = media._size
    if size is _UNREAD:
        size = image_size(media.path) or (video_size(media.path) if media.medium == "video" else None)
        object.__setattr__(media, "_size", size)
    return size
