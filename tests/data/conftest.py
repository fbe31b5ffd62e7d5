"""Fixtures of the data tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data.trees import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return an empty tree."""
    root = tmp_path / "bench"
    root.mkdir()
    return Tree(root)
