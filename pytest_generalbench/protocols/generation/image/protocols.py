"""Protocols of the tasks that make pictures."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.outputs import AnomalyMap, AnswerFormatError, Image, Mask, MediaOutput, Target
from pytest_generalbench.core.outputs.codecs.images.files import picture_size
from pytest_generalbench.core.outputs.forms.image import resized
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.dense.image_maps import ImageAnomalySegmentation
from pytest_generalbench.protocols.generation.base import GenerationProtocol
from pytest_generalbench.protocols.generation.image.prompts import asked
from pytest_generalbench.protocols.generation.targets import (
    first_word,
    medium_of,
    opener,
    paths_of,
    text_fields,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_generalbench.core.media.media import Media
    from pytest_generalbench.core.request import Instance, Request
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.base import TaskContext

_PIXEL_METRICS: Final = ("psnr", "lab_rmse")
"""Metrics that compare pixel by pixel: the answer must be as large as the target."""

_CAPTIONS: Final = ("caption", "description", "text_prompt")
"""Fields that are all that a model is told; shown without their names."""

_MADE: Final = ("target_caption", "output_caption", "edited_caption", "target_prompt", "output_prompt")
"""Keys that say what is to be seen in the end."""

_SOURCE: Final = re.compile(r"source|input|base|orig|content|before")
_STYLE: Final = re.compile(r"style|exemplar")


class ImageGeneration(GenerationProtocol):
    """A protocol whose answer is a picture.

    Every medium that the task takes must be there. Where the metric compares pixels, an answer must be as
    large as the target; when no input has that size, which it could be told from, the answer is resized.
    """

    form: ClassVar[str] = "image"
    made: ClassVar[type[MediaOutput]] = Image
    answers: ClassVar = (Image,)
    output_medium: ClassVar[str] = "image"
    requires: ClassVar[tuple[str, str] | None] = ("PIL", "image")
    needs_media: ClassVar[bool] = False
    own_keys: ClassVar[frozenset[str]] = frozenset(_CAPTIONS)
    least: ClassVar[int] = 1
    """Images that an instance has at least, in a task that takes images."""

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Tell what becomes of answers of another size."""
        context = super().context(task, header, instances)
        if task.metric.name not in _PIXEL_METRICS:
            return context
        text = "an answer of another size is resized to the target's (bicubic)"
        if "image" in task.input_media:
            text = (
                "an answer must be as large as the target, unless no input is: then it is resized (bicubic)"
            )
        return replace(context, notes=(*context.notes, text))

    def request(self, instance: Instance, context: TaskContext) -> Request:
        """Put the media first, then the text. Raises DataError for an instance that lacks what is needed."""
        lacks = self.lacks(instance, context.task)
        if lacks:
            keys = ", ".join(map(str, instance.fields)) or "none"
            raise DataError(f"{fields.place(instance)}: no {' and no '.join(lacks)}; keys found: {keys}")
        return super().request(instance, context)

    def lacks(self, instance: Instance, task: Task) -> list[str]:
        """Return what the task takes and the instance has not, in words."""
        result = Counter(medium.medium for medium in instance.media)
        words = {"map": "mask", "signal": "EEG signal"}
        lacks = []
        for medium in task.input_media:
            least = self.least if medium == "image" else 1
            if medium == "text":
                lacks += [] if self.content(instance) else ["text that says what to make"]
            elif result[medium] < least:
                name = words.get(medium, medium)
                lacks.append(name if least == 1 else f"{least} {name}s (but {result[medium]})")
        return lacks

    def question(self, instance: Instance) -> str:
        """Return all that the instance says in text, a caption without the name of its key."""
        answer = (fields.find(instance.fields, key) for key in _CAPTIONS)
        captions = (fields.as_text(text) for text in answer if text is not None)
        return "\n".join(dict.fromkeys(filter(None, (super().question(instance), *captions))))

    def content(self, instance: Instance) -> str:
        """Return what the model is told."""
        return self.question(instance)

    def source_prompt(self, instance: Instance) -> str:
        """Return what the picture should show: the reference's caption, else what the model is told."""
        words = text_fields(instance.changed(fields={}))
        keys = (*_MADE, "caption", "text", "description", "prompt", "label", "class", "category", "output")
        return first_word(words, *keys, fits=_is_words) or self.content(instance)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say what to make where the instance has no prompt, and how large the picture must be."""
        text = "" if fields.own_words(instance).strip() else self.asked(instance, context)
        size = self._size(instance, context)
        if size:
            text += f" The answer is an image {size[1]} pixels wide and {size[0]} high."
        return text.strip()

    def asked(self, instance: Instance, context: TaskContext) -> str:
        """Return the sentence for an instance without a prompt."""
        return asked(context.task)

    def target(self, instance: Instance, context: TaskContext) -> Target:
        """Return ground truth, the picture that is changed, pictures of a style, and the words."""
        images = [media for media in instance.media if media.medium == "image"]
        styles = [media for media in images if _STYLE.search(media.field.lower())]
        plain = [media for media in images if media not in styles] or images
        named = next((media for media in plain if _SOURCE.search(media.field.lower())), None)
        source = named or next(iter(plain), None)
        return Target(
            medium=medium_of(instance, Image),
            source=None if source is None else opener(source, Image),
            styles=tuple(opener(media, Image) for media in styles),
            prompt=self.source_prompt(instance),
            words=self.words(instance, text_fields(instance)),
        )

    def reference(self, instance: Instance, context: TaskContext) -> Target:
        """Return the target; one whose file is no picture is a ReferenceFormatError."""
        target = super().reference(instance, context)
        for path in paths_of(target.medium):
            _checked_size(path, instance)
        return target

    def _size(self, instance: Instance, context: TaskContext) -> tuple[int, int] | None:
        """Return (height, width) that an answer must have, or None when any will do."""
        if context.task.metric.name not in _PIXEL_METRICS or not instance.has_reference:
            return None
        paths = paths_of(medium_of(instance, Image))
        return _checked_size(paths[0], instance) if paths else None

    def prediction(self, answer: Image, instance: Instance, context: TaskContext) -> Image:
        """Return the picture; where pixels are compared, of the target's size or an AnswerFormatError."""
        size = self._size(instance, context)
        if size is None or answer.pixels.shape[:2] == size:
            return answer
        if size not in _input_sizes(instance):
            return Image(resized(answer.pixels, *size))
        output, due = (f"{one[1]}x{one[0]}" for one in (answer.pixels.shape, size))
        raise AnswerFormatError(f"a picture of {output} pixels where one of {due} is due")

    def plain(self, target: Target, context: TaskContext) -> Image:
        """Return the source picture, or a grey one."""
        source = target.source() if target.source else None
        return source if isinstance(source, Image) else Image(np.full((64, 64, 3), 128, np.uint8))


