"""Protocols of the tasks that make pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from pytest_generalbench.answers import AnswerFormatError, Medium, Picture, Target
from pytest_generalbench.protocols.make_base import MakeProtocol

if TYPE_CHECKING:
    from pytest_generalbench.instance import Instance
    from pytest_generalbench.protocols.base import TaskContext

_PIXEL_METRICS: Final = ("psnr", "lab_rmse", "ms_ssim")
"""Metrics that compare pixel by pixel: the answer must be as large as the target."""


class MakePicture(MakeProtocol):
    """A protocol whose answer is a picture."""

    form: ClassVar[str] = "image"
    made: ClassVar[type[Medium]] = Picture
    answers: ClassVar = (Picture,)
    output_medium: ClassVar[str] = "image"
    requires: ClassVar[tuple[str, str] | None] = ("PIL", "image")

    def prediction(self, answer: Picture, instance: Instance, context: TaskContext) -> Any:
        """Return the picture; where pixels are compared, one of another size is an AnswerFormatError."""
        target = self.target(instance, context).medium
        if context.task.metric.name in _PIXEL_METRICS and target is not None:
            true = target()
            if isinstance(true, Picture) and true.pixels.shape != answer.pixels.shape:
                said, due = (f"{one.shape[1]}x{one.shape[0]}" for one in (answer.pixels, true.pixels))
                raise AnswerFormatError(f"a picture of {said} pixels where one of {due} is due")
        return answer

    def plain(self, target: Target, context: TaskContext) -> Picture:
        """Return the source picture, or a grey one."""
        source = target.source() if target.source else None
        return source if isinstance(source, Picture) else Picture(np.full((64, 64, 3), 128, np.uint8))


class TextToImage(MakePicture):
    """A picture from words; prompt fields as for all protocols of made media."""

    name: ClassVar[str] = "text_to_image"
    needs_media: ClassVar[bool] = False


PROTOCOLS: Final = (TextToImage(),)
