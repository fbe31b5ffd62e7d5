"""Finds each protocol by the name that a task file uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.registry import Registry, by_name
from pytest_generalbench.protocols import dense, localization, scene3d
from pytest_generalbench.protocols.generation.audio import speech_and_sound as sounds
from pytest_generalbench.protocols.generation.image import protocols as images
from pytest_generalbench.protocols.generation.shapes import protocols as shapes
from pytest_generalbench.protocols.generation.video import generation as videos
from pytest_generalbench.protocols.text.code import Code
from pytest_generalbench.protocols.text.free_text import Caption, FreeText, Ocr
from pytest_generalbench.protocols.text.label import Label
from pytest_generalbench.protocols.text.multiple_choice import MultipleChoice
from pytest_generalbench.protocols.text.numeric import Counting, TimeSeries
from pytest_generalbench.protocols.text.short_answer import FinalAnswer, ShortAnswer
from pytest_generalbench.protocols.text.structured_lists import Extraction, Roles, Triplets
from pytest_generalbench.protocols.text.yes_no import YesNo

if TYPE_CHECKING:
    from pytest_generalbench.protocols.base import Protocol

REGISTRY: Registry[Protocol] = Registry(
    "protocol",
    by_name(
        (
            MultipleChoice(), YesNo(), Label(), ShortAnswer(), FinalAnswer(), FreeText(), Caption(), Ocr(),
            Counting(), TimeSeries(), Extraction(), Triplets(), Roles(), Code(),
            *localization.PROTOCOLS, *dense.PROTOCOLS, *scene3d.PROTOCOLS,
            *images.PROTOCOLS, *videos.PROTOCOLS, *sounds.PROTOCOLS, *shapes.PROTOCOLS,
        )
    ),
)  # fmt: skip
"""Every protocol; those of hooks are removed when their session ends."""

BUILT_IN: Final = frozenset(REGISTRY.names())
"""The protocols of this package."""


def names() -> tuple[str, ...]:
    """Return every name that `get` knows, sorted."""
    return REGISTRY.names()


def get(name: str) -> Protocol:
    """Return the protocol `name`. Raises UnknownWordError for a word that is none."""
    return REGISTRY.get(name)


def register(protocol: Protocol) -> None:
    """Add a protocol; its name is what task files say.

    Raises:
        GeneralBenchError: the name is taken: replacing it would change scores in silence.
    """
    REGISTRY.add(protocol.name, protocol)


def prompt_fields() -> dict[str, tuple[str, ...]]:
    """Return, by protocol, the fields that its prompt templates may use."""
    return {name: get(name).prompt_fields for name in names()}
