"""Structured outputs per video frame: masks, disparity, saliency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.outputs.base import AnswerFormatError, Get, StructuredOutput, array_from
from pytest_generalbench.core.outputs.codecs.images.files import (
    foreground,
    is_picture,
    one_channel,
    read_picture,
)
from pytest_generalbench.core.outputs.codecs.images.rle import Rle, encode
from pytest_generalbench.core.outputs.forms.maps import (
    ROUNDING,
    array_of,
    checked_rle,
    floats,
    is_rle,
    numbers,
    opacity,
    read_rle,
    set_field,
)


@dataclass(frozen=True, slots=True, eq=False)
class MaskSequence(StructuredOutput):
    """One mask for each frame of a video, an empty one where the object is not seen."""

    form: ClassVar[str] = "mask_sequence"
    masks: tuple[Rle, ...]
    """In frame order, all of one size."""

    def __post_init__(self) -> None:
        """Check every mask."""
        for mask in self.masks:
            checked_rle(self.form, mask)
        if len({mask.shape for mask in self.masks}) > 1:
            raise AnswerFormatError(f"{self.form}: the frames have different sizes")

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Read a list of COCO masks or picture names, the references' own object, or a .npz (`masks`)."""
        if isinstance(value, str) and value.lower().endswith(".npz"):
            frames = numbers(cls.form, array_of(cls.form, read(value), "masks"), 3)
            return cls(tuple(encode(frame) for frame in frames))
        if isinstance(value, Mapping) and "form" not in value:
            value = mask_entries(value)
        if isinstance(value, list):
            return cls(tuple(cls._frame(item, number, read) for number, item in enumerate(value)))
        return super(MaskSequence, cls).from_prediction(value, read)

    @classmethod
    def _frame(cls, item: Any, number: int, read: Get) -> Rle:
        item = item["mask"] if isinstance(item, Mapping) and "mask" in item else item
        if is_rle(item):
            return read_rle(f"{cls.form}, frame {number}", item)
        if is_picture(item):
            return encode(foreground(read_picture(read(item), item), item))
        raise AnswerFormatError(f"{cls.form}: frame {number} has no mask, but {item!r:.60}")


def mask_entries(value: Mapping[str, Any]) -> list[Any]:
    """Return the frames of an object of masks: its list `masks`, or its entries in their order."""
    masks = value.get("masks")
    if isinstance(masks, list):
        return masks
    return mask_entries(masks) if isinstance(masks, Mapping) else list(value.values())


@dataclass(frozen=True, slots=True, eq=False)
class DepthSequence(StructuredOutput):
    """The disparity of every pixel of every frame, up to one scale and shift for the clip."""

    form: ClassVar[str] = "depth_sequence"
    disparity: NDArray[np.float32]
    """(frames, height, width), finite; (frames, 1, height, width) is taken as well."""

    def __post_init__(self) -> None:
        """Check shape and values."""
        array = array_from(self.disparity, self.form)
        if array.ndim == 4 and array.shape[1] == 1:
            array = array[:, 0]
        set_field(self, "disparity", floats(self.form, array, 3))

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Read a .npz (`disparity`)."""
        if isinstance(value, str) and value.lower().endswith(".npz"):
            return cls(array_of(cls.form, read(value), "disparity"))
        return super(DepthSequence, cls).from_prediction(value, read)


@dataclass(frozen=True, slots=True, eq=False)
class SalientSequence(StructuredOutput):
    """Saliency of every pixel of every frame."""

    form: ClassVar[str] = "salient_sequence"
    maps: NDArray[Any]
    """(frames, height, width): uint8, or 0..1 (floats, bools), which is rounded to its 256 steps."""

    def __post_init__(self) -> None:
        """Check shape, values and range."""
        array = numbers(self.form, self.maps, 3)
        if array.dtype != np.uint8:
            scaled = floats(self.form, array, 3)
            if float(scaled.min()) < -ROUNDING or float(scaled.max()) > 1 + ROUNDING:
                low, high = scaled.min(), scaled.max()
                raise AnswerFormatError(f"{self.form} lies in 0..1 or is uint8, not {low:g}..{high:g}")
            array = np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)
        set_field(self, "maps", array)

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Read a list of grey pictures, one for each frame in order, or a .npz (`maps`)."""
        if isinstance(value, str) and value.lower().endswith(".npz"):
            return cls(array_of(cls.form, read(value), "maps"))
        if isinstance(value, list) and value and all(map(is_picture, value)):
            pictures = [read_picture(read(name), name) for name in value]
            frames = [
                opacity(one_channel(picture, name), name)
                for picture, name in zip(pictures, value, strict=True)
            ]
            if len({frame.shape for frame in frames}) > 1:
                raise AnswerFormatError(f"{cls.form}: the frames have different sizes")
            return cls(np.stack(frames))
        return super(SalientSequence, cls).from_prediction(value, read)
