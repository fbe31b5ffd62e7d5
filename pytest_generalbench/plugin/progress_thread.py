"""The thread that follows a session's run, and says how far it is."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.evaluation.progress import RunWatch
from pytest_generalbench.runs.heartbeat import HEARTBEAT_S, remove_heartbeat, write_heartbeat

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pytest_generalbench.core.task import Task
    from pytest_generalbench.evaluation.progress import RunProgress
    from pytest_generalbench.plugin.progress_screen import ProgressScreen

_LOOK_S: Final = 1.0
"""Seconds from one look at the run to the next, where progress is shown."""

_LOG_S: Final = 60.0
"""Seconds from one plain line to the next, where nothing changes."""

_SHARE: Final = 0.01
"""The share of the session's time that looking may take: after looks that took long the next one waits."""

_OF_BEAT: Final = ("host", "heartbeat_s", "is_stalled", "gpus")
"""What the heartbeat itself, or who reads it, tells."""


class ProgressThread(threading.Thread):
    """Looks at a run again and again, shows how far it is, and writes the heartbeat.

    What it needs is imported with this module, before it starts: a process that is forked meanwhile must
    not wait for an import that only this thread could end.

    Attributes:
        spent_s: Processor time that it took, in seconds.
        problem: Why it ended before the session did, or None.
    """

    def __init__(self, folder: Path, tasks: Iterable[Task], screen: ProgressScreen | None) -> None:
        """Open the run; `screen` is None where nothing is shown.

        Raises:
            GeneralBenchError: the folder is no run.
        """
        super().__init__(name="generalbench-progress", daemon=True)
        self.spent_s = 0.0
        self.problem: str | None = None
        self._folder = folder
        self._screen = screen
        self._watch = RunWatch(folder, tasks)
        self._over = threading.Event()
        self._beaten = self._logged = -float("inf")
        self._logged_state: object = None

    def run(self) -> None:
        """Look until `end` is called."""
        every = HEARTBEAT_S if self._screen is None else _LOOK_S
        pause, started = _LOOK_S, time.monotonic()
        while not self._over.wait(pause):
            began = time.thread_time()
            try:
                progress = self._watch.look()
                self._show(progress)
                self._beat(progress)
            except (GeneralBenchError, OSError) as error:
                self.problem = f"progress was not followed to the end: {error}"
                return
            self.spent_s += time.thread_time() - began
            pause = max(every, self.spent_s / _SHARE - (time.monotonic() - started))

    def _show(self, progress: RunProgress) -> None:
        if self._screen is None:
            return
        now = time.monotonic()
        stalled = tuple(worker.worker for worker in progress.workers if worker.is_stalled)
        state = (progress.phase == "loading", stalled, progress.failures > 0)
        if self._screen.is_line or state != self._logged_state or now - self._logged >= _LOG_S:
            self._logged_state, self._logged = state, now
            self._screen.show(progress.line())

    def _beat(self, progress: RunProgress) -> None:
        now = time.monotonic()
        if now - self._beaten < HEARTBEAT_S:
            return
        self._beaten = now
        content = {key: value for key, value in progress.to_dict().items() if key not in _OF_BEAT}
        write_heartbeat(self._folder, content)

    def end(self) -> None:
        """End the thread, and remove the heartbeat, which is no part of the run."""
        self._over.set()
        self.join()
        remove_heartbeat(self._folder)
