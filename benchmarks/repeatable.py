"""A pytest plugin that asks torch for deterministic algorithms: `pytest -p benchmarks.repeatable`."""

from __future__ import annotations

import os


def pytest_configure() -> None:
    """Set what must be set before the first operation on a GPU."""
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
    import torch

    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
