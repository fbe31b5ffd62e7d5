"""Mel cepstral distortion: how far two sounds' spectral envelopes lie apart, after alignment in time."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.outputs import Audio, Target
from pytest_generalbench.metrics.accumulators import mean_value
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

RATE: Final = 16_000
WINDOW: Final = 400
HOP: Final = 160
BANDS: Final = 80
ORDER: Final = 24
"""Cepstral coefficients that count; the one before them, the loudness, does not."""

RANGE: Final = 60.0
"""dB below a sound's loudest band at which its bands end; what is quieter counts as silence."""

WORST: Final = RANGE
"""dB of an answer that counts as wrong: no two sounds can lie further apart."""

MAX_FRAMES: Final = 3000
"""Half a minute at the usual hop; the hop of a longer sound is as much wider."""

_FFT: Final = 512
_TO_DB: Final = 10 / math.log(10)

Cepstra = NDArray[np.float64]


@cache
def _filters() -> Cepstra:
    """Return the triangular mel filters up to 8 kHz, (80, 257)."""
    top = 2595 * math.log10(1 + RATE / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, BANDS + 2) / 2595) - 1)
    places = np.fft.rfftfreq(_FFT, 1 / RATE)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (places - low) / (middle - low), (high - places) / (high - middle)
    filters: Cepstra = np.clip(np.minimum(rising, falling), 0, None)
    # The lowest bands are narrower than the steps of the spectrum: each takes the step next to its middle.
    for band in np.flatnonzero(filters.sum(axis=1) == 0):
        filters[band, np.abs(places - middle[band]).argmin()] = 1.0
    return filters


@cache
def _cosines() -> Cepstra:
    """Return what turns log band powers into coefficients 1 to 24, (80, 24)."""
    angles = np.pi / BANDS * np.outer(np.arange(BANDS) + 0.5, np.arange(1, ORDER + 1))
    return np.cos(angles) / BANDS


