"""Protocols: one class per answer form; `get` finds one by the name a task file uses."""

from __future__ import annotations

from pytest_generalbench.errors import GeneralBenchError, UnknownWordError
from pytest_generalbench.protocols import (
    dense,
    located,
    make_pictures,
    make_shapes,
    make_sounds,
    make_videos,
    space,
)
from pytest_generalbench.protocols.base import Protocol, TaskContext
from pytest_generalbench.protocols.code import Code
from pytest_generalbench.protocols.free_texts import Caption, FreeText, Ocr
from pytest_generalbench.protocols.label import Label
from pytest_generalbench.protocols.lists import Extraction, Roles, Triplets
from pytest_generalbench.protocols.multiple_choice import MultipleChoice
from pytest_generalbench.protocols.numeric import Counting, TimeSeries
from pytest_generalbench.protocols.refusal import is_refusal
from pytest_generalbench.protocols.short_texts import FinalAnswer, ShortAnswer
from pytest_generalbench.protocols.yes_no import YesNo

__all__ = [
    "Protocol",
    "TaskContext",
    "get",
    "is_refusal",
    "names",
    "register",
]

_BUILT_IN: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        MultipleChoice(), YesNo(), Label(), ShortAnswer(), FinalAnswer(), FreeText(), Caption(), Ocr(),
        Counting(), TimeSeries(), Extraction(), Triplets(), Roles(), Code(),
        *located.PROTOCOLS, *dense.PROTOCOLS, *space.PROTOCOLS,
        *make_pictures.PROTOCOLS, *make_videos.PROTOCOLS, *make_sounds.PROTOCOLS, *make_shapes.PROTOCOLS,
    )
}  # fmt: skip
_registered: dict[str, Protocol] = {}


def names() -> tuple[str, ...]:
    """Return every name that `get` knows, sorted."""
    return tuple(sorted({*_BUILT_IN, *_registered}))


def get(name: str) -> Protocol:
    """Return the protocol `name`. Raises UnknownWordError for a word that is none."""
    found = _registered.get(name) or _BUILT_IN.get(name)
    if found is None:
        raise UnknownWordError("protocol", name, names())
    return found


def register(protocol: Protocol) -> None:
    """Add a protocol of a plugin; one of the same name that a plugin added before is replaced.

    Raises GeneralBenchError for the name of a built-in one: its scores would change silently.
    """
    if protocol.name in _BUILT_IN:
        raise GeneralBenchError(f"protocol {protocol.name!r} is built in; register yours under another name")
    _registered[protocol.name] = protocol
