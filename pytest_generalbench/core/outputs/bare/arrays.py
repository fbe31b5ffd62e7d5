"""Arrays and tensors of any library as pictures, frames and maps."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.forms.image import as_rgb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_CHANNELS: Final = (1, 3, 4)
_SMALLEST: Final = 4
"""No picture has a side so short, if the array can be read in a way that has longer ones."""

_SURELY_255: Final = 16.0
"""Floats from 0 to something above this are 0..255; what lies between is neither range for certain."""


def is_picture_object(value: object) -> bool:
    """Return whether a value is an image of Pillow, which is not imported for this."""
    pil = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(value, pil.Image)


def is_array(value: object) -> bool:
    """Return whether a value is an array or a tensor: it has a shape, a dtype, and converts to numpy."""
    if isinstance(value, np.ndarray):
        return True
    has_shape = hasattr(value, "shape") and hasattr(value, "dtype")
    return has_shape and (hasattr(value, "__array__") or hasattr(value, "numpy"))


def as_array(value: Any) -> NDArray[Any]:
    """Return a numpy array of an array or tensor: off its device and graph, bfloat16 as float32.

    >>> as_array(np.float32(0.5)).shape
    ()
    """
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if hasattr(value, "is_sparse") and (value.is_sparse or value.is_quantized):
            value = value.dequantize() if value.is_quantized else value.to_dense()
        if str(value.dtype) in ("torch.bfloat16", "torch.float8_e4m3fn", "torch.float8_e5m2"):
            value = value.float()
        value = value.resolve_conj().resolve_neg() if hasattr(value, "resolve_neg") else value
    elif hasattr(value, "get") and hasattr(value, "device"):
        value = value.get()  # cupy
    array = np.asarray(value)
    if array.dtype.kind == "V" or array.dtype.name == "bfloat16":
        array = np.asarray(value, np.float32)
    return array


def picture_of(array: NDArray[Any], what: str = "image") -> NDArray[Any]:
    """Return a picture (height, width, 3) as uint8, or as floats in 0..1.

    Args:
        array: (height, width), channels last or first: 1 (grey), 3 (RGB) or 4 (with opacity, laid over
            white); one more axis of length 1 before is taken. bool, uint8, uint16, other whole numbers of
            0..255, floats of 0..1 or of 0..255.
        what: the form's name, for messages.

    Raises:
        AnswerFormatError: the shape or the range fits two readings, or none.
    """
    while array.ndim > 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3:
        raise AnswerFormatError(f"{what} of the shape {array.shape}, which is no picture")
    orders = {"channels last": (0, 1, 2), "channels first": (1, 2, 0)}
    return _colours(eight_bits(_ordered(array, orders, what), what), what)


def frames_of(array: NDArray[Any], what: str = "video") -> NDArray[Any]:
    """Return frames (frames, height, width, 3) as uint8, or as floats in 0..1.

    Args:
        array: (frames, height, width), (frames, height, width, channels), (frames, channels, height, width)
            or (channels, frames, height, width); one more axis of length 1 before is taken. Values as for
            `picture_of`.
        what: the form's name, for messages.

    Raises:
        AnswerFormatError: the shape or the range fits two readings, or none.
    """
    while array.ndim > 4 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 3 and array.shape[0] not in _CHANNELS and min(array.shape[1:]) > _SMALLEST:
        array = array[..., None]  # else it may be one picture
    if array.ndim != 4:
        raise AnswerFormatError(f"{what} of the shape {array.shape}, which are no frames")
    orders = {
        "frames, height, width, channels": (0, 1, 2, 3),
        "frames, channels, height, width": (0, 2, 3, 1),
        "channels, frames, height, width": (1, 2, 3, 0),
    }
    return _colours(eight_bits(_ordered(array, orders, what), what), what)


def _ordered(array: NDArray[Any], orders: Mapping[str, tuple[int, ...]], what: str) -> NDArray[Any]:
    """Return the array with its channels last, in the only order that fits."""
    fit = {name: order for name, order in orders.items() if array.shape[order[-1]] in _CHANNELS}
    sides = {name: min(array.shape[axis] for axis in order[-3:-1]) for name, order in fit.items()}
    large = {name: order for name, order in fit.items() if sides[name] > _SMALLEST}
    fit = large or fit
    if len(fit) != 1:
        readings = " or ".join(fit) or "no known order of axes"
        raise AnswerFormatError(f"{what} of the shape {array.shape}, which can be {readings}")
    return array.transpose(next(iter(fit.values())))


def eight_bits(array: NDArray[Any], what: str) -> NDArray[Any]:
    """Return pixel values as uint8, or as floats in 0..1; refuse what has no certain range."""
    kind = array.dtype.kind
    if array.dtype == np.uint8 or not array.size:
        return array
    if kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if kind in "iu":
        least, most = int(array.min()), int(array.max())
        if array.dtype == np.uint16 and most > 255:
            return _rounded(array / 257)
        if least < 0 or most > 255 or most == 1:
            raise AnswerFormatError(f"{what} in {array.dtype} of {least}..{most}: give uint8 of 0..255")
        return array.astype(np.uint8)
    if kind != "f":
        raise AnswerFormatError(f"{what} holds {array.dtype}, not numbers")
    array = array.astype(np.float32) if array.dtype != np.float64 else array
    if not np.isfinite(array).all():
        raise AnswerFormatError(f"{what} has values that are NaN or infinite")
    low, high = float(array.min()), float(array.max())
    if low >= -0.5 and _SURELY_255 < high <= 255.5:
        return _rounded(np.clip(array, 0, 255))
    if low < -0.001 or high > 1.001:
        raise AnswerFormatError(f"{what} in floats of {low:g}..{high:g}: give 0..1, or uint8 of 0..255")
    return array


def _rounded(array: NDArray[Any]) -> NDArray[np.uint8]:
    whole: NDArray[np.uint8] = np.rint(array).astype(np.uint8)
    return whole


def _colours(array: NDArray[Any], what: str) -> NDArray[Any]:
    """Return three channels last of one, three or four."""
    if array.shape[-1] == 3:
        return array
    if array.shape[-1] == 1:
        return np.repeat(array, 3, axis=-1)
    whole = array if array.dtype == np.uint8 else _rounded(np.clip(array, 0, 1) * 255)
    flat = whole.reshape(-1, *whole.shape[-2:])
    return as_rgb(flat, what).reshape(*whole.shape[:-1], 3)


def plane_of(array: NDArray[Any], what: str) -> NDArray[Any]:
    """Return a map (height, width) of an array that may have axes of length 1 around it."""
    while array.ndim > 2 and 1 in (array.shape[0], array.shape[-1]):
        array = array[0] if array.shape[0] == 1 else array[..., 0]
    if array.ndim != 2:
        raise AnswerFormatError(f"{what} of the shape {array.shape}, not (height, width)")
    return array


def binary_of(array: NDArray[Any], what: str) -> NDArray[np.bool_]:
    """Return a mask of values that are 0 and one other; anything else has a threshold that is not known."""
    values = np.unique(array)
    if array.dtype.kind not in "biuf" or len(values) > 2 or (len(values) == 2 and values[0] != 0):
        raise AnswerFormatError(
            f"{what} of {array.dtype} with {len(values)} values: give bool, where the object is"
        )
    mask: NDArray[np.bool_] = array != 0
    return mask
