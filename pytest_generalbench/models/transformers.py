"""`hf:` models through transformers' Auto classes: language models, and those that look at images too."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pytest_generalbench.errors import MissingDependencyError, ModelError
from pytest_generalbench.instance import Output, Request
from pytest_generalbench.media import Media, open_image
from pytest_generalbench.models.base import Failed, Model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_generalbench.settings import Settings


def _message(request: Request, images: bool) -> list[dict[str, Any]]:
    """Return the request as one user turn of a chat."""
    if not images:
        return [{"role": "user", "content": request.text}]
    content: list[dict[str, Any]] = []
    for part in request.parts:
        if isinstance(part, Media):
            content += [{"type": "image", "image": open_image(path)} for path in part.paths]
        else:
            content.append({"type": "text", "text": part})
    return [{"role": "user", "content": content}]


class TransformersModel(Model):
    """A model with its tokenizer or processor on one device; greedy, batched, left-padded."""

    deterministic = True  # greedy decoding

    output_media = frozenset({"text"})
    batch_size = 8

    def __init__(self, name: str, model: Any, processor: Any, takes_images: bool, device: str) -> None:
        """Keep the loaded parts; `processor` is a tokenizer when the model takes text only."""
        self.name = name
        self.model = model
        self.processor = processor
        self.takes_images = takes_images
        self.device = device
        self.input_media = frozenset({"text", "image"} if takes_images else {"text"})
        self.tokenizer = getattr(processor, "tokenizer", processor)
        self.tokenizer.padding_side = "left"
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        text_config = model.config.get_text_config()
        self.context_length: int | None = getattr(text_config, "max_position_embeddings", None)

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Answer the requests; one whose prompt does not fit the context is an error of its own."""
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
        return self.context_length is None or length + request.max_new_tokens <= self.context_length

    def _encode(self, requests: Sequence[Request]) -> Any:
        chats = [_message(request, self.takes_images) for request in requests]
        if self.processor.chat_template is not None:
            return self.processor.apply_chat_template(
                chats,
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
                padding=True,
            )
        return self._encode_plain(requests, chats)

    def _encode_plain(self, requests: Sequence[Request], chats: list[list[dict[str, Any]]]) -> Any:
        """Encode for a base model without chat template: image tokens where the images are, then the text."""
        if not self.takes_images:
            return self.processor([request.text for request in requests], return_tensors="pt", padding=True)
        token = getattr(self.processor, "image_token", "<image>")
        texts, images = [], []
        for (turn,) in chats:
            parts = turn["content"]
            texts.append("\n".join(token if part["type"] == "image" else part["text"] for part in parts))
            images.append([part["image"] for part in parts if part["type"] == "image"])
        given = images if any(images) else None
        return self.processor(text=texts, images=given, return_tensors="pt", padding=True)

    def _answer(self, requests: Sequence[Request], batch: Any) -> list[Output | Failed]:
        import torch

        batch = batch.to(self.device)
        with torch.inference_mode():
            tokens = self.model.generate(
                **batch,
                max_new_tokens=max(request.max_new_tokens for request in requests),
                do_sample=False,
                pad_token_id=self.tokenizer.pad_token_id,
            )
        new = tokens[:, batch["input_ids"].shape[1] :]
        texts: list[str] = self.tokenizer.batch_decode(new, skip_special_tokens=True)
        return [Output(text) for text in texts]

    def identity(self) -> dict[str, Any]:
        """Return name, revision, class, dtype and device."""
        config = self.model.config
        return {
            "class": type(self.model).__name__,
            "name": self.name,
            "revision": getattr(config, "_commit_hash", None),
            "dtype": str(self.model.dtype).removeprefix("torch."),
            "device": self.device,
        }

    def close(self) -> None:
        """Drop the weights."""
        self.model = None


def share_processors(torch: Any) -> None:
    """Keep xdist workers on one machine from fighting over its cores."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // workers))


def _load(target: str, name: str, options: dict[str, Any], device: str) -> Model:
    """Load a model by what its type can do: sound from text, text and pictures, text from images, text."""
    import transformers
    from transformers.models.auto import modeling_auto as auto

    config = transformers.AutoConfig.from_pretrained(name, **options)
    kind = config.model_type
    reads_and_writes = kind in auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
    makes_sound = (
        kind in auto.MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING_NAMES
        or kind in auto.MODEL_FOR_TEXT_TO_SPECTROGRAM_MAPPING_NAMES
    )
    if makes_sound and not reads_and_writes:
        from pytest_generalbench.models.hf_sounds import load_sound_model

        return load_sound_model(target, name, kind, options, device)
    if reads_and_writes:
        processor = transformers.AutoProcessor.from_pretrained(name, **options)
        factory: Any = transformers.AutoModelForImageTextToText
    else:
        processor = transformers.AutoTokenizer.from_pretrained(name, **options)
        factory = transformers.AutoModelForCausalLM
    model = factory.from_pretrained(name, dtype="auto", **options).eval().to(device)
    maker: type[TransformersModel] = TransformersModel
    if "image" in getattr(model, "output_modalities", ()) and hasattr(model, "decode_image_tokens"):
        from pytest_generalbench.models.hf_pictures import PictureModel

        maker = PictureModel
    return maker(target, model, processor, reads_and_writes, device)


def make_transformers_model(target: str, settings: Settings, folder: Path) -> Model:
    """Load the model `target`, a repository name or a folder, onto the GPU when there is one."""
    try:
        import torch
        import transformers  # noqa: F401 - tells a missing library from a broken model
    except ImportError as error:
        raise MissingDependencyError("transformers", "hf", f"hf:{target}") from error
    name = str(folder / target) if (folder / target).is_dir() else target
    options = {"local_files_only": settings.offline, "trust_remote_code": settings.trust_remote_code}
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        share_processors(torch)
    try:
        return _load(target, name, options, device)
    except (OSError, ValueError, ImportError, KeyError, RuntimeError) as error:
        raise ModelError(f"hf:{target} cannot be loaded: {' '.join(str(error).split())[:300]}") from error
