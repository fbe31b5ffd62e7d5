"""Depth of images in centimetres, and disparity of videos up to a scale and a shift."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_generalbench.core.errors import ReferenceFormatError, UnknownWordError
from pytest_generalbench.metrics.accumulators import mean_value, score_of, with_silence
from pytest_generalbench.metrics.base import Metric, MetricValue
from pytest_generalbench.metrics.dense.blocks import blocks_of
from pytest_generalbench.metrics.validation import PredictionFormatError, bad_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

NEAREST, FARTHEST = 0.001, 10.0
"""Metres; a reference that is not between them is not valid, an answer beyond them is set to the end."""

EIGEN_CROP: Final = ((480, 640), (slice(45, 471), slice(41, 601)))
"""Size of NYU Depth's images, and the part of them that is evaluated since Eigen et al. 2014."""

CROPS: Final = ("eigen", "none")

DISPARITY: Final = (0.001, 80.0)
"""Where a reference disparity is valid, both ends left out, and where answers are clipped."""


Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Answer and truth of the valid pixels of a block; without an answer the truth twice."""


def _checked(metric: str, prediction: Any, reference: Any, axes: int) -> NDArray[Any] | None:
    """Return the answer as an array. Raises where the arguments are not of the metric's types."""
    if not isinstance(reference, np.ndarray) or reference.ndim != axes or reference.dtype.kind not in "fiu":
        bad_reference(metric, f"an array of numbers with {axes} axes", reference)
    if prediction is None:
        return None
    predicted = np.asarray(prediction)
    fits = predicted.shape == reference.shape
    if not fits or not all(np.isfinite(predicted[place]).all() for place in blocks_of(reference.shape)):
        shapes = f"{predicted.shape} for {reference.shape}"
        raise PredictionFormatError(f"metric {metric!r}: the answer does not fit the reference: {shapes}")
    return predicted


def _valid_pairs(
    prediction: NDArray[Any] | None, reference: NDArray[Any], low: float, high: float
) -> Iterator[Pair]:
    """Yield answer and truth where low < reference < high, a block at a time; blocks without are left out."""
    for place in blocks_of(reference.shape):
        truth = reference[place].astype(np.float64)
        valid = (truth > low) & (truth < high)
        if valid.any():
            truth = truth[valid]
            yield truth if prediction is None else prediction[place][valid].astype(np.float64), truth


def _none_valid(metric: str) -> ReferenceFormatError:
    return ReferenceFormatError(f"metric {metric!r}: the reference has no valid pixel")


def rms_cm(prediction: NDArray[Any] | None, reference: NDArray[Any], crop: str = "eigen") -> float:
    """Return the root mean square depth error of one image in cm, over 0.001 < reference < 10 m.

    With the crop `eigen`, an image of 480 x 640 counts in rows 45..470 and columns 41..600 alone; images of
    other sizes, and those without a valid pixel there, count whole.

    >>> rms_cm(np.array([[1.0, 2.5], [3.0, 9.0]]), np.array([[1.3, 2.1], [0.0, 11.0]]))
    35.35533905932737
    """
    predicted = _checked("depth_rms", prediction, reference, 2)
    size, part = EIGEN_CROP
    if (
        crop == "eigen"
        and reference.shape == size
        and any(True for _ in _valid_pairs(None, reference[part], NEAREST, FARTHEST))
    ):
        reference, predicted = reference[part], None if predicted is None else predicted[part]
    squares, count = [], 0
    for answer, truth in _valid_pairs(predicted, reference, NEAREST, FARTHEST):
        if predicted is None:
            errors = np.maximum(truth - NEAREST, FARTHEST - truth)
        else:
            errors = np.clip(answer, NEAREST, FARTHEST) - truth
        squares.append(float(np.sum(errors * errors)))
        count += len(truth)
    if not count:
        raise _none_valid("depth_rms")
    return 100.0 * math.sqrt(math.fsum(squares) / count)


