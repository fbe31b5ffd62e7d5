"""Protocols of the tasks that change a video: restore, enlarge, fill in, colour, translate, restyle."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from pytest_generalbench.core.errors import DataError, ReferenceFormatError
from pytest_generalbench.core.outputs import AnswerFormatError, MediaOutput, Target, Video
from pytest_generalbench.protocols import instance_fields as fields
from pytest_generalbench.protocols.generation.targets import first_input, medium_of
from pytest_generalbench.protocols.generation.video import prompts as video_words
from pytest_generalbench.protocols.generation.video.base import VideoGeneration, frames_of, opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_generalbench.core.request import Instance, Request
    from pytest_generalbench.protocols.base import Protocol, TaskContext


class ChangeVideo(VideoGeneration):
    """A protocol whose answer is the video of the input, changed."""

    inputs: ClassVar[tuple[str, ...]] = ("video",)
    media_word: ClassVar[str] = "video"
    source_medium: ClassVar[str | None] = "video"
    source_form: ClassVar[type[MediaOutput] | None] = Video
    task_text: ClassVar[str] = "Change the video."

    def source_frames(self, instance: Instance) -> NDArray[np.uint8]:
        """Return the frames of the input."""
        source = first_input(instance, "video", Video)
        if source is None:
            raise ReferenceFormatError(f"{fields.place(instance)}: no video")
        return frames_of(opened(instance, source))


_FLAWS: Final[dict[str, str]] = {
    "demoir": "Remove the moiré patterns from the video",
    "denois": "Remove the noise from the video",
    "deblur": "Remove the blur from the video",
    "dehaz": "Remove the haze from the video",
    "desnow": "Remove the falling snow from the video",
    "derain": "Remove the rain from the video",
}
"""What is to be done, by a part of the task's name."""


class VideoRestoration(ChangeVideo):
    """Ask for the video without noise, blur, rain, snow, haze or moiré; the task's name says which.

    Answer and prediction: `Video`, uint8 (frames, height, width, 3) at frames a second. The raw reference
    names the target video, its frames, or is an object of such names and words; the reference is a `Target`
    with what the task's metric compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Video
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("video_restoration", {}, media=["video"], id="video/generation/video-denoising")
    >>> print(example.prompt)
    Remove the noise from the video; keep the size of its frames and their number.
    >>> example.read(Video(np.zeros((2, 4, 6, 3), np.uint8))).frames.shape
    (2, 4, 6, 3)
    """

    name: ClassVar[str] = "video_restoration"

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say what to remove."""
        if self.source_prompt(instance):
            return ""
        task = context.task.id.rpartition("/")[2]
        what = next((value for part, value in _FLAWS.items() if part in task), "Restore the video")
        return f"{what}; keep the size of its frames and their number."


class VideoSuperResolution(ChangeVideo):
    """Ask for the video with larger and sharper frames; as many as the input has, none smaller.

    Answer and prediction: `Video`, uint8 (frames, height, width, 3) at frames a second. The raw reference
    names the target video, its frames, or is an object of such names and words; the reference is a `Target`
    with what the task's metric compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("video_super_resolution", {}, media=["video"])
    >>> print(example.prompt)
    Raise the resolution of the video, four times in width and height; keep the number of frames.
    """

    name: ClassVar[str] = "video_super_resolution"
    task_text: ClassVar[str] = (
        "Raise the resolution of the video, four times in width and height; keep the number of frames."
    )

    def check(self, answer: Video, instance: Instance) -> None:
        """Compare number and size of the frames with the input's."""
        given = self.source_frames(instance)
        if len(answer.frames) != len(given):
            raise AnswerFormatError(f"{len(answer.frames)} frames where {len(given)} are due")
        output, least = answer.frames.shape[1:3], given.shape[1:3]
        if output[0] < least[0] or output[1] < least[1]:
            raise AnswerFormatError(
                f"frames of {output[1]}x{output[0]} pixels, smaller than the input's {least[1]}x{least[0]}"
            )


class VideoInpainting(ChangeVideo):
    """Ask for the video with the masked region filled.

    Answer and prediction: `Video`, uint8 (frames, height, width, 3) at frames a second. The raw reference
    names the target video, its frames, or is an object of such names and words; the reference is a `Target`
    with what the task's metric compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Video
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("video_inpainting", {}, media=["video", "map"])
    >>> print(example.prompt)  # doctest: +NORMALIZE_WHITESPACE
    Fill in what the masks cover (their white pixels) in every frame, so that it cannot be seen; keep
    all else, the size of the frames and their number.
    >>> example.read(Video(np.zeros((2, 4, 6, 3), np.uint8))).frames.shape
    (2, 4, 6, 3)
    """

    name: ClassVar[str] = "video_inpainting"
    inputs: ClassVar[tuple[str, ...]] = ("video", "map")
    task_text: ClassVar[str] = (
        "Fill in what the masks cover (their white pixels) in every frame, so that it cannot be seen; keep "
        "all else, the size of the frames and their number."
    )


