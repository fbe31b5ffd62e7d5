"""Protocols for maps over the frames of a video: masks, disparity, saliency; and optical flow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.core.outputs.codecs.images.files import is_picture
from pytest_generalbench.core.outputs.codecs.images.rle import Rle, encode
from pytest_generalbench.core.outputs.forms.map_sequences import (
    MaskSequence,
    SalientSequence,
    mask_entries,
)
from pytest_generalbench.core.outputs.forms.maps import is_rle, read_rle
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.base import TaskContext
from pytest_generalbench.protocols.dense import references as map_references
from pytest_generalbench.protocols.dense.base import MapProtocol, check_size
from pytest_generalbench.protocols.dense.masks import WORDS as MASK_WORDS
from pytest_generalbench.protocols.dense.masks import decide_masks, read_mask
from pytest_generalbench.protocols.dense.survey import Survey, sampled, survey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs.base import StructuredOutput
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task

_MOST_CLIPS: Final = 64
_MOST_FRAMES: Final = 16
"""Clips, and frames of each, that are looked at before the first is read."""

_FOLDER_KEYS: Final = ("gt_dir", "gt_folder", "mask_folder", "mask_dir", "masks", "mask", "gt")


class _MaskedVideo(MapProtocol):
    """A mask for each frame; the reference is one COCO mask for each frame, in frame order.

    The reference is an object by mask id, a list, or a folder of pictures. An answer must have
    as many masks as the reference, all of its size.
    """

    form: ClassVar[str] = "mask_sequence"
    answers: ClassVar = (MaskSequence,)
    requires: ClassVar = None
    reading_words: ClassVar = MASK_WORDS
    looks_at: ClassVar[int | None] = 16
    version: ClassVar[int] = 2

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn from the pictures of all references which values are the object."""
        masks = decide_masks(task, _survey(instances), several=False)
        return TaskContext(task, header=header, facts={"masks": masks}, notes=masks.notes)

    def reference(self, instance: Instance, context: TaskContext) -> tuple[Rle, ...]:
        """Return one mask for each frame."""
        with map_references.of(instance):
            frames = _frames(instance)
            result = [None if one is None else _mask(instance, one, context) for one in frames]
            size = next((mask.shape for mask in result if mask is not None), None)
            if size is None:
                raise ReferenceFormatError(
                    f"{fields.place(instance)}: the reference has no mask in any frame"
                )
            # An object that is not seen has no mask in some files, and an empty one in others.
            masks = tuple(encode(np.zeros(size, bool)) if mask is None else mask for mask in result)
            if len({mask.shape for mask in masks}) > 1:
                raise ReferenceFormatError(f"{fields.place(instance)}: its masks have different sizes")
            for mask in masks:
                mask.runs()
            return masks

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> tuple[Rle, ...]:
        """Return one mask for each frame."""
        masks: tuple[Rle, ...] = answer.masks
        if instance.has_reference:
            frames = _frames(instance)
            if len(masks) != len(frames):
                raise AnswerFormatError(f"{len(masks)} masks for {len(frames)} frames")
            first = next(one for one in frames if one is not None)
            check_size(masks[0].shape, map_references.size_of(instance, _inner(first)))
        return masks

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return the reference as an answer."""
        return MaskSequence(reference)


def _inner(frame: Any) -> Any:
    return frame["mask"] if isinstance(frame, Mapping) and "mask" in frame else frame


def _mask(instance: Instance, frame: Any, context: TaskContext) -> Rle:
    value = _inner(frame)
    if is_rle(value):
        return read_rle("the reference", value)
    return encode(read_mask(instance, value, context.task, context.facts["masks"]))


def _survey(instances: Sequence[Instance]) -> Survey:
    """Return the statistics of the frames of reference videos; long videos are sampled."""
    clips = list(map_references.maps_of(instances, _frames))
    chosen = list(sampled(clips, _MOST_CLIPS))
    frames = [(instance, _inner(one)) for instance, clip in chosen for one in sampled(clip, _MOST_FRAMES)]
    result = survey(frames, None)
    result.is_whole = len(chosen) == len(clips) and all(len(clip) <= _MOST_FRAMES for _, clip in clips)
    return result


def _frames(instance: Instance) -> list[Any]:
    """Return what stands for each frame in a reference: a mask, an object with one, a name, or None."""
    raw = instance.reference
    if isinstance(raw, Mapping) and not is_rle(raw):
        held = next((raw[key] for key in _FOLDER_KEYS if isinstance(raw.get(key), str | list)), None)
        raw = held if held is not None else mask_entries(raw)
    if isinstance(raw, str) and instance.files is not None:
        return [f"{raw.rstrip('/')}/{path.name}" for path in instance.files.frames(raw)]
    frames = [None if _inner(one) is None else one for one in raw] if isinstance(raw, list) else []
    if not any(one is not None for one in frames):
        raise ReferenceFormatError(
            f"{fields.place(instance)}: the reference has no mask for each frame: {instance.reference!r:.80}"
        )
    return frames


class VideoObjectSegmentation(_MaskedVideo):
    """Ask for the object whose mask in the first frame is given, in every frame.

    Answer: `mask_sequence`, as many masks as the reference has and all of its size. Prediction and
    reference: tuple of `Rle`, one per frame. The raw reference is an object by mask id, a list of COCO
    masks, or a folder of pictures.

    The first mask is an input, as a file of the instance or as a COCO mask in the prompt. It
    is scored like all others, as the released code does.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> from pytest_generalbench.core.outputs import MaskSequence
    >>> from pytest_generalbench.protocols.example import Example
    >>> masks = [{"size": [2, 2], "counts": [3, 1]}, {"size": [2, 2], "counts": [2, 2]}]
    >>> example = Example("video_object_segmentation", {"question": "the cat"}, masks, media=["video"])
    >>> print(example.prompt)
    the cat
    Segment the object of the first frame's mask in every frame: one binary mask for each, in order.
    First frame's mask (COCO run lengths): {"size": [2, 2], "counts": "31"}
    >>> [mask.area() for mask in example.reference]
    [1, 2]
    >>> len(example.read(MaskSequence(example.reference)))
    2
    """

    name: ClassVar[str] = "video_object_segmentation"

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn how masks are read, and say what of the score is given."""
        context = super().context(task, header, instances)
        note = "the mask of the first frame is given, and scored like all others"
        return replace(context, notes=(note, *context.notes))

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Give the first mask, and ask for one mask a frame."""
        text = (
            "Segment the object of the first frame's mask in every frame: one binary mask for each, in order."
        )
        if any(one.medium == "map" for one in instance.media) or not instance.has_reference:
            return text
        first = self.reference(instance, context)[0]
        return f"{text}\nFirst frame's mask (COCO run lengths): {json.dumps(first.to_plain())}"


class VideoReasoningSegmentation(_MaskedVideo):
    """Ask for the object that the prompt's question leads to, in every frame.

    Answer: `mask_sequence`, as many masks as the reference has and all of its size. Prediction and
    reference: tuple of `Rle`, one per frame. The raw reference is an object by mask id, a list of COCO
    masks, or a folder of pictures.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> from pytest_generalbench.core.outputs import MaskSequence
    >>> from pytest_generalbench.protocols.example import Example
    >>> masks = [{"size": [2, 2], "counts": [3, 1]}, {"size": [2, 2], "counts": [2, 2]}]
    >>> example = Example("video_reasoning_segmentation", {"question": "the cat"}, masks, media=["video"])
    >>> print(example.prompt)
    the cat
    Segment what is asked for in every frame: one binary mask for each, in order.
    >>> [mask.area() for mask in example.reference]
    [1, 2]
    >>> len(example.read(MaskSequence(example.reference)))
    2
    """

    name: ClassVar[str] = "video_reasoning_segmentation"

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for one mask a frame."""
        return "Segment what is asked for in every frame: one binary mask for each, in order."


