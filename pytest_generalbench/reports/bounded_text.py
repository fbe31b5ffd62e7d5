"""A text of blocks that stays inside a limit: it is cut from the end, and says what was left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pytest_generalbench.reports.markdown import safe

_RESERVED: Final = 800
"""What the line about the rest needs at most."""
_NAME: Final = 40
"""Characters of a block's name that are shown there."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together."""

    name: str
    """What its rows are, for the line about the rest: `rows of image`; any text."""
    opening: tuple[str, ...]
    rows: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a text may be."""

    most: int
    unit: str
    size: Callable[[str], int]
    """The length of a text in `unit`; that of two texts together is the sum of theirs."""


def bytes_of(text: str) -> int:
    """Return the length of a text in UTF-8."""
    return len(text.encode("utf-8", "backslashreplace"))


def utf16_units(text: str) -> int:
    """Return the length of a text as browsers count characters, which is never below that of Python."""
    return len(text.encode("utf-16-le", "backslashreplace")) // 2


def bounded_text(blocks: Sequence[Block], limit: Limit) -> str:
    """Return the lines of the blocks, inside the limit.

    A block is there with its opening, its closing and as many rows as fit. After the first row that does not
    fit, nothing follows but the closing and a line that says how many rows and blocks were left out.

    Args:
        blocks: What is most important first.
        limit: At least 1,000 units.

    Raises:
        ValueError: the limit is too small to say anything.
    """
    if limit.most < 1000:
        raise ValueError("a text of less than 1,000 units says nothing")
    lines: list[str] = []
    left = limit.most - _RESERVED
    for place, block in enumerate(blocks):
        frame = sum(limit.size(line) + limit.size("\n") for line in (*block.opening, *block.closing))
        shown = 0
        if frame <= left:
            left -= frame
            shown, left = _fitting(block.rows, left, limit)
            lines += [*block.opening, *block.rows[:shown], *block.closing]
            if shown == len(block.rows):
                continue
        lines += ["", _rest(block, shown, blocks[place + 1 :], limit)]
        break
    return "".join(f"{line}\n" for line in lines)


def _fitting(rows: Sequence[str], left: int, limit: Limit) -> tuple[int, int]:
    """Return how many rows fit, and what is left then."""
    for place, row in enumerate(rows):
        cost = limit.size(row) + limit.size("\n")
        if cost > left:
            return place, left
        left -= cost
    return len(rows), left


def _rest(block: Block, shown: int, others: Sequence[Block], limit: Limit) -> str:
    """Return the line about what was left out, of less than `_RESERVED` units."""
    lost, name = len(block.rows) - shown, safe(block.name, _NAME)
    parts = [f"{lost} of {len(block.rows)} {name}"] if block.rows else [f"{name}"]
    rows = sum(len(other.rows) for other in others)
    if others:
        parts.append(f"{len(others)} further parts with {rows} rows")
    return f"Left out, to stay within {limit.most:,} {limit.unit}: {'; '.join(parts)}."
