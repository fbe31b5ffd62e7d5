"""A language model of random weights in bfloat16: 6.7 billion on a GPU, a few thousand elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

_BEGAN = time.perf_counter()

import torch  # noqa: E402 - its import is a part of loading the model
from transformers import LlamaConfig, LlamaForCausalLM  # noqa: E402

from pytest_generalbench.core import vocabulary  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.request import Request

PROMPT, TOKENS = 128, 32
LARGE = {"hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32}
SMALL = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}


class LargeModel:
    """Reads bytes and writes as many tokens for every request."""

    batch_size = 16
    input_media = frozenset(vocabulary.MEDIA)

    def __init__(self) -> None:
        self.seconds, self.tokens = 0.0, 0
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        config = LlamaConfig(vocab_size=256, **(LARGE if self.device == "cuda" else SMALL))
        torch.set_default_dtype(torch.bfloat16)
        with torch.device(self.device):
            self.model = LlamaForCausalLM(config).eval()
        torch.set_default_dtype(torch.float32)
        self.loading = time.perf_counter() - _BEGAN

    def generate(self, requests: Sequence[Request]) -> list[str]:
        started = time.perf_counter()
        rows = [list(request.text.encode()[-PROMPT:].rjust(PROMPT)) for request in requests]
        tokens = torch.tensor(rows, device=self.device)
        with torch.inference_mode():
            given = self.model.generate(
                tokens,
                attention_mask=torch.ones_like(tokens),
                max_new_tokens=TOKENS,
                min_new_tokens=TOKENS,
                do_sample=False,
                pad_token_id=0,
            )
        answers = [bytes(row).decode("latin-1") for row in given[:, PROMPT:].tolist()]  # waits for the GPU
        self.seconds += time.perf_counter() - started
        self.tokens += TOKENS * len(requests)
        return answers

    def identity(self) -> dict[str, float | str]:
        """Return the time spent in loading and in `generate`, and the tokens that were written."""
        entry = {"seconds": self.seconds, "loading": self.loading, "tokens": float(self.tokens)}
        return {**entry, "device": self.device}
