"""Background work in daemon threads, which never keep a process from ending."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable


_HANDOVER_S: Final = 1e-4
"""How long one thread may keep the interpreter from the others. A model gives it up at each small operation;
beside a thread that computes it would keep a twentieth of its pace with Python's 5 ms, and keeps half."""


class Background:
    """A thread pool that starts with its first job and works in the order of submission."""

    def __init__(self, name: str, threads: int = 1) -> None:
        """Take name and number of the threads; with one thread, jobs run strictly in order."""
        self._name = name
        self._threads = threads
        self._work: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = SimpleQueue()

    def start(self, work: Callable[[], Any]) -> Future[Any]:
        """Submit `work` and return its future, which raises what the work raises."""
        while self._threads:
            self._threads -= 1
            sys.setswitchinterval(min(sys.getswitchinterval(), _HANDOVER_S))
            threading.Thread(target=self._run, name=f"generalbench-{self._name}", daemon=True).start()
        answer: Future[Any] = Future()
        self._work.put((work, answer))
        return answer

    def _run(self) -> None:
        while True:
            work, answer = self._work.get()
            if answer.set_running_or_notify_cancel():
                try:
                    answer.set_result(work())
                except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                    answer.set_exception(error)
            del work, answer  # they would hold what they worked on until the next work comes
