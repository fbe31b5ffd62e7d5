"""Binary masks as COCO run lengths, as in ledgers, prediction files and annotations.

A mask of height H and width W is read column by column (down, then right); `counts` are the
lengths of its runs, the first of zeros. In text they are COCO's compressed string: each count,
from the third on as the difference to the one two before, in groups of five bits, lowest first,
bit 6 for "more follows", plus 48 to be printable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_generalbench.core import limits
from pytest_generalbench.core.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class RleError(DataError):
    """Run lengths cannot be decoded, or do not add up to the size."""


@dataclass(frozen=True, slots=True)
class Rle:
    """One binary mask."""

    height: int
    width: int
    counts: str
    """COCO's compressed string."""
    sound: bool = field(default=False, compare=False, repr=False)
    """The counts have been read once and are such a mask: code in C may be given them."""

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    def runs(self) -> NDArray[np.int64]:
        """Return the run lengths, the first of zeros. Raises RleError when the counts are no such mask."""
        return runs_of([self])[0]

    def decode(self) -> NDArray[np.bool_]:
        """Return the mask, bool, (height, width). Raises RleError when the counts are no such mask."""
        runs = self.runs()
        values = np.arange(len(runs)) % 2 == 1
        flat: NDArray[np.bool_] = np.repeat(values, runs)
        return flat.reshape(self.width, self.height).T

    def area(self) -> int:
        """Return the number of pixels that are set. Raises RleError when the counts are no such mask."""
        return int(self.runs()[1::2].sum())

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
    runs = np.diff(edges)
    return Rle(height, width, _text(np.concatenate(([0], runs)) if flat[0] else runs), sound=True)


def rle_from_plain(plain: Any) -> Rle:
    """Read COCO's object, its counts a compressed string (or bytes) or a plain list."""
    try:
        height, width = (int(value) for value in plain["size"])
        counts = plain["counts"]
        if isinstance(counts, bytes):
            counts = counts.decode("ascii")
        text = counts if isinstance(counts, str) else _text(_whole(counts))
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise RleError(f"a mask is {{'size': [height, width], 'counts': …}}, not {plain!r:.80}") from error
    why = "a size below 0" if min(height, width) < 0 else limits.PIXELS.excess(height * width)
    if why:
        raise RleError(f"a mask of {height:.12g}x{width:.12g}: {why}")
    return Rle(height, width, text)


def _whole(counts: Sequence[Any]) -> NDArray[np.int64]:
    """Return a list of run lengths as an array; a number that is none of a mask's is a ValueError."""
    runs = [int(value) for value in counts]
    most = limits.PIXELS.most
    if any(not 0 <= run <= most for run in runs):
        raise ValueError(f"run lengths lie in 0..{most}")
    return np.asarray(runs, dtype=np.int64)


def _text(runs: NDArray[np.int64]) -> str:
    left = runs.copy()
    left[3:] -= runs[1:-2]
    columns, shown = [], []
    open_ = np.ones(len(runs), dtype=bool)
    while open_.any():
        bits = left & 0x1F
        left >>= 5
        more = np.where(bits & 0x10, left != -1, left != 0)
        columns.append(np.where(more, bits | 0x20, bits) + 48)
        shown.append(open_)
        open_ = open_ & more
    letters = np.stack(columns, axis=1)[np.stack(shown, axis=1)] if columns else np.empty(0)
    return letters.astype(np.uint8).tobytes().decode("ascii")


def runs_of(masks: Sequence[Rle]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the run lengths of all masks in one array, and where each mask's begin in it.

    One pass over all letters: several times as fast as mask by mask. Raises RleError when
    the counts of one are no mask of its size.
    """
    texts = [mask.counts for mask in masks]
    values, first = _values("".join(texts), np.array([len(text) for text in texts], dtype=np.int64))
    stops = np.append(first[1:], len(values))
    for start, stop in zip(first.tolist(), stops.tolist(), strict=True):
        # From the third on a count is the difference to the one two before.
        for stream in (values[start + 1 : stop : 2], values[start + 2 : stop : 2]):
            stream.cumsum(out=stream)
    most = limits.PIXELS.most
    sizes = np.array([min(mask.height * mask.width, most + 1) for mask in masks], dtype=np.int64)
    sound = not values.size or (int(values.min()) >= 0 and int(values.max()) <= most)
    ends = np.zeros(len(values) + 1, dtype=np.int64)
    values.cumsum(out=ends[1:])
    wrong = np.flatnonzero((ends[stops] - ends[first] != sizes) | (sizes > most))
    if wrong.size or not sound:
        mask = masks[int(wrong[0]) if wrong.size else 0]
        raise RleError(f"the run lengths are no mask of {mask.height}x{mask.width} pixels")
    for mask in masks:
        object.__setattr__(mask, "sound", True)  # what was found out about a value that stays as it is
    return values, first


def _values(text: str, lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the numbers in joined texts of these lengths, and where those of each text begin."""
    try:
        bits = np.frombuffer(text.encode("ascii"), dtype=np.uint8) - np.uint8(48)
    except UnicodeEncodeError as error:
        raise RleError("compressed run lengths are ASCII letters only") from error
    if not bits.size:
        return np.empty(0, dtype=np.int64), np.zeros(len(lengths), dtype=np.int64)
    if int(bits.max()) > 63:
        raise RleError(
            f"the letter {text[int(np.argmax(bits > 63))]!r} does not occur in compressed run lengths"
        )
    stops = lengths.cumsum()
    if (bits[stops[lengths > 0] - 1] & 0x20).any():
        raise RleError("the run lengths end in the middle of a number")
    ends = (bits < 0x20).nonzero()[0]
    starts = np.zeros_like(ends)
    starts[1:] = ends[:-1] + 1
    letters = ends - starts
    longest = int(letters.max())
    if longest > 11:
        raise RleError("a run length of more than 60 bits")
    low = (bits & np.uint8(0x1F)).astype(np.int64)
    values = low[starts]
    for place in range(1, longest + 1):
        longer = (letters >= place).nonzero()[0]
        values[longer] |= low[starts[longer] + place] << (5 * place)
    negative = (bits[ends] & 0x10).nonzero()[0]
    values[negative] -= np.int64(1) << (5 * (letters[negative] + 1))
    return values, ends.searchsorted(stops - lengths)
