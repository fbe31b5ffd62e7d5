"""The model as General-Bench asks it: fill in `generate`. docs/models.md of pytest-generalbench says all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_generalbench import Output, Request


class Model:
    """Gives one and the same answer, until you load your own model here."""

    input_media = frozenset({"text", "image"})
    """What it takes: text, image, video, audio, pointcloud, mesh, motion, signal, map."""

    batch_size = 8

    def generate(self, requests: Sequence[Request]) -> list[str | Output]:
        """Return an answer for each request: a text, or what `request.form` asks for."""
        # request.text is the prompt, request.media are the pictures, videos and sounds in order.
        return ["A" for _ in requests]

    def identity(self) -> dict[str, str]:
        """Name what answers depend on: version, checkpoint. Answers of another identity are not reused."""
        return {"version": "0"}
