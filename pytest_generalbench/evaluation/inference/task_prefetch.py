"""Task prefetch: the next task's data are read, and its first media decoded, during inference of this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_generalbench.core.threads import Background

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from pytest_generalbench.core.task import Task


class NextTask:
    """Prepares the next task in a thread, as far as no model is needed; one task at a time.

    Attributes:
        task: the task that is known to follow, or None.
    """

    def __init__(self, work: Callable[[Task], Any]) -> None:
        """Take the function that prepares a task; what it raises is raised by `take`."""
        self.task: Task | None = None
        self._work = work
        self._thread = Background("next-task")
        self._begun: tuple[str, Future[Any]] | None = None

    def begin(self) -> None:
        """Start to prepare the next task, if one is known."""
        task, self.task = self.task, None
        if task is not None:
            self._begun = (task.id, self._thread.start(lambda: self._work(task)))

    def done(self) -> Any:
        """Return the prepared next task, or None while it is not ready."""
        if self._begun is None or not self._begun[1].done() or self._begun[1].exception() is not None:
            return None
        return self._begun[1].result()

    def take(self, task: Task) -> Any:
        """Wait for and return the prepared `task`; None when it was not begun."""
        begun, self._begun = self._begun, None
        if begun is not None and begun[0] == task.id:
            return begun[1].result()
        if begun is not None:
            begun[1].cancel()
        return None
