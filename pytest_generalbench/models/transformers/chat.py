"""`hf:` models that answer in text: from text, images, audio and video, by their chat templates."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from pytest_generalbench.core.media.media import Media, open_audio, open_frames, open_image
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.models.base import Failed, Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.models.transformers.processors import Senses, Source


def _shown(medium: Media, senses: Senses) -> list[dict[str, Any]]:
    """Return a decoded medium as parts of a chat turn."""
    if medium.medium == "audio":
        return [{"type": "audio", "audio": open_audio(path, senses.rate)} for path in medium.paths]
    if medium.medium != "video":
        return [{"type": "image", "image": open_image(path)} for path in medium.paths]
    frames = open_frames(medium, senses.frames)
    if not senses.videos:
        return [{"type": "image", "image": frame} for frame in frames]
    import numpy as np

    return [{"type": "video", "video": np.stack([np.asarray(frame) for frame in frames])}]


def chat(request: Request, senses: Senses) -> list[dict[str, Any]]:
    """Return the request as one user turn; a model of text alone is given a plain string."""
    if senses.media == {"text"}:
        return [{"role": "user", "content": request.text}]
    content: list[dict[str, Any]] = []
    for part in request.parts:
        content += _shown(part, senses) if isinstance(part, Media) else [{"type": "text", "text": part}]
    return [{"role": "user", "content": content}]


class TransformersModel(Model):
    """A Transformers model with its tokenizer or processor; greedy decoding in padded batches.

    Args:
        source: where the model comes from, and its device.
        model: the loaded model.
        processor: its processor, or its tokenizer when it takes text only.
        senses: the media that it takes, and how its processor wants them.

    >>> from types import SimpleNamespace as Part
    >>> from pytest_generalbench.models.transformers.processors import Senses
    >>> config = Part(is_encoder_decoder=False, get_text_config=lambda: Part(max_position_embeddings=2048))
    >>> model = Part(config=config, generate=lambda input_ids: input_ids)
    >>> senses = Senses(frozenset({"text", "image"}))
    >>> adapter = TransformersModel(Part(device="cpu"), model, Part(pad_token="<pad>"), senses)
    >>> sorted(adapter.input_media), adapter.context_length, adapter.tokenizer.padding_side
    (['image', 'text'], 2048, 'left')
    """

    deterministic = True  # greedy decoding
    output_media = frozenset({"text"})
    batch_size = 8

    def __init__(self, source: Source, model: Any, processor: Any, senses: Senses) -> None:
        """Keep the loaded parts, and prepare the tokenizer for batches."""
        self.source = source
        self.model = model
        self.processor = processor
        self.senses = senses
        self.device = source.device
        self.input_media = senses.media
        self.tokenizer = getattr(processor, "tokenizer", processor)
        self.in_two_parts = bool(model.config.is_encoder_decoder)
        self.tokenizer.padding_side = "right" if self.in_two_parts else "left"
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        text_config = model.config.get_text_config()
        self.context_length: int | None = getattr(text_config, "max_position_embeddings", None)
        # Models that speak as well say so; here only their words are wanted.
        speaks = "return_audio" in inspect.signature(model.generate).parameters
        self._more = {"return_audio": False} if speaks else {}

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Answer the requests; only a request whose prompt does not fit the context fails."""
        batch = self._encode(requests)
        lengths = [int(length) for length in batch["attention_mask"].sum(dim=1)]
        fits = [self._fits(length, request) for length, request in zip(lengths, requests, strict=True)]
        asked = [request for request, fit in zip(requests, fits, strict=True) if fit]
        if len(asked) < len(requests):
            batch = self._encode(asked) if asked else None
        answers = iter(self._answer(asked, batch) if asked else ())
        return [
            next(answers)
            if fit
            else Failed(f"the prompt has {length} tokens, too many for a context of {self.context_length}")
            for fit, length in zip(fits, lengths, strict=True)
        ]

    def _fits(self, length: int, request: Request) -> bool:
        if self.context_length is None:
            return True
        # An encoder's prompt and a decoder's answer do not share one context.
        return length + (0 if self.in_two_parts else request.max_new_tokens) <= self.context_length

    def _encode(self, requests: Sequence[Request]) -> Any:
        chats = [chat(request, self.senses) for request in requests]
        template = self.processor.chat_template
        if template is None:
            return self._encode_plain(requests, chats)
        # Answers are short here: a model that can be told not to think aloud first is told so.
        switches = {"enable_thinking": False} if "enable_thinking" in str(template) else {}
        shape: dict[str, Any] = {"padding": True}
        if self.processor is not self.tokenizer:
            # Frames are sampled before they come here, the same for every model.
            if self.senses.videos and any(
                part["type"] == "video" for (turn,) in chats for part in _parts(turn)
            ):
                shape["do_sample_frames"] = False
            shape = {"processor_kwargs": shape}
        return self.processor.apply_chat_template(
            chats,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            **shape,
            **switches,
        )

    def _encode_plain(self, requests: Sequence[Request], chats: list[list[dict[str, Any]]]) -> Any:
        """Encode for a base model without chat template: media tokens where the media are, then the text."""
        if self.processor is self.tokenizer:
            return self.processor([request.text for request in requests], return_tensors="pt", padding=True)
        texts: list[str] = []
        media: dict[str, list[list[Any]]] = {"image": [], "video": [], "audio": []}
        for (turn,) in chats:
            parts = _parts(turn)
            texts.append("\n".join(self._written(part) for part in parts))
            for medium, encode_plain in media.items():
                encode_plain.append([part[medium] for part in parts if part["type"] == medium])
        if not any(any(encode_plain) for encode_plain in media.values()):
            return self.tokenizer(texts, return_tensors="pt", padding=True)
        given: dict[str, Any] = {}
        if any(media["image"]):
            given["images"] = media["image"]
        if any(media["video"]):
            given |= {"videos": media["video"], "do_sample_frames": False}
        if any(media["audio"]):
            # Sounds go in flat, whatever request they belong to: that is the processors' custom.
            sounds = [sound for one in media["audio"] for sound in one]
            given |= {"audio": sounds, "sampling_rate": self.senses.rate}
        return self.processor(text=texts, return_tensors="pt", padding=True, **given)

    def _written(self, part: dict[str, Any]) -> str:
        if part["type"] == "text":
            return str(part["text"])
        return str(getattr(self.processor, f"{part['type']}_token", None) or f"<{part['type']}>")

    def _answer(self, requests: Sequence[Request], batch: Any) -> list[Output | Failed]:
        import torch

        given = {key: self._placed(value) for key, value in batch.items()}
        with torch.inference_mode():
            tokens = self.model.generate(
                **given,
                max_new_tokens=max(request.max_new_tokens for request in requests),
                do_sample=False,
                pad_token_id=self.tokenizer.pad_token_id,
                **self._more,
            )
        start = 0 if self.in_two_parts else given["input_ids"].shape[1]
        # A request that wants less than its neighbours gets what it would get alone.
        new = [
            row[start : start + one.max_new_tokens + self.in_two_parts]
            for row, one in zip(tokens, requests, strict=True)
        ]
        texts: list[str] = self.tokenizer.batch_decode(new, skip_special_tokens=True)
        return [Output(text) for text in texts]

    def _placed(self, value: Any) -> Any:
        """Return a tensor on the model's device; pixels and sounds in the model's own precision."""
        if not hasattr(value, "is_floating_point"):
            return value
        return value.to(self.device, self.model.dtype if value.is_floating_point() else None)

    def identity(self) -> dict[str, Any]:
        """Return name, revision, class, dtype, device and what else shapes an answer."""
        value = self.source.identity(self.model)
        return {**value, "frames": self.senses.frames} if "video" in self.senses.media else value

    def close(self) -> None:
        """Drop the weights."""
        self.model = None


def _parts(turn: dict[str, Any]) -> list[dict[str, Any]]:
    content = turn["content"]
    return content if isinstance(content, list) else []
