"""Image files as people see them: upright, on white where they are transparent, in eight bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import MediaError, MissingDependencyError

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

MAX_PIXELS: Final = 120_000_000
"""Images above this many pixels are refused as a decompression bomb."""

FORMATS: Final = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "AVIF", "JPEG2000", "PPM", "TGA")
"""The only decoders that are used: those of other kinds of file may run what the file says."""

_DEEP: Final = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
"""Modes of one channel with more than eight bits."""


def decode_image(path: Path) -> Image:
    """Decode an image file to RGB, as `shown` says.

    Raises:
        MediaError: it cannot be decoded, or has more than `MAX_PIXELS`.
        MissingDependencyError: Pillow is not installed.
    """
    try:
        from PIL import Image as PilImage
    except ImportError as error:
        raise MissingDependencyError("pillow", "image", "decoding images") from error
    try:
        with PilImage.open(path, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise MediaError(f"{path.name}: {image.width}x{image.height} pixels, more than {MAX_PIXELS}")
            return shown(image)
    except (PilImage.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise MediaError(f"{path.name}: cannot decode the image ({error})") from error


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
        ink = upright.convert("RGBA")
        ground = PilImage.new("RGBA", ink.size, (255, 255, 255, 255))
        return PilImage.alpha_composite(ground, ink).convert("RGB")
    return upright.convert("RGB")


def _eight_bits(image: Image) -> Image:
    import numpy as np
    from PIL import Image as PilImage

    values: Any = np.nan_to_num(np.asarray(image).astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if image.mode == "F" and low >= 0 and high <= 1:
        values = values * 255
    elif low >= 0 and high <= 255 and not image.mode.startswith("I;16"):
        pass  # eight bits in a wider type
    elif low >= 0 and high <= 65535 and image.mode != "F":
        values = values / 257
    else:
        values = (values - low) * 255 / ((high - low) or 1.0)
    return PilImage.fromarray(np.rint(values).astype(np.uint8))


def can_open(path: Path) -> bool:
    """Whether one of the decoders knows the file; False without Pillow."""
    try:
        from PIL import Image as PilImage
    except ImportError:
        return False
    try:
        with PilImage.open(path, formats=FORMATS):
            return True
    except (OSError, SyntaxError, ValueError, PilImage.DecompressionBombError):
        return False


def is_plain(path: Path) -> bool:
    """Return whether the file needs no conversion: eight bits, no transparency, no orientation mark.

    Without Pillow every file counts as plain.
    """
    try:
        from PIL import Image as PilImage
    except ImportError:
        return True
    try:
        with PilImage.open(path, formats=FORMATS) as image:
            upright = image.getexif().get(0x0112, 1) in (0, 1)
            return upright and image.mode in ("RGB", "L", "1", "P") and "transparency" not in image.info
    except (OSError, SyntaxError, ValueError, PilImage.DecompressionBombError):
        return False