def _checked_size(path: Any, instance: Instance) -> tuple[int, int]:
    """Return (height, width) of a target's file; what is no picture is a ReferenceFormatError."""
    try:
        return picture_size(path, path.name)
    except DataError as error:
        raise ReferenceFormatError(f"{fields.place(instance)}: the reference: {error}") from error


def _input_sizes(instance: Instance) -> set[tuple[int, int]]:
    sizes = set()
    for media in instance.media:
        if media.medium == "image":
            with suppress(DataError):  # the model saw the same file
                sizes.add(picture_size(media.path, media.path.name))
    return sizes


def _is_words(text: str) -> bool:
    """Whether a text is no file's name."""
    return " " in text.strip() or not re.search(r"\.\w{2,5}$", text.strip())


class TextToImage(ImageGeneration):
    """A picture from words; prompt fields as for all protocols of made media."""

    name: ClassVar[str] = "text_to_image"


class ConditionalImageGeneration(ImageGeneration):
    """A picture from a sketch, an edge map, a layout, a mask or a photo; a layout may be in words."""

    name: ClassVar[str] = "conditional_image_generation"

    def lacks(self, instance: Instance, task: Task) -> list[str]:
        """Take a layout in words for one in an image."""
        in_words = "boxes" in task.inputs and fields.find(
            instance.fields, "layout", "boxes", "bbox", "objects"
        )
        return [] if in_words else super().lacks(instance, task)


class ImageRestoration(ImageGeneration):
    """The picture without what spoils it: rain, haze, blur, shadow, a warped page."""

    name: ClassVar[str] = "image_restoration"


class ImageInpainting(ImageGeneration):
    """The picture with the masked region filled."""

    name: ClassVar[str] = "image_inpainting"

    def asked(self, instance: Instance, context: TaskContext) -> str:
        """Ask for the region that the mask shows."""
        return "Fill the region of the image that is white in the mask; keep the rest and its size."


