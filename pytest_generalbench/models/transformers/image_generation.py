"""`hf:` models such as Janus, whose weights answer in text and make pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_generalbench.core.outputs import Image
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.models.transformers.chat import TransformersModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.models.base import Failed


class PictureModel(TransformersModel):
    """A Transformers model that answers in text and makes pictures (Janus).

    It answers in text as its base class does. A picture is sampled with the request's seed, from the text
    alone: these models do not look at an image while they make one.

    >>> sorted(PictureModel.output_media)
    ['image', 'text']
    """

    output_media = frozenset({"text", "image"})

    def unsupported(self, task: Task) -> str | None:
        """Return that pictures are made from text alone where the task has other inputs."""
        if task.output_medium == "image" and set(task.input_media) != {"text"}:
            return "the model makes pictures from text alone"
        return super().unsupported(task)

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Answer in the medium asked for; the requests of a batch are of one task."""
        if all(request.output_medium != "image" for request in requests):
            return super().generate(requests)
        return [self._drawn(request) for request in requests]

    def _drawn(self, request: Request) -> Output:
        import torch

        turn = [{"role": "user", "content": [{"type": "text", "text": request.content or request.text}]}]
        text = self.processor.apply_chat_template([turn], add_generation_prompt=True, tokenize=False)
        given = self.processor(text=text, generation_mode="image", return_tensors="pt").to(self.device)
        torch.manual_seed(request.seed)
        with torch.inference_mode():
            tokens = self.model.generate(**given, generation_mode="image", do_sample=True)
            values = self.model.decode_image_tokens(tokens)[0].float().cpu().numpy()
        # The decoder gives -1..1; what goes a little beyond is cut, as the model's own processor does.
        return Output(medium="image", answer=Image(np.clip(values / 2 + 0.5, 0, 1)))
