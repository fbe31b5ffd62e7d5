"""What a model's documentation says that it is given: the library's own calls on the same request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_generalbench.core.request import Request


_TAKE_WORDS: Final = ("ChameleonProcessor", "Kosmos2Processor", "Florence2Processor")
"""Processors without a template that are shown with words alone."""


def _video(path: Path, count: int) -> tuple[Any, Any]:
    """Return frames of a video as the library decodes and spreads them, with its own metadata."""
    import numpy as np
    from transformers.video_utils import load_video

    def spread(metadata: Any, **_: Any) -> Any:
        return np.linspace(0, metadata.total_num_frames - 1, count).round().astype(int)

    source: Any = str(path)
    frames, metadata = load_video(source, backend="pyav", sample_indices_fn=spread)
    return frames, metadata


def documented_inputs(folder: Path, request: Request, frames: int = 8, *, strings: bool = False) -> Any:
    """Return the tensors of one request, from `apply_chat_template`, or for a base model from the processor.

    Args:
        folder: a saved model.
        request: its parts are shown in order.
        frames: how many frames of a video are shown.
        strings: whether the template takes strings, with the tokens of media in them.
    """
    import torch
    from PIL import Image
    from transformers import AutoProcessor
    from transformers.audio_utils import load_audio

    processor: Any = AutoProcessor.from_pretrained(folder)
    words = getattr(processor, "tokenizer", processor)
    content: list[dict[str, Any]] = []
    metadata: list[Any] = []
    for part in request.parts:
        if isinstance(part, str):
            content.append({"type": "text", "text": part})
        elif part.medium == "image":
            content.append({"type": "image", "image": Image.open(part.path).convert("RGB")})
        elif part.medium == "audio":
            content.append({"type": "audio", "path": str(part.path)})
        else:
            video, about = _video(part.path, frames)
            content.append({"type": "video", "video": video})
            metadata.append(about)
    template = getattr(processor, "chat_template", None)
    if template is None or strings:
        tokens = {kind: str(getattr(processor, f"{kind}_token", "")) for kind in ("image", "audio")}
        if re.match("Florence2|Blip2|InstructBlip|Git|Kosmos2", type(processor).__name__):
            tokens["image"] = ""  # these write it by themselves, or have none
        prompt = "".join(str(part.get("text", tokens.get(part["type"]))) for part in content)
        if template is not None:
            turn = [{"role": "user", "content": prompt}]
            prompt = words.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
        images = [part["image"] for part in content if part["type"] == "image"]
        sounds = [load_audio(part["path"], 16_000) for part in content if part["type"] == "audio"]
        given = {"images": images} if images else {"audio": sounds} if sounds else {}
        if "Git" in type(processor).__name__:
            question = processor(text=prompt, add_special_tokens=False)["input_ids"]
            ids = torch.tensor([[words.cls_token_id, *question]])
            return {"input_ids": ids, **(processor(images=images, return_tensors="pt") if images else {})}
        encode = processor if given or type(processor).__name__ in _TAKE_WORDS else words
        return encode(text=prompt, return_tensors="pt", **given)
    options: dict[str, Any] = {"do_sample_frames": False, "video_metadata": metadata} if metadata else {}
    if metadata and "video_second_per_grid" in processor.model_input_names:
        options["fps"] = metadata[0].sampled_fps
    return processor.apply_chat_template(
        [{"role": "user", "content": content}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs=options,
    )


def differences(given: dict[str, Any], wanted: Any) -> list[str]:
    """Return the names of the documented tensors that are missing or other in what `generate` was given."""
    import torch

    tensors = {key: torch.as_tensor(value) for key, value in wanted.items() if hasattr(value, "shape")}
    return [
        key
        for key, value in tensors.items()
        if key not in given
        or given[key].shape != value.shape
        or not torch.allclose(given[key].double(), value.double(), atol=1e-5)
    ]
