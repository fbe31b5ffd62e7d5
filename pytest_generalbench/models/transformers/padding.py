"""Whether a model answers a request in a padded batch as it does alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_generalbench.models.transformers.encoding import Parts

_SHORT: Final = "Which is it?"
_LONG: Final = "One, two, three, four, five, six, seven, eight, nine, ten: " * 2 + _SHORT

_TOLERANCE: Final = {4: 1e-3, 2: 0.1}
"""By the bytes of a weight: how far scores may be apart, in standard deviations of the scores. Rounding stays
far below; state-space models whose state goes through the padding are far above."""


def probes(kind: str, rate: int) -> tuple[Parts, Parts]:
    """Return a short and a long request of a medium, `text` or `audio` (1 s and 3 s at `rate` Hz)."""
    short: Parts = [{"type": "text", "text": _SHORT}]
    long: Parts = [{"type": "text", "text": _LONG}]
    if kind == "audio":
        import numpy as np

        noise = np.random.default_rng(0).normal(scale=0.1, size=3 * rate).astype(np.float32)
        short, long = (
            [{"type": "audio", "audio": noise[: seconds * rate]}, *parts]
            for seconds, parts in ((1, short), (3, long))
        )
    return short, long


def padding_changes_scores(score: Callable[[Sequence[Parts]], Any], kind: str, rate: int) -> bool:
    """Return whether a short request has other scores beside a long one than alone.

    Args:
        score: returns the scores (requests, steps, tokens) of the first tokens of each answer, a tensor.
        kind: the medium that is tried, `text` or `audio`.
        rate: samples a second of the audio.

    Returns:
        False too where the model cannot be tried so: it takes no such request alone.
    """
    short, long = probes(kind, rate)
    try:
        alone, beside = score([short])[0], score([short, long])[0]
    except (ValueError, TypeError, RuntimeError, KeyError, IndexError, AttributeError, NotImplementedError):
        return False  # what is wrong with a request is said when one is asked
    tolerance = _TOLERANCE.get(alone.element_size(), _TOLERANCE[2])
    for one, other in zip(alone.float(), beside.float(), strict=False):
        if not float((one - other).abs().max()) <= tolerance * float(one.std()):
            return True
        if int(one.argmax()) != int(other.argmax()):
            return False  # of two tokens as good as equal: what follows them cannot be compared
    return False
