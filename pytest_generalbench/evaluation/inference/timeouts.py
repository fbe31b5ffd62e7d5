"""Time limits: a model call that does not return becomes a timeout instead of blocking the session.

With a deadline, the model is called in a thread of its own. A call that is not back in time is left behind
there, and the model is asked on in a fresh thread: the process, its GPUs and the answers it has stay as they
are. A thread cannot be ended from outside, so a model that hangs again and again is asked less and less.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.threads import Background
from pytest_generalbench.models.foreign_code import ForeignCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_generalbench.core.request import Request

HANGS: Final = 3
"""Calls in a row that hang until a task is given up."""


class DeadlineError(TimeoutError):
    """The model did not answer in time, or was not called because no time was left."""


def _answers(generate: Callable[[Sequence[Request]], Any], requests: Sequence[Request]) -> list[Any]:
    with ForeignCode():
        return list(generate(requests))


class Timeouts:
    """Calls a model within the seconds that an instance and a task may take.

    Attributes:
        has_hung: whether a call was ever left behind.
    """

    def __init__(self, instance: float | None = None, task: float | None = None) -> None:
        """Take the limits in seconds; None is no limit. Without any, calls are made where they are asked."""
        self.instance = instance
        self.task = task
        self.has_hung = False
        self._end = float("inf")
        self._hangs = 0
        self._caller: Background | None = None

    def begin(self) -> None:
        """Start the clock of a task. A model that was abandoned in the last task has one try in this one."""
        self._end = time.monotonic() + self.task if self.task is not None else float("inf")
        self._hangs = min(self._hangs, HANGS - 1)

    def call(self, generate: Callable[[Sequence[Request]], Any], requests: Sequence[Request]) -> list[Any]:
        """Call the model. Raises DeadlineError when it does not answer in time, else what it raises."""
        if self.instance is None and self.task is None:
            return _answers(generate, requests)
        if self._hangs >= HANGS:
            raise DeadlineError(f"not asked: the model hung {HANGS} times in a row")
        if self._hangs == HANGS - 1 and len(requests) > 1:
            raise DeadlineError("a model that may hang for good is asked one by one")
        left = self._end - time.monotonic()
        if left <= 0:
            raise DeadlineError(f"not asked: the task's {self.task:g} s were over")
        own = float("inf") if self.instance is None else self.instance * len(requests)
        if self._caller is None:
            self._caller = Background("model")
        answer = self._caller.start(lambda: _answers(generate, requests))
        try:
            outputs: list[Any] = answer.result(min(own, left, threading.TIMEOUT_MAX))
        except TimeoutError as error:
            if answer.done():
                return list(answer.result())  # in the last moment, or an error of the model's own
            self._abandon(len(requests))
            limit = f"{self.instance:g} s" if own <= left else f"the task's {self.task:g} s"
            raise DeadlineError(f"no answer within {limit}") from error
        self._hangs = 0
        return outputs

    def _abandon(self, count: int) -> None:
        self._caller = None
        self.has_hung = True
        if count == 1 or self.instance is None:  # a batch is asked again one by one, and that tells more
            self._hangs += 1
