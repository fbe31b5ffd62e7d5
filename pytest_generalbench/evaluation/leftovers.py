"""What a model leaves behind at the end of a session: processes are ended, threads are not waited for."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_generalbench.core.processes import stat_fields
from pytest_generalbench.core.visible_text import visible_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ENDED: Final = ("Z", "X")
_PATIENCE_S: Final = 5.0
"""How long threads and processes may take to end by themselves."""


class Leftovers:
    """Threads and child processes that were started since this object was made."""

    def __init__(self) -> None:
        """Remember what runs now, before the model is loaded."""
        self._threads = set(threading.enumerate())
        self._processes = set(_descendants())

    def threads(self) -> list[threading.Thread]:
        """Return the threads for which Python would wait at its end."""
        main = threading.main_thread()
        return [
            one
            for one in threading.enumerate()
            if one not in self._threads and not one.daemon and one is not main
        ]

    def end_processes(self) -> list[str]:
        """End the processes that are left; return the command of each.

        A process is asked to end, and killed when it has not ended after five seconds.
        """
        left = {pid: _command(pid) for pid in _descendants() if pid not in self._processes}
        _signal(left, signal.SIGTERM)
        deadline = time.monotonic() + _PATIENCE_S
        while (alive := [pid for pid in left if _is_running(pid)]) and time.monotonic() < deadline:
            time.sleep(0.02)
        _signal(alive, signal.SIGKILL)
        return [command for command in left.values() if command]


def exit_despite(threads: Iterable[threading.Thread], status: Callable[[], int]) -> None:
    """End this process with `status()` once its main thread has ended, even if other threads go on.

    Args:
        threads: They have five seconds to end by themselves.
        status: Returns the exit status of the session.
    """
    names = ", ".join(repr(one.name) for one in threads)

    def end() -> None:
        threading.main_thread().join()
        deadline = time.monotonic() + _PATIENCE_S
        for one in threads:
            one.join(max(0.0, deadline - time.monotonic()))
        if any(one.is_alive() for one in threads):
            sys.stderr.write(f"generalbench: ended without these threads of the model: {names}\n")
            for stream in (sys.stdout, sys.stderr):
                with suppress(Exception):
                    stream.flush()
            os._exit(int(status()))

    threading.Thread(target=end, name="generalbench-exit", daemon=True).start()


def _descendants() -> list[int]:
    """Return the process ids of all descendants of this process; none where the system has no /proc."""
    parents: dict[int, list[int]] = {}
    with suppress(OSError):
        for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208 - the cheapest way
            state, parent = _state(int(name))
            if state not in _ENDED:
                parents.setdefault(parent, []).append(int(name))
    own = _multiprocessing_helpers()
    found: list[int] = []
    waiting = [os.getpid()]
    while waiting:
        children = [pid for pid in parents.get(waiting.pop(), ()) if pid not in own]
        found += children
        waiting += children
    return found


def _multiprocessing_helpers() -> set[int]:
    """Return the processes that Python itself starts and ends."""
    found = set()
    for module, name in (("resource_tracker", "_resource_tracker"), ("forkserver", "_forkserver")):
        loaded = sys.modules.get(f"multiprocessing.{module}")
        owner = getattr(loaded, name, None)
        for attribute in ("_pid", "_forkserver_pid"):
            pid = getattr(owner, attribute, None)
            if isinstance(pid, int):
                found.add(pid)
    return found


def _command(pid: int) -> str:
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        return visible_text(" ".join(words).strip()[:80])
    return ""


def _is_running(pid: int) -> bool:
    return _state(pid)[0] not in _ENDED


def _state(pid: int) -> tuple[str, int]:
    """Return the state and the parent of a process."""
    try:
        state, parent, *_ = stat_fields(pid)
        return state, int(parent)
    except (OSError, ValueError):
        return "X", 0


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, number)
