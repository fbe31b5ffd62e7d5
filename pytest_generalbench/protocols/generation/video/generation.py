"""Protocols of the tasks that make videos: from words, from a picture, in a style; all others change one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from pytest_generalbench.core.outputs import Image, MediaOutput
from pytest_generalbench.protocols.generation.targets import opener
from pytest_generalbench.protocols.generation.video.base import VideoGeneration

if TYPE_CHECKING:
    from pytest_generalbench.core.outputs import Opener
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.protocols.base import Protocol, TaskContext


class TextToVideo(VideoGeneration):
    """Ask for a video from words.

    Answer and prediction: `Video`, uint8 (frames, height, width, 3) at frames a second. The raw reference
    names the target video, its frames, or is an object of such names and words; the reference is a `Target`
    with what the task's metric compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Video
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("text_to_video", {"prompt": "A dog runs."})
    >>> print(example.prompt)
    A dog runs.
    >>> example.read(Video(np.zeros((2, 4, 6, 3), np.uint8))).frames.shape
    (2, 4, 6, 3)
    """

    name: ClassVar[str] = "text_to_video"
    needs_media: ClassVar[bool] = False


class ImageToVideo(VideoGeneration):
    """Ask for a video that begins with, or shows, what is in a picture.

    Answer and prediction: `Video`, uint8 (frames, height, width, 3) at frames a second. The raw reference
    names the target video, its frames, or is an object of such names and words; the reference is a `Target`
    with what the task's metric compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Video
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("image_to_video", {}, media=["image"])
    >>> print(example.prompt)
    Make a video that begins with this image.
    >>> example.read(Video(np.zeros((2, 4, 6, 3), np.uint8))).frames.shape
    (2, 4, 6, 3)
    """

    name: ClassVar[str] = "image_to_video"
    inputs: ClassVar[tuple[str, ...]] = ("image",)
    media_word: ClassVar[str] = "image"
    source_medium: ClassVar[str | None] = "image"
    source_form: ClassVar[type[MediaOutput] | None] = Image
    task_text: ClassVar[str] = "Make a video that begins with this image."


class StylizedVideoGeneration(VideoGeneration):
    """Ask for a video from words, in the style of one picture or several.

    Answer and prediction: `Video`, uint8 (frames, height, width, 3) at frames a second. The raw reference
    names the target video, its frames, or is an object of such names and words; the reference is a `Target`
    with what the task's metric compares with.

    Prompt fields: `{question}` (what the instance says in text), `{instruction}`.

    >>> import numpy as np
    >>> from pytest_generalbench.core.outputs import Video
    >>> from pytest_generalbench.protocols.example import Example
    >>> example = Example("stylized_video_generation", {"prompt": "A dog runs."}, media=["image"])
    >>> print(example.prompt)
    A dog runs.
    Make a video of this in the style of the image.
    >>> example.read(Video(np.zeros((2, 4, 6, 3), np.uint8))).frames.shape
    (2, 4, 6, 3)
    """

    name: ClassVar[str] = "stylized_video_generation"
    inputs: ClassVar[tuple[str, ...]] = ("image",)
    media_word: ClassVar[str] = "image of the style"

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Return what the pictures are for: the prompt describes the content alone."""
        count = sum(medium.medium == "image" for medium in instance.media)
        return f"Make a video of this in the style of the {'images' if count > 1 else 'image'}."

    def styles(self, instance: Instance) -> tuple[Opener, ...]:
        """Return every picture of the input."""
        return tuple(opener(media, Image) for media in instance.media if media.medium == "image")


PROTOCOLS: Final[tuple[Protocol, ...]] = (
    TextToVideo(),
    ImageToVideo(),
    StylizedVideoGeneration(),
)
