"""How much one file may unpack or decode to. One environment variable multiplies all limits.

A small file can state, or unpack to, more than fits into memory. What a header states is compared with the
limit before anything is decoded, and what is decoded is counted, since a header may be wrong.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Final

from pytest_generalbench.core.errors import GeneralBenchError

ENVIRONMENT: Final = "GENERALBENCH_LIMITS"
"""A number of at least 1 by which every limit is multiplied; processes inherit it."""

_MOST_FACTOR: Final = 1_000_000


def factor() -> float:
    """Return the number by which limits are multiplied. Raises GeneralBenchError when it is none."""
    given = os.environ.get(ENVIRONMENT, "")
    if not given.strip():
        return 1.0
    try:
        number = float(given)
    except ValueError:
        number = math.nan
    if not 1 <= number <= _MOST_FACTOR:
        raise GeneralBenchError(
            f"{ENVIRONMENT}={given!r:.40} is no number from 1 to 1000000: it multiplies "
            "every limit on the size of files"
        )
    return number


@dataclass(frozen=True, slots=True)
class Limit:
    """The most of something that one file may have.

    >>> Limit(100, "pixels").excess(250)
    '250 pixels, more than the limit of 100; GENERALBENCH_LIMITS=3 in the environment allows it'
    >>> Limit(100, "pixels").excess(100)
    """

    number: int
    unit: str

    @property
    def most(self) -> int:
        """The limit, multiplied as the environment says."""
        return int(self.number * factor())

    def excess(self, size: int) -> str | None:
        """Return why `size` is refused, with the way out; None where it is within the limit."""
        if size <= self.most:
            return None
        needed = math.ceil(size / self.number)
        way_out = f"; {ENVIRONMENT}={needed} in the environment allows it" if needed <= _MOST_FACTOR else ""
        return f"{size} {self.unit}, more than the limit of {self.most}{way_out}"

    def excess_so_far(self, size: int) -> str | None:
        """Return why something is refused that has `size` already and may go on; None within the limit."""
        if size <= self.most:
            return None
        way_out = f"{ENVIRONMENT}={2 * math.ceil(factor())} in the environment doubles it"
        return f"more than the limit of {self.most} {self.unit}; {way_out}"


FILE: Final = Limit(1 << 30, "bytes")
"""A file that is read whole."""

PIXELS: Final = Limit(120_000_000, "pixels")
"""A picture, or a frame of a video."""

DECODED: Final = Limit(2 << 30, "bytes when decoded")
"""The frames of a video that are kept, and the arrays of one file."""

FRAMES: Final = Limit(1_000_000, "frames")
"""A video: all frames are decoded, also where few are kept."""

SAMPLES: Final = Limit(200_000_000, "samples")
"""A sound, all channels together: 69 minutes of one channel at 48 kHz."""
