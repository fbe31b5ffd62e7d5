"""A command run with one fault: its process group is killed, or a call that writes fails."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCE = Path(__file__).with_name("shim.c")


def build_shim(folder: Path) -> Path | None:
    """Compile what is preloaded into `folder`; None where there is no compiler or no Linux."""
    compiler = shutil.which("cc")
    if compiler is None or not Path("/proc/self/fd").is_dir():
        return None
    target = folder / "shim.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(target), str(SOURCE), "-ldl"]
    done = subprocess.run(command, check=False, capture_output=True)
    return target if done.returncode == 0 else None


@dataclass(frozen=True)
class Fault:
    """The call that fails, of those that change a file below the folder."""

    kind: str
    """kill, eio or enospc."""
    at: int


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    output: str
    calls: int
    """Calls that changed a file below the folder."""
    left: list[int]
    """Its processes that were still running afterwards."""


def scratch_of(folder: Path) -> Path:
    """Return the folder for temporary files of the commands in a folder; its disk has no fault."""
    return folder.with_name(f"{folder.name}.scratch")


def run(command: Sequence[str], folder: Path, shim: Path, fault: Fault | None = None) -> Done:
    """Run a command in `folder`, with `scratch_of(folder)` as its folder for temporary files."""
    counter = folder.with_name(f"{folder.name}.calls")
    counter.unlink(missing_ok=True)
    scratch_of(folder).mkdir(exist_ok=True)
    environment = {
        **os.environ, "LD_PRELOAD": str(shim), "FAULT_UNDER": f"{folder}/", "FAULT_COUNT": str(counter),
        "TMPDIR": str(scratch_of(folder)), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip
    if fault is not None:
        environment |= {"FAULT_KIND": fault.kind, "FAULT_AT": str(fault.at)}
    log = folder.with_name(f"{folder.name}.log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=out, stderr=out, start_new_session=True
        )
        status = process.wait(timeout=300)
    calls = counter.stat().st_size if counter.is_file() else 0
    return Done(status, log.read_text(encoding="utf-8", errors="replace"), calls, _left(str(counter)))


def _left(mark: str) -> list[int]:
    """Return the processes that have the mark in their environment after ten seconds, and end them."""
    deadline = time.monotonic() + 10
    while (found := _marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return found


def _marked(mark: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"FAULT_COUNT={mark}\0".encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except (OSError, ValueError):
            continue
    return found
