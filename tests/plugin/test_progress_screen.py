"""The status line beside pytest's own output, read by a small terminal."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from _pytest._io import TerminalWriter
from hypothesis import given
from hypothesis import strategies as st

from pytest_generalbench.plugin.progress_screen import ProgressScreen

COLUMNS = 60
_CODE = re.compile(r"\x1b\[(\d*)([A-Za-z])|(.)", re.DOTALL)


class Terminal:
    """A terminal without colours: what its lines hold after the text was written to it."""

    def __init__(self, text: str) -> None:
        self.lines = [""]
        self.row = self.column = 0
        for match in _CODE.finditer(text):
            if match[2]:
                self._control(match[2], int(match[1] or 1), match[1])
            else:
                self._write(match[3])

    def _write(self, letter: str) -> None:
        if letter == "\n":
            self.row, self.column = self.row + 1, 0
            self.lines += [""] * (self.row + 1 - len(self.lines))
        elif letter == "\r":
            self.column = 0
        else:
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + letter + line[self.column + 1 :]
            self.column += 1
            assert self.column <= COLUMNS

    def _control(self, name: str, count: int, given: str) -> None:
        if name == "A":
            self.row -= count
        elif name == "C":
            self.column += count
        elif name == "J":
            assert not given
            self.lines[self.row] = self.lines[self.row][: self.column]
            del self.lines[self.row + 1 :]
        elif name == "K":
            assert given == "2"
            self.lines[self.row] = ""
        else:
            raise AssertionError(name)


def shown(steps: list[tuple[str, str]], *, is_line: bool, is_closed: bool = True) -> str:
    """Return what is in the file after pytest's and our own steps."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(COLUMNS))
        path = Path(folder) / "out"
        with path.open("w", encoding="utf-8") as file:
            writer = TerminalWriter(file)
            screen = ProgressScreen(writer, file, is_line=is_line)
            for who, text in steps:
                if who == "pytest":
                    writer.write(text)
                else:
                    screen.show(text)
            if is_closed:
                screen.close()
            writer.flush()
        return path.read_bytes().decode("utf-8")


WRITTEN = st.tuples(st.just("pytest"), st.sampled_from([".", "F", "ab c", "\n", "gw0 PASSED\n", "x\ny", ""]))
SHOWN = st.tuples(st.just("progress"), st.text("abc 1%", min_size=1, max_size=COLUMNS + 20))
STEPS = st.lists(st.one_of(WRITTEN, SHOWN), max_size=14)


@given(STEPS)
def test_nothing_of_the_status_line_is_left_and_nothing_of_pytest_lost(steps: list[tuple[str, str]]) -> None:
    written = "".join(text for who, text in steps if who == "pytest")
    terminal = Terminal(shown(steps, is_line=True))
    alone = Terminal(written)
    assert terminal.lines == alone.lines
    assert (terminal.row, terminal.column) == (alone.row, alone.column)


@given(STEPS, st.text("abc", min_size=1, max_size=COLUMNS + 20), WRITTEN)
def test_the_status_line_is_the_last_one(
    steps: list[tuple[str, str]], text: str, after: tuple[str, str]
) -> None:
    terminal = Terminal(shown([*steps, ("progress", text), after], is_line=True, is_closed=False))
    assert terminal.lines[terminal.row + 1 :] == [text[: COLUMNS - 1]]


@given(STEPS)
def test_plain_lines_stand_alone_and_without_control_characters(steps: list[tuple[str, str]]) -> None:
    content = shown(steps, is_line=False)
    assert not {"\r", "\x1b"} & set(content)
    lines = [line for line in content.split("\n") if line.startswith("generalbench: ")]
    assert lines == [f"generalbench: {text}" for who, text in steps if who == "progress"]


def test_a_closed_screen_leaves_the_writer_as_it_was(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="utf-8") as file:
        writer = TerminalWriter(file)
        before = writer.write
        screen = ProgressScreen(writer, file, is_line=True)
        assert writer.write != before
        screen.close()
        assert writer.write == before
        screen.show("late")
    assert (tmp_path / "out").read_text(encoding="utf-8") == ""