class _Line(NamedTuple):
    """The line that maps an answer to the truth with the least squared distance."""

    middle: float
    largest: float
    """The largest distance of an answer from the middle; 0 where all are the same."""
    slope: float
    mean: float

    def at(self, answer: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the line maps an answer to."""
        if not self.largest:
            return np.full(answer.shape, self.mean)
        return self.slope * ((answer - self.middle) / self.largest) + self.mean


def _line(pairs: Callable[[], Iterable[Pair]]) -> _Line:
    """Return the line through all pairs; `pairs` gives them block by block, and is called twice."""
    count, sums, totals, low, high = 0, [], [], math.inf, -math.inf
    for answer, truth in pairs():
        count += len(truth)
        sums.append(float(answer.sum()))
        totals.append(float(truth.sum()))
        low, high = min(low, float(answer.min())), max(high, float(answer.max()))
    middle, mean = math.fsum(sums) / count, math.fsum(totals) / count
    # Centred values of magnitude 1: the plain normal equations lose everything beside a large shift.
    largest = max(high - middle, middle - low)
    if largest <= 1e-12 * max(1.0, abs(middle)):
        return _Line(middle, 0.0, 0.0, mean)
    products, squares = [], []
    for answer, truth in pairs():
        spread = (answer - middle) / largest
        products.append(float(np.dot(spread, truth - mean)))
        squares.append(float(np.dot(spread, spread)))
    return _Line(middle, largest, math.fsum(products) / math.fsum(squares), mean)


def aligned(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scale * prediction + shift with the least squared distance to `truth`; a constant gets scale 0.

    >>> aligned(np.array([1.0, 2.0, 3.0]), np.array([5.0, 7.0, 9.0])).tolist()
    [5.0, 7.0, 9.0]
    """
    return _line(lambda: [(predicted, truth)]).at(predicted)


def clip_absrel(prediction: NDArray[Any] | None, reference: NDArray[Any]) -> float:
    """Return the mean of |p - g| / g over the valid pixels of one clip, p aligned to g as a whole.

    >>> clip_absrel(np.array([[[1.0, 2.0, 9.0]]]), np.array([[[2.0, 4.0, 0.0]]]))
    0.0
    """
    predicted = _checked("absrel", prediction, reference, 3)
    low, high = DISPARITY

    def pairs() -> Iterator[Pair]:
        return (
            (np.maximum(answer, low), truth)
            for answer, truth in _valid_pairs(predicted, reference, low, high)
        )

    count = sum(len(truth) for _, truth in pairs())
    if not count:
        raise _none_valid("absrel")
    line = _line(pairs)
    if predicted is None:
        return _worst_absrel(pairs, line.mean, count)
    errors = (np.abs(np.clip(line.at(answer), low, high) - truth) / truth for answer, truth in pairs())
    return math.fsum(float(error.sum()) for error in errors) / count


def _worst_absrel(pairs: Callable[[], Iterable[Pair]], mean: float, count: int) -> float:
    """Return what no aligned answer can exceed, and at least 1, the error of 0 everywhere.

    Squares fitted to the truth leave no more than its own variation; by Cauchy's inequality the
    mean of |p - g| / g is at most the product of the root mean squares of both factors.
    """
    spread = math.fsum(float(np.sum((truth - mean) ** 2)) for _, truth in pairs()) / count
    inverse = math.fsum(float(np.sum(1 / (truth * truth))) for _, truth in pairs()) / count
    return max(1.0, math.sqrt(spread) * math.sqrt(inverse))


class ErrorMean:
    """The mean over instances of an error of each."""

    def __init__(self, error: Callable[[Any, Any], float], bounded: bool = True) -> None:
        """Take the error of one instance; it knows what a prediction of None costs.

        Where answers may err by more (not `bounded`), None errs at least as much as the worst of them.
        """
        self._error = error
        self._bounded = bounded
        self._values: list[float] = []
        self._silent: list[bool] = []

    def add(self, prediction: Any, reference: Any) -> None:
        """Take one instance."""
        self._values.append(self._error(prediction, reference))
        self._silent.append(prediction is None)

    def result(self, instances: Sequence[str] = ()) -> MetricValue:
        """Return the mean over everything added so far."""
        values = self._values if self._bounded else with_silence(self._values, self._silent)
        return mean_value(values)


def depth_rms(pairs: Iterable[tuple[NDArray[Any] | None, NDArray[Any]]]) -> float:
    """Return the mean over images of the root mean square depth error in centimetres (lower is better).

    Both sides are metres, (height, width); pixels count where 0.001 < reference < 10 m, of
    images of 480 x 640 those in Eigen's crop (`rms_cm`; the option `crop="none"` takes the
    whole image); answers are clipped to 0.001..10 m before. None errs at every pixel by as
    much as an answer can. NaN without instances. Source: [workbook] `RMS`; AdaBins on NYU
    Depth v2, 0.364 m there, for the evaluation with that crop and the mean over images.

    Raises:
        ReferenceFormatError: A reference that is no array of depths, or has no valid pixel.
        PredictionFormatError: An answer of another shape, or not finite.

    >>> depth_rms([(np.array([[1.0]]), np.array([[1.5]])), (np.array([[2.0]]), np.array([[2.0]]))])
    25.0
    """
    return score_of(ErrorMean(rms_cm), pairs)


def absrel(pairs: Iterable[tuple[NDArray[Any] | None, NDArray[Any]]]) -> float:
    """Return the mean over clips of the absolute relative error of disparity (lower is better).

    Both sides are (frames, height, width) in disparity; pixels count where
    0.001 < reference < 80. The answer is clipped below at 0.001; one scale and one shift for
    the clip, with the least squares over its valid pixels, align it; the aligned answer
    is clipped to 0.001..80; then the mean of |p - g| / g. Nothing is turned into depth, as in
    the released code. None costs a bound that no answer can exceed, and at least 1.
    NaN without instances. Source: [workbook] `absRel`; the released video code.

    Raises:
        ReferenceFormatError: A reference that is no array of disparities, or has no valid pixel.
        PredictionFormatError: An answer of another shape, or not finite.

    >>> absrel([(np.array([[[1.0, 1.0]]]), np.array([[[1.0, 3.0]]]))])
    0.6666666666666666
    """
    return score_of(ErrorMean(clip_absrel), pairs)


def _depth_rms(crop: str) -> ErrorMean:
    if crop not in CROPS:
        raise UnknownWordError("crop of metric 'depth_rms'", crop, CROPS)
    return ErrorMean(partial(rms_cm, crop=crop))


METRICS: Final = (
    Metric(
        name="depth_rms",
        unit="cm",
        higher_is_better=False,
        best=0.0,
        definition=(
            "root mean square depth error in cm over pixels with 0.001 < reference < 10 m, answers clipped "
            "to these ends, mean over images; crop eigen: of images of 480 x 640 rows 45..470 and columns "
            "41..600 alone, as the specialist (AdaBins) was measured, none: the whole image; no answer: the "
            "farthest depth at every pixel"
        ),
        factory=_depth_rms,
        options={"crop": "eigen"},
        version=2,
        changes={2: "images of 480 x 640 count inside Eigen's crop alone, as the specialist was measured"},
    ),
    Metric(
        name="absrel",
        unit="ratio",
        higher_is_better=False,
        best=0.0,
        definition=(
            "absolute relative error of disparity over pixels with 0.001 < reference < 80, one least-squares "
            "scale and shift for a clip, mean over clips; no answer: a bound of all answers, at least 1"
        ),
        factory=partial(ErrorMean, clip_absrel),
    ),
)
