"""Image files as people see them: upright, on white where they are transparent, in eight bits."""

from __future__ import annotations

import io
import re
import struct
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core import limits
from pytest_generalbench.core.errors import MediaError, MissingDependencyError
from pytest_generalbench.core.regular_files import open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

FORMATS: Final = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "AVIF", "JPEG2000", "PPM", "TGA")
"""The only decoders that are used: those of other kinds of file may run what the file says."""

DAMAGE: Final = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, ArithmeticError, TypeError, RuntimeError,
    struct.error, zlib.error, Warning,
)  # fmt: skip
"""What Pillow's readers raise at a damaged file, its warnings where they are errors among it; beside a
MemoryError, whose cause may be the model."""

_ROWS: Final = 256
"""Rows that are converted at a time: wide values of a whole picture would take many times its memory."""

_DEEP: Final = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
"""Modes of one channel with more than eight bits."""


def decode_image(path: Path) -> Image:
    """Decode an image file to RGB, as `shown` says.

    Raises:
        MediaError: it cannot be decoded, or has more pixels than `core.limits` allow.
        MissingDependencyError: Pillow is not installed.
    """
    try:
        with open_picture(path, path.name) as image:
            return shown(image)
    except ImportError as error:
        raise MissingDependencyError("pillow", "image", "decoding images") from error
    except DAMAGE as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise MediaError(f"{path.name}: cannot decode the image ({reason})") from error


@contextmanager
def open_picture(source: Path | bytes, name: str) -> Iterator[ImageFile]:
    """Open a regular file, or its content, as a picture, whose pixels are not decoded yet.

    Pillow is given the open file and `FORMATS` alone, so that no other program is called and no other file
    opened.

    Raises:
        MediaError: it has more pixels than `core.limits` allow.
        OSError, or another of `DAMAGE`: it is no picture that can be read.
        ImportError: Pillow is not installed.
    """
    from PIL import Image as PilImage

    most = limits.PIXELS.most
    if PilImage.MAX_IMAGE_PIXELS is not None and most > PilImage.MAX_IMAGE_PIXELS:
        PilImage.MAX_IMAGE_PIXELS = most  # the limit below counts, also where it is raised
    try:
        with (
            io.BytesIO(source) if isinstance(source, bytes) else open_regular(source) as file,
            PilImage.open(file, formats=FORMATS) as image,
        ):
            why = limits.PIXELS.excess(image.width * image.height)
            if why:
                raise MediaError(f"{name}: {image.width}x{image.height}: {why}")
            yield image
    except (PilImage.DecompressionBombError, PilImage.DecompressionBombWarning) as error:
        stated = re.search(r"\d+", str(error))
        why = limits.PIXELS.excess(int(stated[0])) if stated else None
        raise MediaError(f"{name}: {why or error}") from error


def shown(image: Image) -> Image:
    """Return an image in RGB as a viewer shows it.

    Its orientation mark (EXIF) is applied; what is transparent lies on white; grey of 16 bits is divided by
    257, floats in 0..1 are multiplied by 255, and other deep values are spread over 0..255.
    """
    from PIL import Image as PilImage
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(image) or image
    if upright.mode in _DEEP:
        return _eight_bits(upright).convert("RGB")
    if upright.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in upright.info:
        on_white = PilImage.new("RGB", upright.size)
        for top in range(0, upright.height, _ROWS):
            ink = upright.crop((0, top, upright.width, min(top + _ROWS, upright.height))).convert("RGBA")
            ground = PilImage.new("RGBA", ink.size, (255, 255, 255, 255))
            on_white.paste(PilImage.alpha_composite(ground, ink).convert("RGB"), (0, top))
        return on_white
    return upright.convert("RGB")


def _eight_bits(image: Image) -> Image:
    import numpy as np
    from PIL import Image as PilImage

    deep: Any = np.asarray(image)
    bands = [slice(top, top + _ROWS) for top in range(0, len(deep), _ROWS)]

    def values(band: slice) -> Any:
        return np.nan_to_num(deep[band].astype(np.float64), posinf=0.0, neginf=0.0)

    low = min(float(values(band).min()) for band in bands)
    high = max(float(values(band).max()) for band in bands)
    if image.mode == "F" and low >= 0 and high <= 1:
        start, gain, divisor = 0.0, 255, 1.0
    elif low >= 0 and high <= 255 and not image.mode.startswith("I;16"):
        start, gain, divisor = 0.0, 1, 1.0  # eight bits in a wider type
    elif low >= 0 and high <= 65535 and image.mode != "F":
        start, gain, divisor = 0.0, 1, 257.0
    else:
        start, gain, divisor = low, 255, (high - low) or 1.0
    narrow = np.empty(deep.shape, np.uint8)
    for band in bands:
        narrow[band] = np.rint((values(band) - start) * gain / divisor)
    return PilImage.fromarray(narrow)


def can_open(path: Path) -> bool:
    """Whether one of the decoders knows the file; False without Pillow."""
    try:
        with open_picture(path, path.name):
            return True
    except (ImportError, MediaError, MemoryError, *DAMAGE):
        return False


def is_plain(path: Path) -> bool:
    """Return whether the file needs no conversion: eight bits, no transparency, no orientation mark.

    Without Pillow every file counts as plain.
    """
    try:
        with open_picture(path, path.name) as image:
            upright = image.getexif().get(0x0112, 1) in (0, 1)
            return upright and image.mode in ("RGB", "L", "1", "P") and "transparency" not in image.info
    except ImportError:
        return True
    except (MediaError, MemoryError, *DAMAGE):
        return False
