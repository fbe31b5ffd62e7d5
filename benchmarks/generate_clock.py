"""A pytest plugin that measures `generate` of transformers: `pytest -p benchmarks.generate_clock`.

Writes the file that the environment variable GENERATE_CLOCK names when the process ends: seconds inside
`generate`, seconds from its first call to its last return, new tokens.
"""

from __future__ import annotations

import atexit
import json
import os
import time
from pathlib import Path
from typing import Any


class Clock:
    """What `generate` took in this process."""

    def __init__(self) -> None:
        self.inside, self.first, self.last, self.tokens = 0.0, 0.0, 0.0, 0

    def watch(self, kind: Any) -> None:
        """Measure every call of `kind.generate` from now on."""
        own = kind.generate

        def generate(model: Any, *args: Any, **named: Any) -> Any:
            started = time.perf_counter()
            self.first = self.first or started
            given = own(model, *args, **named)
            rows = given if hasattr(given, "shape") else given.sequences
            self.tokens += int(rows.shape[0]) * (int(rows.shape[1]) - int(named["input_ids"].shape[1]))
            rows.cpu()  # waits for the GPU
            self.last = time.perf_counter()
            self.inside += self.last - started
            return given

        kind.generate = generate

    def write(self) -> None:
        """Write the figures to the file that GENERATE_CLOCK names."""
        figures = {"inside": self.inside, "span": self.last - self.first, "tokens": self.tokens}
        Path(os.environ["GENERATE_CLOCK"]).write_text(json.dumps(figures), encoding="utf-8")


def pytest_configure() -> None:
    """Begin to measure."""
    from transformers import GenerationMixin

    clock = Clock()
    clock.watch(GenerationMixin)
    atexit.register(clock.write)
