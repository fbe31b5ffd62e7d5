"""Picture files read as numbers: class ids, grey values, palette indices and 16-bit values, as stored.

Pillow is needed, and imported when the first file is read. It gives 16-bit colour as 8 bits,
so those files are unpacked twice: once for the high bytes, once for the low ones.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.errors import MediaError, MissingDependencyError
from pytest_generalbench.core.media.images import DAMAGE, open_picture
from pytest_generalbench.core.outputs.base import AnswerFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL.ImageFile import ImageFile

ENDINGS: Final = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif", ".webp")
"""What counts as the name of a picture."""


def is_picture(name: object) -> bool:
    """Return whether `name` is a text with the ending of a picture file."""
    return isinstance(name, str) and name.lower().endswith(ENDINGS)


@contextmanager
def _opened(source: bytes | Path, name: str) -> Iterator[ImageFile]:
    try:
        with (
            warnings.catch_warnings(action="ignore"),  # of damage that can be read over
            open_picture(source, name) as image,
        ):
            yield image
    except ImportError as error:
        raise MissingDependencyError("pillow", "image", "reading masks and maps") from error
    except MediaError as error:
        raise AnswerFormatError(str(error)) from error
    except (MemoryError, *DAMAGE) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise AnswerFormatError(f"{name}: cannot be read as a picture ({reason})") from error


def picture_size(source: bytes | Path, name: str) -> tuple[int, int]:
    """Return (height, width) of a picture without decoding it. Raises AnswerFormatError when it is none."""
    with _opened(source, name) as image:
        return image.height, image.width


def picture_mode(source: bytes | Path, name: str) -> str:
    """Return Pillow's mode of a picture (`L`, `P`, `RGB`, …) without decoding it."""
    with _opened(source, name) as image:
        return image.mode


def palette_of(source: bytes | Path, name: str) -> list[int] | None:
    """Return red * 65536 + green * 256 + blue of each entry of a palette, None for other pictures."""
    with _opened(source, name) as image:
        if image.mode != "P" or image.palette is None:
            return None
        flat = image.getpalette("RGB") or []
    return [flat[at] << 16 | flat[at + 1] << 8 | flat[at + 2] for at in range(0, len(flat) - 2, 3)]


def read_picture(source: bytes | Path, name: str) -> NDArray[Any]:
    """Return the numbers of a picture: (height, width) for grey and palette, (height, width, n) for colour.

    Palette files give indices, files of one bit 0 and 1, 16-bit files 0..65535, all others
    8 bits. Raises AnswerFormatError when the file is no picture that can be read.
    """
    with _opened(source, name) as image:
        if image.mode == "RGB" and _is_deep(image):
            return _deep(source, name)
        if image.mode not in ("1", "L", "P", "I", "I;16", "F", "LA", "RGB", "RGBA"):
            image = image.convert("I" if image.mode.startswith("I;16") else "RGB")  # type: ignore[assignment]
        values = np.asarray(image)
    return values.astype(np.uint8) if values.dtype == np.bool_ else values


def read_colours(source: bytes | Path, name: str) -> NDArray[Any]:
    """Return what a picture looks like: (height, width) grey, or (height, width, n) with colours or alpha.

    Unlike in `read_picture` palettes are looked up, files of one bit are 0 and 255, and a transparent
    colour is an alpha channel.
    """
    with _opened(source, name) as image:
        if image.mode == "RGB" and _is_deep(image):
            return _deep(source, name)
        if "transparency" in image.info and image.mode in ("1", "L", "P", "RGB"):
            image = image.convert("RGBA")  # type: ignore[assignment]
        elif image.mode == "1":
            image = image.convert("L")  # type: ignore[assignment]
        elif image.mode in ("PA", "La", "RGBa"):
            image = image.convert("RGBA")  # type: ignore[assignment]
        elif image.mode not in ("L", "I", "I;16", "F", "LA", "RGB", "RGBA"):
            image = image.convert("I" if image.mode.startswith("I;16") else "RGB")  # type: ignore[assignment]
        return np.asarray(image)


def _is_deep(image: ImageFile) -> bool:
    return bool(image.tile) and image.tile[0].args in ("RGB;16B", ("RGB;16B",))


def _deep(source: bytes | Path, name: str) -> NDArray[np.uint16]:
    """Return a 16-bit colour PNG: `16B` unpacks the first byte of each value, `16L` the second."""
    halves = []
    for raw in ("RGB;16B", "RGB;16L"):
        with _opened(source, name) as image:
            image.tile = [image.tile[0]._replace(args=raw)]
            halves.append(np.asarray(image).astype(np.uint16))
    return halves[0] << np.uint16(8) | halves[1]


def one_channel(values: NDArray[Any], name: str) -> NDArray[Any]:
    """Return (height, width) of a picture: itself, its alpha, or the grey that all its colours are.

    Raises AnswerFormatError for a picture in colours, which is no map of one value per pixel.
    """
    if values.ndim == 2:
        return values
    if values.shape[2] in (2, 4):
        return values[:, :, -1]
    if (values == values[:, :, :1]).all():
        return values[:, :, 0]
    raise AnswerFormatError(f"{name}: a picture in colours where one value per pixel is due")


def packed_colours(values: NDArray[Any]) -> NDArray[np.int32]:
    """Return red * 65536 + green * 256 + blue of a colour picture; of a grey one each grey as a colour."""
    wide = values.astype(np.int32)
    if wide.ndim == 2 or wide.shape[2] == 2:
        grey = wide if wide.ndim == 2 else wide[:, :, 0]
        return grey * 0x010101
    return wide[:, :, 0] << 16 | wide[:, :, 1] << 8 | wide[:, :, 2]


def foreground(values: NDArray[Any], name: str) -> NDArray[np.bool_]:
    """Return a mask from a picture: values from 128 on where there are any, else values above 0.

    So 0/255, 0/1 and small class ids all work, and the grey fringes that JPEG puts around
    a 0/255 mask are cut in the middle. A colour picture counts by its brightest channel.
    """
    if values.ndim == 3:
        values = values[:, :, : 3 if values.shape[2] > 2 else 1].max(axis=2)
    top = int(values.max()) if values.size else 0
    return values >= 128 if 128 <= top <= 255 else values > (top // 2 if top > 255 else 0)
