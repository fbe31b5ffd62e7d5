"""Protocols of the tasks that make videos: from words, from a picture, in a style; all others change one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from pytest_generalbench.core.outputs import Image, MediaOutput
from pytest_generalbench.protocols.generation.targets import opener
from pytest_generalbench.protocols.generation.video import editing as change_videos
from pytest_generalbench.protocols.generation.video.base import VideoGeneration

if TYPE_CHECKING:
    from pytest_generalbench.core.outputs import Opener
    from pytest_generalbench.core.request import Instance
    from pytest_generalbench.protocols.base import Protocol, TaskContext


class TextToVideo(VideoGeneration):
    """A video from words."""

    name: ClassVar[str] = "text_to_video"
    needs_media: ClassVar[bool] = False


class ImageToVideo(VideoGeneration):
    """A video that begins with, or shows, what is in a picture."""

    name: ClassVar[str] = "image_to_video"
    inputs: ClassVar[tuple[str, ...]] = ("image",)
    media_word: ClassVar[str] = "image"
    source_medium: ClassVar[str | None] = "image"
    source_form: ClassVar[type[MediaOutput] | None] = Image
    task_text: ClassVar[str] = "Make a video that begins with this image."


class StylizedVideoGeneration(VideoGeneration):
    """A video from words, in the style of one picture or several."""

    name: ClassVar[str] = "stylized_video_generation"
    inputs: ClassVar[tuple[str, ...]] = ("image",)
    media_word: ClassVar[str] = "image of the style"

    def instruction(self, instance: Instance, context: TaskContext) -> str:
        """Say what the pictures are for: the prompt speaks of the content alone."""
        count = sum(medium.medium == "image" for medium in instance.media)
        return f"Make a video of this in the style of the {'images' if count > 1 else 'image'}."

    def styles(self, instance: Instance) -> tuple[Opener, ...]:
        """Return every picture of the input."""
        return tuple(opener(media, Image) for media in instance.media if media.medium == "image")


PROTOCOLS: Final[tuple[Protocol, ...]] = (
    TextToVideo(),
    ImageToVideo(),
    StylizedVideoGeneration(),
    *change_videos.PROTOCOLS,
)
