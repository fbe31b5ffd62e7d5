"""Models: from a specification such as `hf:NAME` or `baseline:oracle` to something that generates."""

from __future__ import annotations

from pytest_generalbench.models.base import AnswerSheet, Failed, Model
from pytest_generalbench.models.registry import (
    ModelKind,
    check_spec,
    make_model,
    model_kinds,
    register,
    uses_gpu,
)

__all__ = [
    "AnswerSheet",
    "Failed",
    "Model",
    "ModelKind",
    "check_spec",
    "make_model",
    "model_kinds",
    "register",
    "uses_gpu",
]
