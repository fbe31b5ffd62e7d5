"""Bare masks of several objects: instances, panoptic maps, and masks of the frames of a video."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_generalbench.core.outputs.bare.arrays import (
    as_array,
    binary_of,
    is_array,
    is_picture_object,
    plane_of,
)
from pytest_generalbench.core.outputs.bare.boxes import labels_of, numbers_of
from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.images.rle import Rle, encode
from pytest_generalbench.core.outputs.forms.map_sequences import MaskSequence
from pytest_generalbench.core.outputs.forms.maps import is_rle, read_rle
from pytest_generalbench.core.outputs.forms.segments import (
    InstanceMask,
    InstanceMasks,
    PanopticMap,
    Segment,
    label_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MASKS: Final = ("masks", "pred_masks", "segmentation", "mask", "rle")
_LABELS: Final = ("text_labels", "class_names", "labels", "label_ids", "pred_classes", "category_ids")


def instances_from_bare(value: Any) -> InstanceMasks | None:
    """Return the masks of objects in one image, or None for what holds none.

    Taken are an array (objects, height, width) of bools, or of one value beside 0, also with an axis of
    length 1 behind the first; a list of such masks, of pictures of Pillow, or of COCO's run lengths; mappings
    with these as `masks` and `labels` and `scores` beside them (torchvision); a list of mappings with
    `segmentation` or `mask`, `label` and `score` (pycocotools, pipelines of transformers); the
    `segmentation` and `segments_info` of transformers.

    Raises:
        AnswerFormatError: the masks have no certain threshold, or a map of numbers can be ids or one mask.

    >>> len(instances_from_bare(np.zeros((2, 4, 5), bool)).masks)
    2
    """
    if isinstance(value, Mapping) and "segments_info" in value and "segmentation" in value:
        return _of_segments(value)
    if isinstance(value, Mapping) and not is_rle(value):
        given = next((value[name] for name in _MASKS if name in value), None)
        masks = _masks(given)
        return None if masks is None else _labelled(masks, value)
    if isinstance(value, list | tuple) and value and all(isinstance(one, Mapping) for one in value):
        entries = [(_entry_mask(one), one) for one in value]
        if any(mask is None for mask, _ in entries):
            return None
        return InstanceMasks(
            tuple(
                InstanceMask(mask, label_of(_plain(one)), _score(one))
                for mask, one in entries
                if mask is not None
            )
        )
    masks = _masks(value)
    return None if masks is None else InstanceMasks(tuple(map(InstanceMask, masks)))


def _masks(given: Any) -> list[Rle] | None:
    """Return the masks of an array or of a list; None for what is neither."""
    if is_array(given):
        array = as_array(given)
        if array.ndim == 2 and array.dtype.kind != "b":
            raise AnswerFormatError(
                f"a map of {array.dtype} of the shape {array.shape}, which can be the ids of objects or one "
                "mask: give bools (objects, height, width)"
            )
        if array.ndim == 4 and array.shape[1] == 1:
            array = array[:, 0]
        planes = array[None] if array.ndim == 2 else array
        if planes.ndim != 3:
            raise AnswerFormatError(f"masks of the shape {array.shape}, not (objects, height, width)")
        return [encode(_binary(plane)) for plane in planes]
    if not isinstance(given, list | tuple):
        return None
    masks = [_one_mask(one) for one in given]
    return None if None in masks else [mask for mask in masks if mask is not None]


def _one_mask(given: Any) -> Rle | None:
    if is_rle(given):
        return read_rle(InstanceMasks.form, given)
    if is_picture_object(given):
        given = np.asarray(given)
    return encode(_binary(plane_of(as_array(given), "mask"))) if is_array(given) else None


def _binary(plane: NDArray[Any]) -> NDArray[np.bool_]:
    try:
        return binary_of(plane, "mask")
    except AnswerFormatError as error:
        if plane.dtype.kind != "f" or not plane.size or plane.min() < 0 or plane.max() > 1:
            raise
        raise AnswerFormatError(f"{error}; of shares as torchvision gives them, masks > 0.5") from error


def _entry_mask(entry: Mapping[str, Any]) -> Rle | None:
    if is_rle(entry):
        return read_rle(InstanceMasks.form, entry)
    return _one_mask(next((entry[name] for name in _MASKS if name in entry), None))


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry with numbers of arrays as Python's; larger arrays are left out."""
    single = {name: as_array(item) for name, item in entry.items() if is_array(item)}
    kept = {name: item for name, item in entry.items() if name not in single}
    return kept | {name: item.item() for name, item in single.items() if item.size == 1}


def _score(entry: Mapping[str, Any]) -> float | None:
    held = _plain(entry).get("score", _plain(entry).get("confidence"))
    if held is None:
        return None
    if isinstance(held, bool) or not isinstance(held, int | float):
        raise AnswerFormatError(f"a score is {held!r:.40}")
    return float(held)


def _labelled(masks: list[Rle], fields: Mapping[str, Any]) -> InstanceMasks:
    labels = next((held for name in _LABELS if (held := labels_of(fields.get(name))) is not None), None)
    scores = numbers_of(fields.get("scores"))
    for what, listed in (("labels", labels), ("scores", scores)):
        if listed is not None and len(listed) != len(masks):
            raise AnswerFormatError(f"{len(masks)} masks, but {len(listed)} {what} beside them")
    none: list[None] = [None] * len(masks)
    return InstanceMasks(tuple(map(InstanceMask, masks, labels or none, scores or none)))


