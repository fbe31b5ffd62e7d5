"""Node ids of the benchmark's items: the same in every installation and process."""

from __future__ import annotations

import re
from typing import Final

MODULE_NODEID: Final = "benchmark_tasks/test_general_bench.py"

ITEM: Final = re.compile(rf"{re.escape(MODULE_NODEID)}::test_(?:task\[(.+)\]|part\[(.+)-\d+of\d+\])")
"""A task's own item, or one that helps with it."""


def task_id_of(nodeid: str) -> str | None:
    """Return the task that an item evaluates, or None for a part and for what is no benchmark item."""
    match = ITEM.fullmatch(nodeid)
    return match and match[1]


def is_part(nodeid: str) -> bool:
    """Return whether an item answers a part of another item's task."""
    match = ITEM.fullmatch(nodeid)
    return match is not None and match[2] is not None