class VideoReferringSegmentation(VideoReasoningSegmentation):
    """Ask for the object that the prompt describes, in every frame.

    Answer: `mask_sequence`, as many masks as the reference has and all of its size. Prediction and
    reference: tuple of `Rle`, one per frame. The raw reference is an object by mask id, a list of COCO
    masks, or a folder of pictures.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> from pytest_generalbench.core.outputs import MaskSequence
    >>> from pytest_generalbench.protocols.example import Example
    >>> masks = [{"size": [2, 2], "counts": [3, 1]}, {"size": [2, 2], "counts": [2, 2]}]
    >>> example = Example("video_referring_segmentation", {"question": "the cat"}, masks, media=["video"])
    >>> print(example.prompt)
    the cat
    Segment what is asked for in every frame: one binary mask for each, in order.
    >>> [mask.area() for mask in example.reference]
    [1, 2]
    >>> len(example.read(MaskSequence(example.reference)))
    2
    """

    name: ClassVar[str] = "video_referring_segmentation"


class VideoSalientObjectDetection(MapProtocol):
    """Ask how much every pixel of every frame belongs to the object that stands out.

    Answer: `salient_sequence` or `mask_sequence` of the reference's shape; another shape is wrong.
    Prediction: (frames, height, width), 0 to 1. Reference: bool of the same shape. The raw reference is a
    folder of pictures (see `masks.decide_masks` for what is the object); its frames, by name, are the
    frames that are scored. A list or object of masks is taken as well.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import SalientSequence
    >>> from pytest_generalbench.protocols.example import Example
    >>> masks = [{"size": [2, 2], "counts": [3, 1]}]
    >>> example = Example("video_salient_object_detection", {}, masks, media=["video"])
    >>> example.reference
    array([[[False, False],
            [False,  True]]])
    >>> example.read(SalientSequence(np.array([[[0.0, 0.2], [0.0, 0.9]]])))
    array([[[  0,  51],
            [  0, 230]]], dtype=uint8)
    """

    name: ClassVar[str] = "video_salient_object_detection"
    form: ClassVar[str] = "salient_sequence"
    answers: ClassVar = (SalientSequence, MaskSequence)
    own_keys: ClassVar = frozenset({"gt_dir", "pred_dir"})
    reading_words: ClassVar = MASK_WORDS
    looks_at: ClassVar[int | None] = 16
    version: ClassVar[int] = 2
    _sought: ClassVar[str] = "the object that stands out"

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Learn from the pictures of all references which values are the object."""
        masks = decide_masks(task, _survey(instances))
        return TaskContext(task, header=header, facts={"masks": masks}, notes=masks.notes)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for a map for each frame that is scored."""
        text = (
            f"Answer with a map for each frame: from 0 to 1, how much each pixel belongs to {self._sought}."
        )
        names = self._names(instance)
        filmed = [path.stem for one in instance.media if one.medium == "video" for path in one.paths]
        return f"{text} Frames: {', '.join(names)}." if names and names != filmed else text

    def _names(self, instance: Instance) -> list[str]:
        if not instance.has_reference:
            return []
        return [Path(one).stem for one in _frames(instance) if is_picture(one)]

    def reference(self, instance: Instance, context: TaskContext) -> NDArray[np.bool_]:
        """Return the object, bool, (frames, height, width)."""
        with map_references.of(instance):
            masks = [_object(instance, one, context) for one in _frames(instance)]
            if len({mask.shape for mask in masks}) > 1:
                raise ReferenceFormatError(f"{fields.place(instance)}: its frames have different sizes")
            return np.stack(masks)

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> NDArray[np.uint8]:
        """Return maps, uint8, (frames, height, width); masks are 0 and 255."""
        if isinstance(answer, MaskSequence):
            if not answer.masks:
                raise AnswerFormatError("a mask sequence without a frame")
            maps = np.stack([mask.decode() for mask in answer.masks]).astype(np.uint8) * np.uint8(255)
        else:
            maps = answer.maps
        if instance.has_reference:
            frames = _frames(instance)
            check_size(maps.shape, (len(frames), *map_references.size_of(instance, _inner(frames[0]))))
        output: NDArray[np.uint8] = maps
        return output

    def ideal(self, reference: Any, instance: Instance, context: TaskContext) -> StructuredOutput:
        """Return the reference as an answer."""
        return SalientSequence(reference)


