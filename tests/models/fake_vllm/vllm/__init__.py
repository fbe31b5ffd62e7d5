"""A stand-in for vLLM that has what the adapter uses; it says back what it was given."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

ENGINES: list[LLM] = []


@dataclass
class SamplingParams:
    temperature: float = 1.0
    max_tokens: int = 16
    seed: int | None = None
    skip_special_tokens: bool = True


@dataclass
class _Completion:
    text: str
    token_ids: list[int]
    finish_reason: str = "stop"


@dataclass
class _RequestOutput:
    outputs: list[_Completion]
    prompt_token_ids: list[int] = field(default_factory=lambda: [1, 2, 3])


class LLM:
    def __init__(self, model: str, **options: Any) -> None:
        if "broken" in model:
            raise ValueError("no such\narchitecture")
        self.options = {"model": model, **options}
        self.model_config = SimpleNamespace(is_multimodal_model="text" not in model)
        self.batches: list[int] = []
        self.lora: Any = None
        ENGINES.append(self)

    def chat(
        self,
        messages: list[list[dict[str, Any]]],
        sampling_params: list[SamplingParams],
        use_tqdm: bool = True,
        lora_request: Any = None,
    ) -> list[_RequestOutput]:
        assert len(messages) == len(sampling_params)
        assert not use_tqdm
        self.batches.append(len(messages))
        self.lora = lora_request
        outputs = []
        if "two-roles" in self.options["model"] and any(len(chat) > 1 for chat in messages):
            raise ValueError("Conversation roles must alternate user/assistant/user/assistant/...")
        for (*_, turn), params in zip(messages, sampling_params, strict=True):
            assert params.temperature == 0
            content = turn["content"]
            kinds = "text" if isinstance(content, str) else ",".join(part["type"] for part in content)
            if "echo" in self.options["model"]:
                kinds = content
            text = f"{kinds} {params.max_tokens} {params.seed}"
            if not params.skip_special_tokens:
                text = f"<box>{text}</box><|im_end|>"
            outputs.append(_RequestOutput([_Completion(text, [1, 2])]))
        return outputs
