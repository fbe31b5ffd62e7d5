"""Fixtures of the data tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.data.stand_in_hub import StandInHub, reachable
from tests.data.trees import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return an empty tree."""
    root = tmp_path / "bench"
    root.mkdir()
    return Tree(root)


@pytest.fixture
def hub_store(tmp_path: Path) -> Tree:
    """Return the tree of the stand-in hub, which a test fills."""
    (tmp_path / "store").mkdir()
    return Tree(tmp_path / "store")


@pytest.fixture
def stand_in(hub_store: Tree, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInHub]:
    """Return a hub that huggingface_hub talks to; nothing waits between tries."""
    with reachable(StandInHub(hub_store.root), monkeypatch) as hub:
        yield hub
