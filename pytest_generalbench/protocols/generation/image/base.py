"""Base of the protocols whose answer is a picture."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.outputs import AnswerFormatError, Image, MediaOutput, Target
from pytest_generalbench.core.outputs.codecs.images.files import picture_size
from pytest_generalbench.core.outputs.forms.image import resized
from pytest_generalbench.protocols import instance_fields as fields
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

    from pytest_generalbench.core.request import Instance, Request
    from pytest_generalbench.core.task import Task
    from pytest_generalbench.protocols.base import TaskContext

_PIXEL_METRICS: Final = ("psnr", "lab_rmse")
"""Metrics that compare pixel by pixel: the answer must be as large as the target."""

CAPTIONS: Final = ("caption", "description", "text_prompt")
"""Fields that are all that a model is told; shown without their names."""

MADE: Final = ("target_caption", "output_caption", "edited_caption", "target_prompt", "output_prompt")
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
    own_keys: ClassVar[frozenset[str]] = frozenset(CAPTIONS)
    least: ClassVar[int] = 1
    """Images that an instance has at least, in a task that takes images."""

    def context(self, task: Task, header: Mapping[str, Any], instances: Sequence[Instance]) -> TaskContext:
        """Add the note on answers of another size to the context."""
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
        answer = (fields.find(instance.fields, key) for key in CAPTIONS)
        captions = (fields.as_text(text) for text in answer if text is not None)
        return "\n".join(dict.fromkeys(filter(None, (super().question(instance), *captions))))

    def content(self, instance: Instance) -> str:
        """Return the prompt as the data set has it."""
        return self.question(instance)

    def source_prompt(self, instance: Instance) -> str:
        """Return what the picture should show: the reference's caption, else the prompt."""
        words = text_fields(instance.changed(fields={}))
        keys = (*MADE, "caption", "text", "description", "prompt", "label", "class", "category", "output")
        return first_word(words, *keys, fits=is_words) or self.content(instance)

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


def is_words(text: str) -> bool:
    """Whether a text is no file's name."""
    return " " in text.strip() or not re.search(r"\.\w{2,5}$", text.strip())
