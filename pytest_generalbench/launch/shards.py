"""One shard as a job: its command line, its process, and what its run folder says of it."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.new_files import APPEND, MODE
from pytest_generalbench.runs.listing import state_of
from pytest_generalbench.runs.lock import break_lock_of_other_host, is_held
from pytest_generalbench.runs.manifest import MANIFEST_FILE
from pytest_generalbench.runs.run_manifest import RUN_FILE, read_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

NOTHING_COLLECTED: Final = 5
"""The exit code of pytest for a shard that has no task."""

STORE_FAILED: Final = 75
"""The exit code of a shard whose store could not be read or written: it is not finished."""

SUPERSEDED: Final = 76
"""The exit code of a shard that ended because a later attempt at it has begun elsewhere."""

ShardState = Literal["waiting", "running", "unfinished", "incomplete", "complete"]
"""`waiting`: no session wrote into its folder yet; `unfinished`: tasks lack a result and no session writes;
`incomplete`: every task has a result, and instances lack an answer; `complete`."""

_FORWARDED: Final = (signal.SIGINT, signal.SIGTERM)
_DIE_WITH_PARENT: Final = 1
"""PR_SET_PDEATHSIG of Linux."""
_POLL_S: Final = 0.05
_GRACE_S: Final = 30.0
"""Seconds that pytest gets to write what it has when it is to end."""
_UPLOAD_S: Final = 45.0
"""Seconds beside that for the last checkpoint, where the run is kept in a store."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Where the runs of shards are kept whose nodes share no folder."""

    address: str
    """Of the store, without any secret."""
    launch: str
    """What the store knows the launch by, so that two do not write into one place."""
    every_s: float = 600.0
    """Seconds from one checkpoint to the next."""
    scratch: str | None = None
    """The folder of a node in which its runs lie; None: the folder for temporary files."""


