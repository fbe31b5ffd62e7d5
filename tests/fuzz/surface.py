"""What is fuzzed: a reader, seeds for it, and how they are made wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_generalbench.core.errors import GeneralBenchError
from tests.fuzz.mutation import mutated_bytes

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Surface:
    """A reader or parser. Of any input it returns, or raises one of the errors that it documents."""

    name: str
    seeds: Callable[[], Sequence[bytes]]
    """Returns good inputs."""
    read: Callable[[bytes, Path], object]
    """Reads an input; the folder is empty and its own."""
    mutate: Callable[[bytes, bytes, random.Random], bytes] = mutated_bytes
    errors: tuple[type[BaseException], ...] = (GeneralBenchError,)
    """The errors that it documents."""
    weight: float = 1.0
    """Its share of the inputs, beside the others."""
