"""Base class of protocols whose answer is about points, 3D boxes or poses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from pytest_generalbench.core.outputs import AnswerFormatError
from pytest_generalbench.protocols.scene3d.references import look
from pytest_generalbench.protocols.structured import StructuredProtocol

_CLASS_KEYS: Final = (
    "classes", "class_names", "categories", "category_names", "label_names", "labels", "label_map", "parts",
)  # fmt: skip


def class_listing(header: Mapping[str, Any]) -> str:
    """Return the classes that the annotation file lists, as `0 wall, 1 floor`, or ''."""
    here = look(header, _CLASS_KEYS)
    others = header.get("others")
    if here is None and isinstance(others, Mapping):
        here = look(others, _CLASS_KEYS)
    if here is None:
        return ""
    if isinstance(here[1], Mapping):
        return ", ".join(f"{key} {value}" for key, value in here[1].items())
    if isinstance(here[1], list) and all(isinstance(name, str) for name in here[1]):
        return ", ".join(f"{number} {name}" for number, name in enumerate(here[1]))
    return ""


class SpaceProtocol(StructuredProtocol):
    """A protocol whose answer is about points or a scene; references are read with numpy alone."""

    media_word: ClassVar[str] = "cloud"


def same_count(answer: int, true: int, what: str) -> None:
    """Raise AnswerFormatError unless there are as many in the answer as in the reference."""
    if answer != true:
        raise AnswerFormatError(f"{answer} {what} where there are {true}")
