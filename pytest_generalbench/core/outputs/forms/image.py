"""Structured output for pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core import limits
from pytest_generalbench.core.errors import MissingDependencyError
from pytest_generalbench.core.outputs.base import AnswerFormatError, array_from
from pytest_generalbench.core.outputs.codecs.images.files import ENDINGS, read_colours
from pytest_generalbench.core.outputs.codecs.images.png import png
from pytest_generalbench.core.outputs.media_output import MediaOutput


def checked_pixels(form: str, pixels: Any, axes: int = 3) -> NDArray[np.uint8]:
    """Return RGB values 0..255 with `axes` axes, the last of length 3; else AnswerFormatError.

    Taken are uint8, and floats in 0..1, which are scaled and rounded. Anything else is a guess
    about its range, and refused.
    """
    array = array_from(pixels, form)
    if array.ndim != axes or array.shape[-1] != 3 or not array.size:
        shape = "(height, width, 3)" if axes == 3 else "(frames, height, width, 3)"
        raise AnswerFormatError(f"{form} has the shape {shape}, none of them 0, not {array.shape}")
    why = limits.PIXELS.excess(array.shape[-3] * array.shape[-2])
    if why:
        raise AnswerFormatError(f"{form} of {array.shape[-2]}x{array.shape[-3]}: {why}")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype.kind != "f":
        raise AnswerFormatError(f"{form} holds uint8, or floats in 0..1, not {array.dtype}")
    if not np.isfinite(array).all():
        raise AnswerFormatError(f"{form} has values that are NaN or infinite")
    if array.min() < -0.001 or array.max() > 1.001:
        raise AnswerFormatError(f"{form} in floats has values outside 0..1")
    whole: NDArray[np.uint8] = np.rint(np.clip(array, 0, 1) * 255).astype(np.uint8)
    return whole


@dataclass(frozen=True, slots=True, eq=False)
class Image(MediaOutput):
    """An RGB picture.

    In a prediction file: the name of a picture (.png, .jpg, …); transparency is laid over white.
    """

    form: ClassVar[str] = "image"
    medium: ClassVar[str] = "image"
    endings: ClassVar[tuple[str, ...]] = ENDINGS
    pixels: NDArray[np.uint8]
    """(height, width, 3), RGB, 0..255; floats in 0..1 are taken and rounded."""

    def __post_init__(self) -> None:
        """Check shape, type and size."""
        object.__setattr__(self, "pixels", checked_pixels(self.form, self.pixels))

    def content(self) -> bytes:
        """Return a PNG."""
        return png(self.pixels)

    @classmethod
    def decode(cls, content: bytes, name: str) -> Self:
        """Read a picture of any common kind; needs Pillow."""
        return cls(as_rgb(read_colours(content, name), name))

    def preview(self) -> NDArray[np.uint8]:
        """Return the picture."""
        return self.pixels

    def summary(self) -> dict[str, Any]:
        """Return width and height."""
        return {"width": self.pixels.shape[1], "height": self.pixels.shape[0]}


def resized(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Return a picture resized by bicubic interpolation; one of that size already is returned unchanged."""
    if pixels.shape[:2] == (height, width):
        return pixels
    try:
        from PIL import Image as PilImage
    except ImportError as error:
        raise MissingDependencyError("pillow", "image", "resizing pictures") from error
    fitted: NDArray[np.uint8] = np.asarray(
        PilImage.fromarray(pixels).resize((width, height), PilImage.Resampling.BICUBIC)
    )
    return fitted


def as_rgb(values: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """Return RGB of a picture as stored: grey thrice, deep values in 8 bits, transparency over white."""
    if values.dtype == np.uint16 or (values.dtype.kind == "i" and values.max(initial=0) > 255):
        values = np.rint(values / 257).astype(np.uint8)
    if values.dtype.kind not in "biu":
        raise AnswerFormatError(f"{name}: a picture of {values.dtype}, not of whole numbers")
    wide = values.astype(np.uint8)
    if wide.ndim == 2:
        return np.repeat(wide[:, :, None], 3, axis=2)
    if wide.shape[2] in (2, 4):
        alpha = wide[:, :, -1:].astype(np.float64) / 255
        over = wide[:, :, :-1] * alpha + 255 * (1 - alpha)
        wide = np.rint(over).astype(np.uint8)
    return np.repeat(wide, 3, axis=2) if wide.shape[2] == 1 else wide
