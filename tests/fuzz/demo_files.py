"""Files of the demo set as seeds, and inputs written as files."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pytest_generalbench.suite.data import FolderSource, default_cache, open_data
from tests.data.trees import all_tasks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@cache
def demo() -> FolderSource:
    """Return the demo set."""
    source = open_data("demo", "open", all_tasks(), cache=default_cache())
    assert isinstance(source, FolderSource)
    return source


def files(*endings: str, count: int = 12) -> Callable[[], list[bytes]]:
    """Return what gives small files of the demo set with these endings, spread over it."""

    @cache
    def found() -> list[bytes]:
        paths = sorted(path for path in demo().root.rglob("*") if path.suffix in endings)
        step = max(1, len(paths) // count)
        return [content for path in paths[::step] if len(content := path.read_bytes()) < 200_000][:count]

    return found


def put(content: bytes, folder: Path, name: str) -> Path:
    """Write the input as a file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
