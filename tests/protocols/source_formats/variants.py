"""What a variant is: a file of references in the form of a source data set, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Variant:
    """A file of references in one form, and what must come of it."""

    name: str
    protocol: str
    references: tuple[Any, ...]
    files: Files = field(default_factory=dict)
    expected: tuple[Any, ...] | None = None
    """The references as they must be read; None: the file is refused."""
    word: str | None = None
    """The word of the refusal; None: the instance is unreadable as it stands."""
    readings: tuple[str, ...] = ()
    """Values that the refusal must name."""
    settled: tuple[str, tuple[Any, ...]] | None = None
    """A value of the word, and what the references are with it."""
    options: Mapping[str, Any] = field(default_factory=dict)
    header: Mapping[str, Any] = field(default_factory=dict)


def one_file(
    family: str, protocol: str, name: str, content: bytes, file: str, key: str | None = None, **more: Any
) -> Variant:
    raw = file if key is None else {key: file}
    return Variant(f"{family}: {name}", protocol, (raw,), {file: content}, **more)
