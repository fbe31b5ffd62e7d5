"""Protocols of the tasks that make pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.outputs import AnomalyMap, AnswerFormatError, Image, Mask, Target
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.dense.image_maps import ImageAnomalySegmentation
from pytest_generalbench.protocols.generation.image.base import CAPTIONS, MADE, ImageGeneration, is_words
from pytest_generalbench.protocols.generation.image.prompts import asked
from pytest_generalbench.protocols.generation.targets import first_word, opener, text_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_generalbench.core.media.media import Media
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.base import TaskContext


class TextToImage(ImageGeneration):
    """Ask for a picture from words.

    Answer and prediction: `Image`, uint8 (height, width, 3). The raw reference names the target picture, or
    is an object of such names and words; the reference is a `Target` with what the task's metric compares
    with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Image
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("text_to_image", {"prompt": "A red bird."})
    >>> print(example.prompt)
    A red bird.
    >>> example.read(Image(np.zeros((2, 3, 3), np.uint8))).pixels.shape
    (2, 3, 3)
    """

    name: ClassVar[str] = "text_to_image"


class ConditionalImageGeneration(ImageGeneration):
    """Ask for a picture from a sketch, an edge map, a layout, a mask or a photo; a layout may be in words.

    Answer and prediction: `Image`, uint8 (height, width, 3). The raw reference names the target picture, or
    is an object of such names and words; the reference is a `Target` with what the task's metric compares
    with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Image
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example(
    ...     "conditional_image_generation", {"prompt": "A house from this sketch."}, media=["image"]
    ... )
    >>> print(example.prompt)
    A house from this sketch.
    >>> example.read(Image(np.zeros((2, 3, 3), np.uint8))).pixels.shape
    (2, 3, 3)
    """

    name: ClassVar[str] = "conditional_image_generation"

    def lacks(self, instance: Instance, task: Task) -> list[str]:
        """Return what the instance lacks; a layout in words replaces one in an image."""
        in_words = "boxes" in task.inputs and fields.find(
            instance.fields, "layout", "boxes", "bbox", "objects"
        )
        return [] if in_words else super().lacks(instance, task)


class ImageRestoration(ImageGeneration):
    """Ask for the picture without rain, haze, blur, shadow, or the warping of a page.

    Answer and prediction: `Image`, uint8 (height, width, 3). The raw reference names the target picture, or
    is an object of such names and words; the reference is a `Target` with what the task's metric compares
    with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Image
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("image_restoration", {}, media=["image"])
    >>> print(example.prompt)
    Restore the image; keep its size.
    >>> example.read(Image(np.zeros((2, 3, 3), np.uint8))).pixels.shape
    (2, 3, 3)
    """

    name: ClassVar[str] = "image_restoration"


class ImageInpainting(ImageGeneration):
    """Ask for the picture with the masked region filled.

    Answer and prediction: `Image`, uint8 (height, width, 3). The raw reference names the target picture, or
    is an object of such names and words; the reference is a `Target` with what the task's metric compares
    with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Image
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("image_inpainting", {}, media=["image", "map"])
    >>> print(example.prompt)
    Fill the region of the image that is white in the mask; keep the rest and its size.
    >>> example.read(Image(np.zeros((2, 3, 3), np.uint8))).pixels.shape
    (2, 3, 3)
    """

    name: ClassVar[str] = "image_inpainting"

    def asked(self, instance: Instance, context: TaskContext) -> str:
        """Ask for the region that the mask shows."""
        return "Fill the region of the image that is white in the mask; keep the rest and its size."


class ImageColorization(ImageGeneration):
    """Ask for the grey picture in colours.

    Answer and prediction: `Image`, uint8 (height, width, 3). The raw reference names the target picture, or
    is an object of such names and words; the reference is a `Target` with what the task's metric compares
    with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Image
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("image_colorization", {}, media=["image"])
    >>> print(example.prompt)
    Colour the grey image; keep its size.
    >>> example.read(Image(np.zeros((2, 3, 3), np.uint8))).pixels.shape
    (2, 3, 3)
    """

    name: ClassVar[str] = "image_colorization"


class ImageStyleTransfer(ImageGeneration):
    """Ask for the picture in another style, which the task, a text or a further picture gives.

    Answer and prediction: `Image`, uint8 (height, width, 3). The raw reference names the target picture, or
    is an object of such names and words; the reference is a `Target` with what the task's metric compares
    with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Image
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("image_style_transfer", {"prompt": "As a watercolour."}, media=["image"])
    >>> print(example.prompt)
    As a watercolour.
    >>> example.read(Image(np.zeros((2, 3, 3), np.uint8))).pixels.shape
    (2, 3, 3)
    """

    name: ClassVar[str] = "image_style_transfer"


class ImageEditing(ImageGeneration):
    """Ask for the picture changed as a text, further pictures, or both say.

    Answer and prediction: `Image`, uint8 (height, width, 3). The raw reference names the target picture, or
    is an object of such names and words; the reference is a `Target` with what the task's metric compares
    with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Image
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("image_editing", {"prompt": "Remove the car."}, media=["image"])
    >>> print(example.prompt)
    Remove the car.
    >>> example.read(Image(np.zeros((2, 3, 3), np.uint8))).pixels.shape
    (2, 3, 3)
    """

    name: ClassVar[str] = "image_editing"

    def asked(self, instance: Instance, context: TaskContext) -> str:
        """Say what the images are for."""
        several = sum(media.medium == "image" for media in instance.media) > 1
        if "text" in context.task.input_media:
            return f"Edit the image{'s' if several else ''} as the text above says; answer with one image."
        return "Edit the first image so that it shows what is in the other images; answer with one image."


class AudioToImage(ImageGeneration):
    """Ask for a picture of what a sound is of.

    Answer and prediction: `Image`, uint8 (height, width, 3). The raw reference names the target picture, or
    is an object of such names and words; the reference is a `Target` with what the task's metric compares
    with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Image
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("audio_to_image", {}, media=["audio"])
    >>> print(example.prompt)
    Make an image of what the sound is of.
    >>> example.read(Image(np.zeros((2, 3, 3), np.uint8))).pixels.shape
    (2, 3, 3)
    """

    name: ClassVar[str] = "audio_to_image"

    def source_prompt(self, instance: Instance) -> str:
        """Return the caption or the class of the sound, under any key; else the prompt."""
        answer = super().source_prompt(instance.changed(fields={}))
        keys = (*MADE, *CAPTIONS, "label", "class", "category", "text")
        words = text_fields(instance.changed(reference=None))
        return answer or first_word(words, *keys, fits=is_words) or self.content(instance)


class EegToImage(ImageGeneration):
    """Ask for a picture of what was seen while brain signals were recorded.

    Answer and prediction: `Image`, uint8 (height, width, 3). The raw reference names the target picture, or
    is an object of such names and words; the reference is a `Target` with what the task's metric compares
    with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Image
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("eeg_to_image", {}, media=["signal"])
    >>> print(example.prompt)
    Make an image of what was seen while these brain signals were recorded.
    >>> example.read(Image(np.zeros((2, 3, 3), np.uint8))).pixels.shape
    (2, 3, 3)
    """

    name: ClassVar[str] = "eeg_to_image"

    def words(self, instance: Instance, given_words: Mapping[str, str]) -> dict[str, str]:
        """Return the class of what was seen as `label`."""
        keys = ("label", "class", "class_name", "category", "synset", "text", "output")
        label = first_word(text_fields(instance.changed(fields={})), *keys, fits=is_words)
        return {**given_words, **({"label": label} if label else {})}


class FaceSwapGeneration(ImageGeneration):
    """Ask for the face of one picture on the person of another.

    Answer and prediction: `Image`, uint8 (height, width, 3). The raw reference names the target picture, or
    is an object of such names and words; the reference is a `Target` with what the task's metric compares
    with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Image
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("face_swap_generation", {}, media=["image", "image"])
    >>> print(example.prompt)
    Put the face of image 1 onto the person in image 2; keep everything else.
    >>> example.read(Image(np.zeros((2, 3, 3), np.uint8))).pixels.shape
    (2, 3, 3)
    """

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
    """Ask how likely every pixel is infected; a grey picture is taken for such a map as well.

    Answer: `anomaly_map`, `mask` or `image` of the reference's size; another size is wrong. Prediction:
    float32 (height, width), probabilities 0 to 1. Reference: bool (height, width). The raw reference is a
    mask, as in `ImageAnomalySegmentation`.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import AnomalyMap
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("image_to_map", {}, {"size": [2, 2], "counts": [3, 1]}, media=["image"])
    >>> example.reference
    array([[False, False],
           [False,  True]])
    >>> example.read(AnomalyMap(np.array([[0.1, 0.0], [0.0, 0.9]])))
    array([[0.1, 0. ],
           [0. , 0.9]], dtype=float32)
    """

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
