"""One shard as a job: its command line, its process, and what its run folder says of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pytest_generalbench.core.errors import GeneralBenchError
from pytest_generalbench.core.new_files import APPEND, MODE
from pytest_generalbench.runs.listing import state_of
from pytest_generalbench.runs.lock import LOCK_FILE, is_held
from pytest_generalbench.runs.manifest import IGNORE_FILE, MANIFEST_FILE
from pytest_generalbench.runs.run_manifest import RUN_FILE, read_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

NOTHING_COLLECTED: Final = 5
"""The exit code of pytest for a shard that has no task."""

ShardState = Literal["waiting", "running", "unfinished", "incomplete", "complete"]
"""`waiting`: no session wrote into its folder yet; `unfinished`: tasks lack a result and no session writes;
`incomplete`: every task has a result, and instances lack an answer; `complete`."""

_FORWARDED: Final = (signal.SIGINT, signal.SIGTERM)
_GRACE_S: Final = 30.0
"""Seconds that pytest gets to write what it has when it is to end."""


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

    @property
    def folder(self) -> Path:
        """The run folder of the shard."""
        return self.launch / f"shard-{self.number}-of-{self.count}"

    @property
    def log(self) -> Path:
        """The file that pytest's output of all attempts is written to."""
        return self.launch / f"shard-{self.number}-of-{self.count}.log"

    def command(self) -> list[str]:
        """Return the command line; it goes on with the shard's run where there is one."""
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


def start_shard(job: ShardJob, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start pytest for a shard, in a process group of its own.

    Args:
        job: The shard.
        environment: What is set beside the variables of this process, such as a mask of GPUs.

    Raises:
        GeneralBenchError: the log cannot be written, or pytest cannot be started.
    """
    _clear_before_a_run(job.folder)
    try:
        with os.fdopen(os.open(job.log, APPEND, MODE), "ab") as log:
            return subprocess.Popen(  # noqa: S603 - pytest itself
                job.command(), cwd=job.directory, env={**os.environ, **environment},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
    except OSError as error:
        raise GeneralBenchError(
            f"shard {job.number}/{job.count} cannot be started: {error.strerror or error}"
        ) from error


def _clear_before_a_run(folder: Path) -> None:
    """Remove what a session left that died before its run had begun: it would keep a new one off."""
    if folder.is_dir() and not (folder / RUN_FILE).exists() and not is_held(folder):
        for path in (folder / LOCK_FILE, folder / IGNORE_FILE, *folder.glob("*.tmp")):
            path.unlink(missing_ok=True)


def signal_group(pid: int, number: int) -> None:
    """Send a signal to every process of a shard; none may be left of it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def end_shard(process: subprocess.Popen[bytes], grace_s: float = _GRACE_S) -> None:
    """End a shard: pytest is interrupted and writes what it has; what is left after the grace is killed."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=grace_s)
    signal_group(process.pid, signal.SIGKILL)
    process.wait()


def run_shard(job: ShardJob, environment: Mapping[str, str] | None = None) -> int:
    """Run a shard to its end and return the exit code of pytest; a signal to this process ends it in order.

    For engines that run a function on a node. A negative exit code is the signal that killed pytest.
    """
    process = start_shard(job, environment or {})

    def forward(number: int, frame: FrameType | None) -> None:
        process.send_signal(signal.SIGINT)

    before = {number: signal.signal(number, forward) for number in _FORWARDED} if _in_main_thread() else {}
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            end_shard(process)
        signal_group(process.pid, signal.SIGKILL)
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_main_thread() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()
