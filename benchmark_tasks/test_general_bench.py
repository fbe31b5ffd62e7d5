"""The benchmark: one test, parametrised with every task.

The plugin fills `generalbench_task`; calling `generalbench` evaluates the task and records its score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_generalbench.core.task import Task


def test_task(generalbench_task: Task, generalbench: Callable[[Task], None]) -> None:
    """Evaluate one task: the item's outcome is a score, not a pass."""
    generalbench(generalbench_task)
