"""Number of concurrent requests to a server: it grows with answers, and halves on overload."""

from __future__ import annotations

import random
import threading
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_START: Final = 4
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 60.0


class Stopped(Exception):
    """The model was closed while a request waited."""


class Flow:
    """Limits concurrent requests: additive increase, multiplicative decrease, between one and `most`.

    Until the first overload every success allows one more, so that a server that takes all is soon given
    all; afterwards a whole round of successes does. Requests that were under way when the number was
    halved do not halve it again. A pause that the server asks for holds up everybody.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with a few concurrent requests."""
        self.most = most
        self.limit = float(min(_START, most))
        self.in_flight = 0
        self._halved = 0
        self._resume = 0.0
        self._clock = clock
        self._changed = threading.Condition()
        self._stopped = False

    def enter(self) -> int:
        """Wait for a free slot and return the number of halvings so far, to be passed to `leave`."""
        with self._changed:
            while True:
                if self._stopped:
                    raise Stopped
                pause = self._resume - self._clock()
                if pause <= 0 and self.in_flight < int(self.limit):
                    self.in_flight += 1
                    return self._halved
                self._changed.wait(pause if pause > 0 else None)

    def leave(self, entered: int, *, overloaded: bool, answered: bool, pause: float = 0.0) -> None:
        """Release the slot, and adjust the limit to the outcome of the request."""
        with self._changed:
            self.in_flight -= 1
            if overloaded and entered == self._halved:
                self._halved += 1
                self.limit = max(1.0, self.limit / 2)
            elif answered:
                self.limit = min(self.most, self.limit + (1 / self.limit if self._halved else 1.0))
            self._resume = max(self._resume, self._clock() + pause)
            self._changed.notify_all()

    def sleep(self, seconds: float) -> None:
        """Sleep without holding a slot; ends early when the model is closed."""
        until = self._clock() + seconds
        with self._changed:
            while not self._stopped and (rest := until - self._clock()) > 0:
                self._changed.wait(rest)
            if self._stopped:
                raise Stopped

    def stop(self) -> None:
        """Make every waiting request raise Stopped."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()


def back_off(attempt: int) -> float:
    """Return the seconds to wait after failed attempt `attempt`, counted from 0; half of it is random."""
    longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0**attempt)
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - spreads clients, hides nothing


def retry_after(text: str | None, now: float) -> float:
    """Return the seconds that a Retry-After header asks for: a number, or a date seen from `now`."""
    if text is None:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now
        except (ValueError, TypeError):
            return 0.0
    return seconds if 0 < seconds < float("inf") else 0.0
