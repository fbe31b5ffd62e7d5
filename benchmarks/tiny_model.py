"""A small language model of random weights on the processor: something that takes its time to answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

_BEGAN = time.perf_counter()

import torch  # noqa: E402 - its import is a part of loading the model

from pytest_generalbench.core import vocabulary  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.request import Request

WIDTH, LAYERS, PROMPT, TOKENS = 128, 2, 64, 8


class TinyModel:
    """Reads bytes, writes bytes, the whole prefix anew for every token."""

    batch_size = 8
    input_media = frozenset(vocabulary.MEDIA)

    def __init__(self) -> None:
        self.seconds = 0.0
        torch.manual_seed(0)
        torch.set_num_threads(1)
        layer = torch.nn.TransformerEncoderLayer(WIDTH, 4, 2 * WIDTH, batch_first=True, dropout=0.0)
        self.embed = torch.nn.Embedding(256, WIDTH)
        self.body = torch.nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False).eval()
        self.head = torch.nn.Linear(WIDTH, 256)
        self.loading = time.perf_counter() - _BEGAN

    def generate(self, requests: Sequence[Request]) -> list[str]:
        started = time.perf_counter()
        rows = [request.text.encode()[-PROMPT:].rjust(PROMPT) for request in requests]
        tokens = torch.tensor([list(row) for row in rows])
        with torch.inference_mode():
            for _ in range(TOKENS):
                scores = self.head(self.body(self.embed(tokens))[:, -1])
                tokens = torch.cat([tokens, scores.argmax(-1, keepdim=True)], 1)
        answers = [bytes(row).decode("latin-1") for row in tokens[:, PROMPT:].tolist()]
        self.seconds += time.perf_counter() - started
        return answers

    def identity(self) -> dict[str, float]:
        """Return the time spent in loading and in `generate`: what is no overhead of a run."""
        return {"seconds": self.seconds, "loading": self.loading}


class Null:
    """Takes every medium, and no time."""

    input_media = frozenset(vocabulary.MEDIA)

    def generate(self, requests: Sequence[Request]) -> list[str]:
        """Answer A."""
        return ["A"] * len(requests)


def null() -> object:
    """Return a model that takes no time."""
    return Null()
