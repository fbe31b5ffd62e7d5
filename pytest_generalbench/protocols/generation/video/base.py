"""Base class of protocols whose answer is a video."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench import metrics
from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.keys import key_of
from pytest_generalbench.core.outputs import AnswerFormatError, Image, MediaOutput, Target, Video
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.generation.base import GenerationProtocol
from pytest_generalbench.protocols.generation.targets import first_input, medium_of
from pytest_generalbench.protocols.generation.video import prompts as video_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.outputs import Opener
    from pytest_generalbench.core.request import Instance, Request
    from pytest_generalbench.protocols.base import TaskContext

PLAIN_FRAMES: Final = 16
_ANNOTATIONS: Final = frozenset(("auxiliary_info", "dimension", "dimensions", "pred_dir", "category"))
"""Fields that say how a prompt is scored, not what it asks for."""


class VideoGeneration(GenerationProtocol):
    """A protocol whose answer is a video.

    A model is given the prompt, every input medium, and an instruction where the data set has no prompt. A
    video of one frame is no answer, unless one frame is all that the target has.
    """

    form: ClassVar[str] = "video"
    made: ClassVar[type[MediaOutput]] = Video
    answers: ClassVar = (Video,)
    output_medium: ClassVar[str] = "video"
    requires: ClassVar[tuple[str, str] | None] = ("av", "video")
    inputs: ClassVar[tuple[str, ...]] = ()
    """The input media that an instance must have."""
    task_text: ClassVar[str] = "Make a video."
    """What to do, for an instance without a prompt."""

    def request(self, instance: Instance, context: TaskContext) -> Request:
        """Put the instance to a model. Raises DataError when it lacks a medium that the task needs."""
        given = {medium.medium for medium in instance.media}
        lacks = [medium for medium in self.inputs if medium not in given]
        if lacks:
            keys = ", ".join(map(str, instance.fields)) or "none"
            words = " and no ".join("mask" if medium == "map" else medium for medium in lacks)
            raise DataError(f"{fields.place(instance)}: no {words} to make it from; keys found: {keys}")
        return super().request(_asked(instance), context)

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say what to do, unless the instance does."""
        return "" if self.source_prompt(instance) else self.task_text

    def source_prompt(self, instance: Instance) -> str:
        """Return the prompt, without fields that only serve the scoring."""
        return fields.statement(_asked(instance), self.own_keys)

    def target(self, instance: Instance, context: TaskContext) -> Target:
        """Return what the answer is compared with, and the words that the metric looks for."""
        source = None
        if self.source_medium and self.source_form:
            source = first_input(instance, self.source_medium, self.source_form)
        prompt = self.source_prompt(instance)
        return Target(
            medium=medium_of(instance, Video),
            source=source,
            styles=self.styles(instance),
            prompt=prompt,
            words=video_words.words_for(
                context.task.metric.name, video_words.joined_text_fields(instance), prompt
            ),
        )

    def styles(self, instance: Instance) -> tuple[Opener, ...]:
        """Return functions that open the style references; most tasks have none."""
        return ()

    def has_reference(self, instance: Instance, context: TaskContext) -> bool:
        """Return whether there is something to compare with; `reference` raises for unreadable words."""
        needs = metrics.get(context.task.metric.name).needs or ()
        return super().has_reference(instance, context) or bool(video_words.READ.intersection(needs))

    def reference(self, instance: Instance, context: TaskContext) -> Target:
        """Return the target, its media read. Raises ReferenceFormatError for what is lacking or no video."""
        name = context.task.metric.name
        target = self.target(instance, context)
        needs = metrics.get(name).needs or ()
        lacks = [word for word in needs if word in video_words.READ and not target.words.get(word)]
        if lacks:
            keys = ", ".join(map(str, instance.fields)) or "none"
            raise ReferenceFormatError(
                f"{fields.place(instance)}: no {' and no '.join(lacks)} can be read from its fields ({keys}) "
                f"or its prompt {target.prompt[:80]!r}, which the metric {name} looks for"
            )
        super().reference(instance, context)
        # Opened here, where a file that cannot be read is the instance's error and not the model's.
        medium, styles = target.medium, target.styles
        if medium and "medium" in needs:
            medium = _held(opened(instance, medium))
        if "styles" in needs:
            styles = tuple(_held(opened(instance, style)) for style in styles)
        return replace(target, medium=medium, styles=styles)

    def prediction(self, answer: Video, instance: Instance, context: TaskContext) -> Any:
        """Return the video. Raises AnswerFormatError for one that does not fit the instance."""
        needs = metrics.get(context.task.metric.name).needs or ()
        true = self.target(instance, context).medium if "medium" in needs else None
        due = frames_of(opened(instance, true)) if true else None
        if context.task.metric.name == "psnr" and due is not None:
            check_shape(answer.frames.shape, due.shape)
        if len(answer.frames) < 2 and (due is None or len(due) > 1):
            raise AnswerFormatError("a video of one frame")
        self.check(answer, instance)
        return answer

    def check(self, answer: Video, instance: Instance) -> None:
        """Raise AnswerFormatError for a video that does not fit the inputs."""

    def plain(self, target: Target, context: TaskContext) -> Video:
        """Return the source video, a still video of the source picture, or a grey one."""
        source = target.source() if target.source else None
        if isinstance(source, Video):
            return source
        still = source.pixels if isinstance(source, Image) else np.full((64, 64, 3), 128, np.uint8)
        return Video(np.repeat(still[None], PLAIN_FRAMES, axis=0))


def check_shape(answer: tuple[int, ...], due: tuple[int, ...]) -> None:
    """Raise AnswerFormatError when frames are not as many or not as large as is due."""
    if answer != due:
        given, wanted = (f"{shape[0]} frames of {shape[2]}x{shape[1]}" for shape in (answer, due))
        raise AnswerFormatError(f"{given} pixels where {wanted} are due")


def _asked(instance: Instance) -> Instance:
    """Return the instance without fields that serve its scoring, or that its prompt says already."""
    prompt = fields.find(instance.fields, "prompt", "prompt_en", "instruction", "text")
    stated = prompt.lower() if isinstance(prompt, str) else ""

    def stays(key: str, value: Any) -> bool:
        if key_of(key) in _ANNOTATIONS and prompt is not None:
            return False
        return value is prompt or not (isinstance(value, str) and value.strip(" .").lower() in stated)

    return instance.changed(
        fields={key: value for key, value in instance.fields.items() if stays(key, value)}
    )


def opened(instance: Instance, open_: Opener) -> MediaOutput:
    """Open a medium of the data set; one that cannot be read is a ReferenceFormatError."""
    try:
        return open_()
    except DataError as error:
        raise ReferenceFormatError(f"{fields.place(instance)}: {error}") from error


def _held(medium: MediaOutput) -> Opener:
    return lambda: medium


def frames_of(medium: MediaOutput) -> NDArray[np.uint8]:
    """Return the frames of a video; another medium is a ReferenceFormatError."""
    if not isinstance(medium, Video):
        raise ReferenceFormatError(f"a {medium.form} where a video is due")
    return medium.frames