def cepstra(samples: NDArray[np.float32]) -> Cepstra:
    """Return the mel cepstra, (frames, 24), of mono samples at 16 kHz.

    Windows of 25 ms (Hann) every 10 ms; the power in 80 mel bands, no less than 60 dB below the sound's
    loudest band; c_m = mean over bands of ln(power) cos(π m (band + ½) / 80), m = 1..24, so that
    ln(amplitude) is, but for a constant, the sum of c_m cos(…). Loudness as a whole does not count.
    """
    samples = np.asarray(samples, np.float64)
    hop = max(HOP, -(-len(samples) // MAX_FRAMES))
    count = 1 + max(0, len(samples) - WINDOW) // hop
    padded = np.zeros(max(len(samples), WINDOW))
    padded[: len(samples)] = samples
    window = np.hanning(WINDOW + 1)[:-1]
    powers = np.empty((count, BANDS))
    for start in range(0, count, 512):
        rows = np.arange(start, min(start + 512, count))
        frames = padded[rows[:, None] * hop + np.arange(WINDOW)] * window
        powers[rows] = np.abs(np.fft.rfft(frames, _FFT)) ** 2 @ _filters().T
    loudest = powers.max()
    if loudest == 0:
        return np.zeros((count, ORDER))
    floored: Cepstra = np.log(np.maximum(powers / loudest, 10 ** (-RANGE / 10)))
    return floored @ _cosines()


class _Path(NamedTuple):
    """The cheapest alignment up to the cells of one diagonal, by place in the first sound."""

    low: int
    costs: Cepstra
    lengths: NDArray[np.int64]

    def at(self, places: NDArray[np.int64]) -> tuple[Cepstra, NDArray[np.int64]]:
        """Return costs and lengths at places of the first sound; outside they are infinite."""
        inside = (places >= self.low) & (places < self.low + len(self.costs))
        index = np.where(inside, places - self.low, 0)
        return np.where(inside, self.costs[index], np.inf), self.lengths[index]


def aligned_mean(first: Cepstra, second: Cepstra) -> float:
    """Return the mean Euclidean distance along the cheapest path through two sequences of vectors.

    Dynamic time warping: from the first pair of frames to the last, each step goes on by one frame in one
    or both; the path with the least sum of distances counts (of equal sums the one that goes on in both),
    and its sum is divided by its number of pairs. Worked out a diagonal at a time, so that n x m pairs take
    n + m steps of array arithmetic.

    >>> aligned_mean(np.array([[0.0], [1.0], [1.0]]), np.array([[0.0], [1.0]]))
    0.0
    """
    n, m = len(first), len(second)
    start = np.array([np.sqrt(((first[0] - second[0]) ** 2).sum())])
    before = last = _Path(0, start, np.ones(1, np.int64))
    for diagonal in range(1, n + m - 1):
        low, high = max(0, diagonal - m + 1), min(diagonal, n - 1)
        places = np.arange(low, high + 1)
        away = first[low : high + 1] - second[diagonal - high : diagonal - low + 1][::-1]
        steps = [last.at(places), last.at(places - 1)]
        if diagonal > 1:
            steps.insert(0, before.at(places - 1))
        costs = np.stack([cost for cost, _ in steps])
        lengths = np.stack([length for _, length in steps])
        best = costs.argmin(axis=0)
        columns = np.arange(len(places))
        total = costs[best, columns] + np.sqrt((away**2).sum(axis=1))
        before, last = last, _Path(low, total, lengths[best, columns] + 1)
    return float(last.costs[-1] / last.lengths[-1])


def mcd(prediction: Audio, reference: Audio) -> float:
    """Return the mel cepstral distortion of two sounds in dB, 0..60; lower is better.

    (10 / ln 10) √2 times the mean, along the alignment (`aligned_mean`), of the Euclidean distance of the
    cepstra (`cepstra`): the root mean square difference, in dB over mel bands, of the smoothed spectra.

    Raises:
        MissingDependencyError: A sound has another rate than 16 kHz and soxr is absent.

    Source: Kubichek 1993; [workbook] `MCD`. Tools disagree by what a cepstrum is, so values of other tools
    (the authors' pymcd uses WORLD) cannot be compared.

    >>> hum = np.sin(np.arange(16000) / 20).astype(np.float32)
    >>> mcd(Audio(hum, 16000), Audio(0.5 * hum, 16000)) < 1e-5
    True
    """
    return _distortion(cepstra(prediction.mono(RATE)), cepstra(reference.mono(RATE)))


def _distortion(one: Cepstra, other: Cepstra) -> float:
    return _TO_DB * math.sqrt(2) * aligned_mean(one, other)


class _Mcd:
    """Mean over instances."""

    def __init__(self) -> None:
        self._values: list[float] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take an Audio or None, and a Target with an Audio."""
        if not isinstance(reference, Target) or reference.medium is None:
            bad_reference("mcd", "a Target with a medium", reference)
        if prediction is None:
            self._values.append(WORST)
            return
        true = reference.medium()
        if not isinstance(true, Audio):
            bad_reference("mcd", "a sound", reference)
        if not isinstance(prediction, Audio):
            raise PredictionFormatError(f"mcd takes an Audio, not {prediction!r:.60}")
        self._values.append(mcd(prediction, true))

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean."""
        return mean_value(self._values)


METRICS: Final = (
    Metric(
        name="mcd",
        unit="dB",
        higher_is_better=False,
        best=0.0,
        definition=(
            "mel cepstral distortion in dB, (10 / ln 10) sqrt(2) x mean distance of coefficients 1..24 "
            "along the time warping path: 16 kHz, 25 ms Hann windows every 10 ms, cosine transform of the "
            "log power in 80 mel bands, at least 60 dB below the loudest; mean over instances; an answer "
            "that cannot be read counts 60 dB; not comparable with MCD of other cepstra"
        ),
        factory=_Mcd,
        needs=("medium",),
    ),
)
