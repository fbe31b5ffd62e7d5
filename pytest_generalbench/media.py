"""Media that travel with a request; files are opened only when a model asks for their content."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.errors import MediaError, MissingDependencyError

if TYPE_CHECKING:
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
    if len(video.paths) == 1 and video.path.suffix.lower() not in {".png", ".jpg", ".jpeg", ".bmp"}:
        frames = _video_file_frames(video.path, limit)
    else:
        frames = [open_image(video.paths[index]) for index in spread(len(video.paths), limit)]
    if not frames:
        raise MediaError(f"{video.path.name}: the video has no frames")
    return frames


def open_audio(path: Path, rate: int) -> Any:
    """Decode an audio file to mono float32 samples in -1..1 at `rate` Hz, as a numpy array."""
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
