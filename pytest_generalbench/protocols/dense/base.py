"""Base class of protocols whose answer is a map over an image or over frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pytest_generalbench.core.outputs.base import AnswerFormatError
from pytest_generalbench.protocols.structured import StructuredProtocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class MapProtocol(StructuredProtocol):
    """A protocol whose answer is a map; references and answers are usually image files."""

    requires: ClassVar[tuple[str, str] | None] = ("PIL", "image")


def check_size(answer: tuple[int, ...], due: tuple[int, ...]) -> None:
    """Raise AnswerFormatError unless the answer is as large as the reference."""
    if tuple(answer) != tuple(due):
        shown = " and ".join("x".join(map(str, shape)) for shape in (answer, due))
        raise AnswerFormatError(f"the answer and the reference differ in size: {shown}")


def described(names: Mapping[str, str]) -> str:
    """Return class names for a prompt, with their ids."""
    return ", ".join(f"{number} = {name}" for number, name in names.items())
