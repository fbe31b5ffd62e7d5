"""Where a command's text goes: to standard output and error, or into the file that `--out` names.

Names and texts from outside are written so that they cannot act in a terminal, and stay in their line.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest_generalbench as gb

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def put_line(line: str = "") -> None:
    """Print a line at once; line feeds in it are escaped."""
    sys.stdout.write(f"{gb.visible_text(line, lines=False)}\n")
    sys.stdout.flush()


def put_lines(lines: Iterable[str]) -> None:
    """Print lines; line feeds in one are escaped."""
    for line in lines:
        put_line(line)


def put_json(value: Any, indent: int | None = None) -> None:
    """Print a value as JSON, in ASCII: what acts in a terminal is escaped there."""
    sys.stdout.write(f"{json.dumps(value, indent=indent, default=str)}\n")


def put_error(message: object) -> None:
    """Print a message to standard error, in one line."""
    sys.stderr.write(f"generalbench: {gb.visible_text(str(message), lines=False)}\n")


def put_text(text: str, out: Path | None) -> None:
    """Print a finished text, in which what comes from outside is escaped, or write it into a file.

    Raises:
        GeneralBenchError: the file cannot be written.
    """
    content = text.encode("utf-8", "backslashreplace")
    if out is None:
        sys.stdout.write(content.decode())
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise gb.GeneralBenchError(f"{out} cannot be written: {error.strerror}") from error
