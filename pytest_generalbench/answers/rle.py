"""Binary masks as COCO run lengths: what ledgers, prediction files and annotations hold.

A mask of height H and width W is read column by column (down, then right); `counts` are the
lengths of its runs, the first of zeros. In text they are COCO's compressed string: each count,
from the third on as the difference to the one two before, in groups of five bits, lowest first,
bit 6 for "more follows", plus 48 to be printable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_generalbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MAX_PIXELS = 120_000_000
"""A mask that claims more pixels is refused before memory is asked for."""


class RleError(DataError):
    """Run lengths that are no mask: not decodable, or not as many pixels as the size says."""


@dataclass(frozen=True, slots=True)
class Rle:
    """One binary mask."""

    height: int
    width: int
    counts: str
    """COCO's compressed string."""

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    def decode(self) -> NDArray[np.bool_]:
        """Return the mask, bool, (height, width). Raises RleError when the counts are no such mask."""
        runs = np.asarray(_runs(self.counts), dtype=np.int64)
        total = self.height * self.width
        if (runs < 0).any() or int(runs.sum()) != total or not 0 <= total <= MAX_PIXELS:
            raise RleError(
                f"run lengths of {int(runs.sum())} pixels for a mask of {self.height}x{self.width}"
            )
        values = np.arange(len(runs)) % 2 == 1
        flat: NDArray[np.bool_] = np.repeat(values, runs)
        return flat.reshape(self.width, self.height).T

    def area(self) -> int:
        """Return the number of pixels that are set."""
        return sum(_runs(self.counts)[1::2])

    def to_plain(self) -> dict[str, Any]:
        """Return COCO's object: `size` = [height, width], `counts`."""
        return {"size": [self.height, self.width], "counts": self.counts}


def encode(mask: NDArray[Any]) -> Rle:
    """Return the run lengths of a mask of shape (height, width); non-zero is set."""
    if mask.ndim != 2:
        raise RleError(f"a mask has two dimensions, not the shape {mask.shape}")
    height, width = mask.shape
    flat = np.asarray(mask, dtype=bool).T.reshape(-1)
    if flat.size == 0:
        return Rle(height, width, "")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate(([0], changes, [flat.size]))
    runs = np.diff(edges).tolist()
    return Rle(height, width, _text([0, *runs] if flat[0] else runs))


def rle_from_plain(plain: Any) -> Rle:
    """Read COCO's object, its counts a compressed string (or bytes) or a plain list."""
    try:
        height, width = (int(value) for value in plain["size"])
        counts = plain["counts"]
        if isinstance(counts, bytes):
            counts = counts.decode("ascii")
        text = counts if isinstance(counts, str) else _text([int(value) for value in counts])
    except (TypeError, KeyError, ValueError) as error:
        raise RleError(f"a mask is {{'size': [height, width], 'counts': …}}, not {plain!r:.80}") from error
    if height < 0 or width < 0:
        raise RleError(f"a mask cannot be {height}x{width}")
    return Rle(height, width, text)


def _text(runs: Sequence[int]) -> str:
    letters: list[str] = []
    for position, run in enumerate(runs):
        value = run - runs[position - 2] if position > 2 else run
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != -1 if bits & 0x10 else value != 0
            letters.append(chr((bits | 0x20 if more else bits) + 48))
    return "".join(letters)


def _runs(text: str) -> list[int]:
    runs: list[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 64:
            raise RleError(f"the letter {letter!r} does not occur in compressed run lengths")
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    if shift:
        raise RleError("the run lengths end in the middle of a number")
    return runs
