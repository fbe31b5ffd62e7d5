"""Structured outputs per pixel of one image: class ids, a mask, scores, an alpha matte, depth, flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.outputs.base import (
    AnswerFormatError,
    Get,
    StructuredOutput,
    array_from,
    read_arrays,
)
from pytest_generalbench.core.outputs.codecs.images.files import (
    foreground,
    is_picture,
    one_channel,
    packed_colours,
    read_picture,
)
from pytest_generalbench.core.outputs.codecs.images.flow import kitti_flow, read_flo
from pytest_generalbench.core.outputs.codecs.images.rle import Rle, RleError, encode, rle_from_plain

MAX_CLASS: Final = (1 << 24) - 1
"""The largest class id: that of a colour."""

ROUNDING: Final = 1e-4
"""How far a value may leave 0..1 by rounding; it is set to the end of the range."""


def set_field(answer: StructuredOutput, name: str, value: NDArray[Any]) -> None:
    """Set an array field of a frozen output in its constructor, with the dtype of its form."""
    object.__setattr__(answer, name, np.ascontiguousarray(value))


def numbers(form: str, value: Any, axes: int) -> NDArray[Any]:
    """Return an array of real numbers with that many axes and no empty one; else AnswerFormatError."""
    array = array_from(value, form)
    if array.dtype.kind not in "biuf":
        raise AnswerFormatError(f"{form} holds numbers, not {array.dtype}")
    if array.ndim != axes or not array.size:
        raise AnswerFormatError(f"{form} has {axes} axes, none of them empty, not the shape {array.shape}")
    return array


def floats(form: str, value: Any, axes: int) -> NDArray[np.float32]:
    """Return `numbers` as float32, all of them finite; else AnswerFormatError."""
    array = numbers(form, value, axes)
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise AnswerFormatError(f"{form} has {count} values that are NaN or infinite")
    return array


def checked_rle(form: str, rle: Rle) -> Rle:
    """Return run lengths that are a mask; else AnswerFormatError."""
    try:
        rle.runs()
    except RleError as error:
        raise AnswerFormatError(f"{form}: {error}") from error
    return rle


def read_rle(form: str, plain: Any) -> Rle:
    """Return the mask of a COCO object; else AnswerFormatError."""
    try:
        return rle_from_plain(plain)
    except RleError as error:
        raise AnswerFormatError(f"{form}: {error}") from error


def is_rle(value: object) -> bool:
    """Whether `value` looks like COCO's object for a mask."""
    return isinstance(value, Mapping) and "counts" in value and "size" in value


def array_of(form: str, content: bytes, *names: str) -> NDArray[Any]:
    """Return the array of a .npz under the first of `names` that is there, or its only one."""
    arrays = read_arrays(content)
    for name in names:
        if name in arrays:
            return arrays[name]
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    raise AnswerFormatError(
        f"{form}: the .npz has no array {' or '.join(names)}; found: {', '.join(arrays) or 'none'}"
    )


def _npz(value: Any) -> bool:
    return isinstance(value, str) and value.lower().endswith(".npz")


@dataclass(frozen=True, slots=True, eq=False)
class ClassMap(StructuredOutput):
    """A class for every pixel."""

    form: ClassVar[str] = "class_map"
    classes: NDArray[np.int32]
    """(height, width): class ids from 0, or colours as red * 65536 + green * 256 + blue."""
    colours: bool = False
    """Whether `classes` are colours, which the task's table turns into ids."""

    def __post_init__(self) -> None:
        """Check shape, type and range."""
        array = numbers(self.form, self.classes, 2)
        if array.dtype.kind not in "biu" or int(array.min()) < 0 or int(array.max()) > MAX_CLASS:
            raise AnswerFormatError(f"{self.form} holds whole numbers from 0 to {MAX_CLASS}")
        set_field(self, "classes", array.astype(np.int32))

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Read a picture (grey, palette: ids; colour: colours), a .npz (`classes`), or a COCO mask (0, 1)."""
        if is_picture(value):
            picture = read_picture(read(value), value)
            if picture.ndim == 2:
                return cls(picture)
            return cls(packed_colours(picture), colours=True)
        if _npz(value):
            return cls(array_of(cls.form, read(value), "classes"))
        if is_rle(value):
            return cls(checked_rle(cls.form, read_rle(cls.form, value)).decode().astype(np.int32))
        if isinstance(value, Mapping) and "form" not in value:
            value = {"colours": False, **value}
        return super(ClassMap, cls).from_prediction(value, read)


@dataclass(frozen=True, slots=True, eq=False)
class Mask(StructuredOutput):
    """One binary mask."""

    form: ClassVar[str] = "mask"
    mask: Rle

    def __post_init__(self) -> None:
        """Check that the run lengths are a mask."""
        checked_rle(self.form, self.mask)

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Read a COCO mask object, a picture (see `foreground`), or a .npz (`mask`, non-zero is set)."""
        if is_rle(value):
            return cls(read_rle(cls.form, value))
        if is_picture(value):
            return cls(encode(foreground(read_picture(read(value), value), value)))
        if _npz(value):
            return cls(encode(numbers(cls.form, array_of(cls.form, read(value), "mask"), 2)))
        return super(Mask, cls).from_prediction(value, read)