def _segments(fields: Mapping[str, Any]) -> list[tuple[int, str | None, Mapping[str, Any]]]:
    """Return id, label and entry of each segment that `segments_info` lists."""
    listed = []
    for entry in fields["segments_info"]:
        number = _plain(entry).get("id") if isinstance(entry, Mapping) else None
        if isinstance(number, bool) or not isinstance(number, int):
            raise AnswerFormatError(f"a segment has an id and a label, not {entry!r:.60}")
        listed.append((number, label_of(_plain(entry)), entry))
    return listed


def _of_segments(fields: Mapping[str, Any]) -> InstanceMasks:
    """Return the masks of transformers' segments: of a map of ids, or of a mask for each segment in order."""
    if not is_array(fields["segmentation"]):
        raise AnswerFormatError("segments as run lengths without a size: give a map of ids, or masks")
    given, segments = as_array(fields["segmentation"]), _segments(fields)
    if given.ndim == 3 and len(given) == len(segments):
        planes = [_binary(plane) for plane in given]
    else:
        ids = plane_of(given, "segmentation")
        planes = [ids == number for number, *_ in segments]
    return InstanceMasks(
        tuple(
            InstanceMask(encode(plane), label, _score(entry))
            for plane, (_, label, entry) in zip(planes, segments, strict=True)
        )
    )


def panoptic_from_bare(value: Any) -> PanopticMap | None:
    """Return a panoptic map, or None for what holds none.

    Taken are transformers' mapping of `segmentation`, an array (height, width) of segment ids, and
    `segments_info`, entries with `id` and `label_id` (or a name under `label`); and a pair of the two.
    Pixels of ids that are not listed are void; an id of 0 that is listed is a segment like any other.

    >>> given = {"segmentation": np.array([[0, -1]]), "segments_info": [{"id": 0, "label_id": 7}]}
    >>> panoptic_from_bare(given).ids.tolist()
    [[1, 0]]
    """
    if isinstance(value, tuple) and len(value) == 2 and is_array(value[0]):
        value = {"segmentation": value[0], "segments_info": value[1]}
    if not isinstance(value, Mapping) or not is_array(value.get("segmentation")):
        return None
    if not isinstance(value.get("segments_info"), list | tuple):
        return None
    given = plane_of(as_array(value["segmentation"]), "segmentation")
    listed = _segments(value)
    ids = np.zeros(given.shape, np.int64)
    segments = []
    for place, (number, label, _) in enumerate(listed, 1):
        if label is None:
            raise AnswerFormatError(f"panoptic_map: segment {number} has no label")
        ids[given == number] = place
        segments.append(Segment(place, label))
    if len({number for number, *_ in listed}) < len(listed):
        raise AnswerFormatError("panoptic_map: a segment id is listed twice")
    return PanopticMap(ids, tuple(segments))


def mask_sequence_from_bare(value: Any) -> MaskSequence | None:
    """Return the masks of one object in every frame, or None for what holds none.

    Taken are an array (frames, height, width) of bools, or of one value beside 0, also with an axis of length
    1 behind the first; a list of masks; a mapping from the object to such an array; from frames 0, 1, … to
    masks; and from frames to a mapping from the object to its mask.

    Raises:
        AnswerFormatError: the masks are of several objects, or frames are missing.

    >>> len(mask_sequence_from_bare({1: np.zeros((3, 4, 5), bool)}).masks)
    3
    """
    if isinstance(value, Mapping):
        value = _frames_of(value)
    if is_array(value) and as_array(value).ndim == 2:
        raise AnswerFormatError("one mask, not a mask for each frame (frames, height, width)")
    masks = _masks(value)
    return None if masks is None else MaskSequence(tuple(masks))


def _frames_of(value: Mapping[Any, Any]) -> Any:
    """Return the frames of a mapping of masks as an array or a list; None for any other mapping."""
    inner = list(value.values())
    if inner and all(isinstance(one, Mapping) and not is_rle(one) and "mask" not in one for one in inner):
        _check_one_object({name for one in inner for name in one})
        if any(len(one) != 1 for one in inner):
            raise AnswerFormatError(
                "frames without the object: give a mask for every frame, empty where it is not seen"
            )
        return _frames_of({frame: next(iter(one.values())) for frame, one in value.items()})
    if not inner or not all(map(is_array, inner)):
        return None
    arrays = [as_array(one) for one in inner]
    if all(array.ndim == 2 or array.shape[0] == 1 for array in arrays) and len(arrays) > 1:
        return [arrays[place] for place in _order(list(value))]
    _check_one_object(set(value))
    return arrays[0] if arrays[0].ndim > 2 else arrays


def _check_one_object(names: set[Any]) -> None:
    if len(names) > 1:
        shown = ", ".join(sorted(map(str, names))[:6])
        raise AnswerFormatError(f"masks of {len(names)} objects ({shown}), where those of one are due")


def _order(frames: list[Any]) -> list[int]:
    """Return the places of frames 0, 1, … in a list of their numbers."""
    if not all(isinstance(one, int) for one in frames) or sorted(frames) != list(range(len(frames))):
        shown = ", ".join(map(str, frames[:6]))
        raise AnswerFormatError(f"masks under {shown}, which are not the frames 0 to {len(frames) - 1}")
    return sorted(range(len(frames)), key=lambda place: frames[place])
