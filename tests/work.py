"""Work is counted, not timed: a loaded machine takes longer, but it takes no more steps."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


class TooMuchError(AssertionError):
    """A call took more steps than it may."""


def steps(call: Callable[[], object], most: int | None = None) -> int:
    """Count the lines of Python that a call runs, every round of a loop anew.

    What a function in C does inside is one step. More than `most` steps end the call at once,
    so that a test of something that has become slow fails soon.
    """
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        count += 1
        if most is not None and count > most:
            raise TooMuchError(f"more than {most} steps")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count
