"""Media that travel with a request; files are opened only when a model asks for their content."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from pytest_generalbench.core.errors import MediaError, MissingDependencyError
from pytest_generalbench.core.media.prefetch import AHEAD

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from PIL.Image import Image

MAX_PIXELS: Final = 120_000_000
"""Images above this many pixels are refused as a decompression bomb."""

MAX_FRAMES: Final = 64
"""Frames a decoded video has at most, spread evenly with the first and the last included."""

_SIGNATURES: Final[dict[str, tuple[bytes, ...]]] = {
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8",),
    ".jpeg": (b"\xff\xd8",),
    ".bmp": (b"BM",),
    ".gif": (b"GIF8",),
    ".wav": (b"RIFF", b"RF64"),
    ".flac": (b"fLaC",),
    ".npz": (b"PK",),
    ".npy": (b"\x93NUMPY",),
    ".ply": (b"ply",),
}
"""First bytes by file ending; a JPEG that is named .png is accepted, any other mismatch is corrupt."""


@dataclass(frozen=True, slots=True)
class Media:
    """One medium of an instance: one file, or the frames of a video as image files in order."""

    medium: str
    """One of `vocabulary.MEDIA`."""
    paths: tuple[Path, ...]
    field: str = ""
    """The annotation key it came from."""

    @property
    def path(self) -> Path:
        """The only file, or the first frame."""
        return self.paths[0]

    def identity(self) -> list[list[str | int]]:
        """Name and size of every file: what a request's digest knows of its media."""
        return [[path.name, path.stat().st_size] for path in self.paths]

    def check(self) -> None:
        """Raise MediaError unless every file exists, is not empty and starts as its ending says."""
        for path in self.paths:
            try:
                with path.open("rb") as file:
                    head = file.read(16)
            except OSError as error:
                raise MediaError(f"{path.name}: {error.strerror or error}") from error
            if not head:
                raise MediaError(f"{path.name}: the file is empty")
            known = _SIGNATURES.get(path.suffix.lower())
            signatures = tuple(item for group in _SIGNATURES.values() for item in group)
            if known is not None and not head.startswith(signatures):
                raise MediaError(f"{path.name}: corrupt, it does not start as a {path.suffix} file does")


def open_image(path: Path) -> Image:
    """Decode an image file to RGB; needs Pillow. Raises MediaError when it cannot be decoded."""
    image: Image = AHEAD.take("image", path, (), lambda: _decoded_image(path))
    return image


def _decoded_image(path: Path) -> Image:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise MissingDependencyError("pillow", "image", "decoding images") from error
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise MediaError(f"{path.name}: {image.width}x{image.height} pixels, more than {MAX_PIXELS}")
            return image.convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise MediaError(f"{path.name}: cannot decode the image ({error})") from error