@dataclass(frozen=True, slots=True, eq=False)
class AnomalyMap(StructuredOutput):
    """Anomaly score of every pixel; only the order of the values counts, over all images of a task."""

    form: ClassVar[str] = "anomaly_map"
    scores: NDArray[np.float32]
    """(height, width), finite, higher is more anomalous."""

    def __post_init__(self) -> None:
        """Check shape and values."""
        set_field(self, "scores", floats(self.form, self.scores, 2))

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Read a .npz (`scores`), a grey picture of 8 or 16 bits, or a COCO mask (scores 0 and 1)."""
        if _npz(value):
            return cls(array_of(cls.form, read(value), "scores", "anomaly_map"))
        if is_picture(value):
            return cls(one_channel(read_picture(read(value), value), value).astype(np.float32))
        if is_rle(value):
            return cls(checked_rle(cls.form, read_rle(cls.form, value)).decode().astype(np.float32))
        return super(AnomalyMap, cls).from_prediction(value, read)


@dataclass(frozen=True, slots=True, eq=False)
class Alpha(StructuredOutput):
    """An alpha matte."""

    form: ClassVar[str] = "alpha"
    alpha: NDArray[np.float32]
    """(height, width), 0 is background, 1 foreground."""

    def __post_init__(self) -> None:
        """Check shape, values and range."""
        array = floats(self.form, self.alpha, 2)
        if float(array.min()) < -ROUNDING or float(array.max()) > 1 + ROUNDING:
            raise AnswerFormatError(f"{self.form} lies in 0..1, not {array.min():g}..{array.max():g}")
        set_field(self, "alpha", np.clip(array, 0, 1))

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Read a picture (its alpha channel, else its grey; 8 or 16 bits are 0..1), or a .npz (`alpha`)."""
        if is_picture(value):
            return cls(opacity(read_picture(read(value), value), value))
        if _npz(value):
            return cls(array_of(cls.form, read(value), "alpha"))
        return super(Alpha, cls).from_prediction(value, read)


def opacity(picture: NDArray[Any], name: str) -> NDArray[np.float32]:
    """Return grey or alpha values of 8 or 16 bits as 0..1; one of 1 bit as it is."""
    values = one_channel(picture, name)
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    full = 255 if values.dtype == np.uint8 else 65535
    if full == 255 and int(values.max(initial=0)) <= 1:
        full = 1
    return (values / np.float32(full)).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class DepthMap(StructuredOutput):
    """Depth of every pixel."""

    form: ClassVar[str] = "depth_map"
    depth: NDArray[np.float32]
    """(height, width), metres, finite and not negative."""

    def __post_init__(self) -> None:
        """Check shape, values and range."""
        array = floats(self.form, self.depth, 2)
        if float(array.min()) < 0:
            raise AnswerFormatError(f"{self.form} is not negative, not {array.min():g} m")
        set_field(self, "depth", array)

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Read a .npz (`depth`, metres), or a 16-bit picture (millimetres)."""
        if _npz(value):
            return cls(array_of(cls.form, read(value), "depth"))
        if is_picture(value):
            picture = one_channel(read_picture(read(value), value), value)
            if picture.dtype == np.uint8:
                raise AnswerFormatError(f"{value}: depth in a picture is 16 bits, in millimetres")
            return cls(picture.astype(np.float32) / np.float32(1000))
        return super(DepthMap, cls).from_prediction(value, read)


@dataclass(frozen=True, slots=True, eq=False)
class FlowField(StructuredOutput):
    """Motion of every pixel from one frame to the next."""

    form: ClassVar[str] = "flow_field"
    flow: NDArray[np.float32]
    """(height, width, 2), pixels to the right and pixels down, finite."""

    def __post_init__(self) -> None:
        """Check shape and values."""
        array = floats(self.form, self.flow, 3)
        if array.shape[2] != 2:
            raise AnswerFormatError(f"{self.form} is (height, width, 2), not {array.shape}")
        set_field(self, "flow", array)

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Read a .flo, a KITTI picture of 16-bit colour, or a .npz (`flow`)."""
        if isinstance(value, str) and value.lower().endswith(".flo"):
            return cls(read_flo(read(value), value))
        if is_picture(value):
            return cls(kitti_flow(read_picture(read(value), value), value))
        if _npz(value):
            return cls(array_of(cls.form, read(value), "flow"))
        return super(FlowField, cls).from_prediction(value, read)
