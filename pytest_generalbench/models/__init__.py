"""Models: a specification such as `hf:NAME` or `baseline:oracle` becomes an object that generates."""

from __future__ import annotations

from pytest_generalbench.models.base import Failed, Model, ReferenceSheet
from pytest_generalbench.models.registry import (
    ModelKind,
    check_spec,
    kind_of,
    make_model,
    model_kinds,
    register,
)

__all__ = [
    "Failed",
    "Model",
    "ModelKind",
    "ReferenceSheet",
    "check_spec",
    "kind_of",
    "make_model",
    "model_kinds",
    "register",
]
