"""What the system says of a process (Linux: /proc)."""

from __future__ import annotations

from pathlib import Path


def stat_fields(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat that follow the name, from the state on.

    Raises:
        OSError: the process is gone, or the system has no /proc.
    """
    # The name may hold blanks and brackets: the fields begin behind its last bracket.
    return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
