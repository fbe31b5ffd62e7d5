"""Where a command's text goes: to standard output, or into the file that `--out` names."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest_generalbench as gb

if TYPE_CHECKING:
    from pathlib import Path


def put_text(text: str, out: Path | None) -> None:
    """Print a text, or write it into a file; half surrogate pairs are escaped.

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