class ImageColorization(ImageGeneration):
    """The grey picture in colours."""

    name: ClassVar[str] = "image_colorization"


class ImageStyleTransfer(ImageGeneration):
    """The picture in another style, which the task, a text or a further picture gives."""

    name: ClassVar[str] = "image_style_transfer"


class ImageEditing(ImageGeneration):
    """The picture changed as a text, further pictures, or both say."""

    name: ClassVar[str] = "image_editing"

    def asked(self, instance: Instance, context: TaskContext) -> str:
        """Say what the images are for."""
        several = sum(media.medium == "image" for media in instance.media) > 1
        if "text" in context.task.input_media:
            return f"Edit the image{'s' if several else ''} as the text above says; answer with one image."
        return "Edit the first image so that it shows what is in the other images; answer with one image."


class AudioToImage(ImageGeneration):
    """A picture of what a sound is of."""

    name: ClassVar[str] = "audio_to_image"

    def source_prompt(self, instance: Instance) -> str:
        """Return the caption or the class of the sound, wherever it stands; else what the model is told."""
        answer = super().source_prompt(instance.changed(fields={}))
        keys = (*_MADE, *_CAPTIONS, "label", "class", "category", "text")
        words = text_fields(instance.changed(reference=None))
        return answer or first_word(words, *keys, fits=_is_words) or self.content(instance)


class EegToImage(ImageGeneration):
    """A picture of what was seen while brain signals were recorded."""

    name: ClassVar[str] = "eeg_to_image"

    def words(self, instance: Instance, given_words: Mapping[str, str]) -> dict[str, str]:
        """Return the class of what was seen as `label`."""
        keys = ("label", "class", "class_name", "category", "synset", "text", "output")
        label = first_word(text_fields(instance.changed(fields={})), *keys, fits=_is_words)
        return {**given_words, **({"label": label} if label else {})}


class FaceSwapGeneration(ImageGeneration):
    """The face of one picture on the person of another."""

    name: ClassVar[str] = "face_swap_generation"
    least: ClassVar[int] = 2

    def target(self, instance: Instance, context: TaskContext) -> Target:
        """Return as source the picture that gets another face."""
        target = super().target(instance, context)
        _, body = _roles(instance)
        images = [media for media in instance.media if media.medium == "image"]
        return replace(target, source=opener(images[body], Image)) if len(images) > body else target

    def asked(self, instance: Instance, context: TaskContext) -> str:
        """Say which image gives the face, by the order in which they are shown."""
        face, body = _roles(instance)
        return f"Put the face of image {face + 1} onto the person in image {body + 1}; keep everything else."


def _roles(instance: Instance) -> tuple[int, int]:
    """Return the places of the image that gives the face and of the one that gets it."""
    images: list[Media] = [media for media in instance.media if media.medium == "image"]
    first = images[0].field.lower() if images else ""
    return (1, 0) if first.startswith(("target", "body", "video", "driv")) else (0, 1)


class ImageToMap(ImageAnomalySegmentation):
    """How likely every pixel is infected; a grey picture is taken for such a map as well."""

    name: ClassVar[str] = "image_to_map"
    answers: ClassVar = (AnomalyMap, Mask, Image)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Ask for probabilities."""
        answer = "" if fields.own_words(instance).strip() else asked(context.task)
        text = "Answer with a map of the image's size that holds the probability of every pixel, 0 to 1."
        return f"{answer} {text}".strip()

    def prediction(self, answer: Any, instance: Instance, context: TaskContext) -> Any:
        """Return the scores; of a grey picture its values."""
        if isinstance(answer, Image):
            pixels = answer.pixels.astype(np.float32)
            if float(np.ptp(pixels, axis=2).max()) > _GREY:
                raise AnswerFormatError("a picture in colours where one value per pixel is due")
            answer = AnomalyMap(pixels.mean(axis=2))
        return super().prediction(answer, instance, context)


_GREY: Final = 24
"""How far red, green and blue of a grey picture differ at most: models rarely make them equal."""

PROTOCOLS: Final = (
    TextToImage(),
    ConditionalImageGeneration(),
    ImageRestoration(),
    ImageInpainting(),
    ImageColorization(),
    ImageStyleTransfer(),
    ImageEditing(),
    AudioToImage(),
    EegToImage(),
    FaceSwapGeneration(),
    ImageToMap(),
)
