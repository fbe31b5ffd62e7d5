"""`vllm:` models: vLLM in this process, which answers whole batches with continuous batching."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.errors import DataError, MediaError, MissingDependencyError, ModelError
from pytest_generalbench.core.request import Output, Request
from pytest_generalbench.models.base import Failed, Model
from pytest_generalbench.models.openai.messages import (
    has_system_role,
    messages,
    shown_messages,
    without_system_role,
)
from pytest_generalbench.models.openai.parameters import NO_SYSTEM_ROLE, refuses_system
from pytest_generalbench.models.openai.special_tokens import wants_marks, without_end_marks
from pytest_generalbench.models.transformers.processors import check_adapter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_generalbench.core.settings import Settings

_MASKS: Final = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
_MOST_IMAGES: Final = 16
"""Images in one request at least allowed; a video's frames may make it more."""


def leased_gpus() -> int:
    """Return the number of GPUs of this worker, as the device mask names them; 1 without a mask."""
    for name in _MASKS:
        named = [device for device in os.environ.get(name, "").split(",") if device.strip()]
        if named:
            return len(named)
    return 1


class VLLMModel(Model):
    """A vLLM engine in this process; requests are chats in OpenAI's form, answered greedily.

    Args:
        name: the model's name, for messages and the result.
        engine: the `vllm.LLM`.
        params: vLLM's class `SamplingParams`.
        settings: `input_media`, `model_frames` and `video_as` are used.
        lora: vLLM's `LoRARequest`, or None.

    >>> from pytest_generalbench.core.settings import Settings
    >>> settings = Settings(model="vllm:some/model", input_media=("text", "image"))
    >>> sorted(VLLMModel("some/model", None, None, settings).input_media)
    ['image', 'text']
    """

    output_media = frozenset({"text"})
    batch_size = 256

    def __init__(self, name: str, engine: Any, params: Any, settings: Settings, lora: Any = None) -> None:
        """Keep the engine; nothing is loaded here."""
        self.name = name
        self.engine = engine
        self.params = params
        self.lora = lora
        self.settings = settings
        self.input_media = frozenset(settings.input_media or _declared(engine))
        self.takes_system = True
        """Whether its chat template has not refused the role `system`."""

    def generate(self, requests: Sequence[Request]) -> Sequence[Output | Failed]:
        """Answer the whole batch in one call; a request whose media cannot be read fails alone."""
        answers: list[Output | Failed | None] = []
        chats: list[Any] = []
        params: list[Any] = []
        for request in requests:
            try:
                chats.append(messages(request, self.settings.model_frames, self.settings.video_as))
            except MediaError as error:
                answers.append(Failed(str(error), "missing_media"))
            except DataError as error:
                answers.append(Failed(str(error)))
            else:
                answers.append(None)
                params.append(
                    self.params(
                        temperature=0.0,
                        max_tokens=request.max_new_tokens,
                        seed=request.seed,
                        skip_special_tokens=not wants_marks(request),
                    )
                )
        output = iter(self._chatted(chats, params) if chats else [])
        return [
            _output(next(output), request) if answer is None else answer
            for request, answer in zip(requests, answers, strict=True)
        ]

    def _chatted(self, chats: list[Any], params: list[Any]) -> list[Any]:
        """Return the engine's outputs; a template that refuses the role `system` is asked without it."""
        more = {} if self.lora is None else {"lora_request": self.lora}
        turns = chats if self.takes_system else [without_system_role(chat) for chat in chats]
        try:
            outputs: list[Any] = self.engine.chat(turns, sampling_params=params, use_tqdm=False, **more)
        except Exception as error:
            if not (any(map(has_system_role, turns)) and refuses_system(str(error))):
                raise
            self.takes_system = False
            return self._chatted(chats, params)
        return outputs

    @property
    def notes(self) -> tuple[str, ...]:
        """That the system prompt was moved, where the template has no role for it."""
        return () if self.takes_system else (f"the chat template {NO_SYSTEM_ROLE}",)

    def shown(self, request: Request) -> str:
        """Return the messages that the engine is given, as JSON; media are named by their size."""
        return shown_messages(request, self.settings.model_frames, self.settings.video_as)

    def identity(self) -> dict[str, Any]:
        """Return name, revision, dtype and number of GPUs."""
        return {
            "class": "vllm",
            "name": self.name,
            "revision": self.settings.revision,
            "dtype": self.settings.dtype,
            "gpus": leased_gpus(),
            "adapter": self.settings.adapter,
            "frames": self.settings.model_frames,
        }

    def close(self) -> None:
        """Delete the engine, which ends its processes."""
        self.engine = None


def _declared(engine: Any) -> tuple[str, ...]:
    """Return the media that a model takes unless the user says: images where it is multimodal, else text."""
    config = getattr(engine, "model_config", None)
    config = config or getattr(getattr(engine, "llm_engine", None), "model_config", None)
    return ("text", "image") if getattr(config, "is_multimodal_model", True) else ("text",)


def _output(given: Any, request: Request) -> Output:
    first = given.outputs[0]
    details = {"prompt_tokens": len(given.prompt_token_ids or ()), "completion_tokens": len(first.token_ids)}
    if first.finish_reason is not None:
        details["finish_reason"] = first.finish_reason
    text = without_end_marks(first.text) if wants_marks(request) else first.text
    return Output(text, details=details)


def make_vllm_model(target: str, settings: Settings, folder: Path) -> VLLMModel:
    """Start vLLM on the GPUs of this worker's lease, tensor parallel when there are several."""
    adapter = check_adapter(settings, folder, f"vllm:{target}")
    try:
        from vllm import LLM, SamplingParams
    except ImportError as error:
        raise MissingDependencyError("vllm", "vllm", f"vllm:{target}") from error
    if settings.offline:
        os.environ["HF_HUB_OFFLINE"] = "1"  # the engine runs in processes of its own, which inherit it
    name = str(folder / target) if (folder / target).is_dir() else target
    media = set(settings.input_media or ("text", "image")) - {"text"}
    options: dict[str, Any] = {
        "dtype": settings.dtype,
        "revision": settings.revision,
        "trust_remote_code": settings.trust_remote_code,
        "tensor_parallel_size": leased_gpus(),
        "enable_lora": adapter is not None,
        "seed": 0,
    }
    if media:
        most = max(_MOST_IMAGES, settings.model_frames)
        options["limit_mm_per_prompt"] = {
            medium: most for medium in ("image", "video", "audio") if medium in media
        }
    lora = None
    if adapter is not None:
        from vllm.lora.request import LoRARequest

        lora = LoRARequest(adapter.name, 1, str(adapter))
    try:
        engine = LLM(model=name, **options)
    except (OSError, ValueError, ImportError, KeyError, RuntimeError, TypeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"vllm:{target} cannot be loaded: {reason}") from error
    return VLLMModel(target, engine, SamplingParams, settings, lora)
