"""Fixtures of the data tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.data.trees import Tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return an empty tree."""
    root = tmp_path / "bench"
    root.mkdir()
    return Tree(root)
