"""The demo set's speech: a text as a code of tones, which can be decoded again.

Every half byte of the UTF-8 text is a tone of 10 ms, one of sixteen pitches. So speech can be written
without a synthesiser and transcribed without a model, in any language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE: Final = 8000
_STEP: Final = RATE // 100
_QUIET: Final = 0.02
_LOUD: Final = 0.4


def _waves() -> NDArray[np.float64]:
    """Return the sixteen tones, (16, 80); over 10 ms they do not overlap."""
    pitches = 500 + 200 * np.arange(16)
    return np.sin(2 * np.pi * np.outer(pitches, np.arange(_STEP)) / RATE)


def spoken(text: str) -> NDArray[np.float32]:
    """Return the samples of a text at `RATE`.

    >>> heard(spoken("two red birds, 两只鸟"), RATE)
    'two red birds, 两只鸟'
    """
    halves = [half for byte in text.encode() for half in (byte >> 4, byte & 15)]
    return (_LOUD * _waves()[halves].reshape(-1)).astype(np.float32)


def heard(samples: NDArray[Any], rate: int) -> str:
    """Return the text of samples; what is no code gives what its loudest tones happen to say, or nothing."""
    if rate != RATE:
        places = np.arange(int(len(samples) * RATE / rate)) * (rate / RATE)
        samples = np.interp(places, np.arange(len(samples)), samples)
    count = len(samples) // _STEP
    if not count:
        return ""
    windows = np.asarray(samples[: count * _STEP], np.float64).reshape(count, _STEP)
    windows = windows[np.abs(windows).max(axis=1) > _QUIET]
    halves = np.abs(windows @ _waves().T).argmax(axis=1)
    pairs = halves[: len(halves) // 2 * 2].reshape(-1, 2)
    return bytes((pairs[:, 0] * 16 + pairs[:, 1]).astype(np.uint8)).decode(errors="ignore")
