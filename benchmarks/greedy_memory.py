"""A model whose batches need memory: `python:benchmarks/greedy_memory.py:GreedyModel`.

Every request takes a fortieth of the GPU's memory, so that a batch of 64 does not fit and one of 32 does.
Without a GPU the same error is raised for more than 40 requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from pytest_generalbench.core import vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench.core.request import Request

SHARE = 40


class GreedyModel:
    """Answers A, and says in its identity which batches it tried and which it could not hold."""

    batch_size = 64
    input_media = frozenset(vocabulary.MEDIA)

    def __init__(self) -> None:
        self.tried: list[int] = []
        self.refused: list[int] = []
        self.reserved: list[float] = []

    def generate(self, requests: Sequence[Request]) -> list[str]:
        size = len(requests)
        self.tried.append(size)
        if torch.cuda.is_available():
            self.reserved.append(torch.cuda.memory_reserved() / 2**30)
        try:
            self._take(size)
        except torch.OutOfMemoryError:
            self.refused.append(size)
            raise
        return ["A"] * size

    def _take(self, size: int) -> None:
        if torch.cuda.is_available():
            piece = torch.cuda.get_device_properties(0).total_memory // SHARE
            held = [torch.empty(piece, dtype=torch.uint8, device="cuda") for _ in range(size)]
            assert len(held) == size
        elif size > SHARE:
            raise torch.OutOfMemoryError("no GPU: the error of one is raised")

    def identity(self) -> dict[str, list[int] | list[float]]:
        """Return the sizes of all batches, of those that did not fit, and the GiB reserved before each."""
        return {"tried": self.tried, "refused": self.refused, "reserved": self.reserved}