@dataclass(frozen=True, slots=True)
class ShardJob:
    """One shard of a launch; a job that can be repeated, because it goes on with its own run."""

    number: int
    """From 1."""
    count: int
    launch: Path
    """The folder of the launch."""
    directory: Path
    """Where pytest is started."""
    arguments: tuple[str, ...]
    """Those that the user gave to pytest."""
    retries_errors: bool = False
    """Whether instances that ended without an answer are asked again."""
    storage: Storage | None = None
    """Where its run is kept; None: in the folder of the launch, which all nodes see."""

    @property
    def folder(self) -> Path:
        """The run folder of the shard."""
        return self.launch / f"shard-{self.number}-of-{self.count}"

    @property
    def log(self) -> Path:
        """The file that pytest's output of all attempts is written to."""
        return self.launch / f"shard-{self.number}-of-{self.count}.log"

    @property
    def job_log(self) -> Path:
        """The file that the job writes to: the log; where the run is kept in a store, one beside it."""
        if self.storage is None:
            return self.log
        # A node that does not see the folder of the launch has another place for it.
        place = self.launch if self.launch.is_dir() else Path(self.storage.scratch or tempfile.gettempdir())
        return place / f"shard-{self.number}-of-{self.count}.job.log"

    @property
    def grace_s(self) -> float:
        """Seconds that the job gets to write what it has when it is to end."""
        return _GRACE_S + (_UPLOAD_S if self.storage else 0.0)

    def to_plain(self) -> dict[str, Any]:
        """Return plain builtins."""
        return asdict(self) | {"launch": str(self.launch), "directory": str(self.directory)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Return the job of plain builtins."""
        storage = plain["storage"]
        return cls(
            plain["number"], plain["count"], Path(plain["launch"]), Path(plain["directory"]),
            tuple(plain["arguments"]), plain["retries_errors"], Storage(**storage) if storage else None,
        )  # fmt: skip

    def command(self) -> list[str]:
        """Return the command line; it goes on with the shard's run where there is one."""
        if self.storage is not None:
            plain = json.dumps(self.to_plain())
            return [sys.executable, "-m", "pytest_generalbench.launch.stored_shards", plain]
        command = [sys.executable, "-m", "pytest", *self.arguments]
        command += [f"--generalbench-shard={self.number}/{self.count}", f"--generalbench-run={self.folder}"]
        if (self.folder / RUN_FILE).is_file():
            command.append("--generalbench-resume")
            command += ["--generalbench-retry-errors"] if self.retries_errors else []
        return command


def shard_state(folder: Path) -> ShardState:
    """Return how far the run of a shard is, by its folder alone."""
    try:
        state = state_of(folder, read_run(folder))
    except GeneralBenchError:
        return "running" if is_held(folder) else "waiting"
    return "unfinished" if state in ("incomplete", "complete") and not ended_in_order(folder) else state


def ended_in_order(folder: Path) -> bool:
    """Return whether the latest session of the shard wrote everything: the list of files is the last."""
    return (folder / MANIFEST_FILE).is_file()


def start_shard(
    job: ShardJob, environment: Mapping[str, str], *, dies_with_parent: bool = False
) -> subprocess.Popen[bytes]:
    """Start pytest for a shard, in a process group of its own.

    Args:
        job: The shard.
        environment: What is set beside the variables of this process, such as a mask of GPUs.
        dies_with_parent: Whether the kernel kills pytest when this process dies (Linux).

    Raises:
        GeneralBenchError: the log cannot be written, or pytest cannot be started.
    """
    try:
        with os.fdopen(os.open(job.job_log, APPEND, MODE), "ab") as log:
            return subprocess.Popen(  # noqa: S603 - pytest itself
                job.command(), cwd=job.directory, env={**os.environ, **environment},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=_dying_with_parent() if dies_with_parent else None,
            )  # fmt: skip
    except OSError as error:
        raise GeneralBenchError(
            f"shard {job.number}/{job.count} cannot be started: {error.strerror or error}"
        ) from error


def _dying_with_parent() -> Callable[[], None] | None:
    """Return what a new process calls to be killed when its parent dies; None where the kernel cannot."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork: nothing but the call is left to the child
    return lambda: prctl(_DIE_WITH_PARENT, int(signal.SIGKILL))


def signal_group(pid: int, number: int) -> None:
    """Send a signal to every process of a shard; none may be left of it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def end_shard(process: subprocess.Popen[bytes], grace_s: float) -> None:
    """End a shard: pytest is interrupted and writes what it has; what is left after the grace is killed.

    It may be called in a signal handler, which may have interrupted any method of `process`: their lock is
    then held, so that none of them is called here.
    """
    if not has_ended(process):
        os.kill(process.pid, signal.SIGINT)
    deadline = time.monotonic() + grace_s
    while not has_ended(process) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    signal_group(process.pid, signal.SIGKILL)
    while not has_ended(process):
        time.sleep(_POLL_S)


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Return whether a process has ended, without taking its exit code."""
    try:
        how = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return process.returncode is not None or os.waitid(os.P_PID, process.pid, how) is not None
    except ChildProcessError:
        return True


_running: Final[list[tuple[subprocess.Popen[bytes], float]]] = []
"""The shard that this process runs, if any, and the seconds that it gets to end in order."""


_interrupts: Final[list[float]] = []
"""When that shard was told to end, by the monotonic clock."""


def run_shard(
    job: ShardJob, environment: Mapping[str, str] | None = None, *, forwards_signals: bool = True
) -> int:
    """Run a shard to its end and return the exit code of pytest.

    For engines that run a function on a node: when this process dies, pytest does.

    Args:
        job: The shard.
        environment: What is set beside the variables of this process.
        forwards_signals: Whether SIGINT and SIGTERM end pytest in order, instead of this process at once.

    Returns:
        The exit code; a negative one is the signal that killed pytest.
    """
    # An engine starts a shard when its job before has ended, also that of a node which died with its lock.
    with suppress(OSError):
        break_lock_of_other_host(job.folder)
    process = start_shard(job, environment or {}, dies_with_parent=True)
    _running.append((process, job.grace_s))
    before = {}
    if forwards_signals and threading.current_thread() is threading.main_thread():
        before = {number: signal.signal(number, _forward) for number in _FORWARDED}
    try:
        while not has_ended(process):
            time.sleep(_POLL_S)
            if _interrupts and time.monotonic() - _interrupts[0] > job.grace_s:
                signal_group(process.pid, signal.SIGKILL)  # in a call that no signal ends
        return process.wait()
    finally:
        _interrupts.clear()
        end_running_shard()
        for number, handler in before.items():
            signal.signal(number, handler)


def _forward(number: int, frame: FrameType | None) -> None:
    interrupt_running_shard()


def interrupt_running_shard() -> None:
    """Have pytest write what it has and end; it is not waited for, and killed after its grace."""
    _interrupts.append(time.monotonic())
    for process, _ in _running:
        if not has_ended(process):
            os.kill(process.pid, signal.SIGINT)


def end_running_shard() -> None:
    """End the shard that this process runs: pytest writes what it has, and none of its processes is left."""
    while _running:
        end_shard(*_running.pop())
