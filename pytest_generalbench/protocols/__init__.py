"""Protocols: one class per answer form; `get` finds one by the name a task file uses."""

from __future__ import annotations

from pytest_generalbench.protocols.base import Protocol, TaskContext
from pytest_generalbench.protocols.registry import get, is_built_in, names, prompt_fields, register
from pytest_generalbench.protocols.text.parsers.refusal import is_refusal

__all__ = [
    "Protocol",
    "TaskContext",
    "get",
    "is_built_in",
    "is_refusal",
    "names",
    "prompt_fields",
    "register",
]
