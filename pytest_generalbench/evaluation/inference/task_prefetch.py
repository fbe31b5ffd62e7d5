"""Looking ahead: the next task's data are read, and its first media decoded, while this one is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_generalbench.core.threads import Background

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from pytest_generalbench.core.task import Task


class NextTask:
    """Does for the next task, in a thread, what needs no model; one task at a time.

    Attributes:
        task: the task that is known to follow, or None.
    """

    def __init__(self, work: Callable[[Task], Any]) -> None:
        """Take what is to be done for a task; it may raise, and does so where the task is taken up."""
        self.task: Task | None = None
        self._work = work
        self._thread = Background("next-task")
        self._begun: tuple[str, Future[Any]] | None = None

    def begin(self) -> None:
        """Start the work for the next task, if one is known."""
        task, self.task = self.task, None
        if task is not None:
            self._begun = (task.id, self._thread.start(lambda: self._work(task)))

    def done(self) -> Any:
        """Return what the work for the next task gave, or None while there is nothing."""
        if self._begun is None or not self._begun[1].done() or self._begun[1].exception() is not None:
            return None
        return self._begun[1].result()

    def take(self, task: Task) -> Any:
        """Return what the work for `task` gave, waiting for it; None when it was not begun."""
        begun, self._begun = self._begun, None
        if begun is not None and begun[0] == task.id:
            return begun[1].result()
        if begun is not None:
            begun[1].cancel()
        return None
