"""Background scoring: a second process scores a task's first answers while the model gives the last.

A thread would hold the model up: each small operation of it gives the interpreter away, and waits to have
it back while a metric computes. The process is forked before a model is loaded, so that it has every task,
metric and data source that this one has, and nothing of a GPU. It reads the answers from the ledger, as all
scoring does, and what becomes of it is never more than a loss of time: what it did not score is scored here.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from pytest_generalbench.core.processes import stat_fields
from pytest_generalbench.core.task import Task
from pytest_generalbench.evaluation.scoring.live_records import Dropped

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from types import TracebackType

    from pytest_generalbench.core.result import TaskResult

WORTH_S: Final = 2.0
"""How long a task is asked before it is scored beside: a short one is scored sooner than it is read again."""

STILL_S: Final = 60.0
"""How long the process may do nothing at all, once it has all answers, before it is taken for stuck."""

_PATIENCE_S: Final = 1.0
_DIE_WITH_PARENT: Final = 1
"""Linux's PR_SET_PDEATHSIG."""


class Job(NamedTuple):
    """A task that is being asked."""

    task: Task
    ledger: Path
    start: int
    """Where in the ledger its answers begin."""
    awaited: frozenset[str]
    """Instances whose answers are yet to be written there."""


if TYPE_CHECKING:
    Work = Callable[[Job, Callable[[], bool]], TaskResult]
    """Scores a task; is given what waits a moment and tells whether all answers are written."""


class BackgroundScorer:
    """Handle of the scoring process, held by the process that runs the model.

    Attributes:
        lost: what became of it when it is no more, or None.
    """

    def __init__(self, work: Work) -> None:
        """Fork the process; `work` scores a job there."""
        from multiprocessing import Pipe  # not needed where nothing is scored beside

        self.lost: str | None = None
        self._connection, theirs = Pipe()
        with warnings.catch_warnings():
            # Other threads do not exist in the process, and it takes nothing up that they could have held.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            _live(theirs, work)
        theirs.close()

    def begin(self, job: Job) -> None:
        """Start to score a task whose answers are still being written."""
        self._try(lambda: self._connection.send(job))

    def finish(self) -> TaskResult | None:
        """Return the task's result now that all its answers are written; None when it could not be scored."""
        self._try(lambda: self._connection.send("written"))
        result: TaskResult | None = self._try(self._result)
        return result

    def _result(self) -> Any:
        """Wait for the result while the process works on it. Raises OSError or EOFError when it stopped."""
        used, since = "", time.monotonic()
        while not self._connection.poll(1.0):
            now = _time_used(self.pid)
            if now != used:
                used, since = now, time.monotonic()
            elif time.monotonic() - since > STILL_S:
                raise TimeoutError
        return self._connection.recv()

    def drop(self) -> None:
        """Cancel the task that was begun."""
        self._try(lambda: self._connection.send("drop"))

    def _try(self, call: Callable[[], Any]) -> Any:
        if self.lost is not None:
            return None
        try:
            return call()
        except (OSError, EOFError):
            self.lost = (
                "the process that scores beside the model is gone: tasks were scored when all was asked"
            )
            self.close()
            return None

    def close(self) -> None:
        """End the process and wait for its end; further calls do nothing."""
        if self._connection.closed:
            return
        self._connection.close()
        deadline = time.monotonic() + _PATIENCE_S
        with suppress(ChildProcessError):
            while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
                if time.monotonic() > deadline:
                    os.kill(self.pid, signal.SIGKILL)
                    os.waitpid(self.pid, 0)
                    return
                time.sleep(0.01)


class BackgroundScoring:
    """Background scoring of one task; it starts when inference has taken `WORTH_S` seconds, or never."""

    def __init__(self, scorer: BackgroundScorer | None, job: Job) -> None:
        """Keep the process, or None where this task is not scored in the background, and the job."""
        self._scorer = scorer
        self._job = job
        self._since = time.perf_counter()
        self._is_begun = False

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel the scoring of a task that was not finished."""
        if self._scorer is not None and self._is_begun:
            self._scorer.drop()

    def go_on(self) -> None:
        """Note that a batch is answered and another follows."""
        if self._scorer is None or self._is_begun or time.perf_counter() - self._since < WORTH_S:
            return
        self._is_begun = True
        self._scorer.begin(self._job)

    def result(self) -> TaskResult | None:
        """Return the result now that all answers are written; None where the process has none."""
        if self._scorer is None or not self._is_begun:
            return None
        self._is_begun = False
        return self._scorer.finish()


def _time_used(pid: int) -> str:
    """Return the processor time of a process, as the system reports it."""
    return " ".join(stat_fields(pid)[11:13])


def can_fork() -> bool:
    """Whether this system forks safely."""
    return sys.platform == "linux"


def _live(connection: Connection, work: Work) -> None:
    """Run in the child process: score until the pipe is closed, then exit without the parent's clean-up."""
    try:
        _cut_loose(connection.fileno())
        _serve(connection, work)
    finally:
        os._exit(0)


def _cut_loose(keep: int) -> None:
    """Release what the child inherited from the parent: signals, files, pipes and locks."""
    import ctypes

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends in order, and this with it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    faulthandler.disable()
    # Whoever waits for the parent's end waits for the last that holds its pipes.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    for number in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        if number > 2 and number != keep:
            with suppress(OSError):
                os.close(number)
    gc.freeze()  # what the parent had open is not closed once more, when the numbers are other files'
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode, closefd=False)  # noqa: SIM115 - for good
                                         for number, mode in ((0, "r"), (1, "w"), (2, "w")))  # fmt: skip


def _serve(connection: Connection, work: Work) -> None:
    while True:
        job = connection.recv()
        if not isinstance(job, Job):
            continue  # what ends a task that has failed here
        value = _ParentMessages(connection)
        try:
            result = work(job, value.is_written)
        except Dropped:
            continue
        except BaseException:  # noqa: BLE001 - the parent scores it, and meets the same
            result = None
        if value.wait():
            connection.send(result)


class _ParentMessages:
    """Messages of the parent about the current task."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_written = False

    def is_written(self, patience: float = 0.05) -> bool:
        """Whether all answers are written; waits a moment for it. Raises Dropped."""
        if not self._is_written and self._connection.poll(patience):
            try:
                if self._connection.recv() != "written":
                    raise Dropped
            except EOFError:
                os._exit(0)  # the parent is dead
            self._is_written = True
        return self._is_written

    def wait(self) -> bool:
        """Wait until all answers are written; return False when the task was cancelled."""
        try:
            while not self.is_written(60.0):
                pass
        except Dropped:
            return False
        return True
