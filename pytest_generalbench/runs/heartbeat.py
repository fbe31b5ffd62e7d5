"""The heartbeat of a running session: a small file that says that it lives, and what it does."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_generalbench.core.new_files import atomic_write
from pytest_generalbench.core.plain_types import MISFIT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEARTBEAT_FILE: Final = "heartbeat.json"
"""There while a session writes, as the lock is; no part of the run."""

HEARTBEAT_S: Final = 10.0
"""Seconds from one heartbeat to the next."""

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The last heartbeat of a session."""

    host: str
    pid: int
    """Of the controller, or of the only process."""
    age_s: float
    """Seconds since it was written."""


def write_heartbeat(folder: Path, progress: Mapping[str, Any]) -> None:
    """Replace the heartbeat in one step. Raises OSError when the folder cannot be written.

    Args:
        folder: The run folder.
        progress: How far the run is, in plain builtins.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    content = {"v": _VERSION, "time": now, "host": socket.gethostname(), "pid": os.getpid(), **progress}
    atomic_write(folder / HEARTBEAT_FILE, (json.dumps(content, indent=1) + "\n").encode())


def read_heartbeat(folder: Path) -> Heartbeat | None:
    """Return the last heartbeat; None where there is none, or none that can be read."""
    path = folder / HEARTBEAT_FILE
    with suppress(OSError, *MISFIT):
        plain = json.loads(path.read_bytes())
        age = max(0.0, time.time() - path.stat().st_mtime)
        return Heartbeat(str(plain["host"]), int(plain["pid"]), round(age, 1))
    return None


def remove_heartbeat(folder: Path) -> None:
    """Remove the heartbeat of a session that ends."""
    with suppress(OSError):
        (folder / HEARTBEAT_FILE).unlink(missing_ok=True)
