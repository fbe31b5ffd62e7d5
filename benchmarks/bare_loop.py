"""The loop that the plugin is compared with: `python -m benchmarks.bare_loop DATA` prints its seconds."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from benchmarks.sessions import requests_of
from benchmarks.tiny_model import TinyModel


def main(folder: str) -> None:
    requests = requests_of(Path(folder))
    model = TinyModel()
    started = time.perf_counter()
    answers: list[str] = []
    for start in range(0, len(requests), model.batch_size):
        answers += model.generate(requests[start : start + model.batch_size])
    print(time.perf_counter() - started)  # noqa: T201 - what this is for
    assert len(answers) == len(requests)


if __name__ == "__main__":
    main(sys.argv[1])
