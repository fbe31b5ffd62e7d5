"""The place where progress is shown: below what pytest writes, or between its lines."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from typing import TextIO

    from _pytest._io import TerminalWriter

_ERASE_BELOW: Final = "\x1b[J"
_LEAST_COLUMNS: Final = 20


class ProgressScreen:
    """Writes progress beside pytest's terminal writer, whose own output stays as it is.

    A status line is drawn on the line below the cursor, and the cursor is put back, so that pytest goes on
    where it was. Before pytest writes the line is erased, and drawn again after. A thread may draw at any
    time, also while pytest captures the output of a test: the file is a second one on the same terminal.
    """

    def __init__(self, writer: TerminalWriter, file: TextIO, *, is_line: bool) -> None:
        """Open the file that the writer writes to once more.

        Args:
            writer: Pytest's terminal writer.
            file: What it writes to.
            is_line: Whether a status line is redrawn; else plain lines are written.

        Raises:
            OSError, ValueError, AttributeError: the file is none of the system's.
        """
        self.is_line = is_line
        self._writer = writer
        self._file = os.dup(file.fileno())
        self._turn = threading.RLock()
        self._text = ""
        self._is_drawn = False
        self._begins_line = False
        """Whether a plain line was written last, so that the cursor is at the start of a line."""
        self._write: Any = writer.write
        self._hook: Any = self._written
        writer.write = self._hook  # type: ignore[method-assign]  # as pytest's pastebin does

    def show(self, text: str) -> None:
        """Draw the status line, or write a plain line."""
        with self._turn:
            if self._file < 0:
                return
            if self.is_line:
                self._text = text
                self._draw()
                return
            is_inside = self._writer.width_of_current_line != 0 and not self._begins_line
            self._put(("\n" if is_inside else "") + f"generalbench: {text}\n")
            self._begins_line = True

    def _written(self, msg: str, *, flush: bool = False, **markup: bool) -> None:
        """Write as pytest asks to, with the status line out of the way."""
        with self._turn:
            if self._is_drawn:
                self._put(_ERASE_BELOW)
                self._is_drawn = False
            self._write(msg, flush=flush, **markup)
            self._writer.flush()  # before anything is written past its buffer
            self._begins_line = False
            if self._text and self._file >= 0:
                self._draw()

    def _draw(self) -> None:
        columns = shutil.get_terminal_size().columns
        inside = self._writer.width_of_current_line
        if columns < _LEAST_COLUMNS or not 0 <= inside < columns:
            return  # where the cursor is cannot be said
        forward = f"\x1b[{inside}C" if inside else ""
        self._put(f"\r\n\x1b[2K{self._text[: columns - 1]}\x1b[1A\r{forward}")
        self._is_drawn = True

    def _put(self, text: str) -> None:
        content = text.encode("ascii", "replace")
        with suppress(OSError):
            while content:
                content = content[os.write(self._file, content) :]

    def close(self) -> None:
        """Erase the status line, and leave the writer as it was."""
        with self._turn:
            if self._file < 0:
                return
            if self._is_drawn:
                self._put(_ERASE_BELOW)
            self._text, self._is_drawn = "", False
            if self._writer.write is self._hook:
                self._writer.write = self._write  # type: ignore[method-assign]
            os.close(self._file)
            self._file = -1
