"""Structured outputs with several masks of one image: instances and panoptic maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.outputs.base import AnswerFormatError, Get, StructuredOutput, read_arrays
from pytest_generalbench.core.outputs.codecs.images.files import (
    foreground,
    is_picture,
    packed_colours,
    read_picture,
)
from pytest_generalbench.core.outputs.codecs.images.rle import Rle, encode
from pytest_generalbench.core.outputs.forms.maps import checked_rle, is_rle, numbers, read_rle, set_field

LABEL_KEYS: Final = (
    "label",
    "category",
    "category_name",
    "class",
    "name",
    "category_id",
    "class_id",
    "label_id",
)
"""Where an entry of a list names its class, best first."""

_MASK_KEYS: Final = ("segmentation", "mask", "rle")


class InstanceMask(NamedTuple):
    """One instance in an image."""

    mask: Rle
    label: str | None = None
    score: float | None = None


class Segment(NamedTuple):
    """One segment of a panoptic map."""

    id: int
    category: str


def label_of(entry: Mapping[str, Any]) -> str | None:
    """Return the class of an entry, ids as text; None when it has none."""
    for key in LABEL_KEYS:
        value = entry.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value).strip()
        if isinstance(value, Mapping) and "name" in value:
            return str(value["name"]).strip()
    return None


@dataclass(frozen=True, slots=True, eq=False)
class InstanceMasks(StructuredOutput):
    """A mask, a label and a score for every instance."""

    form: ClassVar[str] = "instance_masks"
    masks: tuple[InstanceMask, ...]

    def __post_init__(self) -> None:
        """Check masks and scores."""
        for one in self.masks:
            checked_rle(self.form, one.mask)
            if one.score is not None and not np.isfinite(one.score):
                raise AnswerFormatError(f"{self.form}: a score is {one.score}")
        if len({one.mask.shape for one in self.masks}) > 1:
            raise AnswerFormatError(f"{self.form}: the masks of one picture have different sizes")

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Read COCO's result list: objects with `segmentation`, `category_id` or a label, and `score`."""
        if isinstance(value, Mapping) and isinstance(value.get("masks"), list) and "form" not in value:
            value = value["masks"]
        if isinstance(value, list):
            return cls(tuple(cls._entry(item, read) for item in value))
        return super(InstanceMasks, cls).from_prediction(value, read)

    @classmethod
    def _entry(cls, item: Any, read: Get) -> InstanceMask:
        if isinstance(item, list) and len(item) == 3 and is_rle(item[0]):
            item = {"mask": item[0], "label": item[1], "score": item[2]}
        if not isinstance(item, Mapping):
            raise AnswerFormatError(f"{cls.form}: an entry is an object with a mask, not {item!r:.60}")
        given = item if is_rle(item) else next((item[key] for key in _MASK_KEYS if key in item), None)
        score = item.get("score", item.get("confidence"))
        if score is not None and (isinstance(score, bool) or not isinstance(score, int | float)):
            raise AnswerFormatError(f"{cls.form}: a score is {score!r:.40}")
        if is_picture(given):
            picture = read_picture(read(str(given)), str(given))
            mask = encode(foreground(picture, str(given)))
        else:
            mask = read_rle(cls.form, given)
        return InstanceMask(mask, label_of(item), None if score is None else float(score))


@dataclass(frozen=True, slots=True, eq=False)
class PanopticMap(StructuredOutput):
    """A segment for every pixel, and a category for every segment; things and stuff alike."""

    form: ClassVar[str] = "panoptic_map"
    ids: NDArray[np.int64]
    """(height, width): segment ids; 0, and every id that `segments` does not list, is void."""
    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        """Check shape, type and that no id is there twice."""
        array = numbers(self.form, self.ids, 2)
        if array.dtype.kind not in "biu" or int(array.min()) < 0:
            raise AnswerFormatError(f"{self.form} holds whole numbers from 0")
        listed = [segment.id for segment in self.segments]
        if len(set(listed)) < len(listed):
            raise AnswerFormatError(f"{self.form}: a segment id is listed twice")
        set_field(self, "ids", array.astype(np.int64))

    @classmethod
    def from_prediction(cls, value: Any, read: Get) -> StructuredOutput:
        """Read COCO's panoptic form: `file_name` (a PNG, id = R + 256 G + 65536 B) and `segments_info`.

        A PNG in grey or 16 bits, or a .npz (`ids`), holds the ids themselves.
        """
        if isinstance(value, Mapping) and "segments_info" in value:
            name = value.get("file_name", value.get("file", value.get("png_file_name")))
            return cls(segment_ids(name, read), listed_segments(value["segments_info"]))
        return super(PanopticMap, cls).from_prediction(value, read)


def segment_ids(name: Any, read: Get) -> NDArray[np.int64]:
    """Return the ids of a panoptic file."""
    if isinstance(name, str) and name.lower().endswith(".npz"):
        arrays = read_arrays(read(name))
        array = arrays.get("ids", next(iter(arrays.values()), None))
        if array is not None and array.dtype.kind in "biu":
            return array.astype(np.int64)
    if not is_picture(name):
        raise AnswerFormatError(f"panoptic_map: no PNG or .npz of segment ids: {name!r:.60}")
    picture = read_picture(read(name), name)
    if picture.ndim == 2:
        return picture.astype(np.int64)
    # COCO's id has red as its lowest byte.
    return packed_colours(picture[:, :, 2::-1]).astype(np.int64)


def listed_segments(info: Any) -> tuple[Segment, ...]:
    """Return the segments that COCO's `segments_info` lists."""
    if not isinstance(info, Sequence) or isinstance(info, str):
        raise AnswerFormatError(f"panoptic_map: segments_info is a list, not {info!r:.60}")
    result = []
    for entry in info:
        label = label_of(entry) if isinstance(entry, Mapping) else None
        number = entry.get("id") if isinstance(entry, Mapping) else None
        if label is None or isinstance(number, bool) or not isinstance(number, int):
            raise AnswerFormatError(f"panoptic_map: a segment has an id and a category_id, not {entry!r:.60}")
        result.append(Segment(number, label))
    return tuple(result)