class VideoFrameInterpolation(ChangeVideo):
    """Ask for all frames of a video of which some are given; the request says how many.

    Answer and prediction: `Video`, uint8 (frames, height, width, 3) at frames a second. The raw reference
    names the target video, its frames, or is an object of such names and words; the reference is a `Target`
    with what the task's metric compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Video
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("video_frame_interpolation", {}, media=["video"])
    >>> print(example.prompt)
    Make the frames that are missing between those of the video; keep their size.
    >>> example.read(Video(np.zeros((2, 4, 6, 3), np.uint8))).frames.shape
    (2, 4, 6, 3)
    """

    name: ClassVar[str] = "video_frame_interpolation"
    task_text: ClassVar[str] = "Make the frames that are missing between those of the video; keep their size."

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say how many frames are wanted, which the input does not show."""
        value = super().instruction(instance, context)
        target = medium_of(instance, Video)
        if target is None:
            return value
        count, given = len(frames_of(opened(instance, target))), len(self.source_frames(instance))
        which = "the given ones included" if count > given else "the given ones left out"
        return f"{value}\nReturn {count} frames, {which}.".strip()

    def plain(self, target: Target, context: TaskContext) -> Video:
        """Return the given frames, each as often as fills the time."""
        given = super().plain(target, context)
        count = len(frames_of(target.medium())) if target.medium else len(given.frames)
        return Video(given.frames[np.arange(count) * len(given.frames) // count], given.fps)


class VideoColorization(ChangeVideo):
    """Ask for a grey video in its colours.

    Answer and prediction: `Video`, uint8 (frames, height, width, 3) at frames a second. The raw reference
    names the target video, its frames, or is an object of such names and words; the reference is a `Target`
    with what the task's metric compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Video
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("video_colorization", {}, media=["video"])
    >>> print(example.prompt)
    Give the grey video its natural colours; keep the size of its frames.
    >>> example.read(Video(np.zeros((2, 4, 6, 3), np.uint8))).frames.shape
    (2, 4, 6, 3)
    """

    name: ClassVar[str] = "video_colorization"
    task_text: ClassVar[str] = "Give the grey video its natural colours; keep the size of its frames."


class VideoTranslationEditing(ChangeVideo):
    """Ask for a video of what one prompt says, changed so that it shows what another prompt says.

    Answer and prediction: `Video`, uint8 (frames, height, width, 3) at frames a second. The raw reference
    names the target video, its frames, or is an object of such names and words; the reference is a `Target`
    with what the task's metric compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Video
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example(
    ...     "video_translation_editing",
    ...     {"source_prompt": "A dog runs.", "target_prompt": "A cat runs."},
    ...     media=["video"],
    ... )
    >>> print(example.prompt)
    source_prompt: A dog runs.
    target_prompt: A cat runs.
    Change the video so that it shows what the target prompt says; keep its motion and the number of frames.
    >>> example.read(Video(np.zeros((2, 4, 6, 3), np.uint8))).frames.shape
    (2, 4, 6, 3)
    """

    name: ClassVar[str] = "video_translation_editing"
    task_text: ClassVar[str] = (
        "Change the video so that it shows what the target prompt says; keep its motion and the number of "
        "frames."
    )

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say what to do: the prompts only describe the video before and after."""
        return self.task_text

    def source_prompt(self, instance: Instance) -> str:
        """Return the words of the target, or all that the instance says."""
        words = video_words.words_for("frame_accuracy", video_words.joined_text_fields(instance), "")
        return words.get("target_prompt") or super().source_prompt(instance)


class VideoStyleTransfer(ChangeVideo):
    """Ask for a video in the style of a picture, or in one that the prompt names; people rate the answers.

    Answer and prediction: `Video`, uint8 (frames, height, width, 3) at frames a second. The raw reference
    names the target video, its frames, or is an object of such names and words; the reference is a `Target`
    with what the task's metric compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Video
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("video_style_transfer", {"prompt": "As a watercolour."}, media=["video"])
    >>> print(example.prompt)
    As a watercolour.
    >>> example.read(Video(np.zeros((2, 4, 6, 3), np.uint8))).frames.shape
    (2, 4, 6, 3)
    """

    name: ClassVar[str] = "video_style_transfer"
    task_text: ClassVar[str] = "Show the video in the style of the image; keep its motion and what it shows."

    def request(self, instance: Instance, context: TaskContext) -> Request:
        """Put video, picture and text. Raises DataError when neither a picture nor a text names the style."""
        has_picture = any(medium.medium == "image" for medium in instance.media)
        if not has_picture and not self.source_prompt(instance):
            keys = ", ".join(map(str, instance.fields)) or "none"
            raise DataError(f"{fields.place(instance)}: no image or text of the style; keys found: {keys}")
        return super().request(instance, context)


PROTOCOLS: Final[tuple[Protocol, ...]] = (
    VideoRestoration(),
    VideoSuperResolution(),
    VideoInpainting(),
    VideoFrameInterpolation(),
    VideoColorization(),
    VideoTranslationEditing(),
    VideoStyleTransfer(),
)