def _object(instance: Instance, frame: Any, context: TaskContext) -> NDArray[np.bool_]:
    value = _inner(frame)
    if value is None:
        raise DataError("a frame has no mask")
    return read_mask(instance, value, context.task, context.facts["masks"])


class VideoCamouflagedObjectDetection(VideoSalientObjectDetection):
    """Ask how much every pixel of every frame belongs to an object that looks like its surroundings.

    Answer: `salient_sequence` or `mask_sequence` of the reference's shape; another shape is wrong.
    Prediction: (frames, height, width), 0 to 1. Reference: bool of the same shape. The raw reference is a
    folder of pictures (see `masks.decide_masks` for what is the object); its frames, by name, are the
    frames that are scored. A list or object of masks is taken as well.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import SalientSequence
    >>> from pytest_generalbench.protocols.example import Example
    >>> masks = [{"size": [2, 2], "counts": [3, 1]}]
    >>> example = Example("video_camouflaged_object_detection", {}, masks, media=["video"])
    >>> example.reference
    array([[[False, False],
            [False,  True]]])
    >>> example.read(SalientSequence(np.array([[[0.0, 0.2], [0.0, 0.9]]])))
    array([[[  0,  51],
            [  0, 230]]], dtype=uint8)
    """

    name: ClassVar[str] = "video_camouflaged_object_detection"
    _sought: ClassVar[str] = "the camouflaged object"


PROTOCOLS: Final = (
    VideoObjectSegmentation(),
    VideoReasoningSegmentation(),
    VideoReferringSegmentation(),
    VideoSalientObjectDetection(),
    VideoCamouflagedObjectDetection(),
)