def spread(count: int, limit: int) -> list[int]:
    """Return at most `limit` indices out of `count`, evenly spaced, first and last included."""
    if count <= limit:
        return list(range(count))
    if limit == 1:
        return [0]
    return [index * (count - 1) // (limit - 1) for index in range(limit)]


def _video_file_frames(path: Path, limit: int) -> list[Image]:
    try:
        import av
    except ImportError as error:
        raise MissingDependencyError("av", "video", "decoding videos") from error
    try:
        with av.open(str(path)) as container:
            total = sum(1 for _ in container.decode(video=0))
            wanted = set(spread(total, limit))
            container.seek(0)
            frames = enumerate(container.decode(video=0))
            return [frame.to_image().convert("RGB") for index, frame in frames if index in wanted]
    except (av.FFmpegError, IndexError, OSError) as error:
        raise MediaError(f"{path.name}: cannot decode the video ({error})") from error


def open_frames(video: Media, limit: int = MAX_FRAMES) -> list[Image]:
    """Decode a video, or the image files that are its frames, to at most `limit` RGB frames."""
    frames: list[Image] = AHEAD.take("frames", video, (limit,), lambda: _decoded_frames(video, limit))
    return frames


def _decoded_frames(video: Media, limit: int) -> list[Image]:
    if len(video.paths) == 1 and video.path.suffix.lower() not in {".png", ".jpg", ".jpeg", ".bmp"}:
        frames = _video_file_frames(video.path, limit)
    else:
        frames = [_decoded_image(video.paths[index]) for index in spread(len(video.paths), limit)]
    if not frames:
        raise MediaError(f"{video.path.name}: the video has no frames")
    return frames


def open_audio(path: Path, rate: int) -> Any:
    """Decode an audio file to mono float32 samples in -1..1 at `rate` Hz, as a numpy array."""
    return AHEAD.take("audio", path, (rate,), lambda: _decoded_audio(path, rate))


def _decoded_audio(path: Path, rate: int) -> Any:
    try:
        import soundfile
        import soxr
    except ImportError as error:
        raise MissingDependencyError("soundfile and soxr", "audio", "decoding audio") from error
    try:
        samples, own_rate = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise MediaError(f"{path.name}: cannot decode the audio ({error})") from error
    mono = samples.mean(axis=1)
    return mono if own_rate == rate else soxr.resample(mono, own_rate, rate)


_BYTES_OF_SOUND: Final = 12
"""Decoded bytes for each byte of a sound file: compressed ones grow about so much."""


def decode_ahead(media: Iterable[Media]) -> None:
    """Have media decoded in threads, each kind as the model opened that kind before."""
    for one in media:
        if one.medium == "image":
            for path in one.paths:
                AHEAD.start("image", path, _pixels(image_size(path)), lambda path=path: _decoded_image(path))
        elif one.medium == "video":
            count = int((AHEAD.habits.get("frames") or (MAX_FRAMES,))[0])
            size = count * _pixels(media_size(one))
            AHEAD.start("frames", one, size, lambda limit, one=one: _decoded_frames(one, limit))
        elif one.medium == "audio":
            for path in one.paths:
                _sound_ahead(path)


def _sound_ahead(path: Path) -> None:
    try:
        size = _BYTES_OF_SOUND * path.stat().st_size
    except OSError:
        return  # told when it is asked for
    AHEAD.start("audio", path, size, lambda rate: _decoded_audio(path, rate))


def _pixels(size: Size | None) -> int:
    """Return the bytes of a picture; one whose header tells nothing is taken for a large one."""
    return 3 * (size.width * size.height if size else 4000 * 3000)


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


_JPEG_SIZES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG segments that carry the size: every start of a frame."""

_MAX_ATOMS: Final = 10_000
"""Parts of an MP4 that are looked at on one level; a real one has a few dozen."""

_MAX_HEADER: Final = 1 << 20
"""Bytes looked at for a size; the metadata before it are smaller."""


def image_size(path: Path) -> Size | None:
    """Return the size that a PNG, JPEG, GIF or BMP file states in its header, or None.

    Nothing is decoded and no library is needed. None stands for another kind of file, a torn
    header and a file that is not there; a JPEG's orientation mark is not applied.
    """
    try:
        with path.open("rb") as file:
            head = file.read(26)
            rest = file.read(_MAX_HEADER) if head.startswith(b"\xff\xd8") else b""
    except OSError:
        return None
    size = _jpeg_size(head + rest) if rest else _short_header_size(head)
    return size if size and min(size) > 0 else None


def _short_header_size(head: bytes) -> Size | None:
    if len(head) < 26:
        return None
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Size(*struct.unpack(">II", head[16:24]))
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Size(*struct.unpack("<HH", head[6:10]))
    if head.startswith(b"BM"):
        width, height = struct.unpack("<ii", head[18:26])
        return Size(width, abs(height))  # a negative height says that the first row is the top one
    return None


def _jpeg_size(content: bytes) -> Size | None:
    place = 2
    while place + 9 <= len(content):
        if content[place] != 0xFF:
            return None
        kind = content[place + 1]
        if kind == 0xFF:
            place += 1  # a fill byte
        elif kind in _JPEG_SIZES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return Size(width, height)
        else:
            place += 2 + int(struct.unpack(">H", content[place + 2 : place + 4])[0])
    return None


def media_size(media: Media) -> Size | None:
    """Return the size of an image or of a video's frames, None where no header tells it.

    A video in frame files has its first frame's size; of video files, MP4 and AVI state it.
    """
    return image_size(media.path) or (_video_size(media.path) if media.medium == "video" else None)


def _video_size(path: Path) -> Size | None:
    try:
        with path.open("rb") as file:
            head = file.read(72)
            if head[:4] == b"RIFF" and head[8:12] == b"AVI " and head[24:28] == b"avih":
                size = Size(*struct.unpack("<II", head[64:72]))
            elif head[4:8] == b"ftyp":
                size = _track_size(file, 0, path.stat().st_size)
            else:
                return None
    except (OSError, struct.error):
        return None
    return size if size and min(size) > 0 else None


def _track_size(file: BinaryIO, start: int, end: int, inside: tuple[bytes, ...] = (b"moov", b"trak")) -> Size:
    """Return the largest size that a track between `start` and `end` states; sound has size 0."""
    found = Size(0, 0)
    for _ in range(_MAX_ATOMS):
        if start + 8 > end:
            break
        file.seek(start)
        length, kind = struct.unpack(">I4s", file.read(8))
        begin = start + 8
        if length == 1:
            length, begin = struct.unpack(">Q", file.read(8))[0], start + 16
        stop = end if length == 0 else start + length
        if stop < begin:
            break
        if kind in inside[:1]:
            found = max(found, _track_size(file, begin, stop, inside[1:]))
        elif kind == b"tkhd":
            file.seek(stop - 8)
            width, height = struct.unpack(">II", file.read(8))
            found = max(found, Size(width >> 16, height >> 16))
        start = stop
    return found
